package import Clocks
import JSON
import JSONata

/// A Wait state: waits a number of seconds, or until a time.
package struct WaitState: Sendable {
    package enum Until: Sendable {
        case seconds(Int)
        case secondsPath(JSONPath)
        case timestamp(Timestamp)
        case timestampPath(JSONPath)
        case secondsExpression(JSONataField)
        case timestampExpression(JSONataField)
    }

    package let until: Until

    /// The time that a value spells; unlike elsewhere a `T` must stand between date and time.
    static func time(_ value: JSONValue) -> Timestamp? {
        value.stringValue.flatMap { text in text.contains("T") ? Timestamp(iso8601: text) : nil }
    }

    /// Seconds of a wait at most.
    static let maximumSeconds = 99_999_999

    static func read(_ fields: FieldReader) -> WaitState? {
        let isJSONPath = fields.language == .jsonPath
        let all = isJSONPath ? ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"] : ["Seconds", "Timestamp"]
        let names = all.filter { fields.has($0) }
        guard names.count == 1, let name = names.first else {
            fields.reportHere("a Wait state has exactly one of \(all.joined(separator: ", "))")
            return nil
        }
        if !isJSONPath, let text = fields.value(name)?.stringValue, FieldReader.isExpression(text) {
            return fields.jsonata(text, at: [name]).map {
                WaitState(until: name == "Seconds" ? .secondsExpression($0) : .timestampExpression($0))
            }
        }
        switch name {
        case "Seconds": return fields.integer(name, in: 0...maximumSeconds).map { WaitState(until: .seconds($0)) }
        case "SecondsPath": return fields.path(name).map { WaitState(until: .secondsPath($0)) }
        case "TimestampPath": return fields.path(name).map { WaitState(until: .timestampPath($0)) }
        default:
            guard let text = fields.string(name) else { return nil }
            guard let time = WaitState.time(.string(text)) else {
                fields.reader.report("String does not match RFC3339 timestamp", at: fields.path + [name])
                return nil
            }
            return WaitState(until: .timestamp(time))
        }
    }

    /// The time at which the wait ends.
    ///
    /// - Throws: ``StateError`` for a value that is neither seconds nor a time, or too far ahead.
    func deadline(_ data: StateData) throws(StateError) -> Timestamp {
        let deadline: Timestamp
        switch until {
        case .seconds(let seconds): deadline = data.now + .seconds(seconds)
        case .timestamp(let time): deadline = time
        case .secondsPath(let path): deadline = data.now + .seconds(try WaitState.seconds(path, data))
        case .timestampPath(let path):
            guard let value = try data.value(at: path) else {
                throw .runtime("The TimestampPath parameter does not reference an input value: \(path.text)")
            }
            guard let time = WaitState.time(value) else {
                throw .runtime(
                    "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: "
                        + "\(path.text) == \(value.stringValue ?? value.text())")
            }
            deadline = time
        case .secondsExpression(let field):
            let value = try field.value(data, .number)
            guard let seconds = value.intValue, (0...WaitState.maximumSeconds).contains(seconds) else {
                throw .query(
                    "The JSONata expression '\(field.expression.text)' specified for the field 'Seconds' must give a whole "
                        + "number from 0 to \(WaitState.maximumSeconds), but gave \(value.text())",
                    field: "Seconds", hasValue: true)
            }
            deadline = data.now + .seconds(seconds)
        case .timestampExpression(let field):
            let value = try field.value(data, .string)
            guard let time = WaitState.time(value) else {
                throw .query(
                    "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: "
                        + (value.stringValue ?? value.text()),
                    field: "Timestamp", hasValue: true)
            }
            deadline = time
        }
        guard deadline - data.now <= .seconds(Int64(Int32.max)) else {
            throw .runtime("The time to wait for is more than 2^31-1 seconds ahead: \(deadline)")
        }
        return deadline
    }

    private static func seconds(_ path: JSONPath, _ data: StateData) throws(StateError) -> Int {
        guard let value = try data.value(at: path) else {
            throw .runtime("The SecondsPath parameter does not reference an input value: \(path.text)")
        }
        guard let seconds = value.intValue else {
            throw .runtime(
                "The SecondsPath parameter cannot be parsed as a long value: \(path.text) == \(value.text())")
        }
        guard seconds >= 0 else {
            throw .runtime("The SecondsPath parameter references a negative value: \(path.text) == \(seconds)")
        }
        guard seconds <= maximumSeconds else {
            throw .runtime(
                "The SecondsPath parameter references a value that is too large: \(path.text) == \(seconds)")
        }
        return seconds
    }
}
