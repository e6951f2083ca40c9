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
    ///
    /// - Complexity: O(*n*) in the bytes written; the stack does not grow with the levels of the value.
    public func write(to output: inout [UInt8], _ style: JSONStyle = .compact) {
        if !writeScalar(to: &output) {
            var writer = JSONContainerWriter(isPretty: style == .pretty)
            writer.write(self, to: &output)
        }
    }

    /// Writes a value that holds no others; false for one that does.
    @inline(__always)
    fileprivate func writeScalar(to output: inout [UInt8]) -> Bool {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let number): output.append(contentsOf: number.spelling.utf8)
        case .string(let text): JSONValue.write(text, to: &output)
        case .array, .object: return false
        }
        return true
    }

    static func write(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C || $0 == 0x7F }) {
            writeEscaped(text.utf8, to: &output)
        } else {
            output.append(contentsOf: text.utf8)
        }
        output.append(UInt8(ascii: "\""))
    }

    /// Appends bytes of UTF-8 as a JSON string, quotes included: a text inside a text.
    public static func writeString(_ bytes: [UInt8], to output: inout [UInt8]) {
        output.reserveCapacity(output.count + bytes.count + bytes.count / 8 + 2)
        output.append(UInt8(ascii: "\""))
        writeEscaped(bytes, to: &output)
        output.append(UInt8(ascii: "\""))
    }

    private static func writeEscaped(_ bytes: some Sequence<UInt8>, to output: inout [UInt8]) {
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""): output.append(contentsOf: "\\\"".utf8)
            case UInt8(ascii: "\\"): output.append(contentsOf: "\\\\".utf8)
            case 0x20..<0x7F, 0x80...: output.append(byte)
            case 0x0A: output.append(contentsOf: "\\n".utf8)
            case 0x0D: output.append(contentsOf: "\\r".utf8)
            case 0x09: output.append(contentsOf: "\\t".utf8)
            case 0x08: output.append(contentsOf: "\\b".utf8)
            case 0x0C: output.append(contentsOf: "\\f".utf8)
            default:
                output.append(contentsOf: "\\u00".utf8)
                output.append(hexDigit(byte >> 4))
                output.append(hexDigit(byte & 15))
            }
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

/// Writes arrays and objects with a stack of its own, so that no depth of a value is too deep for a thread's stack.
private struct JSONContainerWriter {
    private enum Container {
        case array([JSONValue])
        case object(JSONObject)
    }

    private struct Open {
        let container: Container
        var next = 0
    }

    let isPretty: Bool
    private var open: [Open] = []

    init(isPretty: Bool) { self.isPretty = isPretty }

    mutating func write(_ value: JSONValue, to output: inout [UInt8]) {
        begin(value, &output)
        while let level = open.last {
            let place = level.next
            switch level.container {
            case .array(let elements):
                guard place < elements.count else {
                    end("]", isEmpty: elements.isEmpty, &output)
                    continue
                }
                open[open.count - 1].next = place + 1
                separate(place, &output)
                if !elements[place].writeScalar(to: &output) { begin(elements[place], &output) }
            case .object(let object):
                guard place < object.count else {
                    end("}", isEmpty: object.isEmpty, &output)
                    continue
                }
                open[open.count - 1].next = place + 1
                separate(place, &output)
                let (key, value) = object[place]
                JSONValue.write(key, to: &output)
                output.append(UInt8(ascii: ":"))
                if isPretty { output.append(UInt8(ascii: " ")) }
                if !value.writeScalar(to: &output) { begin(value, &output) }
            }
        }
    }

    private mutating func begin(_ value: JSONValue, _ output: inout [UInt8]) {
        switch value {
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            open.append(Open(container: .array(elements)))
        case .object(let object):
            output.append(UInt8(ascii: "{"))
            open.append(Open(container: .object(object)))
        default: break
        }
    }

    private mutating func end(_ bracket: Unicode.Scalar, isEmpty: Bool, _ output: inout [UInt8]) {
        open.removeLast()
        if !isEmpty { breakLine(&output) }
        output.append(UInt8(ascii: bracket))
    }

    private func separate(_ place: Int, _ output: inout [UInt8]) {
        if place > 0 { output.append(UInt8(ascii: ",")) }
        breakLine(&output)
    }

    private func breakLine(_ output: inout [UInt8]) {
        guard isPretty else { return }
        output.append(UInt8(ascii: "\n"))
        output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * open.count))
    }
}
