import RegularExpressions

/// Anything that can be called.
final class FunctionValue {
    enum Kind {
        case builtin(Builtin)
        case lambda(LambdaDefinition, environment: Frame, input: Value)
        /// A function with some arguments given (undefined where nil in `arguments` means still open).
        case partial(FunctionValue, arguments: [Value?])
        /// `first ~> second`.
        case composition(FunctionValue, FunctionValue)
        case regex(RegularExpression, position: Int)
        /// The `next` of a match: searches on from an offset in bytes.
        case nextMatch(RegularExpression, position: Int, subject: RegularExpression.Subject, from: Int)
        case transform(pattern: Node, update: Node, delete: Node?, environment: Frame)
    }

    private(set) var kind: Kind

    init(_ kind: Kind) { self.kind = kind }

    /// How many arguments the function looks at, which decides what `$map` and its like pass.
    var arity: Int {
        switch kind {
        case .builtin(let builtin): builtin.arity
        case .lambda(let definition, _, _): definition.parameters.count
        case .partial(_, let arguments): arguments.count { $0 == nil }
        case .composition: 1
        case .regex: 2
        case .nextMatch: 0
        case .transform: 1
        }
    }

    /// Lets go of what the function holds, once evaluation is over: closures and frames refer to each other.
    func release() { kind = .nextMatch(FunctionValue.unused, position: 0, subject: FunctionValue.empty, from: 0) }

    private static let empty = RegularExpression.Subject("")
    private static let unused: RegularExpression = {
        guard let expression = try? RegularExpression("x") else { preconditionFailure("a letter is a pattern") }
        return expression
    }()
}
