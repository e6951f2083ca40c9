public import Clocks
public import JSON

/// S3's event notifications, in the shape S3 sends them to a function.
///
/// See "Event message structure" in the Amazon S3 User Guide.
public enum S3Notification {
    /// The schema written unless a record says otherwise: since 2.4 one version for all kinds of events.
    public static let currentSchemaVersion = "2.6"

    /// The name of the message S3 sends when notifications are set up.
    public static let testEventName = "s3:TestEvent"

    /// One change of one object.
    public struct Record: Sendable {
        /// Without `s3:`, such as `ObjectCreated:Put` or `ObjectRemoved:Delete`.
        public var eventName: String
        public var time: Timestamp
        public var object: ArrivedObject
        /// 16 upper-case hexadecimal digits or letters at AWS.
        public var requestID: String
        /// `x-amz-id-2`.
        public var hostID: String
        /// The `Id` of the notification configuration that asked for the event.
        public var configurationID: String
        public var region: String
        /// Who changed the object.
        public var principalID: String
        /// Who owns the bucket.
        public var ownerID: String
        public var sourceIPAddress: String
        public var schemaVersion: String

        public init(
            eventName: String = "ObjectCreated:Put", time: Timestamp, object: ArrivedObject, requestID: String,
            hostID: String,
            configurationID: String, region: String = "us-east-1", principalID: String = "AWS:LOCAL",
            ownerID: String = "LOCAL",
            sourceIPAddress: String = "127.0.0.1", schemaVersion: String = currentSchemaVersion
        ) {
            self.eventName = eventName
            self.time = time
            self.object = object
            self.requestID = requestID
            self.hostID = hostID
            self.configurationID = configurationID
            self.region = region
            self.principalID = principalID
            self.ownerID = ownerID
            self.sourceIPAddress = sourceIPAddress
            self.schemaVersion = schemaVersion
        }

        /// The record as it stands in `Records`; the key is URL-encoded as ``S3KeyEncoding`` has it.
        public var json: JSONValue {
            // S3 leaves size and ETag out of removals.
            let isRemoval = eventName.hasPrefix("ObjectRemoved:")
            var entity: JSONObject = ["key": .string(S3KeyEncoding.encoded(object.key))]
            if !isRemoval {
                entity["size"] = .int(object.byteCount)
                entity["eTag"] = .string(object.eTag)
            }
            entity["versionId"] = object.versionID.map(JSONValue.string)
            entity["sequencer"] = object.sequencer.map(JSONValue.string)
            return [
                "eventVersion": .string(schemaVersion),
                "eventSource": "aws:s3",
                "awsRegion": .string(region),
                "eventTime": .string(time.iso8601),
                "eventName": .string(eventName),
                "userIdentity": ["principalId": .string(principalID)],
                "requestParameters": ["sourceIPAddress": .string(sourceIPAddress)],
                "responseElements": ["x-amz-request-id": .string(requestID), "x-amz-id-2": .string(hostID)],
                "s3": [
                    "s3SchemaVersion": "1.0",
                    "configurationId": .string(configurationID),
                    "bucket": [
                        "name": .string(object.bucket),
                        "ownerIdentity": ["principalId": .string(ownerID)],
                        "arn": .string(object.bucketARN),
                    ],
                    "object": .object(entity),
                ],
            ]
        }
    }

    /// The notification that carries these records.
    public static func event(_ records: [Record]) -> JSONValue { ["Records": .array(records.map(\.json))] }

    /// The notification that carries these records.
    public static func event(_ records: Record...) -> JSONValue { event(records) }

    /// The message S3 sends once when notifications of a bucket are set up.
    public static func testEvent(bucket: String, time: Timestamp, requestID: String, hostID: String) -> JSONValue {
        [
            "Service": "Amazon S3",
            "Event": .string(testEventName),
            "Time": .string(time.iso8601),
            "Bucket": .string(bucket),
            "RequestId": .string(requestID),
            "HostId": .string(hostID),
        ]
    }
}
