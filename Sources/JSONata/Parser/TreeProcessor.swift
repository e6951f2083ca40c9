/// Turns the parser's tree into the evaluator's: dots become paths, predicates and groupings sit on their steps, and
/// each `%` knows its step.
final class TreeProcessor {
    private(set) var symbols: SymbolTable
    private var ancestorCount = 0

    init(symbols: SymbolTable) { self.symbols = symbols }

    func processTop(_ node: Node) throws(JSONataError) -> Node {
        let result = try process(node)
        if case .parent = result.kind { throw JSONataError("S0217", position: result.position, token: "parent") }
        guard result.sought.isEmpty else {
            throw JSONataError("S0217", position: result.position, token: result.typeName)
        }
        return result
    }

    private func process(_ node: Node) throws(JSONataError) -> Node {
        let result = try processed(node)
        if node.keepsArray { result.keepsArray = true }
        return result
    }

    private func process(_ nodes: [Node], for result: Node) throws(JSONataError) -> [Node] {
        var processed: [Node] = []
        processed.reserveCapacity(nodes.count)
        for node in nodes {
            let part = try process(node)
            pushAncestry(part, to: result)
            processed.append(part)
        }
        return processed
    }

    private func processOne(_ node: Node, for result: Node) throws(JSONataError) -> Node {
        let part = try process(node)
        pushAncestry(part, to: result)
        return part
    }

    private func process(_ pairs: [(Node, Node)], for result: Node) throws(JSONataError) -> [(key: Node, value: Node)] {
        var processed: [(key: Node, value: Node)] = []
        for (key, value) in pairs {
            processed.append((try processOne(key, for: result), try processOne(value, for: result)))
        }
        return processed
    }

    private func processed(_ node: Node) throws(JSONataError) -> Node {
        switch node.kind {
        case .literal, .variable, .wildcard, .descendants, .regex, .path, .object, .sort: return node
        case .name: return path(of: node)
        case .keyword(let name):
            node.kind = .name(name)
            return path(of: node)
        case .parent:
            ancestorCount += 1
            node.kind = .parent(AncestorSlot(label: symbols.symbol("!\(ancestorCount)")))
            return node
        case .end: throw JSONataError("S0207", position: node.position, token: "(end)")
        case .placeholder: throw JSONataError("S0201", position: node.position, token: "?")
        case .dot(let left, let right): return try processDot(node, left, right)
        case .filter(let left, let test): return try processFilter(node, left, test)
        case .grouped(let left, let pairs): return try processGrouping(node, left, pairs)
        case .ordered(let left, let terms): return try processOrdering(node, left, terms)
        case .focused(let left, let variable): return try processFocus(node, left, variable)
        case .indexed(let left, let variable): return try processIndex(node, left, variable)
        default: return try processOperands(node)
        }
    }

    private func path(of name: Node) -> Node {
        let path = Node(.path([name]), position: name.position, depth: name.depth + 1)
        path.keepsSingletonArray = name.keepsArray
        return path
    }

