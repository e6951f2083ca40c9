import JSON

extension Builtin {
    /// Functions of truth, types and errors.
    static let logic: [Builtin] = [
        Builtin("boolean", "<x-:b>", arity: 1) { (call) throws(JSONataError) in
            call[0].isUndefined ? .undefined : .bool(try call[0].isTrue())
        },
        Builtin("not", "<x-:b>", arity: 1) { (call) throws(JSONataError) in
            call[0].isUndefined ? .undefined : .bool(try !call[0].isTrue())
        },
        Builtin("exists", "<x:b>", arity: 1) { (call) throws(JSONataError) in .bool(!call[0].isUndefined) },
        Builtin("type", "<x:s>", arity: 1) { (call) throws(JSONataError) in
            switch call[0] {
            case .undefined: .undefined
            case .null: .string("null")
            case .bool: .string("boolean")
            case .number: .string("number")
            case .string: .string("string")
            case .array: .string("array")
            case .object: .string("object")
            case .function: .string("function")
            }
        },
        Builtin("error", "<s?:x>", arity: 1) { (call) throws(JSONataError) in
            throw JSONataError(
                "D3137",
                value: .string(call.string(0).flatMap { $0.isEmpty ? nil : $0 } ?? "$error() function evaluated"))
        },
        Builtin("assert", "<bs?:x>", arity: 2) { (call) throws(JSONataError) in
            if try call[0].isTrue() { return .undefined }
            throw JSONataError(
                "D3141",
                value: .string(call.string(1).flatMap { $0.isEmpty ? nil : $0 } ?? "$assert() statement failed"))
        },
    ]
}
