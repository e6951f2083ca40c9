import CLinux
import Glibc

/// Calls on paths. All block; all throw ``FileSystemError`` with the operation and the path.
public enum FileSystem {
    /// What stands at `path`, or nil when nothing does.
    ///
    /// - Parameter followsLink: Whether a link stands for what it points to; a dangling one is then nil.
    public static func status(_ path: String, followsLink: Bool = true) throws(FileSystemError) -> FileStatus? {
        var status = stat()
        let result = unsafe followsLink ? stat(path, &status) : lstat(path, &status)
        if result == 0 { return FileStatus(status) }
        let error = FileSystemError.last("stat", path)
        if error.isNotFound { return nil }
        throw error
    }

    /// Reads a whole file.
    ///
    /// - Throws: `EFBIG` when it holds more than `maximumByteCount`.
    public static func readFile(_ path: String, maximumByteCount: Int = 1 << 30) throws(FileSystemError) -> [UInt8] {
        let file = try File(path, .read)
        let expected = try file.status().byteCount
        guard expected <= maximumByteCount else { throw FileSystemError(code: EFBIG, operation: "read", path: path) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(expected)
        while true {
            let block = try file.read(upTo: max(1 << 16, expected - bytes.count))
            if block.isEmpty { return bytes }
            guard bytes.count + block.count <= maximumByteCount else {
                throw FileSystemError(code: EFBIG, operation: "read", path: path)
            }
            if bytes.isEmpty { bytes = block } else { bytes.append(contentsOf: block) }
        }
    }

    /// Writes a file so that readers see the old content or the new, never a part; what is left of a failure is removed.
    ///
    /// - Parameter isDurable: Whether the content is on the disk before the name is.
    public static func writeFileAtomically(
        _ path: String, _ bytes: [UInt8], permissions: UInt32 = 0o644, isDurable: Bool = false
    ) throws(FileSystemError) {
        let temporary = "\(path).\(getpid())-\(UInt32.random(in: .min ... .max)).tmp"
        do throws(FileSystemError) {
            let file = try File(temporary, .create, permissions: permissions)
            try file.write(bytes)
            if isDurable { try file.sync() }
            try rename(temporary, to: path)
        } catch {
            unsafe unlink(temporary)
            throw error
        }
    }

    /// The names in a directory but `.` and `..`, ascending by their bytes. Names that are no UTF-8 are left out.
    public static func list(_ path: String) throws(FileSystemError) -> [String] {
        guard let directory = unsafe opendir(path) else { throw .last("list", path) }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(directory) else {
                guard errno == 0 else { throw .last("list", path) }
                break
            }
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(validatingCString: $0) }
            }
            if let name, name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Makes a directory and those above it; one that is there is fine.
    public static func createDirectories(_ path: String, permissions: UInt32 = 0o755) throws(FileSystemError) {
        if unsafe mkdir(path, permissions) == 0 { return }
        let error = FileSystemError.last("make directory", path)
        switch error.code {
        case EEXIST:
            guard try status(path)?.kind == .directory else { throw error }
        case ENOENT:
            guard let parent = parent(of: path) else { throw error }
            try createDirectories(parent, permissions: permissions)
            guard unsafe mkdir(path, permissions) == 0 || errno == EEXIST else { throw .last("make directory", path) }
        default: throw error
        }
    }

    /// Gives the file another name in the same file system in one step, replacing what has that name.
    public static func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        guard unsafe Glibc.rename(path, newPath) == 0 else { throw .last("rename to \(newPath) of", path) }
    }

    /// Gives the file another name in the same file system in one step.
    ///
    /// - Throws: `EEXIST` when something has that name.
    public static func renameWithoutReplacing(_ path: String, to newPath: String) throws(FileSystemError) {
        guard unsafe turntable_rename_noreplace(path, newPath) == 0 else {
            throw .last("rename to \(newPath) of", path)
        }
    }

    /// Removes a file or link; false when there was none.
    @discardableResult
    public static func removeFile(_ path: String) throws(FileSystemError) -> Bool {
        if unsafe unlink(path) == 0 { return true }
        let error = FileSystemError.last("remove", path)
        if error.isNotFound { return false }
        throw error
    }

    /// Removes an empty directory; false when it is not empty or not there.
    @discardableResult
    public static func removeDirectoryIfEmpty(_ path: String) throws(FileSystemError) -> Bool {
        if unsafe rmdir(path) == 0 { return true }
        let error = FileSystemError.last("remove directory", path)
        if error.isNotFound || error.code == ENOTEMPTY || error.code == EEXIST { return false }
        throw error
    }

    /// Removes whatever is at `path`, and all below it; links are removed, not followed.
    public static func removeTree(_ path: String) throws(FileSystemError) {
        guard let status = try status(path, followsLink: false) else { return }
        guard status.kind == .directory else {
            try removeFile(path)
            return
        }
        for name in try list(path) { try removeTree("\(path)/\(name)") }
        guard unsafe rmdir(path) == 0 || errno == ENOENT else { throw .last("remove directory", path) }
    }

    /// The absolute path without links, `.` and `..`.
    public static func realPath(_ path: String) throws(FileSystemError) -> String {
        guard let resolved = unsafe realpath(path, nil) else { throw .last("resolve", path) }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// The absolute form of `path`, which need not exist, taken from the working directory.
    public static func absolutePath(_ path: String) throws(FileSystemError) -> String {
        if path.hasPrefix("/") { return path }
        return try "\(realPath("."))/\(path)"
    }

    /// Everything before the last `/`, or nil when that is nothing.
    public static func parent(of path: String) -> String? {
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return nil }
        return String(path[..<slash])
    }

    /// The last part of a path.
    public static func name(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    /// Bytes that may still be written, by this user, on the file system of `path`.
    public static func freeByteCount(_ path: String) throws(FileSystemError) -> Int {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { throw .last("ask for free space of", path) }
        return Int(status.f_bavail) * Int(status.f_frsize)
    }
}
