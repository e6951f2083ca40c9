/// A scalar of a YAML document: its text, and the style that decides whether the text can be anything but text.
package struct YAMLScalar: Sendable, Hashable {
    package enum Style: Sendable, Hashable {
        case plain, singleQuoted, doubleQuoted, literal, folded
    }

    /// The text after escapes and folding.
    package let text: String
    package let style: Style

    package init(text: String, style: Style) {
        self.text = text
        self.style = style
    }

    /// What a scalar stands for.
    package enum Value: Sendable, Hashable {
        case null
        case bool(Bool)
        case int(Int)
        case float(Double)
        case string(String)
    }

    /// What the scalar stands for by YAML 1.1's types as CloudFormation knows them: null, bool, int, float, else text.
    ///
    /// Only plain scalars can be anything but text, unless the tag says so. Timestamps stay text, as CloudFormation has
    /// them, and so do integers beyond 64 bits. `y` and `n` are text, as in every implementation in use.
    /// YAML 1.1: https://yaml.org/type/
    package func resolved(tag: String? = nil) -> Value {
        let standard = "tag:yaml.org,2002:"
        switch tag {
        case "\(standard)str": return .string(text)
        case "\(standard)null": return .null
        case "\(standard)bool": return YAMLScalar.bool(text).map(Value.bool) ?? .string(text)
        case "\(standard)int": return YAMLScalar.int(text).map(Value.int) ?? .string(text)
        case "\(standard)float": return YAMLScalar.float(text).map(Value.float) ?? .string(text)
        default: break
        }
        guard style == .plain else { return .string(text) }
        if ["", "~", "null", "Null", "NULL"].contains(text) { return .null }
        if let value = YAMLScalar.bool(text) { return .bool(value) }
        if let value = YAMLScalar.int(text) { return .int(value) }
        if let value = YAMLScalar.float(text) { return .float(value) }
        return .string(text)
    }

    private static func bool(_ text: String) -> Bool? {
        switch text {
        case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": true
        case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": false
        default: nil
        }
    }

    /// Decimal, `0x` hexadecimal, `0b` binary, octal with a leading 0, and base 60 (`1:30` is 90); underscores are
    /// dropped.
    private static func int(_ text: String) -> Int? {
        var digits = text.utf8.filter { $0 != UInt8(ascii: "_") }[...]
        var sign = ""
        if let first = digits.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            sign = first == UInt8(ascii: "-") ? "-" : ""
            digits.removeFirst()
        }
        // A text may begin with an underscore only if it is no number.
        guard let first = digits.first, (0x30...0x39).contains(first), !text.hasPrefix("_") else { return nil }
        func parse(_ digits: some Collection<UInt8>, radix: Int) -> Int? {
            guard let lead = digits.first, lead != UInt8(ascii: "-"), lead != UInt8(ascii: "+") else { return nil }
            return Int(sign + String(decoding: digits, as: UTF8.self), radix: radix)
        }
        if digits.contains(UInt8(ascii: ":")) { return sexagesimal(digits).map { sign == "-" ? -$0 : $0 } }
        guard first == UInt8(ascii: "0"), digits.count > 1 else { return parse(digits, radix: 10) }
        switch digits.dropFirst().first {
        case UInt8(ascii: "x"): return parse(digits.dropFirst(2), radix: 16)
        case UInt8(ascii: "b"): return parse(digits.dropFirst(2), radix: 2)
        default: return parse(digits.dropFirst(), radix: 8)
        }
    }

    private static func sexagesimal(_ digits: ArraySlice<UInt8>) -> Int? {
        let parts = digits.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var value = 0
        for (index, part) in parts.enumerated() {
            guard part.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(String(decoding: part, as: UTF8.self)),
                index == 0 ? part.first != UInt8(ascii: "0") : part.count <= 2 && number < 60
            else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 60)
            let (sum, overflowOfSum) = product.addingReportingOverflow(number)
            guard !overflow, !overflowOfSum else { return nil }
            value = sum
        }
        return value
    }

    /// A decimal fraction with a point, with an exponent or without, and the infinities and NaN. Without a point it is
    /// text (`1e3`), unless it is JSON's spelling of a number, which a JSON text read as YAML must keep.
    private static func float(_ text: String) -> Double? {
        switch text {
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .infinity
        case "-.inf", "-.Inf", "-.INF": return -.infinity
        case ".nan", ".NaN", ".NAN": return .nan
        default: break
        }
        guard let first = text.utf8.first, first != UInt8(ascii: "_"),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-._eE".utf8.contains($0) }),
            text.utf8.contains(where: { (0x30...0x39).contains($0) }),
            text.utf8.contains(UInt8(ascii: ".")) || first != UInt8(ascii: "+")
        else { return nil }
        let isDecimal = text.utf8.contains(UInt8(ascii: ".")) || text.utf8.contains { $0 == 0x65 || $0 == 0x45 }
        guard isDecimal else { return nil }
        return Double(String(decoding: text.utf8.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self))
    }
}
