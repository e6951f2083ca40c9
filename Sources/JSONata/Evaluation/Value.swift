import JSON

/// What an expression evaluates to while it is evaluated.
///
/// Arrays and objects are references: those of the input wrap its JSON and make their elements when asked for them.
enum Value {
    case undefined
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array(ArrayValue)
    case object(ObjectValue)
    case function(FunctionValue)

    var isUndefined: Bool { if case .undefined = self { true } else { false } }
    var isArray: Bool { if case .array = self { true } else { false } }
    var isFunction: Bool { if case .function = self { true } else { false } }
    var string: String? { if case .string(let text) = self { text } else { nil } }
    var array: ArrayValue? { if case .array(let array) = self { array } else { nil } }
    var double: Double? { if case .number(let value) = self { value } else { nil } }

    /// Elements or members; 0 for all other values.
    var elementCount: Int {
        switch self {
        case .array(let array): array.count
        case .object(let object): object.count
        default: 0
        }
    }

    /// Levels of arrays and objects made during evaluation; those of the input do not count.
    var depth: Int {
        switch self {
        case .array(let array): array.depth
        case .object(let object): object.depth
        default: 0
        }
    }

    /// The letter of the value's type in signatures.
    var typeSymbol: Character {
        switch self {
        case .undefined: "m"
        case .null: "l"
        case .bool: "b"
        case .number: "n"
        case .string: "s"
        case .array: "a"
        case .object: "o"
        case .function: "f"
        }
    }

    /// The number, checked for operators: D1001 if it is infinite, nil if this is none or not a number at all.
    func finiteNumber() throws(JSONataError) -> Double? {
        guard case .number(let value) = self, !value.isNaN else { return nil }
        guard value.isFinite else { throw JSONataError("D1001", value: .string(NumberText.javaScript(value))) }
        return value
    }

    /// Whether the value counts as true (the function `$boolean`).
    func isTrue() throws(JSONataError) -> Bool {
        switch self {
        case .undefined, .null, .function: return false
        case .bool(let value): return value
        case .number: return try finiteNumber().map { $0 != 0 } ?? false
        case .string(let text): return !text.isEmpty
        case .object(let object): return object.count > 0
        case .array(let array):
            if array.count == 1 { return try array[0].isTrue() }
            for index in 0..<array.count where try array[index].isTrue() { return true }
            return false
        }
    }
}

extension Value {
    init(_ json: JSONValue) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .number(let number): self = .number(NumberText.double(number))
        case .string(let text): self = .string(text)
        case .array(let elements): self = .array(ArrayValue(json: elements))
        case .object(let object): self = .object(ObjectValue(json: object))
        }
    }

    /// The value as JSON: undefined and numbers that JSON cannot hold are null inside arrays, functions are `""`.
    var json: JSONValue? {
        switch self {
        case .undefined: nil
        case .null: .null
        case .bool(let value): .bool(value)
        // JavaScript writes a negative zero without its sign.
        case .number(let value): .double(value == 0 ? 0 : value)
        case .string(let text): .string(text)
        case .array(let array): .array(array.json)
        case .object(let object): .object(object.json)
        case .function: .string("")
        }
    }

    /// The value as it is quoted in errors.
    func jsonText() -> String? { json?.text() }
}
