/// Which of a bucket's events a notification is for: S3's event types, and the key's beginning and end.
package struct NotificationFilter: Sendable, Hashable {
    /// The types that S3 knows, without their wildcards.
    package static let eventTypes = [
        "s3:ObjectCreated:Put", "s3:ObjectCreated:Post", "s3:ObjectCreated:Copy",
        "s3:ObjectCreated:CompleteMultipartUpload", "s3:ObjectRemoved:Delete", "s3:ObjectRemoved:DeleteMarkerCreated",
        "s3:ObjectRestore:Post", "s3:ObjectRestore:Completed", "s3:ObjectRestore:Delete",
        "s3:ReducedRedundancyLostObject", "s3:Replication:OperationFailedReplication",
        "s3:Replication:OperationNotTracked", "s3:Replication:OperationMissedThreshold",
        "s3:Replication:OperationReplicatedAfterThreshold", "s3:ObjectTagging:Put", "s3:ObjectTagging:Delete",
        "s3:ObjectAcl:Put", "s3:LifecycleExpiration:Delete", "s3:LifecycleExpiration:DeleteMarkerCreated",
        "s3:LifecycleTransition", "s3:IntelligentTiering",
    ]

    /// Such as `s3:ObjectCreated:*` or `s3:ObjectCreated:Put`.
    package let events: [String]
    package let prefix: String
    package let suffix: String

    /// - Throws: ``DeliveryError`` for an event type that S3 does not have, or a filter text over 1,024 bytes.
    package init(events: [String], prefix: String = "", suffix: String = "") throws(DeliveryError) {
        guard !events.isEmpty else {
            throw DeliveryError(code: .unknownEventType, detail: "a notification needs at least one event type")
        }
        for event in events {
            guard NotificationFilter.eventTypes.contains(where: { NotificationFilter.names(event, $0) }) else {
                throw DeliveryError(code: .unknownEventType, detail: "S3 has no event type \"\(event)\"")
            }
        }
        guard prefix.utf8.count <= 1_024, suffix.utf8.count <= 1_024 else {
            throw DeliveryError(
                code: .filterTooLong, detail: "a filter's prefix and suffix have at most 1024 bytes each")
        }
        self.events = events
        self.prefix = prefix
        self.suffix = suffix
    }

    /// Whether an event is meant.
    ///
    /// - Parameters:
    ///   - eventName: With or without `s3:` in front, such as `ObjectCreated:Put`.
    ///   - key: Plain, not URL-encoded; filters are compared byte for byte, and prefix and suffix may overlap in it.
    package func matches(eventName: String, key: String) -> Bool {
        let name = eventName.hasPrefix("s3:") ? eventName : "s3:\(eventName)"
        return events.contains { NotificationFilter.names($0, name) } && key.utf8.starts(with: prefix.utf8)
            && key.utf8.reversed().starts(with: suffix.utf8.reversed())
    }

    /// Whether S3 would refuse both on one bucket: a key could exist that both are for, with an event of both.
    ///
    /// Two prefixes overlap when one begins with the other, two suffixes when one ends with the other ("Configuring
    /// event notifications using object key name filtering").
    package func overlaps(_ other: NotificationFilter) -> Bool {
        let sharesEvent = NotificationFilter.eventTypes.contains { type in
            events.contains { NotificationFilter.names($0, type) }
                && other.events.contains { NotificationFilter.names($0, type) }
        }
        let (left, right) = (prefix.utf8, other.prefix.utf8)
        let (leftEnd, rightEnd) = (suffix.utf8.reversed(), other.suffix.utf8.reversed())
        return sharesEvent && (left.starts(with: right) || right.starts(with: left))
            && (leftEnd.starts(with: rightEnd) || rightEnd.starts(with: leftEnd))
    }

    /// The pairs of filters, by their indices, that S3 would refuse on one bucket.
    ///
    /// - Complexity: O(*n*²); S3 allows a bucket 100 configurations.
    package static func overlaps(among filters: [NotificationFilter]) -> [(Int, Int)] {
        var pairs: [(Int, Int)] = []
        for left in filters.indices {
            for right in filters.indices where right > left && filters[left].overlaps(filters[right]) {
                pairs.append((left, right))
            }
        }
        return pairs
    }

    /// Whether the configured `event`, which may end in `:*` for all of a kind, names the type.
    private static func names(_ event: String, _ type: String) -> Bool {
        guard event.hasSuffix(":*") else { return event == type }
        return event != "s3:*" && type.hasPrefix(event.dropLast())
    }
}
