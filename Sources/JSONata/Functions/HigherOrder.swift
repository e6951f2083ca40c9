import JSON

extension Builtin {
    static let higherOrder: [Builtin] = [
        Builtin("map", "<af>", arity: 2) { (call) throws(JSONataError) in
            guard let array = call.array(0), let function = call.function(1) else { return .undefined }
            var result: [Value] = []
            result.reserveCapacity(array.count)
            for index in 0..<array.count {
                let value = try call.callBack(function, [array[index], .number(Double(index)), .array(array)])
                if !value.isUndefined { result.append(value) }
            }
            return try call.evaluator.makeSequence(result)
        },
        Builtin("filter", "<af>", arity: 2) { (call) throws(JSONataError) in
            guard let array = call.array(0), let function = call.function(1) else { return .undefined }
            var result: [Value] = []
            for index in 0..<array.count {
                let item = array[index]
                if try call.callBack(function, [item, .number(Double(index)), .array(array)]).isTrue() {
                    result.append(item)
                }
            }
            return try call.evaluator.makeSequence(result)
        },
        Builtin("single", "<af?>", arity: 2) { (call) throws(JSONataError) in
            guard let array = call.array(0) else { return .undefined }
            var found: Value?
            for index in 0..<array.count {
                let item = array[index]
                if let function = call.function(1),
                    try !call.callBack(function, [item, .number(Double(index)), .array(array)]).isTrue()
                {
                    continue
                }
                if found != nil { throw JSONataError("D3138", index: index) }
                found = item
            }
            guard let found else { throw JSONataError("D3139") }
            return found
        },
        Builtin("reduce", "<afj?:j>", arity: 3) { (call) throws(JSONataError) in
            guard let array = call.array(0), let function = call.function(1) else { return .undefined }
            guard function.arity >= 2 else { throw JSONataError("D3050", index: 1) }
            var result = call[2]
            var index = 0
            if result.isUndefined, array.count > 0 {
                result = array[0]
                index = 1
            }
            while index < array.count {
                result = try call.callBack(
                    function, [result, array[index], .number(Double(index)), .array(array)])
                index += 1
            }
            return result
        },
    ]
}
