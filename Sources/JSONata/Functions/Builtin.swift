/// A built-in function.
struct Builtin: Sendable {
    typealias Body = @Sendable (Call) throws(JSONataError) -> Value

    let name: String
    let signature: Signature?
    /// How many parameters the function declares before any with a default: what `$map` and its like go by.
    let arity: Int
    let body: Body

    /// - Precondition: `signature` is valid.
    init(_ name: String, _ signature: String?, arity: Int, _ body: @escaping Body) {
        self.name = name
        self.arity = arity
        self.body = body
        do throws(JSONataError) {
            self.signature = try signature.map { (text) throws(JSONataError) in try Signature(text) }
        } catch {
            preconditionFailure("signature of $\(name): \(error)")
        }
    }
}

/// The arguments of a call, and what is around it.
struct Call {
    let evaluator: Evaluator
    let arguments: [Value]
    let input: Value
    let environment: Frame

    /// The argument at `index`, undefined when there is none.
    subscript(index: Int) -> Value { index < arguments.count ? arguments[index] : .undefined }

    func string(_ index: Int) -> String? { self[index].string }
    func number(_ index: Int) -> Double? { self[index].double }
    func function(_ index: Int) -> FunctionValue? {
        if case .function(let function) = self[index] { function } else { nil }
    }
    /// The array at `index`; any other value as an array of one.
    func array(_ index: Int) -> ArrayValue? {
        switch self[index] {
        case .undefined: nil
        case .array(let array): array
        case let value: ArrayValue([value])
        }
    }

    /// Calls `function` back with as many of `arguments` as it takes, one at least.
    func callBack(_ function: FunctionValue, _ arguments: [Value]) throws(JSONataError) -> Value {
        let count = min(arguments.count, max(1, function.arity))
        return try evaluator.apply(function, Array(arguments.prefix(count)), input: .null, environment: environment)
    }
}
