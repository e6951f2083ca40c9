/// How a JSON text is laid out.
public enum JSONStyle: Sendable {
    /// No white space: `{"a":[1,2]}`.
    case compact
    /// A member or element a line, indented by two blanks.
    case pretty
}

extension JSONValue {
    /// The value as a JSON text.
    ///
    /// Control characters, quotes and backslashes are escaped; all else is written as it is, in UTF-8.
    public func text(_ style: JSONStyle = .compact) -> String { String(decoding: bytes(style), as: UTF8.self) }

    /// The value as a JSON text in UTF-8.
    public func bytes(_ style: JSONStyle = .compact) -> [UInt8] {
        var output: [UInt8] = []
        write(to: &output, style)
        return output
    }

    /// Appends the value's JSON text to `output`.
    public func write(to output: inout [UInt8], _ style: JSONStyle = .compact) {
        write(to: &output, indent: style == .pretty ? 0 : nil)
    }

    private func write(to output: inout [UInt8], indent: Int?) {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let number): output.append(contentsOf: number.spelling.utf8)
        case .string(let text): JSONValue.write(text, to: &output)
        case .array(let elements):
            JSONValue.write(elements, in: ("[", "]"), to: &output, indent: indent) { element, output, inner in
                element.write(to: &output, indent: inner)
            }
        case .object(let object):
            JSONValue.write(object, in: ("{", "}"), to: &output, indent: indent) { member, output, inner in
                JSONValue.write(member.key, to: &output)
                output.append(UInt8(ascii: ":"))
                if inner != nil { output.append(UInt8(ascii: " ")) }
                member.value.write(to: &output, indent: inner)
            }
        }
    }

    private static func write<Elements: Collection>(
        _ elements: Elements, in brackets: (String, String), to output: inout [UInt8], indent: Int?,
        _ writeElement: (Elements.Element, inout [UInt8], Int?) -> Void
    ) {
        output.append(contentsOf: brackets.0.utf8)
        let inner = indent.map { $0 + 2 }
        func breakLine(_ width: Int?) {
            guard let width else { return }
            output.append(UInt8(ascii: "\n"))
            output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: width))
        }
        var isFirst = true
        for element in elements {
            if !isFirst { output.append(UInt8(ascii: ",")) }
            isFirst = false
            breakLine(inner)
            writeElement(element, &output, inner)
        }
        if !isFirst { breakLine(indent) }
        output.append(contentsOf: brackets.1.utf8)
    }

    static func write(_ text: String, to output: inout [UInt8]) {
        let hexDigits = Array("0123456789abcdef".utf8)
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): output.append(contentsOf: "\\\"".utf8)
            case UInt8(ascii: "\\"): output.append(contentsOf: "\\\\".utf8)
            case 0x0A: output.append(contentsOf: "\\n".utf8)
            case 0x0D: output.append(contentsOf: "\\r".utf8)
            case 0x09: output.append(contentsOf: "\\t".utf8)
            case 0x08: output.append(contentsOf: "\\b".utf8)
            case 0x0C: output.append(contentsOf: "\\f".utf8)
            case 0..<0x20, 0x7F:
                output.append(contentsOf: "\\u00".utf8)
                output.append(hexDigits[Int(byte >> 4)])
                output.append(hexDigits[Int(byte & 15)])
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}
