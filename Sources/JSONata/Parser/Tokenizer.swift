import JSON
import RegularExpressions

/// Cuts an expression into tokens. Positions are UTF-16 units, as in the reference implementation.
struct Tokenizer {
    private let units: [UInt16]
    private var position = 0

    var length: Int { units.count }

    init(_ text: String) { units = Array(text.utf16) }

    /// Operators of one character; each also ends a name.
    private static let operators = Set(".[]{}(),@#;:?+-*/%|=<>^&!~".utf16)
    private static let pairs: Set<[UInt16]> = Set(
        ["..", ":=", "!=", ">=", "<=", "**", "~>", "?:", "??"].map { Array($0.utf16) })

    private func isSpace(_ unit: UInt16) -> Bool {
        switch unit {
        case 0x20, 0x09, 0x0A, 0x0B, 0x0D: true
        default: false
        }
    }

    private func unit(_ offset: Int = 0) -> UInt16? {
        position + offset < units.count ? units[position + offset] : nil
    }

    private func isAt(_ character: Unicode.Scalar, _ offset: Int = 0) -> Bool {
        unit(offset).map(UInt32.init) == character.value
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: units[range], as: UTF16.self) }

    /// The next token. After an operand (`isInfix`) a slash divides; elsewhere it begins a regular expression.
    mutating func next(isInfix: Bool) throws(JSONataError) -> Token {
        try skipBlank()
        guard let first = unit() else { return Token(kind: .end, position: units.count) }
        if !isInfix, isAt("/") {
            position += 1
            let expression = try scanRegex()
            return Token(kind: .regex(expression), position: position)
        }
        if let second = unit(1), Tokenizer.pairs.contains([first, second]) { return symbol(length: 2) }
        if Tokenizer.operators.contains(first) { return symbol(length: 1) }
        if isAt("\"") || isAt("'") { return try scanString(quote: first) }
        if let token = try scanNumber() { return token }
        if isAt("`") { return try scanQuotedName() }
        return scanName()
    }

    private mutating func skipBlank() throws(JSONataError) {
        while let first = unit() {
            if isSpace(first) {
                position += 1
            } else if isAt("/"), isAt("*", 1) {
                let start = position
                position += 2
                while !(isAt("*") && isAt("/", 1)) {
                    guard position < units.count else { throw JSONataError("S0106", position: start) }
                    position += 1
                }
                position += 2
            } else {
                return
            }
        }
    }

    private mutating func symbol(length: Int) -> Token {
        position += length
        return Token(kind: .symbol(text(position - length..<position)), position: position)
    }

    private mutating func scanString(quote: UInt16) throws(JSONataError) -> Token {
        position += 1
        var content: [UInt16] = []
        while let first = unit() {
            if first == quote {
                position += 1
                return Token(kind: .string(LoneSurrogates.decode(content)), position: position)
            }
            if isAt("\\") {
                position += 1
                try scanEscape(into: &content)
            } else {
                content.append(first)
            }
            position += 1
        }
        throw JSONataError("S0101", position: position)
    }

    private mutating func scanEscape(into content: inout [UInt16]) throws(JSONataError) {
        guard let letter = unit() else { throw JSONataError("S0103", position: position, token: "") }
        switch Unicode.Scalar(letter) {
        case "\"", "\\", "/": content.append(letter)
        case "b": content.append(0x08)
        case "f": content.append(0x0C)
        case "n": content.append(0x0A)
        case "r": content.append(0x0D)
        case "t": content.append(0x09)
        case "u":
            var value: UInt16 = 0
            for offset in 1...4 {
                guard let digit = unit(offset).flatMap(Unicode.Scalar.init).flatMap({ Character($0).hexDigitValue }),
                    unit(offset).map({ $0 < 0x80 }) == true
                else { throw JSONataError("S0104", position: position) }
                value = value << 4 | UInt16(digit)
            }
            content.append(value)
            position += 4
        default: throw JSONataError("S0103", position: position, token: text(position..<position + 1))
        }
    }

    private func digitsEnd(from start: Int) -> Int {
        var end = start
        while end < units.count, (0x30...0x39).contains(units[end]) { end += 1 }
        return end
    }

    private mutating func scanNumber() throws(JSONataError) -> Token? {
        guard let first = unit(), (0x30...0x39).contains(first) else { return nil }
        var end = first == 0x30 ? position + 1 : digitsEnd(from: position)
        if end < units.count, units[end] == 0x2E {
            let fraction = digitsEnd(from: end + 1)
            if fraction > end + 1 { end = fraction }
        }
        if end < units.count, units[end] | 0x20 == 0x65 {
            var start = end + 1
            if start < units.count, units[start] == 0x2B || units[start] == 0x2D { start += 1 }
            let exponent = digitsEnd(from: start)
            if exponent > start { end = exponent }
        }
        let spelling = text(position..<end)
        guard let value = Double(spelling), value.isFinite else {
            throw JSONataError("S0102", position: position, token: spelling)
        }
        position = end
        return Token(kind: .number(value), position: position)
    }

    private mutating func scanQuotedName() throws(JSONataError) -> Token {
        position += 1
        guard let end = units[position...].firstIndex(of: 0x60) else {
            throw JSONataError("S0105", position: units.count)
        }
        let name = text(position..<end)
        position = end + 1
        return Token(kind: .name(name), position: position)
    }

    private mutating func scanName() -> Token {
        let start = position
        while let next = unit(), !isSpace(next), !Tokenizer.operators.contains(next) { position += 1 }
        let name = text(start..<position)
        if units[start] == 0x24 { return Token(kind: .variable(text(start + 1..<position)), position: position) }
        switch name {
        case "or", "in", "and": return Token(kind: .symbol(name), position: position)
        case "true", "false": return Token(kind: .bool(name == "true"), position: position)
        case "null": return Token(kind: .null, position: position)
        default: return Token(kind: .name(name), position: position)
        }
    }

    private mutating func scanRegex() throws(JSONataError) -> RegularExpression {
        let start = position
        var depth = 0
        while let next = unit() {
            let isEscaped = isAfterOddBackslashes(from: start)
            if next == 0x2F, depth == 0, !isEscaped {
                let pattern = text(start..<position)
                guard !pattern.isEmpty else { throw JSONataError("S0301", position: position) }
                position += 1
                var flags: Set<UInt16> = []
                while isAt("i") || isAt("m"), let flag = unit() {
                    flags.insert(flag)
                    position += 1
                }
                do {
                    return try RegularExpression(
                        pattern, ignoresCase: flags.contains(0x69), isMultiline: flags.contains(0x6D))
                } catch {
                    throw JSONataError("S0303", position: position, token: pattern)
                }
            }
            if !isEscaped {
                if next == 0x28 || next == 0x5B || next == 0x7B { depth += 1 }
                if next == 0x29 || next == 0x5D || next == 0x7D { depth -= 1 }
            }
            position += 1
        }
        throw JSONataError("S0302", position: position)
    }

    private func isAfterOddBackslashes(from start: Int) -> Bool {
        var count = 0
        while position - count > start, units[position - count - 1] == 0x5C { count += 1 }
        return count % 2 == 1
    }
}
