public import Clocks
public import JSON

/// A poll of a bucket that found a file: the alternative to being notified.
///
/// The shape is Turntable's own, in EventBridge's envelope, so that rules match it as they match S3's events:
///
/// ```json
/// {"version": "0", "id": "UUID", "detail-type": "Object Sensed", "source": "turntable.sensor",
///  "account": "000000000000", "time": "when the sensor was satisfied", "region": "us-east-1",
///  "resources": ["arn:aws:s3:::BUCKET"],
///  "detail": {
///    "version": "1",
///    "bucket": {"name": "BUCKET"},
///    "object": {"key": "plain key", "size": 123, "etag": "MD5 in hexadecimal",
///               "last-modified": "2024-06-25T10:00:00.123Z"},
///    "sensor": {"name": "NAME", "prefix": "streams/", "wildcard": "*.csv", "interval-seconds": 60}}}
/// ```
///
/// Of these, `detail.bucket.name` and `detail.object.key` are needed to read one; `sequencer` is absent, since a poll
/// sees states and no changes. An object is sensed when two polls in a row saw the same size.
public enum SensorPoll {
    public static let source = "turntable.sensor"
    public static let detailType = "Object Sensed"
    /// `detail.version`; a number that changes when a reader of the old shape would misread the new one.
    public static let detailVersion = "1"

    /// The sensor that found the file.
    public struct Sensor: Sendable, Hashable {
        public var name: String
        /// What the key begins with; empty for any.
        public var prefix: String
        /// A pattern of the rest of the key, `*` for any characters; nil for any.
        public var wildcard: String?
        public var interval: Duration

        public init(name: String, prefix: String = "", wildcard: String? = nil, interval: Duration = .seconds(60)) {
            self.name = name
            self.prefix = prefix
            self.wildcard = wildcard
            self.interval = interval
        }
    }

    /// What a sensor says of a file it found.
    ///
    /// - Parameters:
    ///   - id: A UUID, the same when one event is delivered twice.
    ///   - time: When the sensor was satisfied.
    public static func event(
        _ object: ArrivedObject, lastModified: Timestamp, sensor: Sensor, id: String, time: Timestamp,
        account: String = EventBridgeEvent.localAccount, region: String = "us-east-1"
    ) -> JSONValue {
        let seconds = sensor.interval.inSeconds
        return EventBridgeEvent.envelope(
            id: id, detailType: detailType, source: source, time: time, account: account, region: region,
            resources: [object.bucketARN],
            detail: [
                "version": .string(detailVersion),
                "bucket": ["name": .string(object.bucket)],
                "object": [
                    "key": .string(object.key),
                    "size": .int(object.byteCount),
                    "etag": .string(object.eTag),
                    "last-modified": .string(lastModified.iso8601),
                ],
                "sensor": [
                    "name": .string(sensor.name),
                    "prefix": .string(sensor.prefix),
                    "wildcard": sensor.wildcard.map(JSONValue.string) ?? .null,
                    "interval-seconds": .double(seconds),
                ],
            ])
    }
}