    private func processOperands(_ node: Node) throws(JSONataError) -> Node {
        switch node.kind {
        case .negation(let operand):
            let operand = try process(operand)
            if case .literal(.number(let value)) = operand.kind {
                operand.kind = .literal(.number(-value))
                return operand
            }
            pushAncestry(operand, to: node)
            node.kind = .negation(operand)
        case .binary(let symbol, let left, let right):
            node.kind = .binary(symbol, try processOne(left, for: node), try processOne(right, for: node))
        case .array(let items): node.kind = .array(try process(items, for: node))
        case .objectLiteral(let pairs):
            node.kind = .object(Grouping(pairs: try process(pairs, for: node), position: node.position))
        case .binding(let symbol, let value): node.kind = .binding(symbol, try processOne(value, for: node))
        case .application(let left, let right):
            let (left, right) = (try process(left), try process(right))
            node.kind = .application(left, right)
            node.keepsArray = node.keepsArray || left.keepsArray || right.keepsArray
        case .call(let procedure, let arguments):
            let arguments = try process(arguments, for: node)
            node.kind = .call(try process(procedure), arguments)
        case .partial(let procedure, let arguments):
            var processed: [Node?] = []
            for argument in arguments {
                guard let argument else {
                    processed.append(nil)
                    continue
                }
                processed.append(try processOne(argument, for: node))
            }
            node.kind = .partial(try process(procedure), processed)
        case .lambda(let definition): definition.body = try process(definition.body)
        case .condition(let test, let then, let otherwise):
            let test = try processOne(test, for: node)
            let then = try processOne(then, for: node)
            guard let otherwise else {
                node.kind = .condition(test, then, nil)
                break
            }
            node.kind = .condition(test, then, try processOne(otherwise, for: node))
        case .fallback(let left, let right):
            node.kind = .fallback(try processOne(left, for: node), try processOne(right, for: node))
        case .coalescing(let left, let right):
            node.kind = .coalescing(try processOne(left, for: node), try processOne(right, for: node))
        case .transform(let pattern, let update, let deletion):
            let (pattern, update) = (try process(pattern), try process(update))
            guard let deletion else {
                node.kind = .transform(pattern: pattern, update: update, delete: nil)
                break
            }
            node.kind = .transform(pattern: pattern, update: update, delete: try process(deletion))
        case .block(let expressions):
            let expressions = try process(expressions, for: node)
            node.kind = .block(expressions)
            for part in expressions {
                if part.isArrayConstructor { node.isArrayConstructor = true }
                if case .path(let steps) = part.kind, steps.first?.isArrayConstructor == true {
                    node.isArrayConstructor = true
                }
            }
        default: break
        }
        return node
    }

    // MARK: Paths

    private func processDot(_ node: Node, _ left: Node, _ right: Node) throws(JSONataError) -> Node {
        let first = try process(left)
        let result: Node
        var steps: [Node]
        if case .path(let own) = first.kind {
            (result, steps) = (first, own)
        } else {
            result = Node(.path([]), position: first.position, depth: node.depth)
            steps = [first]
            if case .parent(let slot) = first.kind { result.sought = [slot] }
        }
        let rest = try process(right)
        if case .path(let more) = rest.kind {
            steps += more
        } else {
            rest.stages = rest.predicates.map { .filter($0) }
            rest.predicates = []
            steps.append(rest)
        }
        for step in steps {
            guard case .literal(let value) = step.kind else { continue }
            guard case .string(let name) = value else {
                throw JSONataError("S0213", position: step.position, value: value.json)
            }
            step.kind = .name(name)
        }
        if steps.contains(where: \.keepsArray) { result.keepsSingletonArray = true }
        if case .array? = steps.first?.kind { steps.first?.isArrayConstructor = true }
        if case .array? = steps.last?.kind { steps.last?.isArrayConstructor = true }
        result.kind = .path(steps)
        try resolveAncestry(result)
        return result
    }

    /// The last step of a path; of anything else the node itself.
    private func lastStep(_ node: Node) -> Node {
        if case .path(let steps) = node.kind { steps.last ?? node } else { node }
    }

    private func processFilter(_ node: Node, _ left: Node, _ test: Node) throws(JSONataError) -> Node {
        let result = try process(left)
        let step = lastStep(result)
        guard step.group == nil else { throw JSONataError("S0209", position: node.position) }
        let predicate = try process(test)
        for slot in predicate.sought {
            if slot.level == 1 { _ = try seekParent(step, slot) } else { slot.level -= 1 }
        }
        pushAncestry(predicate, to: step)
        if case .path = result.kind {
            step.stages.append(.filter(predicate))
        } else {
            step.predicates.append(predicate)
        }
        return result
    }

    private func processGrouping(_ node: Node, _ left: Node, _ pairs: [(Node, Node)]) throws(JSONataError) -> Node {
        let result = try process(left)
        guard result.group == nil else { throw JSONataError("S0210", position: node.position) }
        var processed: [(key: Node, value: Node)] = []
        for (key, value) in pairs { processed.append((try process(key), try process(value))) }
        result.group = Grouping(pairs: processed, position: node.position)
        return result
    }

