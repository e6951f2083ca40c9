import CLinux
import Glibc

/// An open directory, from which single names are looked up: no path is walked, so no link in one is ever followed.
///
/// A name is one part of a path, without `/`. All calls block; all throw ``FileSystemError``.
public final class Directory: Sendable {
    /// Where the directory was when it was opened: for messages.
    public let path: String
    public let descriptor: Int32

    /// Opens the directory at `path`, following links.
    public convenience init(_ path: String) throws(FileSystemError) {
        let descriptor = File.retrying { unsafe turntable_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) }
        guard descriptor >= 0 else { throw .last("open directory", path) }
        self.init(taking: descriptor, path: path)
    }

    private init(taking descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    private func full(_ name: String) -> String { "\(path)/\(name)" }

    /// Opens the directory called `name`.
    ///
    /// - Parameter followsLink: Whether a link to a directory will do; `ENOTDIR` if not and it is one.
    public func directory(_ name: String, followsLink: Bool = false) throws(FileSystemError) -> Directory {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followsLink ? 0 : O_NOFOLLOW)
        let opened = File.retrying { unsafe turntable_openat(descriptor, name, flags, 0) }
        guard opened >= 0 else { throw .last("open directory", full(name)) }
        return Directory(taking: opened, path: full(name))
    }

    /// Opens what is called `name` for reading, without waiting for the other end of a pipe.
    ///
    /// - Throws: `ELOOP` when it is a symbolic link.
    public func openForReading(_ name: String) throws(FileSystemError) -> File {
        try file(name, O_RDONLY | O_NONBLOCK, 0)
    }

    /// Makes a file for writing; `EEXIST` when something is there.
    public func createFile(_ name: String, permissions: UInt32 = 0o644) throws(FileSystemError) -> File {
        try file(name, O_WRONLY | O_CREAT | O_EXCL, permissions)
    }

    private func file(_ name: String, _ flags: Int32, _ permissions: UInt32) throws(FileSystemError) -> File {
        let opened = File.retrying {
            unsafe turntable_openat(descriptor, name, flags | O_NOFOLLOW | O_CLOEXEC, permissions)
        }
        guard opened >= 0 else { throw .last("open", full(name)) }
        return File(taking: opened, path: full(name))
    }

    /// What is called `name`, a link being a link; nil when nothing is.
    public func status(_ name: String) throws(FileSystemError) -> FileStatus? {
        var status = stat()
        if unsafe fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 { return FileStatus(status) }
        guard errno == ENOENT else { throw .last("stat", full(name)) }
        return nil
    }

    /// Makes a directory; false when something is there.
    public func createDirectory(_ name: String, permissions: UInt32 = 0o755) throws(FileSystemError) -> Bool {
        if unsafe mkdirat(descriptor, name, permissions) == 0 { return true }
        guard errno == EEXIST else { throw .last("make directory", full(name)) }
        return false
    }

    /// Removes a file or link; false when there was none.
    @discardableResult
    public func removeFile(_ name: String) throws(FileSystemError) -> Bool {
        if unsafe unlinkat(descriptor, name, 0) == 0 { return true }
        guard errno == ENOENT else { throw .last("remove", full(name)) }
        return false
    }

    /// Removes an empty directory; false when it is not empty, in use or not there.
    @discardableResult
    public func removeDirectoryIfEmpty(_ name: String) throws(FileSystemError) -> Bool {
        if unsafe unlinkat(descriptor, name, AT_REMOVEDIR) == 0 { return true }
        guard [ENOENT, ENOTEMPTY, EEXIST, EBUSY].contains(errno) else { throw .last("remove directory", full(name)) }
        return false
    }

    /// Gives `name` another place in one step.
    ///
    /// - Parameter replaces: Whether a file that is there goes; `EEXIST` if not and there is one. Where the file system
    ///   can't do that in one step, the file has both names for a moment.
    public func rename(
        _ name: String, to newDirectory: Directory, _ newName: String, replaces: Bool
    ) throws(FileSystemError) {
        if replaces {
            if unsafe renameat(descriptor, name, newDirectory.descriptor, newName) == 0 { return }
        } else {
            if unsafe turntable_renameat_noreplace(descriptor, name, newDirectory.descriptor, newName) == 0 { return }
            if [EINVAL, ENOSYS].contains(errno),
                unsafe linkat(descriptor, name, newDirectory.descriptor, newName, 0) == 0
            {
                try removeFile(name)
                return
            }
        }
        throw .last("rename to \(newDirectory.full(newName)) of", full(name))
    }

    /// Takes the directory's advisory lock (flock), which ends with this object or the process.
    ///
    /// - Returns: False when another holder is in the way.
    public func tryLock(exclusive: Bool) throws(FileSystemError) -> Bool {
        if File.retrying({ flock(descriptor, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) }) == 0 { return true }
        guard errno == EWOULDBLOCK else { throw .last("lock", path) }
        return false
    }

    /// Calls `body` with each name but `.` and `..`, in no order, and with what it is where the file system tells.
    ///
    /// Names that are no UTF-8 are left out. Memory does not grow with the directory.
    public func forEachName(_ body: (String, FileStatus.Kind?) -> Void) throws(FileSystemError) {
        // A descriptor of its own, since the position in the directory is the open description's.
        let own = File.retrying { unsafe turntable_openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) }
        guard own >= 0 else { throw .last("list", path) }
        guard let stream = unsafe fdopendir(own) else {
            let error = FileSystemError.last("list", path)
            close(own)
            throw error
        }
        defer { unsafe closedir(stream) }
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else {
                guard errno == 0 else { throw .last("list", path) }
                return
            }
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                // SAFETY: the kernel ends the name with a zero within the 256 bytes of the field.
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(validatingCString: $0) }
            }
            guard let name, name != ".", name != ".." else { continue }
            let kind: FileStatus.Kind? =
                switch unsafe Int(entry.pointee.d_type) {
                case Int(DT_REG): .file
                case Int(DT_DIR): .directory
                case Int(DT_LNK): .link
                case Int(DT_UNKNOWN): nil
                default: .other
                }
            body(name, kind)
        }
    }
}
