import Events
import JSON
import TestSupport
import Testing

@Suite("Events that can't be understood")
struct EventErrorTests {
    static func record(_ changes: (inout JSONObject) -> Void) -> JSONValue {
        var record = SampleEvents.s3["Records"]![0]!.objectValue!
        changes(&record)
        return ["Records": [.object(record)]]
    }
    static func object(_ name: String, _ value: JSONValue?) -> JSONValue {
        record { record in
            var entity = record["s3"]!.objectValue!
            var object = entity["object"]!.objectValue!
            object[name] = value
            entity["object"] = .object(object)
            record["s3"] = .object(entity)
        }
    }
    static func detail(_ name: String, _ value: JSONValue?) -> JSONValue {
        var event = SampleEvents.eventBridge.objectValue!
        var detail = event["detail"]!.objectValue!
        detail[name] = value
        event["detail"] = .object(detail)
        return .object(event)
    }

    static let cases: [(JSONValue, EventError.Code, String)] = [
        (.null, .unknownShape, "$"), (true, .unknownShape, "$"), (3, .unknownShape, "$"), ("", .unknownShape, "$"),
        ([], .unknownShape, "$"), ([:], .unknownShape, "$"), (["bucket": "b", "key": "k"], .unknownShape, "$"),
        (["Event": "s3:Other"], .unknownShape, "$"),
        (["Records": 1], .wrongType, "$.Records"), (["Records": .null], .missingField, "$.Records"),
        (["Records": [1]], .wrongType, "$.Records[0]"), (["Records": [[:]]], .missingField, "$.Records[0].eventSource"),
        (["Records": [["eventSource": "aws:sqs", "body": "{}"]]], .unsupportedSource, "$.Records[0]"),
        (["Records": [["EventSource": "aws:sns", "Sns": [:]]]], .unsupportedSource, "$.Records[0]"),
        (["Records": [["eventSource": "aws:kinesis"]]], .unsupportedSource, "$.Records[0]"),
        (["Type": "Notification", "TopicArn": "arn", "Message": "{}"], .unsupportedSource, "$.Message"),
        (record { $0["eventVersion"] = "3.0" }, .unsupportedVersion, "$.Records[0].eventVersion"),
        (record { $0["eventVersion"] = "20.0" }, .unsupportedVersion, "$.Records[0].eventVersion"),
        (record { $0["eventVersion"] = 2.1 }, .wrongType, "$.Records[0].eventVersion"),
        (record { $0["eventName"] = nil }, .missingField, "$.Records[0].eventName"),
        (record { $0["eventTime"] = "yesterday" }, .invalidValue, "$.Records[0].eventTime"),
        (record { $0["s3"] = nil }, .missingField, "$.Records[0].s3"),
        (record { $0["s3"] = [] }, .wrongType, "$.Records[0].s3"),
        (object("key", nil), .missingField, "$.Records[0].s3.object.key"),
        (object("key", 1), .wrongType, "$.Records[0].s3.object.key"),
        (object("key", ""), .invalidValue, "$.Records[0].s3.object.key"),
        (object("key", "100%"), .invalidKey, "$.Records[0].s3.object.key"),
        (object("key", "a%zz"), .invalidKey, "$.Records[0].s3.object.key"),
        (object("key", "a%+1"), .invalidKey, "$.Records[0].s3.object.key"),
        (object("key", "%FF"), .invalidKey, "$.Records[0].s3.object.key"),
        (object("size", -1), .invalidValue, "$.Records[0].s3.object.size"),
        (object("size", 1.5), .invalidValue, "$.Records[0].s3.object.size"),
        (object("size", "12"), .wrongType, "$.Records[0].s3.object.size"),
        (["detail-type": "Object Created", "detail": [:]], .missingField, "$.source"),
        (["source": "aws.ec2", "detail-type": "x", "detail": [:]], .unsupportedSource, "$.source"),
        (["source": "aws.s3", "detail": [:]], .missingField, "$['detail-type']"),
        (["source": "aws.s3", "detail-type": "Object Created"], .missingField, "$.detail"),
        (detail("bucket", nil), .missingField, "$.detail.bucket"),
        (detail("bucket", ["name": .null]), .missingField, "$.detail.bucket.name"),
        (detail("bucket", ["name": ""]), .invalidValue, "$.detail.bucket.name"),
        (detail("object", ["key": ["a"]]), .wrongType, "$.detail.object.key"),
    ]

    @Test("Each names what is wrong and where", arguments: cases.indices)
    func codesAndPaths(index: Int) throws {
        let (event, code, path) = Self.cases[index]
        let error = try #require(throws: EventError.self) { try FileArrival.all(in: event) }
        #expect(error.code == code, "\(event.text())")
        #expect(error.path == path, "\(event.text())")
    }

    @Test(
        "Samples of other services are refused by name",
        arguments: [
            ("sns-event.json", EventError.Code.unsupportedSource), ("sqs-event.json", .unsupportedSource),
            ("kinesis-event.json", .unsupportedSource), ("dynamodb-event.json", .unsupportedSource),
            ("example-eventbridge-event-obj.json", .unsupportedSource),
            ("example-eventbridge-schedule.json", .unsupportedSource),
            ("s3-batch-job-event-request-1.0.json", .unknownShape), ("kafka-event.json", .unknownShape),
        ])
    func otherServices(name: String, code: EventError.Code) throws {
        guard let path = Repository.shared("events/\(name)") else {
            return Repository.sharedIsMissing("events/\(name)")
        }
        let event = try SampleEvents.read(path)
        let error = try #require(throws: EventError.self) { try FileArrival.all(in: event) }
        #expect(error.code == code)
        #expect(error.description.contains("an S3 notification (Records[] with eventSource aws:s3)"))
    }

    @Test("The message says what was found and what is understood, in bounded length")
    func message() throws {
        let error = try #require(throws: EventError.self) { try FileArrival.all(in: ["bucket": "b", "key": "k"]) }
        #expect(
            error.description
                == "event at $: found an object with the keys bucket, key; understood are an S3 notification (Records[] with "
                + "eventSource aws:s3), an EventBridge object event (source aws.s3, detail-type Object Created), a sensor poll "
                + "(source turntable.sensor, detail-type Object Sensed)")
        let many = JSONValue.object(JSONObject((0..<500).map { (String(repeating: "x", count: 500) + "\($0)", .null) }))
        let long = try #require(throws: EventError.self) { try FileArrival.all(in: many) }
        #expect(long.description.utf8.count < 1_200)
    }

    @Test("One bad record fails the whole event")
    func noPartialList() {
        let good = SampleEvents.s3["Records"]![0]!
        #expect(throws: EventError.self) { try FileArrival.all(in: ["Records": [good, [:]]]) }
    }
}
