import CLinux
import Glibc

extension FileSystem {
    /// Bytes moved by one call while a file is copied.
    static let copyBlockByteCount = 1 << 20

    /// Copies a file's content to a new file, sharing blocks where the file system can.
    ///
    /// - Throws: `EEXIST` when something is at `newPath`; what was written of a failed copy is removed.
    public static func copyFile(_ path: String, to newPath: String) throws(FileSystemError) {
        let source = try File(path, .read)
        let target = try File(newPath, .create)
        do throws(FileSystemError) {
            while true {
                let length = turntable_copy_file_range(source.descriptor, target.descriptor, copyBlockByteCount)
                if length == 0 { return }
                if length > 0 || errno == EINTR { continue }
                guard [EXDEV, EINVAL, ENOSYS, EOPNOTSUPP].contains(errno) else {
                    throw .last("copy to \(newPath) of", path)
                }
                break
            }
            while true {
                let block = try source.read(upTo: copyBlockByteCount)
                if block.isEmpty { return }
                try target.write(block)
            }
        } catch {
            unsafe unlink(newPath)
            throw error
        }
    }
}
