/// Collects the variables that a tree reads without binding them first.
struct FreeVariables {
    private(set) var names: Set<String> = []
    private let symbols: SymbolTable
    private let functions: FunctionTable

    typealias Scope = Set<SymbolTable.Symbol>

    init(symbols: SymbolTable, functions: FunctionTable) {
        self.symbols = symbols
        self.functions = functions
    }

    /// Visits `node` where the symbols of `bound` have values, and returns what has one after it.
    @discardableResult
    mutating func visit(_ node: Node, bound: Scope) -> Scope {
        var scope = visitKind(node, bound: bound)
        for predicate in node.predicates { visit(predicate, bound: scope) }
        if let focus = node.focus { scope.insert(focus) }
        if let index = node.index { scope.insert(index) }
        for stage in node.stages {
            switch stage {
            case .filter(let test): visit(test, bound: scope)
            case .index(let symbol): scope.insert(symbol)
            }
        }
        if let group = node.group { visit(group, bound: scope) }
        return scope
    }

    private mutating func visit(_ group: Grouping, bound: Scope) {
        for (key, value) in group.pairs {
            visit(key, bound: bound)
            visit(value, bound: bound)
        }
    }

    private mutating func visitKind(_ node: Node, bound: Scope) -> Scope {
        switch node.kind {
        case .variable(let symbol):
            if symbol > SymbolTable.root, !bound.contains(symbol), functions[symbol] == nil {
                names.insert(symbols.names[symbol])
            }
        case .binding(let symbol, let value):
            // A function may call itself by the name it is bound to.
            var inner = bound
            if case .lambda = value.kind { inner.insert(symbol) }
            var after = visit(value, bound: inner)
            after.insert(symbol)
            return after
        case .block(let expressions):
            var scope = bound
            for expression in expressions { scope = visit(expression, bound: scope) }
        case .lambda(let definition): visit(definition.body, bound: bound.union(definition.parameters))
        case .path(let steps):
            var scope = bound
            for step in steps {
                scope = visit(step, bound: scope)
                if let group = node.group, step === steps.last { visit(group, bound: scope) }
            }
        case .object(let grouping): visit(grouping, bound: bound)
        case .sort(let terms): for term in terms { visit(term.expression, bound: bound) }
        default:
            var scope = bound
            for child in node.children { scope = visit(child, bound: scope) }
            return scope
        }
        return bound
    }
}

extension Node {
    /// The operands of operators and calls, in the order of their evaluation.
    fileprivate var children: [Node] {
        switch kind {
        case .binary(_, let left, let right), .fallback(let left, let right), .coalescing(let left, let right),
            .application(let left, let right):
            [left, right]
        case .negation(let operand): [operand]
        case .array(let items): items
        case .call(let procedure, let arguments): [procedure] + arguments
        case .partial(let procedure, let arguments): [procedure] + arguments.compactMap(\.self)
        case .condition(let test, let then, let otherwise): [test, then] + (otherwise.map { [$0] } ?? [])
        case .transform(let pattern, let update, let delete): [pattern, update] + (delete.map { [$0] } ?? [])
        default: []
        }
    }
}
