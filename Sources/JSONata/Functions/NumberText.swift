import Glibc
import JSON

/// Numbers as JavaScript spells and reads them.
enum NumberText {
    /// Significant digits of a finite number other than 0, without zeros at either end, and where the point stands:
    /// `digits` × 10^(`point` - digits.count).
    struct Decimal {
        var digits: [UInt8]
        var point: Int
    }

    /// The fewest digits that read back as `value`.
    static func shortest(_ value: Double) -> Decimal { decimal(from: value.magnitude.description) }

    /// At least 40 exact digits of `value`.
    static func exact(_ value: Double) -> Decimal {
        var buffer = [CChar](repeating: 0, count: 64)
        // SAFETY: the format takes the one double given, and nothing is written beyond the count given.
        _ = unsafe withVaList([value.magnitude]) { list in
            unsafe vsnprintf(&buffer, buffer.count, "%.40e", list)
        }
        return decimal(from: String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self))
    }

    private static func decimal(from text: String) -> Decimal {
        let parts = text.split(separator: "e")
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        var digits = mantissa.joined().utf8.map { $0 - 0x30 }
        var point = mantissa[0].utf8.count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        while digits.first == 0 {
            digits.removeFirst()
            point -= 1
        }
        while digits.last == 0 { digits.removeLast() }
        return Decimal(digits: digits, point: point)
    }

    /// `decimal` cut to so many digits, the last rounded half up.
    static func rounded(_ decimal: Decimal, to count: Int) -> Decimal {
        guard count >= 0 else { return Decimal(digits: [], point: decimal.point) }
        guard decimal.digits.count > count else { return decimal }
        var digits = Array(decimal.digits.prefix(count))
        var point = decimal.point
        if decimal.digits[count] >= 5 {
            var index = count - 1
            while index >= 0, digits[index] == 9 {
                digits[index] = 0
                index -= 1
            }
            if index >= 0 {
                digits[index] += 1
            } else {
                digits.insert(1, at: 0)
                point += 1
            }
        }
        while digits.last == 0 { digits.removeLast() }
        return Decimal(digits: digits, point: point)
    }

    /// As `String(value)` in ECMAScript (Number::toString).
    static func javaScript(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        if value == 0 { return "0" }
        if value.magnitude < 1e15, let whole = Int(exactly: value) { return String(whole) }
        let decimal = shortest(value)
        let sign = value < 0 ? "-" : ""
        let (digits, point) = (decimal.digits, decimal.point)
        func text(_ digits: some Collection<UInt8>) -> String {
            String(decoding: digits.map { $0 + 0x30 }, as: UTF8.self)
        }
        func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }
        if digits.count <= point, point <= 21 { return sign + text(digits) + zeros(point - digits.count) }
        if point > 0, point <= 21 { return sign + text(digits[..<point]) + "." + text(digits[point...]) }
        if point > -6, point <= 0 { return sign + "0." + zeros(-point) + text(digits) }
        let exponent = point - 1 < 0 ? "e-\(1 - point)" : "e+\(point - 1)"
        let fraction = digits.count == 1 ? "" : "." + text(digits[1...])
        return sign + text(digits[..<1]) + fraction + exponent
    }

    /// The number rounded to 15 significant digits, as all but whole ones are before they become text.
    static func toPrecision15(_ value: Double) -> Double {
        guard value.isFinite, value != 0 else { return value }
        if value == value.rounded(.towardZero) { return value }
        guard shortest(value).digits.count > 15 else { return value }
        let decimal = rounded(exact(value), to: 15)
        let digits = String(decoding: decimal.digits.map { $0 + 0x30 }, as: UTF8.self)
        return Double("\(value < 0 ? "-" : "")\(digits)e\(decimal.point - decimal.digits.count)") ?? value
    }

    /// The magnitude with so many digits after the point, as `toFixed` in ECMAScript.
    static func fixed(_ value: Double, digits count: Int) -> String {
        guard value != 0, value.isFinite else {
            return value == 0 ? "0" + (count > 0 ? "." + String(repeating: "0", count: count) : "") : javaScript(value)
        }
        let decimal = exact(value)
        let kept = rounded(decimal, to: max(-1, decimal.point + count))
        // All digits, the point left out: those kept, with zeros up to the place asked for.
        var digits = kept.digits
        let whole = max(kept.point, 0)
        if kept.digits.isEmpty {
            digits = Array(repeating: 0, count: whole + count)
        } else {
            if kept.point < 0 { digits = Array(repeating: 0, count: -kept.point) + digits }
            while digits.count < whole + count { digits.append(0) }
        }
        let text = String(decoding: digits.prefix(whole + count).map { $0 + 0x30 }, as: UTF8.self)
        let integer = whole == 0 ? "0" : String(text.prefix(whole))
        return count > 0 ? integer + "." + text.dropFirst(whole).prefix(count) : integer
    }

    /// The value of a JSON number, quickly if it is a short integer.
    static func double(_ number: JSONNumber) -> Double {
        let bytes = number.spelling.utf8
        guard bytes.count <= 15 else { return number.double }
        var value = 0
        var isNegative = false
        for (index, byte) in bytes.enumerated() {
            if index == 0, byte == 0x2D {
                isNegative = true
            } else if (0x30...0x39).contains(byte) {
                value = value * 10 + Int(byte - 0x30)
            } else {
                return number.double
            }
        }
        return isNegative ? -Double(value) : Double(value)
    }

    /// The number shifted by powers of ten through its spelling, so that 1.005 times 100 is 100.5.
    static func shifted(_ value: Double, by exponent: Int) -> Double {
        guard value.isFinite, value != 0 else { return value }
        let decimal = shortest(value)
        let digits = String(decoding: decimal.digits.map { $0 + 0x30 }, as: UTF8.self)
        let place = decimal.point - decimal.digits.count + exponent
        return Double("\(value < 0 ? "-" : "")\(digits)e\(place)") ?? value
    }

    /// The number rounded to so many decimal places, halves to the even neighbour.
    static func rounded(_ value: Double, places: Int) -> Double {
        guard value.isFinite else { return value }
        let whole = shifted(value, by: places)
        // So many places that there is nothing to round.
        guard whole.isFinite else { return value }
        let result = shifted(whole.rounded(.toNearestOrEven), by: -places)
        return result == 0 ? 0 : result
    }

    /// The number in another base, as `toString(radix)`; a fraction has been rounded away.
    static func integer(_ value: Double, radix: Int) -> String {
        if let whole = Int(exactly: value) { return String(whole, radix: radix) }
        var rest = value.magnitude
        guard rest.isFinite else { return javaScript(value) }
        var digits: [String] = []
        while rest >= 1 {
            let digit = rest.truncatingRemainder(dividingBy: Double(radix))
            digits.append(String(Int(digit), radix: radix))
            rest = ((rest - digit) / Double(radix)).rounded(.down)
        }
        return (value < 0 ? "-" : "") + digits.reversed().joined()
    }

    static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
}
