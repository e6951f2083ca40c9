/// Why an operation on an object failed.
public struct ObjectStoreError: Error, Sendable {
    /// What a caller branches on.
    public enum Code: String, Sendable, Hashable {
        case notFound
        case noSuchBucket
        case preconditionFailed
        /// The key or bucket name can't be used, or the key meets a folder where it needs a file, or the reverse.
        case invalidKey
        /// A range that begins at or after the object's end.
        case invalidRange
        /// More bytes than the caller or the file system allows.
        case tooLarge
        case noSpace
        /// The place can't be written to.
        case readOnly
        /// The place can't be read from.
        case accessDenied
        /// The object was written to while it was read.
        case changed
        /// A folder, link or device stands where the object should.
        case notAnObject
        /// A reader or writer was used after its end.
        case closed
        case io
    }

    public let code: Code
    /// The call that failed: `head`, `get`, `put`, ...
    public let operation: String
    public let bucket: String
    /// The key, or nil where the bucket as a whole is meant.
    public let key: String?
    /// What was found and what to do, in words.
    public let detail: String
    public let cause: (any Error)?

    public init(
        _ code: Code, operation: String, bucket: String, key: String?, detail: String, cause: (any Error)? = nil
    ) {
        self.code = code
        self.operation = operation
        self.bucket = bucket
        self.key = key
        self.detail = detail
        self.cause = cause
    }
}

extension ObjectStoreError: CustomStringConvertible {
    public var description: String {
        let place = key.map { "\(bucket)/\($0)" } ?? bucket
        return "\(code.rawValue) on \(operation) \(place): \(detail)" + (cause.map { " (\($0))" } ?? "")
    }
}
