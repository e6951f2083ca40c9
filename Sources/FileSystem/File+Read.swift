import Glibc

extension File {
    /// Reads bytes from `offset` on, without moving the file's own position.
    ///
    /// - Returns: How many: all that `buffer` has room for, fewer only at the file's end.
    public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(FileSystemError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let done = filled
            let length = File.retrying {
                unsafe pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
            }
            guard length >= 0 else { throw .last("read", path) }
            guard length > 0 else { break }
            filled += length
        }
        return filled
    }
}
