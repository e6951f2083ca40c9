import JSON

/// How a whole number is written (XPath functions 3.1, section 4.6: fn:format-integer).
struct IntegerPicture: Sendable {
    enum LetterCase: Sendable { case lower, upper, title }

    enum Style: Sendable {
        case digits
        case letters(LetterCase)
        case roman(LetterCase)
        case words(LetterCase)
        /// One that starts with a letter nobody knows how to go on from.
        case sequence(String)
    }

    struct Separator: Sendable {
        /// Digits to its right.
        let position: Int
        let character: Unicode.Scalar
    }

    var style = Style.digits
    var isOrdinal = false
    /// The zero of the digits used.
    var zero: UInt32 = 0x30
    var mandatoryDigits = 0
    var optionalDigits = 0
    /// From right to left.
    var separators: [Separator] = []
    /// Digits from one separator to the next if that goes on for ever; 0 if it does not.
    var regularGroup = 0
    /// Digits to read at most, where another number follows at once.
    var parseWidth: Int?

    /// Zeros of the digits of each script.
    private static let zeros: [UInt32] = [
        0x30, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
        0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40,
        0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
    ]

    /// Reads a picture such as `#,##0`, `I` or `w;o`.
    ///
    /// - Throws: D3131 if it mixes digits of several scripts.
    init(_ picture: String) throws(JSONataError) {
        var primary = picture[...]
        if let semicolon = picture.lastIndex(of: ";") {
            primary = picture[..<semicolon]
            isOrdinal = picture[picture.index(after: semicolon)...].first == "o"
        }
        switch primary {
        case "A": style = .letters(.upper)
        case "a": style = .letters(.lower)
        case "I": style = .roman(.upper)
        case "i": style = .roman(.lower)
        case "W": style = .words(.upper)
        case "Ww": style = .words(.title)
        case "w": style = .words(.lower)
        default: try readDigits(primary)
        }
    }

    private mutating func readDigits(_ pattern: Substring) throws(JSONataError) {
        var zero: UInt32?
        var position = 0
        for scalar in pattern.unicodeScalars.reversed() {
            if let group = IntegerPicture.zeros.first(where: { (0..<10).contains(Int(scalar.value) - Int($0)) }) {
                if let zero, zero != group { throw JSONataError("D3131") }
                zero = group
                mandatoryDigits += 1
                position += 1
            } else if scalar == "#" {
                optionalDigits += 1
                position += 1
            } else {
                separators.append(Separator(position: position, character: scalar))
            }
        }
        guard let zero else {
            style = .sequence(String(pattern))
            return
        }
        self.zero = zero
        if separators.allSatisfy({ $0.character == separators[0].character }) {
            regularGroup = IntegerPicture.regularGroup(separators.map(\.position))
        }
    }

    /// The interval at which positions repeat, 0 if one is missing or there are none.
    static func regularGroup(_ positions: [Int]) -> Int {
        func divisor(_ one: Int, _ other: Int) -> Int { other == 0 ? one : divisor(other, one % other) }
        let common = positions.reduce(0, divisor)
        guard common > 0 else { return 0 }
        for index in 1...positions.count where !positions.contains(index * common) { return 0 }
        return common
    }

    // MARK: Writing

    /// Writes a whole number.
    ///
    /// - Throws: D3130 for a sequence without rules; D1001 for a number that takes too many letters.
    func format(_ value: Double) throws(JSONataError) -> String {
        let magnitude = value.magnitude
        let text: String
        switch style {
        case .letters(let letterCase): text = IntegerPicture.letters(magnitude, letterCase)
        case .roman(let letterCase):
            // Each thousand is one M.
            guard magnitude <= 10_000_000 else { throw JSONataError("D1001", value: .double(value)) }
            let roman = RomanNumerals.text(Int(magnitude))
            text = letterCase == .upper ? roman.uppercased() : roman
        case .words(let letterCase):
            let words = NumberWords.text(magnitude, isOrdinal: isOrdinal)
            text = letterCase == .upper ? words.uppercased() : letterCase == .lower ? words.lowercased() : words
        case .digits: text = digits(magnitude)
        case .sequence(let token): throw JSONataError("D3130", value: .string(token))
        }
        return value < 0 ? "-" + text : text
    }

