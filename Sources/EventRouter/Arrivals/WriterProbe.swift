import CLinux
import FileSystem
import Glibc

/// Finds out whether a file is still open for writing somewhere on this machine.
///
/// A read lease (fcntl(2), F_SETLEASE) is granted only while no descriptor of the file can write; asking for one and
/// giving it back at once answers the question. It is refused for files of other users (unless one has CAP_LEASE) and
/// by file systems without leases: then the file must be looked at twice.
enum WriterProbe {
    enum Answer: Sendable, Hashable {
        case closed
        case open
        /// The kernel won't say.
        case unknown
    }

    typealias Ask = @Sendable (_ path: String) throws(FileSystemError) -> Answer

    /// How often an answer "open" is asked for again: a closing writer is announced a moment before it is gone.
    static let yieldCount = 50

    /// Looks at the regular file at `path`.
    ///
    /// - Throws: `FileSystemError` when it can't be opened for reading.
    static func ask(_ path: String) throws(FileSystemError) -> Answer {
        let file = try File(path, .read, followsLink: false)
        for _ in 0..<yieldCount {
            switch turntable_has_writer(file.descriptor) {
            case 0: return .closed
            case 1: sched_yield()
            default: return .unknown
            }
        }
        return .open
    }
}
