package import Clocks
import JSON

/// A Wait state: waits a number of seconds, or until a time.
package struct WaitState: Sendable {
    package enum Until: Sendable, Hashable {
        case seconds(Int)
        case secondsPath(JSONPath)
        case timestamp(Timestamp)
        case timestampPath(JSONPath)
    }

    package let until: Until

    /// The time that a value spells; unlike elsewhere a `T` must stand between date and time.
    static func time(_ value: JSONValue) -> Timestamp? {
        value.stringValue.flatMap { text in text.contains("T") ? Timestamp(iso8601: text) : nil }
    }

    /// Seconds of a wait at most.
    static let maximumSeconds = 99_999_999

    static func read(_ fields: FieldReader) -> WaitState? {
        let names = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"].filter { fields.has($0) }
        guard names.count == 1, let name = names.first else {
            fields.reportHere("a Wait state has exactly one of Seconds, SecondsPath, Timestamp, TimestampPath")
            return nil
        }
        switch name {
        case "Seconds": return fields.integer(name, in: 0...maximumSeconds).map { WaitState(until: .seconds($0)) }
        case "SecondsPath": return fields.path(name).map { WaitState(until: .secondsPath($0)) }
        case "TimestampPath": return fields.path(name).map { WaitState(until: .timestampPath($0)) }
        default:
            guard let text = fields.string(name) else { return nil }
            guard let time = Timestamp(iso8601: text) else {
                fields.report(name, "must be a time such as 2024-06-25T10:00:00Z")
                return nil
            }
            return WaitState(until: .timestamp(time))
        }
    }
}
