import Clocks
import Events
import JSON

/// One change of an object as S3 tells it: the same ids and sequencer in each form.
struct ObjectEvents: Sendable {
    let change: ObjectChange
    let sequencer: String
    let eventID: String
    let account: String
    let region: String
    private let requestID: String
    private let hostID: String

    /// - Parameter entropy: Gives the event's and the request's ids.
    init(_ change: ObjectChange, sequencer: String, account: String, region: String, entropy: any Entropy) {
        self.change = change
        self.sequencer = sequencer
        self.account = account
        self.region = region
        eventID = entropy.uuid()
        let digits = String(entropy.next(), radix: 16, uppercase: true)
        requestID = String(repeating: "0", count: 16 - digits.count) + digits
        hostID = ObjectEvents.hostID(entropy)
    }

    /// 76 characters of Base64, as S3's.
    private static func hostID(_ entropy: any Entropy) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var characters: [UInt8] = []
        while characters.count < 76 {
            var bits = entropy.next()
            for _ in 0..<10 where characters.count < 76 {
                characters.append(alphabet[Int(bits & 63)])
                bits >>= 6
            }
        }
        return String(decoding: characters, as: UTF8.self)
    }

    /// What the change is called in a notification, without `s3:`.
    var notificationName: String {
        switch change.kind {
        case .put: "ObjectCreated:Put"
        case .copy: "ObjectCreated:Copy"
        case .removed: "ObjectRemoved:Delete"
        }
    }

    private var object: ArrivedObject {
        ArrivedObject(
            bucket: change.name.bucket, key: change.name.key, byteCount: change.identity?.byteCount ?? 0,
            eTag: change.eTag,
            sequencer: sequencer)
    }

    /// The notification to a function.
    func notification(configurationID: String) -> JSONValue {
        S3Notification.event(
            S3Notification.Record(
                eventName: notificationName, time: change.time, object: object, requestID: requestID, hostID: hostID,
                configurationID: configurationID, region: region))
    }

    /// The event on the default bus.
    var eventBridgeEvent: JSONValue {
        switch change.kind {
        case .put, .copy:
            return EventBridgeEvent.objectCreated(
                object, id: eventID, time: change.time, requestID: requestID,
                reason: change.kind == .copy ? "CopyObject" : "PutObject", account: account, region: region)
        case .removed:
            return EventBridgeEvent.envelope(
                id: eventID, detailType: "Object Deleted", source: EventBridgeEvent.s3Source, time: change.time,
                account: account, region: region, resources: ["arn:aws:s3:::\(change.name.bucket)"],
                detail: [
                    "version": "0",
                    "event-version": .string(EventBridgeEvent.s3EventVersion),
                    "bucket": ["name": .string(change.name.bucket)],
                    "object": ["key": .string(change.name.key), "sequencer": .string(sequencer)],
                    "request-id": .string(requestID),
                    "requester": .string(account),
                    "source-ip-address": "127.0.0.1",
                    "reason": "DeleteObject",
                    "deletion-type": "Permanently Deleted",
                ])
        }
    }
}
