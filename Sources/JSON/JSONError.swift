/// Why bytes are no JSON text, and where.
public struct JSONError: Error, Hashable, Sendable {
    public enum Code: String, Sendable {
        case unexpectedEnd, unexpectedCharacter, invalidNumber, invalidString, invalidEscape, invalidUTF8
        case tooDeep, trailingCharacters
    }

    public let code: Code
    public let position: JSONPosition
    /// What was found and what would have been right, without the text's own contents.
    public let detail: String

    public init(code: Code, position: JSONPosition, detail: String) {
        self.code = code
        self.position = position
        self.detail = detail
    }

    public var line: Int { position.line }
    public var column: Int { position.column }
    public var byteOffset: Int { position.byteOffset }
}

extension JSONError: CustomStringConvertible {
    public var description: String { "line \(line), column \(column) (byte \(byteOffset)): \(detail)" }
}

/// A place in a JSON text. Lines and columns count from 1; a column is a byte of the line, not a character.
public struct JSONPosition: Hashable, Sendable {
    public let line: Int
    public let column: Int
    public let byteOffset: Int

    public init(line: Int, column: Int, byteOffset: Int) {
        self.line = line
        self.column = column
        self.byteOffset = byteOffset
    }

    init(of offset: Int, in bytes: [UInt8]) {
        var line = 1
        var lineStart = 0
        for index in 0..<min(offset, bytes.count) where bytes[index] == UInt8(ascii: "\n") {
            line += 1
            lineStart = index + 1
        }
        self.init(line: line, column: offset - lineStart + 1, byteOffset: offset)
    }
}
