/// A JSON number that keeps its spelling (RFC 8259, section 6).
///
/// Comparison and hashing are by value: spellings that read as the same integer or the same double are equal.
public struct JSONNumber: Sendable {
    /// The number as it was or will be written, such as `1.50` or `1e3`.
    public let spelling: String

    public init(_ value: Int) { spelling = String(value) }

    /// The shortest spelling that reads back as `value`.
    ///
    /// - Precondition: `value` is finite.
    public init(_ value: Double) {
        precondition(value.isFinite, "JSON has no spelling for \(value)")
        if value.magnitude < 1e15, value == value.rounded(.towardZero), !(value == 0 && value.sign == .minus) {
            spelling = String(Int64(value))
        } else {
            spelling = value.description
        }
    }

    /// Takes `spelling` as it is, or nil when it is no JSON number.
    public init?(spelling: String) {
        guard JSONNumber.isValid(spelling.utf8) else { return nil }
        self.spelling = spelling
    }

    /// Takes a spelling that the parser has checked.
    init(checked spelling: String) { self.spelling = spelling }

    /// The value if it is integral and fits, whatever the spelling.
    public var int: Int? {
        if let value = Int(spelling) { return value }
        let value = double
        // 2^53: above it a double no longer tells neighbouring integers apart, so a spelling with an exponent or a
        // fraction has no exact integer that could be trusted.
        guard value == value.rounded(.towardZero), value.magnitude <= 9_007_199_254_740_992 else { return nil }
        return Int(value)
    }

    /// The nearest double; spellings beyond its range give an infinity.
    public var double: Double { Double(spelling) ?? .nan }

    static func isValid(_ bytes: some Collection<UInt8>) -> Bool {
        var rest = bytes[...]
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }
        if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        guard isDigit(rest.first) else { return false }
        if rest.first == UInt8(ascii: "0") {
            rest.removeFirst()
        } else {
            while isDigit(rest.first) { rest.removeFirst() }
        }
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            guard isDigit(rest.first) else { return false }
            while isDigit(rest.first) { rest.removeFirst() }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
            guard isDigit(rest.first) else { return false }
            while isDigit(rest.first) { rest.removeFirst() }
        }
        return rest.isEmpty
    }
}

extension JSONNumber: Hashable {
    public static func == (left: JSONNumber, right: JSONNumber) -> Bool {
        if left.spelling == right.spelling { return true }
        // Integers beyond 2^53 are compared as integers; mixed or fractional spellings as doubles.
        if let leftInt = Int(left.spelling), let rightInt = Int(right.spelling) { return leftInt == rightInt }
        return left.double == right.double
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(double) }
}
