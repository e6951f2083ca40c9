/// One JSON value (RFC 8259) that keeps what is lost elsewhere: the order of an object's keys and the spelling of numbers.
///
/// Equality is by meaning, not by spelling: `1` equals `1.0`, and objects are equal whatever the order of their keys.
public enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// A number with the usual decimal spelling of `value`.
    public static func int(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }
    /// A number with the shortest spelling that reads back as `value`; JSON has no spelling for NaN and infinities,
    /// which become `null`.
    public static func double(_ value: Double) -> JSONValue { value.isFinite ? .number(JSONNumber(value)) : .null }

    public var isNull: Bool { if case .null = self { true } else { false } }
    public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var numberValue: JSONNumber? { if case .number(let value) = self { value } else { nil } }
    public var stringValue: String? { if case .string(let value) = self { value } else { nil } }
    public var arrayValue: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    public var objectValue: JSONObject? { if case .object(let value) = self { value } else { nil } }
    /// The number if it is integral and fits: `3`, `3.0` and `3e0` are 3; `3.5` is nil.
    public var intValue: Int? { numberValue?.int }
    public var doubleValue: Double? { numberValue?.double }

    /// The member under `key`, or nil when there is none or this is no object.
    public subscript(key: String) -> JSONValue? {
        if case .object(let object) = self { object[key] } else { nil }
    }

    /// The element at `index`, or nil when there is none or this is no array.
    public subscript(index: Int) -> JSONValue? {
        if case .array(let array) = self, array.indices.contains(index) { array[index] } else { nil }
    }

    /// The name of the value's kind as JSON Schema spells it: for messages.
    public var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension JSONValue {
    /// What is still to be compared is kept in a list: values may be deeper than the stack.
    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        var open: [(JSONValue, JSONValue)] = []
        guard isSame(left, right, &open) else { return false }
        while let (left, right) = open.popLast() {
            switch (left, right) {
            case (.array(let left), .array(let right)):
                for index in left.indices where !isSame(left[index], right[index], &open) { return false }
            case (.object(let left), .object(let right)):
                for (key, value) in left {
                    guard let other = right[key], isSame(value, other, &open) else { return false }
                }
            default: return false
            }
        }
        return true
    }

    /// Whether both may be equal; those with elements are added to what is still to be compared.
    private static func isSame(
        _ left: JSONValue, _ right: JSONValue, _ open: inout [(JSONValue, JSONValue)]
    ) -> Bool {
        switch (left, right) {
        case (.null, .null): return true
        case (.bool(let left), .bool(let right)): return left == right
        case (.number(let left), .number(let right)): return left == right
        case (.string(let left), .string(let right)): return left.hasSameBytes(as: right)
        case (.array(let leftElements), .array(let rightElements)):
            guard leftElements.count == rightElements.count else { return false }
            if !leftElements.isEmpty { open.append((left, right)) }
            return true
        case (.object(let leftMembers), .object(let rightMembers)):
            guard leftMembers.count == rightMembers.count else { return false }
            if !leftMembers.isEmpty { open.append((left, right)) }
            return true
        default: return false
        }
    }

    /// Levels that a hash looks at: equal values have equal hashes however few there are, and the stack is bounded.
    private static let hashedLevels = 16

    public func hash(into hasher: inout Hasher) { hash(into: &hasher, levels: JSONValue.hashedLevels) }

    func hash(into hasher: inout Hasher, levels: Int) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .number(let number): hasher.combine(number)
        case .string(let text): hasher.combine(text)
        case .array(let elements):
            hasher.combine(elements.count)
            guard levels > 0 else { return }
            for element in elements { element.hash(into: &hasher, levels: levels - 1) }
        case .object(let object):
            hasher.combine(object.count)
            guard levels > 0 else { return }
            object.hash(into: &hasher, levels: levels)
        }
    }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int) { self = .int(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}
