import Clocks
import Digest
import JSON

extension Builtin {
    /// Functions of the reference implementation that Step Functions has otherwise or not at all.
    static let standardOnly: [Builtin] = [
        Builtin("random", "<:n>", arity: 0) { (call) throws(JSONataError) in
            .number(call.evaluator.entropy.fraction())
        },
        Builtin("eval", "<sx?:x>", arity: 2) { (call) throws(JSONataError) in
            guard let text = call.string(0) else { return .undefined }
            let input = call[1].isUndefined ? call.input : Evaluator.wrapped(call[1])
            return try call.evaluator.evaluate(text: text, input, call.environment)
        },
    ]

    /// Functions of AWS Step Functions.
    static let statesLanguageOnly: [Builtin] = [
        Builtin("random", "<n?:n>", arity: 1) { (call) throws(JSONataError) in
            guard let seed = call.number(0) else { return .number(call.evaluator.entropy.fraction()) }
            return .number(SeededEntropy(seed: seed.bitPattern).fraction())
        },
        Builtin("uuid", "<:s>", arity: 0) { (call) throws(JSONataError) in
            try call.evaluator.makeString(call.evaluator.entropy.uuid())
        },
        Builtin("parse", "<s-:x>", arity: 1) { (call) throws(JSONataError) in
            guard let text = call.string(0) else { return .undefined }
            try call.evaluator.charge(bytes: 4 * text.utf8.count)
            do throws(JSONError) {
                return Value(try JSONValue(parsing: text))
            } catch {
                throw JSONataError("D4003", value: .string(error.description))
            }
        },
        Builtin("partition", "<an:a>", arity: 2) { (call) throws(JSONataError) in
            guard let array = call.array(0) else { return .undefined }
            guard let number = call.number(1), number >= 1, let size = Int(exactly: number.rounded(.down)) else {
                throw JSONataError("D4001", token: "partition", value: call[1].json, index: 2)
            }
            let values = array.values
            var parts: [Value] = []
            var start = 0
            while start < values.count {
                let count = min(size, values.count - start)
                parts.append(.array(try call.evaluator.makeArray(Array(values[start..<start + count]))))
                start += count
            }
            return .array(try call.evaluator.makeArray(parts))
        },
        Builtin("range", "<nnn:a>", arity: 3, range),
        Builtin("hash", "<x-s:s>", arity: 2) { (call) throws(JSONataError) in
            guard let text = try call.evaluator.text(of: call[0]) else { return .undefined }
            let bytes = Array(text.utf8)
            try call.evaluator.charge(steps: bytes.count / 16)
            guard let algorithm = call.string(1).flatMap({ HashAlgorithm(rawValue: $0) }) else {
                throw JSONataError("D4002", token: "hash", value: call[1].json, index: 2)
            }
            return .string(hex(algorithm.digest(of: bytes)))
        },
    ]

    private static let range: Body = { (call) throws(JSONataError) in
        guard let first = call.number(0), let last = call.number(1), let step = call.number(2) else {
            return .undefined
        }
        for (index, number) in [first, last, step].enumerated() {
            guard number.isFinite, index < 2 || number != 0 else {
                throw JSONataError("D4001", token: "range", value: .double(number), index: index + 1)
            }
        }
        let size = ((last - first) / step).rounded(.down) + 1
        guard size >= 1 else { return try call.evaluator.makeSequence([]) }
        guard size <= JSONataLimits.rangeElements, let count = Int(exactly: size) else {
            throw JSONataError("D2014", value: .double(size))
        }
        try call.evaluator.reserve(elements: count)
        return try call.evaluator.makeSequence((0..<count).map { .number(first + Double($0) * step) })
    }
}

extension Evaluator {
    /// Evaluates an expression given as text, where it sees the variables of its caller.
    ///
    /// - Throws: D3120 if it cannot be parsed, D3121 if evaluating it fails; limits as they are.
    func evaluate(text: String, _ input: Value, _ frame: Frame) throws(JSONataError) -> Value {
        try charge(steps: text.utf8.count)
        let parser = Parser(text, symbols: symbols, limits: limits)
        let tree: Node
        do throws(JSONataError) {
            tree = try parser.parse()
        } catch {
            throw JSONataError("D3120", value: .string(error.message))
        }
        symbols = parser.symbols
        do throws(JSONataError) {
            return try evaluate(tree, input, frame)
        } catch {
            if error.code.hasPrefix("U") { throw error }
            throw JSONataError("D3121", value: .string(error.message))
        }
    }
}
