import CLinux
import FileSystem
import Glibc

/// The kernel's events of directories (inotify(7)), read on a thread of its own.
final class Inotify: DirectoryEventSource {
    /// Bytes read at once: some two thousand events.
    static let bufferByteCount = 64 << 10
    /// What is asked for of each directory.
    static let mask = UInt32(
        IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR | IN_DONT_FOLLOW)

    private let queue: File
    private let reader: Reader

    /// - Throws: `FileSystemError`: `EMFILE` when the user may have no more inotify queues
    ///   (fs.inotify.max_user_instances) or the process no more files.
    init() throws(FileSystemError) {
        // IN_NONBLOCK and IN_CLOEXEC are O_NONBLOCK and O_CLOEXEC by definition.
        let descriptor = inotify_init1(O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileSystemError(code: errno, operation: "set up", path: "inotify") }
        queue = File(taking: descriptor, path: "inotify")
        let interrupt = eventfd(0, O_NONBLOCK | O_CLOEXEC)
        guard interrupt >= 0 else { throw FileSystemError(code: errno, operation: "set up", path: "eventfd") }
        reader = Reader(queue: queue, interrupt: File(taking: interrupt, path: "eventfd"))
    }

    func watch(_ directory: String) throws -> Int32 {
        let watch = unsafe inotify_add_watch(queue.descriptor, directory, Inotify.mask)
        guard watch >= 0 else { throw FileSystemError(code: errno, operation: "watch", path: directory) }
        return watch
    }

    func unwatch(_ watch: Int32) { _ = inotify_rm_watch(queue.descriptor, watch) }

    func next() async throws -> [DirectoryEvent] {
        try await withTaskCancellationHandler {
            while true {
                try Task.checkCancellation()
                let bytes = try await reader.read()
                let events = Inotify.events(in: bytes)
                if !events.isEmpty { return events }
            }
        } onCancel: {
            reader.interruptReading()
        }
    }

    /// Takes apart what the kernel wrote: a header of 16 bytes (watch, mask, cookie, length), then the name, padded by
    /// NULs to that length.
    static func events(in bytes: [UInt8]) -> [DirectoryEvent] {
        var events: [DirectoryEvent] = []
        var offset = 0
        func word(_ index: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[offset + index * 4 + $1]) << ($1 * 8) }
        }
        while bytes.count - offset >= 16 {
            let (watch, mask, cookie, length) = (Int32(bitPattern: word(0)), word(1), word(2), Int(word(3)))
            guard bytes.count - offset >= 16 + length else { break }
            let name = bytes[(offset + 16)..<(offset + 16 + length)].prefix { $0 != 0 }
            offset += 16 + length
            guard let kind = kind(of: mask) else { continue }
            events.append(
                DirectoryEvent(
                    watch: watch, kind: kind, isDirectory: mask & UInt32(IN_ISDIR) != 0, cookie: cookie,
                    name: name.isEmpty ? nil : String(validating: name, as: UTF8.self)))
        }
        return events
    }

    private static func kind(of mask: UInt32) -> DirectoryEvent.Kind? {
        func has(_ flag: Int32) -> Bool { mask & UInt32(flag) != 0 }
        if has(IN_Q_OVERFLOW) { return .queueOverflowed }
        if has(IN_IGNORED) { return .unwatched }
        if has(IN_CLOSE_WRITE) { return .closedAfterWriting }
        if has(IN_MOVED_TO) { return .movedIn }
        if has(IN_MOVED_FROM) { return .movedOut }
        if has(IN_DELETE) { return .deleted }
        if has(IN_CREATE) { return .created }
        return nil
    }

    /// Waits for the queue on a thread of its own.
    private actor Reader {
        private let queue: File
        private let interrupt: File
        private nonisolated let thread = SerialThread(name: "bucket-watch")

        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

        init(queue: File, interrupt: File) {
            self.queue = queue
            self.interrupt = interrupt
        }

        /// Ends a ``read()`` that waits, or else the next one, with nothing.
        nonisolated func interruptReading() { try? interrupt.write([1, 0, 0, 0, 0, 0, 0, 0]) }

        func read() throws -> [UInt8] {
            var files = [
                pollfd(fd: queue.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: interrupt.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            while unsafe poll(&files, nfds_t(files.count), -1) < 0 {
                guard errno == EINTR else { throw FileSystemError(code: errno, operation: "wait for", path: "inotify") }
            }
            if files[1].revents != 0 {
                _ = try interrupt.read(upTo: 8)
                return []
            }
            return try queue.read(upTo: Inotify.bufferByteCount)
        }
    }
}
