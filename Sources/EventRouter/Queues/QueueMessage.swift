package import Clocks
package import Delivery
import Digest
package import JSON

/// A message of a queue.
package struct QueueMessage: Sendable, Hashable {
    /// The number under which it is kept; 0 until it is.
    package var number: Int64 = 0
    /// The queue's name.
    package var queue: String
    /// `MessageId`.
    package var id: String
    package var body: String
    package var attributes: [String: MessageAttribute] = [:]
    package var sentAt: Timestamp
    /// Nobody receives it before.
    package var visibleAt: Timestamp
    /// Times that it was received.
    package var receiveCount = 0
    package var firstReceivedAt: Timestamp?
    /// The `AWSTraceHeader` that came with it.
    package var traceHeader: String?
    /// The queue whose consumers could not do it, by ARN.
    package var deadLetterSource: String?

    package init(queue: String, id: String, body: String, sentAt: Timestamp, visibleAt: Timestamp) {
        self.queue = queue
        self.id = id
        self.body = body
        self.sentAt = sentAt
        self.visibleAt = visibleAt
    }

    /// Bytes as SQS counts them.
    var byteCount: Int { body.utf8.count + MessageAttribute.byteCount(of: attributes) }
    var bodyDigest: String { md5(Array(body.utf8)) }

    /// What deletes it: good until it is received the next time.
    var receiptHandle: String { Base64.encode(Array("\(queue)/\(number)/\(receiveCount)".utf8)) }

    /// What a receipt handle says.
    static func receipt(_ handle: String) -> (queue: String, number: Int64, receiveCount: Int)? {
        guard let bytes = Base64.decode(handle) else { return nil }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let number = Int64(parts[1]), let count = Int(parts[2]) else { return nil }
        return (String(parts[0]), number, count)
    }

    /// Whether it can be received; else it was received and not deleted, or is delayed.
    package func isVisible(at now: Timestamp) -> Bool { visibleAt <= now }

    /// Its attributes for people, by name.
    package var attributeTexts: [(name: String, value: String)] {
        attributes.sorted { $0.key < $1.key }.map { name, attribute in
            switch attribute.value {
            case .text(let text): (name, text)
            case .binary(let bytes): (name, Base64.encode(bytes))
            }
        }
    }

    /// What `turntable queues NAME --json` prints.
    package func json(at now: Timestamp) -> JSONValue {
        var members: JSONObject = [
            "queue": .string(queue), "message_id": .string(id), "sent": .string(sentAt.iso8601),
            "state": isVisible(at: now) ? "visible" : receiveCount > 0 ? "in_flight" : "delayed",
            "visible_at": .string(visibleAt.iso8601), "receive_count": .int(receiveCount), "body": .string(body),
            "attributes": MessageAttribute.json(attributes),
        ]
        members["dead_letter_source"] = deadLetterSource.map { .string($0) }
        return .object(members)
    }

    /// What SQS says of it beside the body.
    func systemAttributes(account: String) -> [(String, String)] {
        var found = [
            ("ApproximateReceiveCount", "\(receiveCount)"), ("SentTimestamp", "\(sentAt.millisecondsSinceEpoch)"),
            ("SenderId", account),
        ]
        if let firstReceivedAt {
            found.append(("ApproximateFirstReceiveTimestamp", "\(firstReceivedAt.millisecondsSinceEpoch)"))
        }
        if let traceHeader { found.append(("AWSTraceHeader", traceHeader)) }
        if let deadLetterSource { found.append(("DeadLetterQueueSourceArn", deadLetterSource)) }
        return found
    }
}

/// How many messages a queue has.
package struct QueueCounts: Sendable, Hashable {
    package var visible = 0
    /// Received and not deleted.
    package var inFlight = 0
    /// Sent and not to be received yet.
    package var delayed = 0

    package init() {}
    package var total: Int { visible + inFlight + delayed }
}
