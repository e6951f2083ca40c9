/// The object an event is to tell of.
public struct ArrivedObject: Sendable, Hashable {
    public var bucket: String
    /// The key as the store has it, not URL-encoded.
    public var key: String
    public var byteCount: Int
    /// Without quotes.
    public var eTag: String
    /// The version in a bucket that keeps versions; nil leaves the field out.
    public var versionID: String?
    /// A hexadecimal number that grows with each change of the key; nil leaves the field out.
    public var sequencer: String?

    public init(
        bucket: String, key: String, byteCount: Int, eTag: String, versionID: String? = nil, sequencer: String? = nil
    ) {
        self.bucket = bucket
        self.key = key
        self.byteCount = byteCount
        self.eTag = eTag
        self.versionID = versionID
        self.sequencer = sequencer
    }

    /// The bucket's ARN.
    var bucketARN: String { "arn:aws:s3:::\(bucket)" }
}
