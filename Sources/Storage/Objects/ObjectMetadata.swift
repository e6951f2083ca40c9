public import Clocks

/// What a store says about one object.
public struct ObjectMetadata: Sendable, Hashable {
    public let bucket: String
    /// The plain key: never URL-encoded.
    public let key: String
    public let byteCount: Int
    /// The MD5 of the content in lower-case hexadecimal, without quotes, as S3 gives it for objects put in one piece.
    public let eTag: String
    public let lastModified: Timestamp

    public init(bucket: String, key: String, byteCount: Int, eTag: String, lastModified: Timestamp) {
        self.bucket = bucket
        self.key = key
        self.byteCount = byteCount
        self.eTag = eTag
        self.lastModified = lastModified
    }
}

/// An object in memory.
public struct Object: Sendable, Hashable {
    public let metadata: ObjectMetadata
    public let bytes: [UInt8]

    public init(metadata: ObjectMetadata, bytes: [UInt8]) {
        self.metadata = metadata
        self.bytes = bytes
    }
}

/// A run of a bucket's objects, ascending by the UTF-8 bytes of their keys.
public struct ObjectPage: Sendable, Hashable {
    public let objects: [ObjectMetadata]
    /// What to pass as `after` for the next page; nil when this is the last.
    public let next: String?

    public init(objects: [ObjectMetadata], next: String?) {
        self.objects = objects
        self.next = next
    }
}
