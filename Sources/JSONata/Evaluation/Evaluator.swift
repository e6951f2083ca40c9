import Clocks
import JSON

/// Evaluates one expression once.
final class Evaluator {
    let dialect: JSONataDialect
    let limits: JSONataLimits
    let now: Timestamp
    let entropy: any Entropy
    let functions: FunctionTable
    var symbols: SymbolTable

    private var depth = 0
    private(set) var remainingSteps: Int
    private var remainingBytes: Int
    let stack = StackGuard()
    /// Levels of a value that may be walked on the caller's stack.
    static let ownStackDepth = 32
    private var heap = FunctionHeap()

    init(dialect: JSONataDialect, symbols: SymbolTable, context: JSONataContext, limits: JSONataLimits) {
        self.dialect = dialect
        self.symbols = symbols
        self.limits = limits
        now = context.now
        entropy = context.entropy
        functions = FunctionTable.table(for: dialect)
        remainingSteps = limits.steps
        remainingBytes = limits.totalBytes
    }

    /// Evaluates `tree` for `input` and returns its JSON.
    func run(_ tree: Node, _ input: JSONValue?, _ bindings: [String: JSONValue]) throws(JSONataError)
        -> JSONataExpression.Result
    {
        defer { heap.releaseAll() }
        let frame = Frame(parent: nil)
        for (name, value) in bindings { frame.bind(symbols.symbol(name), Value(value)) }
        let input = input.map { Value($0) } ?? .undefined
        frame.bind(SymbolTable.root, input)
        let result = try evaluate(tree, Evaluator.wrapped(input), frame)
        if result.isFunction { return .function }
        return try stack.onLargeStack(if: result.depth > Evaluator.ownStackDepth) {
            () throws(JSONataError) -> JSONataExpression.Result in result.json.map { .value($0) } ?? .undefined
        }
    }

    /// An array wrapped, so that a path begins at its elements and `$` is still the array.
    static func wrapped(_ input: Value) -> Value {
        guard case .array(let array) = input, !array.isSequence else { return input }
        return .array(ArrayValue([input], isSequence: true, isOuterWrapper: true))
    }

    // MARK: Limits

    /// Counts `count` steps of work.
    func charge(steps count: Int) throws(JSONataError) {
        remainingSteps -= count
        if remainingSteps < 0 {
            throw JSONataError(
                "U1001", value: .int(limits.steps), text: "Expression evaluation timeout: Check for infinite loop")
        }
    }

    func charge(bytes count: Int) throws(JSONataError) {
        remainingBytes -= count
        if remainingBytes < 0 { throw JSONataError("U1003", value: .int(limits.totalBytes)) }
    }

    /// Refuses a string of so many bytes before it is made.
    func reserve(stringBytes count: Int) throws(JSONataError) {
        if count > limits.stringBytes { throw JSONataError("U1004", value: .int(limits.stringBytes)) }
        try charge(bytes: count)
    }

    /// Refuses an array of so many elements before it is made.
    func reserve(elements count: Int) throws(JSONataError) {
        if count > limits.arrayElements { throw JSONataError("U1005", value: .int(limits.arrayElements)) }
        try charge(bytes: 32 + count * MemoryLayout<Value>.stride)
        try charge(steps: count / 8)
    }

    func makeString(_ text: String) throws(JSONataError) -> Value {
        try reserve(stringBytes: text.utf8.count)
        return .string(text)
    }

    func makeArray(_ values: [Value], isSequence: Bool = false) throws(JSONataError) -> ArrayValue {
        try reserve(elements: values.count)
        let array = ArrayValue(values, isSequence: isSequence)
        try check(depth: array.depth)
        return array
    }

    func makeSequence(_ values: [Value]) throws(JSONataError) -> Value {
        .array(try makeArray(values, isSequence: true))
    }

    func makeObject(_ members: [(String, Value)]) throws(JSONataError) -> Value {
        var bytes = 64
        for (key, _) in members { bytes += 48 + key.utf8.count }
        try charge(bytes: bytes)
        let object = ObjectValue(members)
        try check(depth: object.depth)
        return .object(object)
    }

    func check(depth: Int) throws(JSONataError) {
        if depth > limits.valueDepth { throw JSONataError("U1006", value: .int(limits.valueDepth)) }
    }

    /// A function that may outlive the frame it was made in.
    func makeFunction(_ kind: FunctionValue.Kind, in frame: Frame?) throws(JSONataError) -> Value {
        try charge(bytes: 128)
        let function = FunctionValue(kind)
        guard heap.add(function, frame) else { throw JSONataError("U1003", value: .int(limits.totalBytes)) }
        return .function(function)
    }

    // MARK: Nodes

    /// Runs `body` one level deeper, where there is stack for it. Levels are counted as in the reference
    /// implementation's own guard against runaway recursion.
    func nested<Result>(_ body: () throws(JSONataError) -> Result) throws(JSONataError) -> Result {
        guard depth < limits.evaluationDepth else { throw JSONataError("U1001", value: .int(depth)) }
        depth += 1
        defer { depth -= 1 }
        return try stack.withRoom(body)
    }

    /// Evaluates `node` with `input` as the context.
    func evaluate(_ node: Node, _ input: Value, _ frame: Frame) throws(JSONataError) -> Value {
        try charge(steps: 1)
        if case .literal(let value) = node.kind, node.predicates.isEmpty, node.group == nil,
            depth < limits.evaluationDepth
        {
            return value
        }
        return try nested { () throws(JSONataError) -> Value in try self.evaluateHere(node, input, frame) }
    }

