import CLinux
import Glibc

/// An open file; closed when the last reference goes, if not before.
///
/// Calls block. Reading and writing move one position, so they belong to one thread; ``read(at:count:)`` does not.
public final class File: Sendable {
    /// How a file is opened.
    public enum Mode: Sendable {
        /// The file must exist.
        case read
        /// Made or emptied, for writing.
        case write
        /// Made; fails with `EEXIST` when something is there, be it a dangling link.
        case create
        /// Made if absent; each write goes to the end.
        case append
        /// Made if absent, for reading and writing: lock files.
        case update
    }

    public let path: String
    public let descriptor: Int32

    /// Opens `path`; the descriptor is not inherited by child processes.
    ///
    /// - Parameter followsLink: Whether `path` itself may be a symbolic link; `ELOOP` if not and it is one.
    /// - Throws: ``FileSystemError``.
    public init(
        _ path: String, _ mode: Mode, permissions: UInt32 = 0o644, followsLink: Bool = true
    ) throws(FileSystemError) {
        let flags: Int32 =
            switch mode {
            case .read: O_RDONLY
            case .write: O_WRONLY | O_CREAT | O_TRUNC
            case .create: O_WRONLY | O_CREAT | O_EXCL
            case .append: O_WRONLY | O_CREAT | O_APPEND
            case .update: O_RDWR | O_CREAT
            }
        let descriptor = File.retrying {
            unsafe turntable_open(path, flags | O_CLOEXEC | (followsLink ? 0 : O_NOFOLLOW), permissions)
        }
        guard descriptor >= 0 else { throw .last("open", path) }
        self.path = path
        self.descriptor = descriptor
    }

    /// Takes over an open descriptor.
    public init(taking descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// Repeats a call that a signal interrupted.
    static func retrying(_ call: () -> Int32) -> Int32 {
        while true {
            let result = call()
            if result != -1 || errno != EINTR { return result }
        }
    }

    static func retrying(_ call: () -> Int) -> Int {
        while true {
            let result = call()
            if result != -1 || errno != EINTR { return result }
        }
    }

    /// Reads what is there next, at most `count` bytes; empty at the end of the file.
    public func read(upTo count: Int) throws(FileSystemError) -> [UInt8] {
        var failed = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let length = File.retrying { unsafe Glibc.read(descriptor, buffer.baseAddress, count) }
            failed = length < 0
            filled = max(0, length)
        }
        guard !failed else { throw .last("read", path) }
        return bytes
    }

    /// Reads up to `count` bytes from `offset` on, without moving the file's own position; fewer only at the file's end.
    public func read(at offset: Int, count: Int) throws(FileSystemError) -> [UInt8] {
        var failed = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let done = filled
                let length = File.retrying {
                    unsafe pread(
                        descriptor, buffer.baseAddress.map { unsafe $0 + done }, count - done, off_t(offset + done))
                }
                failed = length < 0
                guard length > 0 else { return }
                filled += length
            }
        }
        guard !failed else { throw .last("read", path) }
        return bytes
    }

    /// Writes all of `bytes`.
    public func write(_ bytes: [UInt8]) throws(FileSystemError) { try write(bytes[...]) }

    /// Writes all of `bytes`.
    public func write(_ bytes: ArraySlice<UInt8>) throws(FileSystemError) {
        var rest = bytes
        while !rest.isEmpty {
            let length = unsafe rest.withUnsafeBytes { buffer in
                File.retrying { unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count) }
            }
            guard length >= 0 else { throw .last("write", path) }
            rest = rest.dropFirst(length)
        }
    }

    /// Returns once what was written is on the disk.
    public func sync() throws(FileSystemError) {
        guard File.retrying({ fsync(descriptor) }) == 0 else { throw .last("fsync", path) }
    }

    public func status() throws(FileSystemError) -> FileStatus {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .last("stat", path) }
        return FileStatus(status)
    }

    /// Takes the file's advisory lock (flock), which ends with this object or the process.
    ///
    /// - Returns: False when another process or object holds it and `waits` is false.
    public func lock(exclusive: Bool = true, waits: Bool) throws(FileSystemError) -> Bool {
        let operation = (exclusive ? LOCK_EX : LOCK_SH) | (waits ? 0 : LOCK_NB)
        if File.retrying({ flock(descriptor, operation) }) == 0 { return true }
        if errno == EWOULDBLOCK { return false }
        throw .last("lock", path)
    }

    /// Cuts or extends the file to `byteCount`.
    public func truncate(to byteCount: Int) throws(FileSystemError) {
        guard File.retrying({ ftruncate(descriptor, off_t(byteCount)) }) == 0 else { throw .last("truncate", path) }
    }
}
