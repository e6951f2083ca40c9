import CLinux
import Glibc

extension File {
    /// Copies the next bytes to where `target` stands, at most `count`, sharing blocks where the file system can.
    ///
    /// - Returns: The number of bytes copied; 0 at the end of this file.
    public func copyNext(_ count: Int, to target: File) throws(FileSystemError) -> Int {
        let length = File.retrying { turntable_copy_file_range(descriptor, target.descriptor, count) }
        if length >= 0 { return length }
        guard [EXDEV, EINVAL, ENOSYS, EOPNOTSUPP].contains(errno) else {
            throw .last("copy to \(target.path) of", path)
        }
        let block = try read(upTo: count)
        try target.write(block)
        return block.count
    }
}
