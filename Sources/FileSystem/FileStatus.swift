import CLinux
import Glibc

/// What the file system knows about one entry.
public struct FileStatus: Hashable, Sendable {
    public enum Kind: Sendable { case file, directory, link, other }

    public let kind: Kind
    public let byteCount: Int
    public let modifiedNanoseconds: Int64
    public let device: UInt64
    public let inode: UInt64
    public let linkCount: Int
    /// The permission bits, such as `0o644`.
    public let mode: UInt32

    init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .file
        case S_IFDIR: kind = .directory
        case S_IFLNK: kind = .link
        default: kind = .other
        }
        byteCount = Int(status.st_size)
        modifiedNanoseconds = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        linkCount = Int(status.st_nlink)
        mode = UInt32(status.st_mode & 0o7777)
    }
}
