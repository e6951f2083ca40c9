/// One thing that happened in a watched directory, as the kernel tells it.
struct DirectoryEvent: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// An entry was made: a file that is about to be written, a link, a directory.
        case created
        /// A file that was open for writing was closed.
        case closedAfterWriting
        /// An entry was given this name.
        case movedIn
        /// An entry lost this name to another.
        case movedOut
        case deleted
        /// The watch is gone, with its directory or by our wish.
        case unwatched
        /// Events were lost since the kernel's queue was full; the only kind without a watch.
        case queueOverflowed
    }

    var watch: Int32
    var kind: Kind
    var isDirectory = false
    /// The same number for both halves of one rename; 0 for all else.
    var cookie: UInt32 = 0
    /// The entry's name in the watched directory; nil when it is not UTF-8 or the event is about the directory.
    var name: String?
}

/// Where the events of directories come from: the kernel, or a test that adds to what the kernel says.
protocol DirectoryEventSource: Sendable {
    /// Starts to watch a directory, without those below it; one that is watched keeps its number.
    ///
    /// - Throws: `FileSystemError` with the kernel's code: `ENOSPC` when the user may have no more watches, `ENOENT`.
    func watch(_ directory: String) throws -> Int32

    /// Stops a watch; one that is gone is fine.
    func unwatch(_ watch: Int32)

    /// Waits for events and returns all that are there, in their order; never an empty list.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    func next() async throws -> [DirectoryEvent]
}
