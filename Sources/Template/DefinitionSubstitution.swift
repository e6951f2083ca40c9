/// Replaces `${Name}` in a definition by the values of `DefinitionSubstitutions`.
///
/// A value goes into a JSON string with what JSON wants escaped, so that it stays one; outside of strings it goes in as
/// it is, but for line breaks, which become blanks. So no line moves.
enum DefinitionSubstitution {
    struct Missing: Hashable {
        let name: String
        let line: Int
        let column: Int
    }

    static func apply(
        _ substitutions: [String: String], to bytes: [UInt8]
    ) -> (bytes: [UInt8], missing: [Missing]) {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var missing: [Missing] = []
        var isInString = false
        var isEscaped = false
        var line = 1
        var lineStart = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "$"), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "{"),
                let close = bytes[index...].firstIndex(where: { $0 == UInt8(ascii: "}") || $0 == UInt8(ascii: "\n") }),
                bytes[close] == UInt8(ascii: "}")
            {
                let name = String(decoding: bytes[(index + 2)..<close], as: UTF8.self)
                if let value = substitutions[name] {
                    append(value, isInString: isInString, to: &output)
                    index = close + 1
                    isEscaped = false
                    continue
                }
                missing.append(Missing(name: name, line: line, column: index - lineStart + 1))
            }
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = isInString
            } else if byte == UInt8(ascii: "\"") {
                isInString.toggle()
            }
            if byte == UInt8(ascii: "\n") {
                line += 1
                lineStart = index + 1
            }
            output.append(byte)
            index += 1
        }
        return (output, missing)
    }

    private static func append(_ value: String, isInString: Bool, to output: inout [UInt8]) {
        for byte in value.utf8 {
            switch byte {
            case 0x0A where !isInString, 0x0D where !isInString: output.append(UInt8(ascii: " "))
            case UInt8(ascii: "\"") where isInString, UInt8(ascii: "\\") where isInString:
                output += [UInt8(ascii: "\\"), byte]
            case 0..<0x20 where isInString:
                let digits = String(byte, radix: 16)
                output += Array("\\u00\(digits.utf8.count == 1 ? "0" : "")\(digits)".utf8)
            default: output.append(byte)
            }
        }
    }
}
