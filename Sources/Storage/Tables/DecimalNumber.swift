/// A decimal number of up to 38 significant digits, held exactly: DynamoDB's number.
///
/// The value is 0.d₁d₂d₃… × 10^`exponent` with d₁ not zero and no zeros at the end; zero has no digits.
struct DecimalNumber: Sendable, Hashable {
    /// Significant digits that DynamoDB keeps.
    static let maximumDigitCount = 38
    /// The exponents of 1E-130 and of 9.9E+125 in the form above.
    static let exponents = -129...126

    let isNegative: Bool
    /// 0 to 9 each, most significant first.
    let digits: [UInt8]
    let exponent: Int

    /// Reads a decimal spelling (`12`, `-0.5`, `1e3`, `+7`), or nil when it is none or out of DynamoDB's range.
    init?(_ spelling: String) {
        var rest = spelling.utf8[...]
        var isNegative = false
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            rest.removeFirst()
        }
        var digits: [UInt8] = []
        var exponent = 0
        var hasDigit = false
        var isFraction = false
        scan: while let byte = rest.first {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                hasDigit = true
                if byte == UInt8(ascii: "0"), digits.isEmpty {
                    if isFraction { exponent -= 1 }
                } else {
                    digits.append(byte - UInt8(ascii: "0"))
                    if !isFraction { exponent += 1 }
                }
            case UInt8(ascii: "."):
                if isFraction { return nil }
                isFraction = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                rest.removeFirst()
                guard let power = Int(Substring(rest)), (-10_000...10_000).contains(power) else { return nil }
                exponent += power
                rest = rest[rest.endIndex...]
                break scan
            default: return nil
            }
            rest.removeFirst()
        }
        guard hasDigit else { return nil }
        self.init(isNegative: isNegative, digits: digits, exponent: exponent)
    }

    /// Takes digits of which the first is not zero; nil when the number is out of range.
    private init?(isNegative: Bool, digits: [UInt8], exponent: Int) {
        var digits = digits
        while digits.last == 0 { digits.removeLast() }
        guard digits.isEmpty || (digits.count <= Self.maximumDigitCount && Self.exponents.contains(exponent)) else {
            return nil
        }
        self.isNegative = isNegative && !digits.isEmpty
        self.digits = digits
        self.exponent = digits.isEmpty ? 0 : exponent
    }

    /// The usual spelling: without an exponent, without zeros that say nothing.
    var spelling: String {
        guard !digits.isEmpty else { return "0" }
        var text = isNegative ? "-" : ""
        if exponent <= 0 {
            text += "0." + String(repeating: "0", count: -exponent)
        }
        for (index, digit) in digits.enumerated() {
            if index == exponent, index > 0 { text += "." }
            text += String(digit)
        }
        if exponent > digits.count { text += String(repeating: "0", count: exponent - digits.count) }
        return text
    }

    /// The number if it is integral and fits.
    var intValue: Int? { exponent >= digits.count && exponent <= 19 ? Int(spelling) : digits.isEmpty ? 0 : nil }

    var negated: DecimalNumber {
        DecimalNumber(isNegative: !isNegative, digits: digits, exponent: exponent) ?? self
    }

    /// The sum, or nil when it needs more than 38 digits or is out of range.
    func adding(_ other: DecimalNumber) -> DecimalNumber? {
        guard !digits.isEmpty else { return other }
        guard !other.digits.isEmpty else { return self }
        let high = max(exponent, other.exponent) + 1
        let low = min(exponent - digits.count, other.exponent - other.digits.count)
        var sum = [Int](repeating: 0, count: high - low)
        for number in [self, other] {
            for (index, digit) in number.digits.enumerated() {
                sum[high - number.exponent + index] += number.isNegative ? -Int(digit) : Int(digit)
            }
        }
        let isNegative = (sum.first { $0 != 0 } ?? 0) < 0
        if isNegative { sum = sum.map { -$0 } }
        // The leading digit is positive, so borrowing from the left ends before it.
        for index in sum.indices.dropFirst().reversed() {
            let carry = sum[index] >= 0 ? sum[index] / 10 : -1
            sum[index] -= carry * 10
            sum[index - 1] += carry
        }
        let zeros = sum.prefix { $0 == 0 }.count
        return DecimalNumber(
            isNegative: isNegative, digits: sum.dropFirst(zeros).map { UInt8($0) }, exponent: high - zeros)
    }

    /// Bytes that compare, one by one, as the numbers do.
    ///
    /// A sign byte (0 negative, 1 zero, 2 positive), the exponent, the digits plus one, an end byte of 0. All after the
    /// sign is complemented in negative numbers: `1` is `02 82 02 00`, `-1` is `00 7d fd ff`.
    var orderedBytes: [UInt8] {
        guard !digits.isEmpty else { return [1] }
        var bytes: [UInt8] = [UInt8(exponent - Self.exponents.lowerBound)]
        bytes += digits.map { $0 + 1 }
        bytes.append(0)
        return isNegative ? [0] + bytes.map { ~$0 } : [2] + bytes
    }
}

extension DecimalNumber: Comparable {
    static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
        left.orderedBytes.lexicographicallyPrecedes(right.orderedBytes)
    }
}
