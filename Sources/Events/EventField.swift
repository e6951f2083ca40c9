import Clocks
import JSON

/// A value of an event together with its place, so that each complaint can say where.
struct EventField {
    let value: JSONValue
    let path: String

    init(_ value: JSONValue, at path: String) {
        self.value = value
        self.path = path
    }

    func member(_ name: String) throws(EventError) -> EventField {
        guard let member = try optionalMember(name) else {
            throw EventError(code: .missingField, path: path(of: name), detail: "this field is missing")
        }
        return member
    }

    /// Nil when the member is absent or null: AWS writes null for a version in a bucket without versions.
    func optionalMember(_ name: String) throws(EventError) -> EventField? {
        guard case .object(let members) = value else { throw wrongType("an object") }
        guard let member = members[name], !member.isNull else { return nil }
        return EventField(member, at: path(of: name))
    }

    func elements() throws(EventError) -> [EventField] {
        guard case .array(let elements) = value else { throw wrongType("an array") }
        return elements.enumerated().map { EventField($1, at: "\(path)[\($0)]") }
    }

    func text() throws(EventError) -> String {
        guard case .string(let text) = value else { throw wrongType("a string") }
        return text
    }

    func nonEmptyText() throws(EventError) -> String {
        let text = try text()
        guard !text.isEmpty else {
            throw EventError(code: .invalidValue, path: path, detail: "this string must not be empty")
        }
        return text
    }

    func eTag() throws(EventError) -> String {
        let text = try text()
        guard text.utf8.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
        return String(text.dropFirst().dropLast())
    }

    func count() throws(EventError) -> Int {
        guard case .number(let number) = value else { throw wrongType("a number") }
        guard let count = number.int, count >= 0 else {
            throw EventError(code: .invalidValue, path: path, detail: "not a whole number of bytes, 0 or more")
        }
        return count
    }

    func time() throws(EventError) -> Timestamp {
        let text = try text()
        guard let time = Timestamp(iso8601: text) else {
            throw EventError(
                code: .invalidValue, path: path,
                detail: "'\(EventError.shortened(text))' is no time such as 2024-06-25T10:00:00.123Z")
        }
        return time
    }

    private func path(of name: String) -> String { EventField.isPlain(name) ? "\(path).\(name)" : "\(path)['\(name)']" }

    private static func isPlain(_ name: String) -> Bool {
        name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x30...0x39,
                UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }

    private func wrongType(_ wanted: String) -> EventError {
        EventError(code: .wrongType, path: path, detail: "\(wanted) should be here, found \(value.kindName)")
    }
}
