import JSON

extension Evaluator {
    /// The value as `$string` and `&` have it; nil for undefined.
    ///
    /// - Throws: D3001 for a lone number that is infinite.
    func text(of value: Value, isPretty: Bool = false) throws(JSONataError) -> String? {
        switch value {
        case .undefined: return nil
        case .string(let text): return text
        case .function: return ""
        case .bool(let flag): return flag ? "true" : "false"
        case .null: return "null"
        case .number(let number):
            guard number.isFinite else {
                throw JSONataError("D3001", value: .string(NumberText.javaScript(number)))
            }
            return NumberText.javaScript(NumberText.toPrecision15(number))
        case .array(let array):
            let value = array.isOuterWrapper ? array[0] : value
            return try jsonText(of: value, isPretty: isPretty)
        case .object:
            return try jsonText(of: value, isPretty: isPretty)
        }
    }

    private func jsonText(of value: Value, isPretty: Bool) throws(JSONataError) -> String {
        var output: [UInt8] = []
        try write(value, to: &output, indent: isPretty ? 0 : nil)
        try charge(bytes: output.count)
        return String(decoding: output, as: UTF8.self)
    }

    private func write(_ value: Value, to output: inout [UInt8], indent: Int?) throws(JSONataError) {
        try stack.withRoom { () throws(JSONataError) in try self.writeAll(value, to: &output, indent: indent) }
    }

    private func writeAll(_ value: Value, to output: inout [UInt8], indent: Int?) throws(JSONataError) {
        try charge(steps: 1)
        if output.count > limits.stringBytes { try reserve(stringBytes: output.count) }
        switch value {
        case .undefined, .null: output += "null".utf8
        case .bool(let flag): output += (flag ? "true" : "false").utf8
        case .number(let number):
            _ = try value.finiteNumber()
            output += (number.isNaN ? "null" : NumberText.javaScript(NumberText.toPrecision15(number))).utf8
        case .string(let text): Evaluator.writeString(text, to: &output)
        case .function: output += "\"\"".utf8
        case .array(let array):
            output.append(UInt8(ascii: "["))
            for index in 0..<array.count {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                breakLine(&output, indent.map { $0 + 2 })
                try write(array[index], to: &output, indent: indent.map { $0 + 2 })
            }
            if array.count > 0 { breakLine(&output, indent) }
            output.append(UInt8(ascii: "]"))
        case .object(let object):
            output.append(UInt8(ascii: "{"))
            var isEmpty = true
            for index in 0..<object.count {
                let (key, member) = object[index]
                if member.isUndefined { continue }
                if !isEmpty { output.append(UInt8(ascii: ",")) }
                isEmpty = false
                breakLine(&output, indent.map { $0 + 2 })
                Evaluator.writeString(key, to: &output)
                output.append(UInt8(ascii: ":"))
                if indent != nil { output.append(UInt8(ascii: " ")) }
                try write(member, to: &output, indent: indent.map { $0 + 2 })
            }
            if !isEmpty { breakLine(&output, indent) }
            output.append(UInt8(ascii: "}"))
        }
    }

    private func breakLine(_ output: inout [UInt8], _ indent: Int?) {
        guard let indent else { return }
        output.append(UInt8(ascii: "\n"))
        output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent))
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)

    /// As `JSON.stringify`, which unlike the module JSON leaves U+007F as it is.
    private static func writeString(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): output += "\\\"".utf8
            case UInt8(ascii: "\\"): output += "\\\\".utf8
            case 0x08: output += "\\b".utf8
            case 0x09: output += "\\t".utf8
            case 0x0A: output += "\\n".utf8
            case 0x0C: output += "\\f".utf8
            case 0x0D: output += "\\r".utf8
            case 0..<0x20:
                output += "\\u00".utf8
                output.append(hexDigits[Int(byte >> 4)])
                output.append(hexDigits[Int(byte & 15)])
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}
