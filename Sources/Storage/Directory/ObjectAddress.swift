import FileSystem
import Glibc

/// A key as a place below a bucket's folder, checked, together with the call that is about it.
struct ObjectAddress: Sendable {
    /// Bytes in one name of a Linux file system at most.
    static let maximumNameBytes = 255

    let operation: String
    let bucket: String
    let key: String
    /// The folders from the bucket's own to the file.
    let folders: [String]
    let name: String

    /// - Throws: ``ObjectStoreError`` `.invalidKey` for a key that no path spells faithfully.
    init(_ key: String, in bucket: String, _ operation: String) throws(ObjectStoreError) {
        try ObjectKey.check(key, in: bucket, operation)
        let parts = key.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if let fault = ObjectAddress.fault(of: parts) {
            throw ObjectStoreError(
                .invalidKey, operation: operation, bucket: bucket, key: key, detail: "\(fault); use another key")
        }
        self.operation = operation
        self.bucket = bucket
        self.key = key
        folders = parts.dropLast()
        name = parts[parts.count - 1]
    }

    private static func fault(of parts: [String]) -> String? {
        if parts.first == "" { return "a folder holds no key that begins with a slash" }
        if parts.last == "" { return "a folder holds no key that ends with a slash" }
        if parts[0] == Staging.nameInBucket {
            return "`\(Staging.nameInBucket)` is where objects are written before they appear"
        }
        for part in parts {
            if part.isEmpty { return "a folder holds no key with two slashes in a row" }
            if part == "." || part == ".." { return "a folder holds no key with the part `\(part)`" }
            if part.utf8.contains(0) { return "a file name holds no NUL byte" }
            if part.utf8.count > maximumNameBytes {
                return "a part of the key has \(part.utf8.count) bytes; a file name holds \(maximumNameBytes)"
            }
        }
        return nil
    }

    func error(_ code: ObjectStoreError.Code, _ detail: String, _ cause: (any Error)? = nil) -> ObjectStoreError {
        ObjectStoreError(code, operation: operation, bucket: bucket, key: key, detail: detail, cause: cause)
    }

    var notFound: ObjectStoreError { error(.notFound, "there is no such object") }

    /// Runs `body`, giving a failed system call the meaning it has for the object.
    func explaining<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as FileSystemError {
            throw ObjectStoreError(error, operation: operation, bucket: bucket, key: key)
        }
    }
}

extension ObjectStoreError {
    /// The meaning of a failed system call.
    init(_ cause: FileSystemError, operation: String, bucket: String, key: String?) {
        let code: Code
        let detail: String
        switch cause.code {
        case ENOENT:
            code = .notFound
            detail = "it went away meanwhile"
        case ENOSPC, EDQUOT:
            code = .noSpace
            detail = "the disk is full; nothing was changed: free some space and try again"
        case EFBIG:
            code = .tooLarge
            detail = "the file would be larger than this process or file system allows"
        case EROFS:
            code = .readOnly
            detail = "the file system is mounted read-only; mount it for writing or use another data folder"
        case EACCES where cause.operation.hasPrefix("open"), EPERM where cause.operation.hasPrefix("open"):
            code = .accessDenied
            detail = "this user may not open it; check the owner and permissions of the data folder"
        case EACCES, EPERM:
            code = .readOnly
            detail = "this user may not write there; check the owner and permissions of the data folder"
        case EMFILE, ENFILE:
            code = .io
            detail = "too many files are open; raise the limit (ulimit -n)"
        default:
            code = .io
            detail = "the file system refused"
        }
        self.init(code, operation: operation, bucket: bucket, key: key, detail: detail, cause: cause)
    }
}
