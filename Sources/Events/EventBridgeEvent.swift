public import Clocks
public import JSON

/// Events as EventBridge delivers them.
///
/// See "EventBridge event message structure" in the Amazon S3 User Guide.
public enum EventBridgeEvent {
    /// `source` of S3's events.
    public static let s3Source = "aws.s3"
    /// `detail-type` of a new or replaced object.
    public static let objectCreatedType = "Object Created"
    /// `detail.event-version` of S3's events: the version of the fields beside it.
    public static let s3EventVersion = "1.0"
    /// The account of everything local; twelve digits, as AWS has them.
    public static let localAccount = "000000000000"

    /// What S3 says of an object that was written; the key is plain, not URL-encoded.
    ///
    /// - Parameters:
    ///   - id: A UUID, the same when one event is delivered twice.
    ///   - requestID: The request that wrote the object.
    ///   - reason: The request's kind: `PutObject`, `POST Object`, `CopyObject` or `CompleteMultipartUpload`.
    public static func objectCreated(
        _ object: ArrivedObject, id: String, time: Timestamp, requestID: String, reason: String = "PutObject",
        account: String = localAccount, region: String = "us-east-1", requester: String? = nil,
        sourceIPAddress: String = "127.0.0.1"
    ) -> JSONValue {
        var entity: JSONObject = [
            "key": .string(object.key), "size": .int(object.byteCount), "etag": .string(object.eTag),
        ]
        entity["version-id"] = object.versionID.map(JSONValue.string)
        entity["sequencer"] = object.sequencer.map(JSONValue.string)
        return envelope(
            id: id, detailType: objectCreatedType, source: s3Source, time: time, account: account, region: region,
            resources: [object.bucketARN],
            detail: [
                "version": "0",
                "event-version": .string(s3EventVersion),
                "bucket": ["name": .string(object.bucket)],
                "object": .object(entity),
                "request-id": .string(requestID),
                "requester": .string(requester ?? account),
                "source-ip-address": .string(sourceIPAddress),
                "reason": .string(reason),
            ])
    }

    /// The fields that every event of EventBridge has, around `detail`; the time has whole seconds, as at AWS.
    public static func envelope(
        id: String, detailType: String, source: String, time: Timestamp, account: String = localAccount,
        region: String = "us-east-1", resources: [String], detail: JSONValue
    ) -> JSONValue {
        [
            "version": "0",
            "id": .string(id),
            "detail-type": .string(detailType),
            "source": .string(source),
            "account": .string(account),
            "time": .string(time.spelled(fractionDigits: 0)),
            "region": .string(region),
            "resources": .array(resources.map(JSONValue.string)),
            "detail": detail,
        ]
    }
}
