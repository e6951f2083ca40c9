extension Builtin {
    static let objects: [Builtin] = [
        Builtin("keys", "<x-:a<s>>", arity: 1) { (call) throws(JSONataError) in
            var keys: [String] = []
            var seen: Set<HashableValue> = []
            try collectKeys(of: call[0], &keys, &seen, call.evaluator)
            return try call.evaluator.makeSequence(keys.map(Value.string))
        },
        Builtin("lookup", "<x-s:x>", arity: 2) { (call) throws(JSONataError) in
            try call.evaluator.lookup(call.string(1) ?? "undefined", in: call[0])
        },
        Builtin("spread", "<x-:a<o>>", arity: 1) { (call) throws(JSONataError) in
            switch call[0] {
            case .array(let array):
                var result: [Value] = []
                for index in 0..<array.count { try spread(array[index], into: &result, call.evaluator) }
                return .array(try call.evaluator.makeArray(result, isSequence: array.count == 0))
            case .object:
                var result: [Value] = []
                try spread(call[0], into: &result, call.evaluator)
                return try call.evaluator.makeSequence(result)
            default: return call[0]
            }
        },
        Builtin("merge", "<a<o>:o>", arity: 1) { (call) throws(JSONataError) in
            guard let array = call.array(0) else { return .undefined }
            var members: [(String, Value)] = []
            for index in 0..<array.count {
                guard case .object(let object) = array[index] else { continue }
                for place in 0..<object.count { members.append(object[place]) }
            }
            return try call.evaluator.makeObject(members)
        },
        Builtin("each", "<o-f:a>", arity: 2) { (call) throws(JSONataError) in
            guard case .object(let object) = call[0], let function = call.function(1) else { return .undefined }
            var result: [Value] = []
            for index in 0..<object.count {
                let (key, member) = object[index]
                let value = try call.callBack(function, [member, .string(key), call[0]])
                if !value.isUndefined { result.append(value) }
            }
            return try call.evaluator.makeSequence(result)
        },
        Builtin("sift", "<o-f?:o>", arity: 2) { (call) throws(JSONataError) in
            guard case .object(let object) = call[0], let function = call.function(1) else { return .undefined }
            var members: [(String, Value)] = []
            for index in 0..<object.count {
                let (key, member) = object[index]
                if try call.callBack(function, [member, .string(key), call[0]]).isTrue() {
                    members.append((key, member))
                }
            }
            return members.isEmpty ? .undefined : try call.evaluator.makeObject(members)
        },
        Builtin("clone", "<(oa)-:o>", arity: 1) { (call) throws(JSONataError) in try call.evaluator.clone(call[0]) },
    ]

    private static func collectKeys(
        of value: Value, _ keys: inout [String], _ seen: inout Set<HashableValue>, _ evaluator: Evaluator
    ) throws(JSONataError) {
        switch value {
        case .object(let object):
            try evaluator.charge(steps: object.count)
            for key in object.keys where seen.insert(HashableValue(value: .string(key))).inserted { keys.append(key) }
        case .array(let array):
            for index in 0..<array.count {
                try evaluator.stack.withRoom { () throws(JSONataError) in
                    try collectKeys(of: array[index], &keys, &seen, evaluator)
                }
            }
        default: break
        }
    }

    private static func spread(
        _ value: Value, into result: inout [Value], _ evaluator: Evaluator
    ) throws(JSONataError) {
        switch value {
        case .object(let object):
            for index in 0..<object.count {
                let (key, member) = object[index]
                result.append(try evaluator.makeObject([(key, member)]))
            }
        case .array(let array):
            for index in 0..<array.count {
                try evaluator.stack.withRoom { () throws(JSONataError) in
                    try spread(array[index], into: &result, evaluator)
                }
            }
        case .undefined: break
        default: result.append(value)
        }
    }
}
