package import Clocks

/// What S3 says of one object.
package struct S3ObjectInfo: Sendable, Hashable {
    package let key: String
    /// Of the whole object, also where only a part was asked for.
    package let byteCount: Int
    /// Without quotes.
    package let eTag: String
    /// Whole seconds.
    package let lastModified: Timestamp
}

/// A page of a bucket's objects.
package struct S3Page: Sendable {
    package let objects: [S3ObjectInfo]
    package let isTruncated: Bool
}

/// What must hold of the object that a write replaces.
package enum S3Condition: Sendable, Hashable {
    case none
    /// There is none (`If-None-Match: *`).
    case absent
    /// Its ETag is this, without quotes (`If-Match`).
    case matches(String)

    var headers: [(String, String)] {
        switch self {
        case .none: []
        case .absent: [("If-None-Match", "*")]
        case .matches(let eTag): [("If-Match", "\"\(eTag)\"")]
        }
    }
}

/// What came of a write.
package struct S3Written: Sendable {
    /// Without quotes.
    package let eTag: String
    /// The answer's date; the object's own is at most some seconds earlier.
    package let date: Timestamp
    /// Whether an earlier attempt may have done it, so that a condition failed for the later one.
    package let attemptCount: Int
}

/// A part that was uploaded.
package struct S3Part: Sendable, Hashable {
    /// From 1 on.
    package let number: Int
    package let eTag: String
    /// Base64 of the CRC-32, where one was sent.
    package let checksum: String?
}
