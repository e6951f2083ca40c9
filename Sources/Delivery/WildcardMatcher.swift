/// A text in which `*` stands for any characters, none included; `\*` is an asterisk and `\\` a backslash.
///
/// Two wildcards in a row, and a backslash before anything else, are refused, as EventBridge refuses them.
package struct WildcardMatcher: Sendable, Hashable {
    /// What is between the wildcards, each with its table of Knuth, Morris and Pratt; at least one.
    private struct Piece: Sendable, Hashable {
        let bytes: [UInt8]
        /// For each byte, the length of the longest proper prefix that ends there.
        let fallbacks: [Int]

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            var fallbacks = [Int](repeating: 0, count: bytes.count)
            var length = 0
            for index in bytes.indices.dropFirst() {
                while length > 0, bytes[index] != bytes[length] { length = fallbacks[length - 1] }
                if bytes[index] == bytes[length] { length += 1 }
                fallbacks[index] = length
            }
            self.fallbacks = fallbacks
        }

        /// Where the first occurrence in `text` ends.
        func endOfFirstMatch(in text: ArraySlice<UInt8>) -> Int? {
            if bytes.isEmpty { return text.startIndex }
            var length = 0
            for index in text.indices {
                while length > 0, text[index] != bytes[length] { length = fallbacks[length - 1] }
                if text[index] == bytes[length] { length += 1 }
                if length == bytes.count { return index + 1 }
            }
            return nil
        }
    }

    /// The text it was made of.
    package let spelling: String
    private let pieces: [Piece]

    package init(_ spelling: String) throws(DeliveryError) {
        self.spelling = spelling
        var pieces: [[UInt8]] = [[]]
        var isEscaped = false
        var isAfterWildcard = false
        for (offset, byte) in spelling.utf8.enumerated() {
            if isEscaped {
                guard byte == UInt8(ascii: "*") || byte == UInt8(ascii: "\\") else {
                    throw WildcardMatcher.invalidEscape(at: offset - 1)
                }
                pieces[pieces.count - 1].append(byte)
                isEscaped = false
                continue
            }
            defer { isAfterWildcard = byte == UInt8(ascii: "*") }
            switch byte {
            case UInt8(ascii: "\\"): isEscaped = true
            case UInt8(ascii: "*"):
                guard !isAfterWildcard else {
                    throw DeliveryError(
                        code: .invalidWildcard,
                        detail: "two wildcards in a row at byte \(offset) of the wildcard; write one")
                }
                pieces.append([])
            default: pieces[pieces.count - 1].append(byte)
            }
        }
        guard !isEscaped else {
            throw WildcardMatcher.invalidEscape(at: spelling.utf8.count - 1)
        }
        self.pieces = pieces.map(Piece.init)
    }

    private static func invalidEscape(at offset: Int) -> DeliveryError {
        DeliveryError(
            code: .invalidWildcard,
            detail: "the backslash at byte \(offset) of the wildcard must be followed by * or \\")
    }

    /// Whether the whole of `text` matches.
    ///
    /// - Complexity: O(*n*) in the lengths of text and wildcard, whatever they are: between the first piece, which must
    ///   begin the text, and the last, which must end it, the leftmost place is as good for a piece as any other.
    package func matches(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        let first = pieces[0].bytes
        guard let last = pieces.dropFirst().last?.bytes else { return bytes == first }
        guard bytes.count >= first.count + last.count, bytes.starts(with: first),
            bytes.suffix(last.count).elementsEqual(last)
        else { return false }
        var rest = bytes[first.count..<(bytes.count - last.count)]
        for piece in pieces[1..<(pieces.count - 1)] {
            guard let end = piece.endOfFirstMatch(in: rest) else { return false }
            rest = rest[end...]
        }
        return true
    }
}
