import JSON

/// How AWS words what is no JSON: its parser names the token it stumbled over and the place behind it.
struct JSONRefusal {
    private let text: String
    private let error: JSONError

    init(_ bytes: [UInt8], _ error: JSONError) {
        text = String(decoding: bytes, as: UTF8.self)
        self.error = error
    }

    /// The message and the place.
    var texts: (message: String, location: String) {
        let bytes = Array(text.utf8)
        let offset = min(error.byteOffset, bytes.count)
        func isLetter(_ byte: UInt8) -> Bool {
            (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || (0x30...0x39).contains(byte)
        }
        var start = offset
        // A word that is misspelt is told from its beginning.
        while start > 0, isLetter(bytes[start - 1]) { start -= 1 }
        let word = bytes[start...].prefix(while: isLetter)
        var what = error.detail
        var column = error.column
        if !word.isEmpty, bytes[start] > 0x39 {
            what =
                "Unrecognized token '\(String(decoding: word, as: UTF8.self))': was expecting (JSON String, Number, Array, "
                + "Object or token 'null', 'true' or 'false')"
            column += word.count - (offset - start)
        }
        let source = "[Source: (String)\"\(text.prefix(500))\"; line: \(error.line), column: \(column)]"
        return ("\(what)\n at \(source)", source)
    }
}
