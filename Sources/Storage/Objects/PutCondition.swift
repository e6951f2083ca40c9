/// What must hold of the key an object is written to, at the moment it becomes visible.
public enum PutCondition: Sendable, Hashable {
    /// Whatever is there is replaced.
    case none
    /// Nothing is there (S3's `If-None-Match: *`).
    case ifAbsent
    /// The object there has this ETag (S3's `If-Match`).
    case ifMatch(String)
}

/// Comparison of ETags as S3 does it: quotes around one don't count.
enum ETag {
    static func matches(_ left: String, _ right: String) -> Bool { bare(left) == bare(right) }

    /// An ETag without the quotes that it may stand in.
    static func bare(_ eTag: String) -> String {
        eTag.count >= 2 && eTag.hasPrefix("\"") && eTag.hasSuffix("\"") ? String(eTag.dropFirst().dropLast()) : eTag
    }
}
