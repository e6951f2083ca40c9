import Clocks
import Events
import JSON
import TestSupport
import Testing

@Suite("What events say of files that arrived")
struct FileArrivalTests {
    static let object = ArrivedObject(
        bucket: "rds.data", key: "streams/a b+ü.csv", byteCount: 12, eTag: "b1946ac92492d2347c6235b4d2611184",
        versionID: "v1", sequencer: "617f08299329d189")
    static let time = Timestamp(iso8601: "2024-06-25T10:00:00.123Z")!

    static func record(_ eventName: String = "ObjectCreated:Put", key: String = object.key) -> S3Notification.Record {
        var object = object
        object.key = key
        return S3Notification.Record(
            eventName: eventName, time: time, object: object, requestID: "REQ", hostID: "HOST", configurationID: "rule")
    }

    @Test("A notification's key is decoded and its fields are kept")
    func s3Notification() throws {
        let event = S3Notification.event(Self.record())
        #expect(event["Records"]?[0]?["s3"]?["object"]?["key"] == "streams/a+b%2B%C3%BC.csv")
        #expect(
            try FileArrival.all(in: event) == [
                FileArrival(
                    bucket: "rds.data", key: "streams/a b+ü.csv", byteCount: 12,
                    eTag: "b1946ac92492d2347c6235b4d2611184", versionID: "v1", sequencer: "617f08299329d189",
                    time: Self.time, kind: .s3Notification, eventName: "ObjectCreated:Put")
            ])
    }

    @Test(
        "Every minor version of schema 2 is read", arguments: ["2.0", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.10"])
    func minorVersions(version: String) throws {
        var record = Self.record()
        record.schemaVersion = version
        #expect(try FileArrival.all(in: S3Notification.event(record)).map(\.key) == [Self.object.key])
    }

    @Test("Several records give several arrivals in their order, and what is no arrival is said")
    func severalRecords() throws {
        let contents = try EventContents(
            of: S3Notification.event(
                Self.record(key: "streams/1"), Self.record("ObjectRemoved:Delete", key: "streams/2"),
                Self.record("ObjectCreated:CompleteMultipartUpload", key: "streams/3"),
                Self.record("s3:ObjectCreated:Copy", key: "streams/4")))
        #expect(contents.arrivals.map(\.key) == ["streams/1", "streams/3", "streams/4"])
        #expect(contents.arrivals.map(\.eventName).last == "ObjectCreated:Copy")
        #expect(contents.ignored.map(\.path) == ["$.Records[1]"])
        #expect(contents.ignored.map(\.eventName) == ["ObjectRemoved:Delete"])
    }

    @Test("S3's test message and an empty list of records are no arrivals")
    func testEvent() throws {
        let event = S3Notification.testEvent(bucket: "rds.data", time: Self.time, requestID: "R", hostID: "H")
        #expect(try FileArrival.all(in: event) == [])
        #expect(try EventContents(of: event).ignored.map(\.eventName) == ["s3:TestEvent"])
        #expect(try FileArrival.all(in: ["Records": []]) == [])
    }

    @Test("An EventBridge event's key is plain: + and % stay")
    func eventBridge() throws {
        var object = Self.object
        object.key = "streams/a+b%20c.csv"
        let event = EventBridgeEvent.objectCreated(object, id: "ID", time: Self.time, requestID: "R")
        #expect(
            try FileArrival.all(in: event) == [
                FileArrival(
                    bucket: "rds.data", key: "streams/a+b%20c.csv", byteCount: 12,
                    eTag: "b1946ac92492d2347c6235b4d2611184", versionID: "v1", sequencer: "617f08299329d189",
                    time: Timestamp(iso8601: "2024-06-25T10:00:00Z"), kind: .eventBridge, eventName: "Object Created")
            ])
    }

    @Test("Other events of S3 on EventBridge are no arrivals")
    func eventBridgeDeletion() throws {
        let event = EventBridgeEvent.envelope(
            id: "ID", detailType: "Object Deleted", source: "aws.s3", time: Self.time, resources: [], detail: [:])
        #expect(try EventContents(of: event).ignored.map(\.eventName) == ["Object Deleted"])
    }

    @Test("A sensor poll gives the object as the poll saw it")
    func sensorPoll() throws {
        let event = SensorPoll.event(
            Self.object, lastModified: Self.time, sensor: .init(name: "s"), id: "ID", time: Self.time + .seconds(60))
        let arrival = try #require(try FileArrival.all(in: event).first)
        #expect(arrival.kind == .sensorPoll)
        #expect(arrival.key == Self.object.key)
        #expect(arrival.sequencer == nil)
        #expect(arrival.time == Timestamp(iso8601: "2024-06-25T10:01:00Z"))
        #expect(event["detail"]?["sensor"]?["wildcard"] == .null)
    }

    @Test("An ETag loses its quotes", arguments: [("\"abc\"", "abc"), ("abc", "abc"), ("\"", "\""), ("", "")])
    func quotedETag(written: String, read: String) throws {
        let event: JSONValue = [
            "source": "aws.s3", "detail-type": "Object Created",
            "detail": ["bucket": ["name": "b"], "object": ["key": "k", "etag": .string(written)]],
        ]
        let arrival = try #require(try FileArrival.all(in: event).first)
        #expect(arrival.eTag == read)
        #expect(arrival.byteCount == nil && arrival.time == nil)
    }

    @Test("The repository's sample files are what the builders make", arguments: SampleEvents.files.indices)
    func samples(index: Int) throws {
        let (name, event) = SampleEvents.files[index]
        let read = try SampleEvents.read("\(Repository.root)/events/\(name)")
        #expect(read.text(.pretty) == event.text(.pretty))
        let arrival = try #require(try FileArrival.all(in: read).first)
        #expect(arrival.bucket == "rds.data")
        #expect(arrival.key == "streams/streams-2024-06-25.csv")
    }

    @Test(
        "AWS's own samples are read",
        arguments: [
            ("s3-event.json", ["Happy Face.jpg"], []), ("s3-event-with-decoded.json", ["Happy Face.jpg"], []),
            ("s3-replication-event.json", [], ["Replication:OperationFailedReplication"]),
            ("s3-restore-event.json", [], ["ObjectRestore:Completed"]),
            ("s3-lifecycle-event.json", [], ["LifecycleTransition"]),
        ] as [(String, [String], [String])])
    func awsSamples(name: String, keys: [String], ignored: [String]) throws {
        guard let path = Repository.shared("events/\(name)") else {
            return Repository.sharedIsMissing("events/\(name)")
        }
        let contents = try EventContents(of: try SampleEvents.read(path))
        #expect(contents.arrivals.map(\.key) == keys)
        #expect(contents.ignored.map(\.eventName) == ignored)
    }
}
