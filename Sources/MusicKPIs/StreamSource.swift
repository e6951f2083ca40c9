import Digest

/// The file that a partial aggregate comes from: one version of one object.
package struct StreamSource: Sendable, Hashable {
    package let bucket: String
    package let key: String
    package let eTag: String

    package init(bucket: String, key: String, eTag: String) {
        self.bucket = bucket
        self.key = key
        self.eTag = eTag
    }

    /// 32 hexadecimal digits that name the file version in keys of other objects.
    package var identifier: String {
        String(sha256(Array("\(bucket)\n\(key)\n\(eTag)".utf8)).prefix(32))
    }
}
