public import JSON

/// What an event says: the files that arrived, and what it tells besides.
public struct EventContents: Sendable, Hashable {
    /// A part of an event that is understood and is no arrival.
    public struct Ignored: Sendable, Hashable {
        /// Where it stands, such as `$.Records[1]`.
        public let path: String
        /// What it calls itself, such as `ObjectRemoved:Delete` or `s3:TestEvent`.
        public let eventName: String
    }

    public private(set) var arrivals: [FileArrival] = []
    public private(set) var ignored: [Ignored] = []

    /// Reads an S3 notification, an EventBridge object event or a sensor poll.
    ///
    /// - Throws: ``EventError``: `.unknownShape` when it is none of them, `.unsupportedSource` when it is a kind that
    ///   is known but not read (SNS and SQS envelopes, other services), else the code of the field at fault.
    public init(of event: JSONValue) throws(EventError) {
        let root = EventField(event, at: "$")
        guard case .object(let members) = event else { throw .unknownShape(event) }
        if members["Records"] != nil {
            try readRecords(root.member("Records"))
        } else if members["detail-type"] != nil || members["detail"] != nil {
            try readEnvelope(root)
        } else if members["Event"]?.stringValue == S3Notification.testEventName {
            ignored.append(Ignored(path: "$", eventName: S3Notification.testEventName))
        } else if members["Type"]?.stringValue == "Notification", members["TopicArn"] != nil {
            throw .unsupportedSource("an SNS message", at: "$.Message")
        } else {
            throw .unknownShape(event)
        }
    }

    private mutating func readRecords(_ records: EventField) throws(EventError) {
        for record in try records.elements() {
            // SNS alone writes this field with a capital.
            if try record.optionalMember("EventSource")?.text() == "aws:sns" {
                throw .unsupportedSource("an SNS message", at: record.path)
            }
            let source = try record.member("eventSource").text()
            switch source {
            case "aws:s3": try readRecord(record)
            case "aws:sqs": throw .unsupportedSource("an SQS message", at: record.path)
            default: throw .unsupportedSource("a record of \(EventError.shortened(source))", at: record.path)
            }
        }
    }

    private mutating func readRecord(_ record: EventField) throws(EventError) {
        if let version = try record.optionalMember("eventVersion") {
            // AWS: minor versions only add fields; a major version changes what is there.
            let text = try version.text()
            guard text.hasPrefix("2.") else {
                throw EventError(
                    code: .unsupportedVersion, path: version.path,
                    detail:
                        "schema version \(EventError.shortened(text)) is not understood; 2.0, 2.1 and so on are"
                )
            }
        }
        let nameField = try record.member("eventName")
        let spelledName = try nameField.text()
        let name = spelledName.hasPrefix("s3:") ? String(spelledName.dropFirst(3)) : spelledName
        guard name.hasPrefix("ObjectCreated:") else {
            ignored.append(Ignored(path: record.path, eventName: name))
            return
        }
        let entity = try record.member("s3")
        let object = try entity.member("object")
        let keyField = try object.member("key")
        guard let key = S3KeyEncoding.decoded(try keyField.nonEmptyText()) else {
            throw EventError(
                code: .invalidKey, path: keyField.path,
                detail: "the key is not URL-encoded UTF-8: a % must begin two hexadecimal digits (S3 writes % as %25)")
        }
        arrivals.append(
            FileArrival(
                bucket: try entity.member("bucket").member("name").nonEmptyText(), key: key,
                byteCount: try object.optionalMember("size")?.count(),
                eTag: try object.optionalMember("eTag")?.eTag(),
                versionID: try object.optionalMember("versionId")?.text(),
                sequencer: try object.optionalMember("sequencer")?.text(),
                time: try record.optionalMember("eventTime")?.time(), kind: .s3Notification, eventName: name))
    }

    private mutating func readEnvelope(_ envelope: EventField) throws(EventError) {
        let sourceField = try envelope.member("source")
        let source = try sourceField.text()
        let kind: FileArrival.Kind
        let arrivalName: String
        switch source {
        case EventBridgeEvent.s3Source: (kind, arrivalName) = (.eventBridge, EventBridgeEvent.objectCreatedType)
        case SensorPoll.source: (kind, arrivalName) = (.sensorPoll, SensorPoll.detailType)
        default:
            throw .unsupportedSource("an EventBridge event of \(EventError.shortened(source))", at: sourceField.path)
        }
        let name = try envelope.member("detail-type").text()
        guard name == arrivalName else {
            ignored.append(Ignored(path: "$", eventName: name))
            return
        }
        let detail = try envelope.member("detail")
        let object = try detail.member("object")
        arrivals.append(
            FileArrival(
                bucket: try detail.member("bucket").member("name").nonEmptyText(),
                key: try object.member("key").nonEmptyText(), byteCount: try object.optionalMember("size")?.count(),
                eTag: try object.optionalMember("etag")?.eTag(),
                versionID: try object.optionalMember("version-id")?.text(),
                sequencer: try object.optionalMember("sequencer")?.text(),
                time: try envelope.optionalMember("time")?.time(), kind: kind, eventName: name))
    }
}
