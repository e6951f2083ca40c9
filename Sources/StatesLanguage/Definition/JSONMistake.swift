package import JSON

/// What is wrong with a JSON text, in the words of the parser that AWS uses: people search for them.
package struct JSONMistake: Sendable, Hashable {
    package let message: String
    /// `[Source: (String)"..."; line: 1, column: 4]`.
    package let location: String

    private static let values = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

    package init(_ error: JSONError, in bytes: [UInt8]) {
        let rest = bytes[min(error.byteOffset, bytes.count)...]
        let character = String(decoding: rest.prefix(4), as: UTF8.self).unicodeScalars.first
        let word = rest.prefix { byte in
            let letter = UnicodeScalar(byte)
            return letter.properties.isAlphabetic || ("0"..."9").contains(letter) || letter == "_" || letter == "$"
        }
        var column = error.column
        if error.code == .unexpectedEnd {
            message = "Unexpected end-of-input"
        } else if error.detail.contains("a key in double quotes"), let character {
            message =
                "Unexpected character ('\(character)' (code \(character.value))): was expecting double-quote to start field name"
            column += 1
        } else if !word.isEmpty, error.code == .unexpectedCharacter {
            message =
                "Unrecognized token '\(String(decoding: word, as: UTF8.self))': was expecting \(JSONMistake.values)"
            column += word.count
        } else if let character, error.code == .unexpectedCharacter {
            message =
                "Unexpected character ('\(character)' (code \(character.value))): expected a valid value \(JSONMistake.values)"
            column += 1
        } else {
            message = error.detail
        }
        // As the parser does, with no more than the beginning of a long text.
        let text = String(decoding: bytes.prefix(500), as: UTF8.self)
        location = "[Source: (String)\"\(text)\"; line: \(error.line), column: \(column)]"
    }
}
