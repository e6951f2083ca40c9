import Clocks
import JSON

extension Builtin {
    static let arrays: [Builtin] = [
        Builtin("count", "<a:n>", arity: 1) { (call) throws(JSONataError) in
            .number(Double(call.array(0)?.count ?? 0))
        },
        Builtin("append", "<xx:a>", arity: 2) { (call) throws(JSONataError) in
            if call[0].isUndefined { return call[1] }
            if call[1].isUndefined { return call[0] }
            guard let first = call.array(0), let second = call.array(1) else { return .undefined }
            try call.evaluator.reserve(elements: first.count + second.count)
            return .array(try call.evaluator.makeArray(first.values + second.values))
        },
        Builtin("reverse", "<a:a>", arity: 1) { (call) throws(JSONataError) in
            guard let array = call.array(0) else { return .undefined }
            guard array.count > 1 else { return .array(array) }
            return .array(try call.evaluator.makeArray(array.values.reversed()))
        },
        Builtin("shuffle", "<a:a>", arity: 1) { (call) throws(JSONataError) in
            guard let array = call.array(0) else { return .undefined }
            guard array.count > 1 else { return .array(array) }
            var values = array.values
            // From the last place down, each takes any of those up to itself (Fisher and Yates).
            for index in stride(from: values.count - 1, to: 0, by: -1) {
                let other = min(index, Int(call.evaluator.entropy.fraction() * Double(index + 1)))
                values.swapAt(index, other)
            }
            return .array(try call.evaluator.makeArray(values))
        },
        Builtin("distinct", "<x:x>", arity: 1) { (call) throws(JSONataError) in
            guard case .array(let array) = call[0], array.count > 1 else { return call[0] }
            let extent = call[0].extent(upTo: call.evaluator.remainingSteps + 1)
            try call.evaluator.charge(steps: extent.count)
            let distinct = try call.evaluator.stack.onLargeStack(
                if: extent.depth > Evaluator.ownStackDepth
            ) { () throws(JSONataError) -> [Value] in
                var seen: Set<HashableValue> = []
                return array.values.filter { seen.insert(HashableValue(value: $0)).inserted }
            }
            return .array(try call.evaluator.makeArray(distinct, isSequence: array.isSequence))
        },
        Builtin("sort", "<af?:a>", arity: 2) { (call) throws(JSONataError) in
            guard let array = call.array(0) else { return .undefined }
            guard array.count > 1 else { return .array(array) }
            let values = array.values
            let sorted: [Value]
            if let function = call.function(1) {
                sorted = try call.evaluator.mergeSorted(values) { (left, right) throws(JSONataError) -> Bool in
                    try call.evaluator.apply(
                        function, [left, right], input: .null, environment: call.environment
                    ).isTrue()
                }
            } else if values.allSatisfy({ $0.double != nil }) {
                sorted = try call.evaluator.mergeSorted(values) { (left, right) throws(JSONataError) -> Bool in
                    (left.double ?? 0) > (right.double ?? 0)
                }
            } else if values.allSatisfy({ $0.string != nil }) {
                sorted = try call.evaluator.mergeSorted(values) { (left, right) throws(JSONataError) -> Bool in
                    (right.string ?? "").precedes(left.string ?? "")
                }
            } else {
                throw JSONataError("D3070", value: call[0].json, index: 1)
            }
            return .array(try call.evaluator.makeArray(sorted))
        },
        Builtin("zip", "<a+>", arity: 0) { (call) throws(JSONataError) in
            let arrays = call.arguments.map(\.array)
            let count = arrays.map { $0?.count ?? 0 }.min() ?? 0
            var result: [Value] = []
            for index in 0..<count {
                result.append(.array(try call.evaluator.makeArray(arrays.map { $0?[index] ?? .undefined })))
            }
            return .array(try call.evaluator.makeArray(result))
        },
    ]
}
