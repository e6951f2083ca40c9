import JSON

/// Why an event can't be understood, and where.
public struct EventError: Error, Hashable, Sendable {
    public enum Code: String, Sendable {
        /// None of the shapes that are understood.
        case unknownShape
        /// A known kind of event that is not read here.
        case unsupportedSource
        /// A notification schema with another major version than 2.
        case unsupportedVersion
        case missingField, wrongType, invalidValue
        /// A key that is not URL-encoded UTF-8.
        case invalidKey
    }

    public let code: Code
    /// The place in the event as a JSONPath, such as `$.Records[0].s3.object.key`.
    public let path: String
    /// What was found there and what would have been right.
    public let detail: String

    public init(code: Code, path: String, detail: String) {
        self.code = code
        self.path = path
        self.detail = detail
    }

    /// The shapes that are understood, for messages.
    public static let understoodShapes =
        "an S3 notification (Records[] with eventSource aws:s3), an EventBridge object event (source aws.s3, "
        + "detail-type Object Created), a sensor poll (source turntable.sensor, detail-type Object Sensed)"

    static func unknownShape(_ event: JSONValue) -> EventError {
        let found: String
        switch event {
        case .object(let members) where members.isEmpty: found = "an empty object"
        case .object(let members):
            let names = members.keys.prefix(8).map(shortened).joined(separator: ", ")
            found = "an object with the keys \(names)\(members.count > 8 ? ", ..." : "")"
        default: found = "a value of the kind \(event.kindName)"
        }
        return EventError(code: .unknownShape, path: "$", detail: "found \(found); understood are \(understoodShapes)")
    }

    static func unsupportedSource(_ found: String, at path: String) -> EventError {
        EventError(
            code: .unsupportedSource, path: path,
            detail: "found \(found), which is not read; understood are \(understoodShapes)")
    }

    /// The beginning of a text from outside, bounded so that a message stays one.
    static func shortened(_ text: String) -> String {
        text.count <= 64 ? text : text.prefix(64) + "..."
    }
}

extension EventError: CustomStringConvertible {
    public var description: String { "event at \(path): \(detail)" }
}
