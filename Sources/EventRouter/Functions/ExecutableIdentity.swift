import FileSystem

/// Which file an executable is: another build of it is another file, or a later one.
struct ExecutableIdentity: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let modifiedNanoseconds: Int64
    private let byteCount: Int

    /// Nil when there is no such file.
    init?(of path: String) {
        guard let status = try? FileSystem.status(path) else { return nil }
        device = status.device
        inode = status.inode
        modifiedNanoseconds = status.modifiedNanoseconds
        byteCount = status.byteCount
    }
}