    private func processOrdering(_ node: Node, _ left: Node, _ terms: [SortTerm]) throws(JSONataError) -> Node {
        var result = try process(left)
        var steps: [Node]
        if case .path(let own) = result.kind {
            steps = own
        } else {
            steps = [result]
            result = Node(.path(steps), position: result.position, depth: node.depth)
        }
        let sort = Node(.sort([]), position: node.position, depth: node.depth)
        var processed: [SortTerm] = []
        for term in terms {
            let expression = try processOne(term.expression, for: sort)
            processed.append(SortTerm(expression: expression, isDescending: term.isDescending))
        }
        sort.kind = .sort(processed)
        steps.append(sort)
        result.kind = .path(steps)
        try resolveAncestry(result)
        return result
    }

    private func processFocus(_ node: Node, _ left: Node, _ variable: Node) throws(JSONataError) -> Node {
        guard case .variable(let symbol) = variable.kind else { return node }
        let result = try process(left)
        let step = lastStep(result)
        guard step.stages.isEmpty, step.predicates.isEmpty else { throw JSONataError("S0215", position: node.position) }
        if case .sort = step.kind { throw JSONataError("S0216", position: node.position) }
        if node.keepsArray { step.keepsArray = true }
        step.focus = symbol
        step.isTuple = true
        return result
    }

    private func processIndex(_ node: Node, _ left: Node, _ variable: Node) throws(JSONataError) -> Node {
        guard case .variable(let symbol) = variable.kind else { return node }
        var result = try process(left)
        let step = lastStep(result)
        if case .path = result.kind {
        } else {
            result = Node(.path([step]), position: step.position, depth: node.depth)
            step.stages = step.predicates.map { .filter($0) }
            step.predicates = []
        }
        if step.stages.isEmpty { step.index = symbol } else { step.stages.append(.index(symbol)) }
        step.isTuple = true
        return result
    }

    // MARK: Ancestors

    private func pushAncestry(_ value: Node, to result: Node) {
        result.sought += value.sought
        if case .parent(let slot) = value.kind { result.sought.append(slot) }
    }

    /// Looks for the ancestor that `slot` wants at `node`, and goes one level up or down as the node does.
    private func seekParent(_ node: Node, _ slot: AncestorSlot) throws(JSONataError) -> AncestorSlot {
        switch node.kind {
        case .name, .wildcard:
            slot.level -= 1
            if slot.level == 0 {
                if let ancestor = node.ancestor { slot.label = ancestor.label }
                node.ancestor = slot
                node.isTuple = true
            }
            return slot
        case .parent:
            slot.level += 1
            return slot
        case .block(let expressions):
            guard let last = expressions.last else { return slot }
            node.isTuple = true
            return try seekParent(last, slot)
        case .path(let steps):
            node.isTuple = true
            var slot = slot
            var index = steps.count - 1
            repeat {
                slot = try seekParent(steps[index], slot)
                index -= 1
            } while slot.level > 0 && index >= 0
            return slot
        default: throw JSONataError("S0217", position: node.position, token: node.typeName)
        }
    }

    private func resolveAncestry(_ path: Node) throws(JSONataError) {
        guard case .path(let steps) = path.kind, let last = steps.last else { return }
        var slots = last.sought
        if case .parent(let slot) = last.kind { slots.append(slot) }
        for slot in slots {
            var index = steps.count - 2
            var slot = slot
            while slot.level > 0 {
                guard index >= 0 else {
                    path.sought.append(slot)
                    break
                }
                var step = steps[index]
                index -= 1
                // Steps in a row that bind the focus stand side by side, not below each other.
                while index >= 0, step.focus != nil, steps[index].focus != nil {
                    step = steps[index]
                    index -= 1
                }
                slot = try seekParent(step, slot)
            }
        }
    }
}

extension Node {
    /// The node's kind in errors, as the reference implementation calls it.
    var typeName: String {
        switch kind {
        case .literal(.string): "string"
        case .literal(.number): "number"
        case .literal: "value"
        case .name: "name"
        case .variable: "variable"
        case .wildcard: "wildcard"
        case .descendants: "descendant"
        case .parent: "parent"
        case .regex: "regex"
        case .path: "path"
        case .negation, .array, .object, .objectLiteral: "unary"
        case .call: "function"
        case .partial: "partial"
        case .lambda: "lambda"
        case .condition, .fallback, .coalescing: "condition"
        case .transform: "transform"
        case .block: "block"
        case .binding: "bind"
        case .application: "apply"
        case .sort: "sort"
        default: "binary"
        }
    }
}
