package import JSON

/// An expression of JSONata 2, parsed once and evaluated any number of times.
package struct JSONataExpression: Sendable {
    /// The expression as it was written.
    package let text: String
    private let dialect: JSONataDialect
    private let tree: Node
    private let symbols: SymbolTable

    /// Parses `text`.
    ///
    /// - Throws: ``JSONataError`` with a code that begins with `S`, or U1007 if the text nests too deep.
    /// - Complexity: O(*n*).
    package init(
        parsing text: String, dialect: JSONataDialect = .standard, limits: JSONataLimits = .default
    ) throws(JSONataError) {
        self.text = text
        self.dialect = dialect
        let parser = Parser(text, symbols: FunctionTable.table(for: dialect).symbols, limits: limits)
        tree = try parser.parse()
        symbols = parser.symbols
    }

    /// Evaluates the expression for `input`.
    ///
    /// The call may block while it evaluates on a thread with a larger stack, if the expression recurses deeply.
    ///
    /// - Parameters:
    ///   - input: What `$$` is; nil for none.
    ///   - bindings: Variables by name, without the `$`. They hide built-in functions of the same name.
    /// - Returns: The result, nil if it is undefined. Functions in it are `""` (the `next` of a match is left
    ///   out), and numbers that JSON cannot hold are null.
    /// - Throws: ``JSONataError`` with a code that begins with `T`, `D` or `U`.
    package func evaluate(
        _ input: JSONValue?, bindings: [String: JSONValue] = [:], context: JSONataContext
    ) throws(JSONataError) -> JSONValue? {
        switch try evaluateResult(input, bindings: bindings, context: context) {
        case .undefined: nil
        case .function: .string("")
        case .value(let value): value
        }
    }

    package enum Result: Sendable, Hashable {
        case undefined
        case value(JSONValue)
        case function
    }

    /// Evaluates the expression as ``evaluate(_:bindings:context:)`` does, and tells a function from a value.
    package func evaluateResult(
        _ input: JSONValue?, bindings: [String: JSONValue] = [:], context: JSONataContext
    ) throws(JSONataError) -> Result {
        let evaluator = Evaluator(dialect: dialect, symbols: symbols, context: context, limits: context.limits)
        return try evaluator.run(tree, input, bindings)
    }

    /// Names of the variables that the expression reads and nothing in it binds, built-in functions aside.
    package var freeVariables: Set<String> {
        var finder = FreeVariables(symbols: symbols, functions: FunctionTable.table(for: dialect))
        finder.visit(tree, bound: [])
        return finder.names
    }
}
