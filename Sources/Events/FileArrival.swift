public import Clocks
public import JSON

/// A file that has come to a bucket, however that was told.
///
/// S3 notifications, EventBridge object events and sensor polls all become this. Delivery is at least once and
/// unordered, so the same arrival may be told twice, and a newer one before an older.
public struct FileArrival: Sendable, Hashable {
    /// Which kind of event told of the arrival.
    public enum Kind: String, Sendable {
        /// `Records[]` with `eventSource` `aws:s3`.
        case s3Notification
        /// `source` `aws.s3` with `detail-type` `Object Created`.
        case eventBridge
        /// `source` `turntable.sensor` with `detail-type` `Object Sensed`; see ``SensorPoll``.
        case sensorPoll
    }

    public let bucket: String
    /// The key as the store has it, not URL-encoded.
    public let key: String
    public let byteCount: Int?
    /// Without the quotes that HTTP puts around it.
    public let eTag: String?
    /// The version in a bucket that keeps versions.
    public let versionID: String?
    /// A hexadecimal number that grows with each change of one key; of use only between events of the same key.
    public let sequencer: String?
    /// When the object was written, or, of a sensor poll, noticed.
    public let time: Timestamp?
    public let kind: Kind
    /// What the event calls itself: `ObjectCreated:Put`, `Object Created`, `Object Sensed`.
    public let eventName: String

    public init(
        bucket: String, key: String, byteCount: Int? = nil, eTag: String? = nil, versionID: String? = nil,
        sequencer: String? = nil, time: Timestamp? = nil, kind: Kind, eventName: String
    ) {
        self.bucket = bucket
        self.key = key
        self.byteCount = byteCount
        self.eTag = eTag
        self.versionID = versionID
        self.sequencer = sequencer
        self.time = time
        self.kind = kind
        self.eventName = eventName
    }

    /// All arrivals an event tells of, in its order; empty when it is understood but tells of none.
    ///
    /// S3's `s3:TestEvent` and events that don't create an object (removals, restores, tags) are no arrivals;
    /// ``EventContents`` says which were left out.
    ///
    /// - Throws: ``EventError`` when the event has a shape or a field that can't be understood; never a part of the
    ///   list.
    public static func all(in event: JSONValue) throws(EventError) -> [FileArrival] {
        try EventContents(of: event).arrivals
    }
}
