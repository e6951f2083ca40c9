/// The value of one attribute of an item, in DynamoDB's types.
///
/// Equality is DynamoDB's: strings by their bytes, numbers by value whatever their spelling, sets whatever their order.
public enum AttributeValue: Sendable {
    case string(String)
    /// A decimal number as it is spelled: up to 38 significant digits, 1E-130 to 9.9E+125 or zero.
    case number(String)
    case bool(Bool)
    case null
    case list([AttributeValue])
    case map([String: AttributeValue])
    case binary([UInt8])
    /// Strings, numbers or binary values; all of one type, and one at least.
    case set(Set<AttributeValue>)

    public static func int(_ value: Int) -> AttributeValue { .number(String(value)) }

    public var stringValue: String? { if case .string(let value) = self { value } else { nil } }
    /// The number if it is integral and fits.
    public var intValue: Int? {
        guard case .number(let spelling) = self else { return nil }
        return Int(spelling) ?? DecimalNumber(spelling)?.intValue
    }
    /// The nearest double of a number.
    public var doubleValue: Double? { if case .number(let spelling) = self { Double(spelling) } else { nil } }
    public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var listValue: [AttributeValue]? { if case .list(let value) = self { value } else { nil } }
    public var mapValue: [String: AttributeValue]? { if case .map(let value) = self { value } else { nil } }
    public var binaryValue: [UInt8]? { if case .binary(let value) = self { value } else { nil } }
    public var setValue: Set<AttributeValue>? { if case .set(let value) = self { value } else { nil } }
    public var isNull: Bool { if case .null = self { true } else { false } }

    /// The type's tag in DynamoDB's JSON: `S`, `N`, `BOOL`, `NULL`, `L`, `M`, `B`, `SS`, `NS`, `BS`.
    public var typeTag: String {
        switch self {
        case .string: "S"
        case .number: "N"
        case .bool: "BOOL"
        case .null: "NULL"
        case .list: "L"
        case .map: "M"
        case .binary: "B"
        case .set(let elements): (elements.first?.typeTag ?? "S") + "S"
        }
    }
}

/// The attributes of one entry of a table, by name.
public typealias Item = [String: AttributeValue]

extension AttributeValue: Hashable {
    public static func == (left: AttributeValue, right: AttributeValue) -> Bool {
        switch (left, right) {
        // `String` alone takes composed and decomposed letters for the same.
        case (.string(let left), .string(let right)): left == right && left.utf8.elementsEqual(right.utf8)
        case (.number(let left), .number(let right)):
            if left == right {
                true
            } else if let left = DecimalNumber(left) {
                left == DecimalNumber(right)
            } else {
                false
            }
        case (.bool(let left), .bool(let right)): left == right
        case (.null, .null): true
        case (.list(let left), .list(let right)): left == right
        case (.map(let left), .map(let right)): left == right
        case (.binary(let left), .binary(let right)): left == right
        case (.set(let left), .set(let right)): left == right
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .string(let value): hasher.combine(value)
        case .number(let value): hasher.combine(DecimalNumber(value)?.spelling ?? value)
        case .bool(let value): hasher.combine(value)
        case .null: hasher.combine(0)
        case .list(let value): hasher.combine(value)
        case .map(let value): hasher.combine(value)
        case .binary(let value): hasher.combine(value)
        case .set(let value): hasher.combine(value)
        }
    }
}

extension AttributeValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .int(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}
