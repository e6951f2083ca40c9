/// Reads one JSON text (RFC 8259) in one pass over its bytes.
///
/// A byte-order mark is skipped. Of duplicate keys the last value counts. Depth is bounded, since those who walk a value
/// recurse as deep.
struct JSONParser {
    private let bytes: [UInt8]
    private let maximumDepth: Int
    private var offset = 0
    /// Called with the offset of each value as it begins; `JSONDocument` collects positions with it.
    private(set) var record: JSONPositionRecorder?

    init(_ bytes: [UInt8], maximumDepth: Int, record: JSONPositionRecorder? = nil) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        self.record = record
    }

    mutating func parseDocument() throws(JSONError) -> JSONValue {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
        skipWhitespace()
        let value = try parseValue()
        skipWhitespace()
        guard offset == bytes.count else {
            throw failure(.trailingCharacters, "there is something after the end of the JSON value")
        }
        return value
    }

    private func failure(_ code: JSONError.Code, _ detail: String, at place: Int? = nil) -> JSONError {
        JSONError(code: code, position: JSONPosition(of: place ?? offset, in: bytes), detail: detail)
    }

    private mutating func skipWhitespace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            default: return
            }
        }
    }

    /// An array or object that has been opened and not closed.
    private struct Container {
        /// Where it was opened.
        let start: Int
        let isArray: Bool
        var elements: [JSONValue] = []
        var object = JSONObject()
        /// The key whose value comes next.
        var key = ""
    }

    /// Reads a value. What is open is kept in an array and not on the stack, so that no depth is too deep for a thread.
    private mutating func parseValue() throws(JSONError) -> JSONValue {
        var open: [Container] = []
        while true {
            var value: JSONValue
            guard offset < bytes.count else {
                throw failure(.unexpectedEnd, "the text ends where a value should begin")
            }
            record?.valueBegins(at: offset)
            switch bytes[offset] {
            case UInt8(ascii: "{"):
                let start = try begin(open.count)
                if peek() == UInt8(ascii: "}") {
                    offset += 1
                    value = .object(JSONObject())
                } else {
                    var container = Container(start: start, isArray: false)
                    try parseKey(of: &container)
                    open.append(container)
                    continue
                }
            case UInt8(ascii: "["):
                let start = try begin(open.count)
                if peek() == UInt8(ascii: "]") {
                    offset += 1
                    value = .array([])
                } else {
                    open.append(Container(start: start, isArray: true))
                    record?.enter(.index(0), at: offset)
                    continue
                }
            default: value = try parseScalar()
            }
            // The value ends what is open as long as brackets are closed after it.
            while true {
                guard !open.isEmpty else { return value }
                guard let closed = try take(value, into: &open[open.count - 1]) else { break }
                value = closed
                open.removeLast()
            }
        }
    }

    private mutating func begin(_ depth: Int) throws(JSONError) -> Int {
        guard depth < maximumDepth else {
            throw failure(.tooDeep, "arrays and objects are nested deeper than \(maximumDepth) levels")
        }
        let start = offset
        offset += 1
        skipWhitespace()
        return start
    }

    private mutating func parseScalar() throws(JSONError) -> JSONValue {
        switch bytes[offset] {
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case UInt8(ascii: "-"), 0x30...0x39: return .number(try parseNumber())
        case let byte: throw failure(.unexpectedCharacter, "\(JSONParser.name(of: byte)) can't begin a value")
        }
    }

    /// Reads a key and its colon.
    private mutating func parseKey(of container: inout Container) throws(JSONError) {
        guard peek() == UInt8(ascii: "\"") else {
            throw unexpected("a key in double quotes", opened: container.start, "object")
        }
        let keyOffset = offset
        container.key = try parseString()
        skipWhitespace()
        guard peek() == UInt8(ascii: ":") else { throw unexpected("a colon", opened: container.start, "object") }
        offset += 1
        skipWhitespace()
        record?.enter(.key(container.key), at: keyOffset)
    }

    /// Puts a value into what is open and reads on to the next value in it, or to its end.
    ///
    /// - Returns: The array or object when it ends here.
    private mutating func take(_ value: JSONValue, into container: inout Container) throws(JSONError) -> JSONValue? {
        record?.leave()
        if container.isArray {
            container.elements.append(value)
        } else {
            container.object[container.key] = value
        }
        skipWhitespace()
        let next = peek()
        if next == UInt8(ascii: ",") {
            offset += 1
            skipWhitespace()
            if container.isArray {
                record?.enter(.index(container.elements.count), at: offset)
            } else {
                try parseKey(of: &container)
            }
            return nil
        }
        if container.isArray {
            guard next == UInt8(ascii: "]") else {
                throw unexpected("a comma or a closing bracket", opened: container.start, "array")
            }
            offset += 1
            return .array(container.elements)
        }
        guard next == UInt8(ascii: "}") else {
            throw unexpected("a comma or a closing brace", opened: container.start, "object")
        }
        offset += 1
        return .object(container.object)
    }

    private func peek() -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private func unexpected(_ wanted: String, opened start: Int, _ container: String) -> JSONError {
        let line = JSONPosition(of: start, in: bytes).line
        guard let byte = peek() else {
            return failure(.unexpectedEnd, "the text ends inside the \(container) opened on line \(line)")
        }
        return failure(
            .unexpectedCharacter,
            "\(JSONParser.name(of: byte)) where \(wanted) should be, in the \(container) opened on line \(line)")
    }

    private mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let text = word.description.utf8
        guard bytes[offset...].starts(with: text) else {
            throw failure(.unexpectedCharacter, "a word that is none of true, false and null")
        }
        offset += text.count
        return value
    }

    private mutating func parseNumber() throws(JSONError) -> JSONNumber {
        let start = offset
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"),
                UInt8(ascii: "E"):
                offset += 1
                continue
            default: break
            }
            break
        }
        guard JSONNumber.isValid(bytes[start..<offset]) else {
            throw failure(.invalidNumber, "not a JSON number (such as 0, -1.5 or 2e10)", at: start)
        }
        return JSONNumber(checked: String(decoding: bytes[start..<offset], as: UTF8.self))
    }

    private mutating func parseString() throws(JSONError) -> String {
        let start = offset
        offset += 1
        let contentStart = offset
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                let content = bytes[contentStart..<offset]
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw failure(.invalidUTF8, "the string holds bytes that are not UTF-8", at: start)
                }
                offset += 1
                return text
            case UInt8(ascii: "\\"): return try parseEscapedString(from: start)
            case 0..<0x20:
                throw failure(.invalidString, "a control character inside a string must be escaped")
            default: offset += 1
            }
        }
        throw failure(.unexpectedEnd, "the string is never closed", at: start)
    }

    /// Reads the rest of a string from its first backslash on; strings without one never copy twice.
    private mutating func parseEscapedString(from start: Int) throws(JSONError) -> String {
        var content = Array(bytes[(start + 1)..<offset])
        while offset < bytes.count {
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw failure(.invalidUTF8, "the string holds bytes that are not UTF-8", at: start)
                }
                offset += 1
                return text
            case UInt8(ascii: "\\"): try parseEscape(into: &content)
            case 0..<0x20: throw failure(.invalidString, "a control character inside a string must be escaped")
            default:
                content.append(byte)
                offset += 1
            }
        }
        throw failure(.unexpectedEnd, "the string is never closed", at: start)
    }

    private mutating func parseEscape(into content: inout [UInt8]) throws(JSONError) {
        let start = offset
        offset += 1
        guard let letter = peek() else { throw failure(.unexpectedEnd, "the string is never closed", at: start) }
        offset += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(letter)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            let unit = try parseHexUnit(from: start)
            var scalar = UInt32(unit)
            if UTF16.isLeadSurrogate(unit) {
                // RFC 8259, section 7: characters outside the basic plane are two escapes in a row.
                guard bytes[offset...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else {
                    throw failure(.invalidEscape, "half of a surrogate pair stands alone", at: start)
                }
                offset += 2
                let trail = try parseHexUnit(from: start)
                guard UTF16.isTrailSurrogate(trail) else {
                    throw failure(.invalidEscape, "half of a surrogate pair stands alone", at: start)
                }
                scalar = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(trail) - 0xDC00)
            }
            guard let character = Unicode.Scalar(scalar) else {
                throw failure(.invalidEscape, "half of a surrogate pair stands alone", at: start)
            }
            content.append(contentsOf: UTF8.encode(character)!)
        default:
            throw failure(.invalidEscape, "\(JSONParser.name(of: letter)) after a backslash is no escape", at: start)
        }
    }

    private mutating func parseHexUnit(from start: Int) throws(JSONError) -> UInt16 {
        guard bytes.count - offset >= 4 else { throw failure(.unexpectedEnd, "the string is never closed", at: start) }
        var unit: UInt16 = 0
        for byte in bytes[offset..<(offset + 4)] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure(.invalidEscape, "\\u takes four hexadecimal digits", at: start)
            }
            unit = unit << 4 | UInt16(digit)
        }
        offset += 4
        return unit
    }

    static func name(of byte: UInt8) -> String {
        (0x21...0x7E).contains(byte) ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(String(byte, radix: 16))"
    }
}

extension JSONValue {
    /// Levels of arrays and objects that a text may nest unless the caller says otherwise.
    public static let defaultMaximumDepth = 512

    /// Reads one JSON text.
    ///
    /// - Throws: ``JSONError`` with line and column when the bytes are no JSON or nest deeper than `maximumDepth`.
    /// - Complexity: O(*n*) in the number of bytes.
    public init(parsing bytes: [UInt8], maximumDepth: Int = defaultMaximumDepth) throws(JSONError) {
        var parser = JSONParser(bytes, maximumDepth: maximumDepth)
        self = try parser.parseDocument()
    }

    /// Reads one JSON text.
    ///
    /// - Throws: ``JSONError`` as for bytes.
    public init(parsing text: String, maximumDepth: Int = defaultMaximumDepth) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), maximumDepth: maximumDepth)
    }
}
