import JSON

/// Why a text is no call of an intrinsic function.
struct IntrinsicSyntaxError: Error, CustomStringConvertible {
    let description: String
}

extension IntrinsicCall {
    /// Reads a call.
    ///
    /// - Throws: ``IntrinsicSyntaxError`` with the character it is about.
    init(_ text: String) throws(IntrinsicSyntaxError) {
        var reader = IntrinsicReader(text)
        self = try reader.readWhole()
    }
}

private struct IntrinsicReader {
    static let maximumCharacterCount = 10_000

    private let characters: [Character]
    private var offset = 0

    init(_ text: String) { characters = Array(text.prefix(IntrinsicReader.maximumCharacterCount + 1)) }

    private func failure(_ detail: String) -> IntrinsicSyntaxError {
        IntrinsicSyntaxError(
            description:
                "'\(String(characters.prefix(200)))' is no intrinsic function: \(detail) (character \(offset + 1))")
    }

    private var next: Character? { offset < characters.count ? characters[offset] : nil }

    private mutating func skipBlanks() { while next == " " { offset += 1 } }

    mutating func readWhole() throws(IntrinsicSyntaxError) -> IntrinsicCall {
        guard characters.count <= IntrinsicReader.maximumCharacterCount else { throw failure("it is too long") }
        let call = try call(depth: 1)
        skipBlanks()
        guard next == nil else { throw failure("nothing should follow") }
        return call
    }

    private mutating func call(depth: Int) throws(IntrinsicSyntaxError) -> IntrinsicCall {
        guard depth <= IntrinsicCall.maximumDepth else {
            throw failure("calls are nested deeper than \(IntrinsicCall.maximumDepth) levels")
        }
        let start = offset
        var name = ""
        while let character = next, character.isLetter || character.isNumber || character == "." {
            name.append(character)
            offset += 1
        }
        guard let function = IntrinsicFunction(rawValue: name) else { throw failure("there is no function '\(name)'") }
        skipBlanks()
        guard next == "(" else { throw failure("'(' should follow '\(name)'") }
        offset += 1
        var arguments: [IntrinsicCall.Argument] = []
        skipBlanks()
        while next != ")" {
            arguments.append(try argument(depth: depth))
            skipBlanks()
            guard next == "," else { break }
            offset += 1
            skipBlanks()
            if next == ")" { throw failure("an argument is missing") }
        }
        guard next == ")" else { throw failure("')' is missing") }
        offset += 1
        guard function.argumentCounts.contains(arguments.count) else {
            throw failure("\(name) does not take \(arguments.count) argument(s)")
        }
        return IntrinsicCall(text: String(characters[start..<offset]), function: function, arguments: arguments)
    }

    private mutating func argument(depth: Int) throws(IntrinsicSyntaxError) -> IntrinsicCall.Argument {
        switch next {
        case "'": return .text(IntrinsicText(raw: try quoted()))
        case "$":
            let rest = String(characters[offset...])
            var reader = JSONPathReader(rest)
            do throws(JSONPathError) {
                let path = try reader.path()
                offset += reader.offset
                return .path(path)
            } catch {
                throw failure("\(error)")
            }
        case "S": return .call(try call(depth: depth + 1))
        default:
            var word = ""
            while let character = next, character.isLetter || character.isNumber || "+-.".contains(character) {
                word.append(character)
                offset += 1
            }
            switch word {
            case "true": return .literal(true)
            case "false": return .literal(false)
            case "null": return .literal(.null)
            default:
                guard let number = JSONNumber(spelling: word) else {
                    throw failure(
                        "a text in single quotes, a number, true, false, null, a path or a call should stand here")
                }
                return .literal(.number(number))
            }
        }
    }

    private mutating func quoted() throws(IntrinsicSyntaxError) -> String {
        offset += 1
        var raw = ""
        while let character = next {
            offset += 1
            if character == "'" { return raw }
            raw.append(character)
            if character == "\\", let escaped = next {
                guard "'{}\\".contains(escaped) else {
                    throw failure("a backslash stands before ', {, } or another backslash only")
                }
                raw.append(escaped)
                offset += 1
            }
        }
        throw failure("the quote is never closed")
    }
}
