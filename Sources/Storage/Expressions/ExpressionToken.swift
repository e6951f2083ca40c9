/// A word of an expression.
struct ExpressionToken: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// A letter, then letters, digits and underscores: an attribute's name, a function's, a keyword.
        case name
        /// `#` and at least one letter, digit or underscore.
        case namePlaceholder
        /// `:` and at least one letter, digit or underscore.
        case valuePlaceholder
        /// Digits.
        case number
        /// An operator, a bracket, or a character that means nothing: an underscore before a name is one.
        case symbol
        case end
    }

    let kind: Kind
    let text: String
    /// Where it stands in the expression's bytes.
    let range: Range<Int>

    static func tokens(of bytes: [UInt8]) -> [ExpressionToken] {
        var tokens: [ExpressionToken] = []
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            if [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n")].contains(byte) {
                place += 1
                continue
            }
            let (kind, end) = next(bytes, place)
            tokens.append(
                ExpressionToken(
                    kind: kind, text: String(decoding: bytes[place..<end], as: UTF8.self), range: place..<end))
            place = end
        }
        tokens.append(ExpressionToken(kind: .end, text: "<EOF>", range: bytes.count..<bytes.count))
        return tokens
    }

    private static func next(_ bytes: [UInt8], _ start: Int) -> (Kind, end: Int) {
        func end(from place: Int, while accepts: (UInt8) -> Bool) -> Int {
            bytes[place...].firstIndex { !accepts($0) } ?? bytes.count
        }
        switch bytes[start] {
        case let byte where isLetter(byte): return (.name, end(from: start, while: isPart))
        case let byte where isDigit(byte): return (.number, end(from: start, while: isDigit))
        case UInt8(ascii: "#"), UInt8(ascii: ":"):
            let end = end(from: start + 1, while: isPart)
            guard end > start + 1 else { return (.symbol, end) }
            return (bytes[start] == UInt8(ascii: "#") ? .namePlaceholder : .valuePlaceholder, end)
        case UInt8(ascii: "<"), UInt8(ascii: ">"):
            guard start + 1 < bytes.count else { return (.symbol, start + 1) }
            let isPair =
                bytes[start + 1] == UInt8(ascii: "=")
                || (bytes[start] == UInt8(ascii: "<") && bytes[start + 1] == UInt8(ascii: ">"))
            return (.symbol, start + (isPair ? 2 : 1))
        default:
            // A character of several bytes is one symbol.
            return (.symbol, end(from: start + 1) { $0 & 0xC0 == 0x80 })
        }
    }

    /// Whether a placeholder's text is `mark` and a name.
    static func isPlaceholder(_ text: String, _ mark: Character) -> Bool {
        text.first == mark && text.utf8.count > 1 && text.utf8.dropFirst().allSatisfy(isPart)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isPart(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_") }
}
