import CLinux
import Glibc

extension File {
    /// The value of an extended attribute, or nil when there is none, it is larger, or the file system has no such thing.
    public func extendedAttribute(_ name: String, maximumByteCount: Int = 256) -> [UInt8]? {
        FileSystem.extendedAttribute(name, of: descriptor, maximumByteCount)
    }

    /// Sets an extended attribute; `EOPNOTSUPP` where the file system has no such thing.
    public func setExtendedAttribute(_ name: String, _ value: [UInt8]) throws(FileSystemError) {
        try FileSystem.setExtendedAttribute(name, value, of: descriptor, path)
    }
}

extension Directory {
    /// The value of an extended attribute, or nil when there is none, it is larger, or the file system has no such thing.
    public func extendedAttribute(_ name: String, maximumByteCount: Int = 256) -> [UInt8]? {
        FileSystem.extendedAttribute(name, of: descriptor, maximumByteCount)
    }

    /// Sets an extended attribute; `EOPNOTSUPP` where the file system has no such thing.
    public func setExtendedAttribute(_ name: String, _ value: [UInt8]) throws(FileSystemError) {
        try FileSystem.setExtendedAttribute(name, value, of: descriptor, path)
    }
}

extension FileSystem {
    fileprivate static func extendedAttribute(_ name: String, of descriptor: Int32, _ limit: Int) -> [UInt8]? {
        var isThere = false
        let value = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            // SAFETY: the call writes at most `limit` bytes, the buffer's capacity, and returns how many.
            let length = unsafe fgetxattr(descriptor, name, buffer.baseAddress, limit)
            isThere = length >= 0
            count = max(0, length)
        }
        return isThere ? value : nil
    }

    fileprivate static func setExtendedAttribute(
        _ name: String, _ value: [UInt8], of descriptor: Int32, _ path: String
    ) throws(FileSystemError) {
        guard unsafe fsetxattr(descriptor, name, value, value.count, 0) == 0 else {
            throw .last("set attribute \(name) of", path)
        }
    }
}
