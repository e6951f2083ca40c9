import Testing

@testable import Delivery

@Suite struct NotificationFilterTests {
    @Test(
        "takes the events and keys it is for",
        arguments: [
            (["s3:ObjectCreated:*"], "", "", "ObjectCreated:Put", "x", true),
            (["s3:ObjectCreated:*"], "", "", "s3:ObjectCreated:Copy", "x", true),
            (["s3:ObjectCreated:*"], "", "", "ObjectRemoved:Delete", "x", false),
            (["s3:ObjectCreated:Put"], "", "", "ObjectCreated:Copy", "x", false),
            (["s3:ObjectCreated:Put", "s3:ObjectRemoved:*"], "", "", "ObjectRemoved:Delete", "x", true),
            (["s3:ObjectCreated:*"], "streams/", ".csv", "ObjectCreated:Put", "streams/a.csv", true),
            (["s3:ObjectCreated:*"], "streams/", ".csv", "ObjectCreated:Put", "streams/a.txt", false),
            (["s3:ObjectCreated:*"], "streams/", ".csv", "ObjectCreated:Put", "Streams/a.csv", false),
            // Prefix and suffix may share characters.
            (["s3:ObjectCreated:*"], "ab", "bc", "ObjectCreated:Put", "abc", true),
            (["s3:ObjectCreated:*"], "a\u{E9}", "", "ObjectCreated:Put", "ae\u{301}", false),
        ])
    func matches(
        events: [String], prefix: String, suffix: String, name: String, key: String, expected: Bool
    ) throws {
        let filter = try NotificationFilter(events: events, prefix: prefix, suffix: suffix)
        #expect(filter.matches(eventName: name, key: key) == expected)
    }

    @Test(
        "overlaps when some key and event would be for both",
        arguments: [
            ("", "", "", "", true), ("a/", "", "b/", "", false), ("a/", "", "a/b/", "", true),
            ("", ".csv", "", ".txt", false),
            ("", ".csv", "", "csv", true), ("a/", ".csv", "b/", ".csv", false), ("a/", ".csv", "a/", ".txt", false),
            ("a/", "", "", ".csv", true),
        ])
    func overlaps(prefix: String, suffix: String, otherPrefix: String, otherSuffix: String, expected: Bool) throws {
        let created = ["s3:ObjectCreated:*"]
        let left = try NotificationFilter(events: created, prefix: prefix, suffix: suffix)
        let right = try NotificationFilter(events: ["s3:ObjectCreated:Put"], prefix: otherPrefix, suffix: otherSuffix)
        #expect(left.overlaps(right) == expected)
        #expect(right.overlaps(left) == expected)
        let removed = try NotificationFilter(events: ["s3:ObjectRemoved:*"], prefix: otherPrefix, suffix: otherSuffix)
        #expect(!left.overlaps(removed))
    }

    @Test("all pairs of a bucket are found")
    func pairs() throws {
        let filters = try ["a", "b", "ab", ""].map {
            try NotificationFilter(events: ["s3:ObjectCreated:*"], prefix: $0)
        }
        let pairs = NotificationFilter.overlaps(among: filters).map { [$0.0, $0.1] }
        #expect(pairs == [[0, 2], [0, 3], [1, 3], [2, 3]])
    }

    @Test(
        "event types that S3 does not have are refused",
        arguments: ["", "s3:ObjectCreated", "ObjectCreated:Put", "s3:*", "s3:ObjectCreated:Put:*"])
    func refused(event: String) {
        let error = #expect(throws: DeliveryError.self) { try NotificationFilter(events: [event]) }
        #expect(error?.code == .unknownEventType)
    }

    @Test("a filter without events and one too long are refused")
    func limits() {
        #expect(throws: DeliveryError.self) { try NotificationFilter(events: []) }
        let error = #expect(throws: DeliveryError.self) {
            try NotificationFilter(events: ["s3:ObjectCreated:*"], prefix: String(repeating: "ü", count: 513))
        }
        #expect(error?.code == .filterTooLong)
    }
}