    /// Evaluates `node` on a level that has been counted.
    func evaluateHere(_ node: Node, _ input: Value, _ frame: Frame) throws(JSONataError) -> Value {
        try finish(node, try evaluateKind(node, input, frame), input, frame)
    }

    /// Applies predicates and grouping, and unwraps a sequence of one.
    private func finish(_ node: Node, _ value: Value, _ input: Value, _ frame: Frame) throws(JSONataError) -> Value {
        var result = value
        for predicate in node.predicates { result = .array(try filter(predicate, result, frame)) }
        if let group = node.group {
            if case .path = node.kind {} else { result = try evaluateGroups(group, result, frame) }
        }
        guard case .array(let array) = result, array.isSequence, array.tuples == nil else { return result }
        if node.keepsArray { array.keepsSingleton = true }
        switch array.count {
        case 0: return .undefined
        case 1: return array.keepsSingleton ? result : array[0]
        default: return result
        }
    }

    private func evaluateKind(_ node: Node, _ input: Value, _ frame: Frame) throws(JSONataError) -> Value {
        switch node.kind {
        case .literal(let value): return value
        case .path(let steps): return try evaluatePath(node, steps, input, frame)
        case .name(let name): return try lookup(name, in: input)
        case .variable(let symbol): return try evaluateVariable(symbol, input, frame)
        case .binary(let symbol, let left, let right):
            return try evaluateBinary(symbol, left, right, node, input, frame)
        case .call(let procedure, let arguments):
            return try evaluateCall(node, procedure, arguments, input, frame, context: nil)
        case .condition(let test, let then, let otherwise):
            if try evaluate(test, input, frame).isTrue() { return try evaluate(then, input, frame) }
            return try otherwise.map { (node) throws(JSONataError) in try evaluate(node, input, frame) } ?? .undefined
        case .block(let expressions):
            let frame = Frame(parent: frame)
            var result = Value.undefined
            for expression in expressions { result = try evaluate(expression, input, frame) }
            return result
        case .binding(let symbol, let value):
            let result = try evaluate(value, input, frame)
            frame.bind(symbol, result)
            return result
        case .array(let items): return try evaluateArray(node, items, input, frame)
        case .object(let grouping): return try evaluateGroups(grouping, input, frame)
        default: return try evaluateRarer(node, input, frame)
        }
    }

    /// The rest of the kinds, in a function of its own to keep the frames of the others small.
    private func evaluateRarer(_ node: Node, _ input: Value, _ frame: Frame) throws(JSONataError) -> Value {
        switch node.kind {
        case .wildcard: return try evaluateWildcard(input)
        case .descendants: return try evaluateDescendants(input)
        case .parent(let slot): return frame.lookup(slot.label) ?? .undefined
        case .regex(let expression): return try makeFunction(.regex(expression, position: node.position), in: nil)
        case .negation(let operand): return try evaluateNegation(node, operand, input, frame)
        case .partial(let procedure, let arguments):
            return try evaluatePartial(node, procedure, arguments, input, frame)
        case .lambda(let definition):
            return try makeFunction(.lambda(definition, environment: frame, input: input), in: frame)
        case .fallback(let left, let right):
            let value = try evaluate(left, input, frame)
            return try value.isTrue() ? value : evaluate(right, input, frame)
        case .coalescing(let left, let right):
            let value = try evaluate(left, input, frame)
            return value.isUndefined ? try evaluate(right, input, frame) : value
        case .transform(let pattern, let update, let delete):
            return try makeFunction(
                .transform(pattern: pattern, update: update, delete: delete, environment: frame), in: frame)
        case .application(let left, let right): return try evaluateApplication(node, left, right, input, frame)
        default: throw JSONataError("S0206", position: node.position, token: node.typeName)
        }
    }

    private func evaluateVariable(_ symbol: Int, _ input: Value, _ frame: Frame) throws(JSONataError) -> Value {
        if symbol == SymbolTable.context {
            if case .array(let array) = input, array.isOuterWrapper { return array[0] }
            return input
        }
        if let value = frame.lookup(symbol) { return value }
        return functions[symbol].map(Value.function) ?? .undefined
    }

    private func evaluateNegation(
        _ node: Node, _ operand: Node, _ input: Value, _ frame: Frame
    ) throws(JSONataError) -> Value {
        let value = try evaluate(operand, input, frame)
        if value.isUndefined { return .undefined }
        guard let number = try value.finiteNumber() else {
            throw JSONataError("D1002", position: node.position, token: "-", value: value.json)
        }
        return .number(-number)
    }

    private func evaluateArray(
        _ node: Node, _ items: [Node], _ input: Value, _ frame: Frame
    ) throws(JSONataError) -> Value {
        var values: [Value] = []
        for item in items {
            let value = try evaluate(item, input, frame)
            if items.count == 1, case .array(let range) = value, case .binary(.range, _, _) = item.kind {
                return .array(constructed(node, range.copy()))
            }
            if value.isUndefined { continue }
            if case .array(let array) = value {
                if case .array = item.kind {
                    values.append(value)
                } else {
                    try reserve(elements: array.count)
                    values.append(contentsOf: array.values)
                }
            } else {
                values.append(value)
            }
        }
        return .array(constructed(node, try makeArray(values)))
    }

    private func constructed(_ node: Node, _ array: ArrayValue) -> ArrayValue {
        array.isConstructed = node.isArrayConstructor
        return array
    }
}
