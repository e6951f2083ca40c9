import Clocks
import JSON

extension Builtin {
    static let numbers: [Builtin] = [
        Builtin("number", "<(nsb)-:n>", arity: 1) { (call) throws(JSONataError) in
            switch call[0] {
            case .undefined, .number: return call[0]
            case .bool(let value): return .number(value ? 1 : 0)
            case .string(let text):
                guard let value = number(text) else {
                    throw JSONataError("D3030", value: .string(text), index: 1)
                }
                return .number(value)
            default: throw JSONataError("D3030", value: call[0].json, index: 1)
            }
        },
        Builtin("abs", "<n-:n>", arity: 1) { (call) throws(JSONataError) in call.mapNumber { $0.magnitude } },
        Builtin("floor", "<n-:n>", arity: 1) { (call) throws(JSONataError) in call.mapNumber { $0.rounded(.down) } },
        Builtin("ceil", "<n-:n>", arity: 1) { (call) throws(JSONataError) in call.mapNumber { $0.rounded(.up) } },
        Builtin("round", "<n-n?:n>", arity: 2) { (call) throws(JSONataError) in
            let places = call.number(1) ?? 0
            return call.mapNumber { NumberText.rounded($0, places: Int(max(-400, min(400, places)))) }
        },
        Builtin("sqrt", "<n-:n>", arity: 1) { (call) throws(JSONataError) in
            guard let value = call.number(0) else { return .undefined }
            if value < 0 { throw JSONataError("D3060", value: .double(value), index: 1) }
            return .number(value.squareRoot())
        },
        Builtin("power", "<n-n:n>", arity: 2) { (call) throws(JSONataError) in
            guard let base = call.number(0) else { return .undefined }
            let exponent = call.number(1) ?? .nan
            let result = NumberText.power(base, exponent)
            guard result.isFinite else {
                throw JSONataError("D3061", value: .double(base), value2: .double(exponent), index: 1)
            }
            return .number(result)
        },
        Builtin("sum", "<a<n>:n>", arity: 1) { (call) throws(JSONataError) in
            guard let total = try fold(call, 0, { $0 + $1 }) else { return .undefined }
            return .number(total)
        },
        Builtin("max", "<a<n>:n>", arity: 1) { (call) throws(JSONataError) in
            guard let array = call.array(0), array.count > 0 else { return .undefined }
            return try fold(call, -.infinity, { Swift.max($0, $1) }).map(Value.number) ?? .undefined
        },
        Builtin("min", "<a<n>:n>", arity: 1) { (call) throws(JSONataError) in
            guard let array = call.array(0), array.count > 0 else { return .undefined }
            return try fold(call, .infinity, { Swift.min($0, $1) }).map(Value.number) ?? .undefined
        },
        Builtin("average", "<a<n>:n>", arity: 1) { (call) throws(JSONataError) in
            guard let array = call.array(0), array.count > 0 else { return .undefined }
            return try fold(call, 0, { $0 + $1 }).map { .number($0 / Double(array.count)) } ?? .undefined
        },
        Builtin("formatNumber", "<n-so?:s>", arity: 3) { (call) throws(JSONataError) in
            guard let value = call.number(0) else { return .undefined }
            let symbols = DecimalSymbols(call[2])
            let picture = try NumberPicture(call.string(1) ?? "", symbols)
            try call.evaluator.charge(bytes: 1_024)
            return try call.evaluator.makeString(picture.format(value))
        },
        Builtin("formatBase", "<n-n?:s>", arity: 2) { (call) throws(JSONataError) in
            guard let value = call.number(0) else { return .undefined }
            let radix = NumberText.rounded(call.number(1) ?? 10, places: 0)
            guard radix >= 2, radix <= 36 else { throw JSONataError("D3100", value: .double(radix)) }
            return .string(NumberText.integer(NumberText.rounded(value, places: 0), radix: Int(radix)))
        },
        Builtin("formatInteger", "<n-s:s>", arity: 2) { (call) throws(JSONataError) in
            guard let value = call.number(0) else { return .undefined }
            guard value.isFinite else { throw JSONataError("D1001", value: .string(NumberText.javaScript(value))) }
            let text = try IntegerPicture(call.string(1) ?? "").format(value.rounded(.down))
            return try call.evaluator.makeString(text)
        },
        Builtin("parseInteger", "<s-s:n>", arity: 2) { (call) throws(JSONataError) in
            guard let text = call.string(0) else { return .undefined }
            return .number(try IntegerPicture(call.string(1) ?? "").parse(text))
        },
    ]

    private static func fold(
        _ call: Call, _ start: Double, _ combine: (Double, Double) -> Double
    ) throws(JSONataError) -> Double? {
        guard let array = call.array(0) else { return nil }
        try call.evaluator.charge(steps: array.count / 8)
        var result = start
        for index in 0..<array.count { result = combine(result, array[index].double ?? .nan) }
        return result
    }

    /// A number as JSON spells it, or a whole one after `0x`, `0o` or `0b`.
    private static func number(_ text: String) -> Double? {
        let body = text.dropFirst(2)
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where text.lowercased().hasPrefix(prefix) {
            guard !body.isEmpty else { return nil }
            var value = 0.0
            for digit in body.utf8 {
                guard let number = Int(String(Unicode.Scalar(digit)), radix: radix) else { return nil }
                value = value * Double(radix) + Double(number)
            }
            return value.isFinite ? value : nil
        }
        // As JSON, but that zeros may lead.
        let isNegative = text.hasPrefix("-")
        let digits = isNegative ? text.dropFirst() : text[...]
        let trimmed = digits.drop { $0 == "0" }
        let plain =
            trimmed.first?.isNumber == true ? trimmed : digits.isEmpty || trimmed == digits ? digits : "0" + trimmed
        guard let value = JSONNumber(spelling: String(plain))?.double, value.isFinite else { return nil }
        return isNegative ? -value : value
    }
}

extension Call {
    fileprivate func mapNumber(_ change: (Double) -> Double) -> Value {
        number(0).map { .number(change($0)) } ?? .undefined
    }
}