    private static func letters(_ value: Double, _ letterCase: LetterCase) -> String {
        var rest = value
        var letters: [UInt8] = []
        let first = UInt8(ascii: letterCase == .upper ? "A" : "a")
        while rest >= 1 {
            letters.append(first + UInt8((rest - 1).truncatingRemainder(dividingBy: 26)))
            rest = ((rest - 1) / 26).rounded(.down)
        }
        return String(decoding: letters.reversed(), as: UTF8.self)
    }

    private func digits(_ value: Double) -> String {
        let plain = NumberText.javaScript(value)
        var scalars = Array(plain.unicodeScalars)
        if scalars.count < mandatoryDigits {
            scalars.insert(contentsOf: repeatElement("0", count: mandatoryDigits - scalars.count), at: 0)
        }
        if zero != 0x30 {
            scalars = scalars.map { Unicode.Scalar($0.value - 0x30 + zero) ?? $0 }
        }
        let count = scalars.count
        if regularGroup > 0 {
            for place in stride(from: (count - 1) / regularGroup * regularGroup, to: 0, by: -regularGroup).reversed() {
                scalars.insert(separators[0].character, at: count - place)
            }
        } else {
            for separator in separators where separator.position <= count {
                scalars.insert(separator.character, at: count - separator.position)
            }
        }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return isOrdinal ? String(text) + IntegerPicture.ordinalSuffix(plain) : String(text)
    }

    private static func ordinalSuffix(_ digits: String) -> String {
        let last = digits.suffix(2)
        if last.count == 2, last.first == "1" { return "th" }
        switch last.last {
        case "1": return "st"
        case "2": return "nd"
        case "3": return "rd"
        default: return "th"
        }
    }

    // MARK: Reading

    /// Reads a number written by the picture; NaN if it is none.
    func parse(_ text: String) throws(JSONataError) -> Double {
        switch style {
        case .letters(let letterCase):
            let first = UInt32(UInt8(ascii: letterCase == .upper ? "A" : "a"))
            var value = 0.0
            for scalar in text.unicodeScalars { value = value * 26 + Double(Int(scalar.value) - Int(first) + 1) }
            return value
        case .roman: return RomanNumerals.value(text.uppercased())
        case .words: return NumberWords.value(text.lowercased())
        case .digits: return parseDigits(text)
        case .sequence(let token): throw JSONataError("D3130", value: .string(token))
        }
    }

    private func parseDigits(_ text: String) -> Double {
        var scalars = Array(text.unicodeScalars)
        if isOrdinal { scalars.removeLast(min(2, scalars.count)) }
        let marks = Set(separators.map(\.character))
        var digits = ""
        for scalar in scalars where !marks.contains(scalar) {
            if zero != 0x30, (zero...zero + 9).contains(scalar.value),
                let digit = Unicode.Scalar(scalar.value - zero + 0x30)
            {
                digits.unicodeScalars.append(digit)
            } else {
                digits.unicodeScalars.append(scalar)
            }
        }
        return IntegerPicture.leadingInteger(digits)
    }

    /// The whole number that a text begins with, as `parseInt`; NaN if it begins with none.
    static func leadingInteger(_ text: String) -> Double {
        let bytes = text.utf8.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let sign = bytes.first == 0x2D || bytes.first == 0x2B ? bytes.prefix(1) : bytes.prefix(0)
        let digits = bytes.dropFirst(sign.count).prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty, let value = Double(String(decoding: Array(digits), as: UTF8.self)) else { return .nan }
        return sign.first == 0x2D ? -value : value
    }
}
