import RegularExpressions

extension Evaluator {
    /// What the body of a function comes to: a value, or a call that takes the place of the function's own.
    private enum Outcome {
        case value(Value)
        case call(FunctionValue, [Value], input: Value, Frame, node: Node, procedure: Node)
    }

    // MARK: Calls in expressions

    /// Evaluates a call; `context`, the left side of `~>`, goes before the arguments.
    func evaluateCall(
        _ node: Node, _ procedure: Node, _ arguments: [Node], _ input: Value, _ frame: Frame, context: Value?
    ) throws(JSONataError) -> Value {
        let function = try callee(node, procedure, input, frame, hint: "T1005")
        var values = context.map { [$0] } ?? []
        values.reserveCapacity(values.count + arguments.count)
        for argument in arguments { values.append(try evaluate(argument, input, frame)) }
        do throws(JSONataError) {
            guard case .function(let function) = function else { throw JSONataError("T1006", value: function.json) }
            return try apply(function, values, input: input, environment: frame)
        } catch {
            throw error.filling(position: node.position, token: name(of: procedure))
        }
    }

    /// Evaluates what is called. A name without its `$` that would be a function is an error that says so.
    private func callee(
        _ node: Node, _ procedure: Node, _ input: Value, _ frame: Frame, hint: String
    ) throws(JSONataError) -> Value {
        let function = try evaluate(procedure, input, frame)
        if function.isUndefined, case .path(let steps) = procedure.kind, case .name(let name)? = steps.first?.kind,
            let symbol = symbols.existing(name), symbol > SymbolTable.root,
            frame.lookup(symbol) != nil || functions[symbol] != nil
        {
            throw JSONataError(hint, position: node.position, token: name)
        }
        return function
    }

    private func name(of procedure: Node) -> String? {
        switch procedure.kind {
        case .variable(let symbol): return symbols.names[symbol]
        case .path(let steps):
            if case .name(let name)? = steps.first?.kind { return name }
            return nil
        default: return nil
        }
    }

    func evaluatePartial(
        _ node: Node, _ procedure: Node, _ arguments: [Node?], _ input: Value, _ frame: Frame
    ) throws(JSONataError) -> Value {
        var values: [Value?] = []
        for argument in arguments {
            guard let argument else {
                values.append(nil)
                continue
            }
            values.append(try evaluate(argument, input, frame))
        }
        guard case .function(let function) = try callee(node, procedure, input, frame, hint: "T1007") else {
            throw JSONataError("T1008", position: node.position, token: name(of: procedure))
        }
        return try makeFunction(.partial(function, arguments: values), in: nil)
    }

    func evaluateApplication(
        _ node: Node, _ left: Node, _ right: Node, _ input: Value, _ frame: Frame
    ) throws(JSONataError) -> Value {
        let first = try evaluate(left, input, frame)
        if case .call(let procedure, let arguments) = right.kind {
            return try evaluateCall(right, procedure, arguments, input, frame, context: first)
        }
        let second = try evaluate(right, input, frame)
        guard case .function(let function) = second else {
            throw JSONataError("T2006", position: node.position, value: second.json)
        }
        if case .function(let inner) = first { return try makeFunction(.composition(inner, function), in: nil) }
        do throws(JSONataError) {
            return try apply(function, [first], input: .null, environment: frame)
        } catch {
            throw error.filling(position: node.position, token: name(of: right))
        }
    }

    // MARK: Application

    /// Calls `function` after checking the arguments against its signature.
    func apply(
        _ function: FunctionValue, _ arguments: [Value], input: Value, environment: Frame
    ) throws(JSONataError) -> Value {
        try charge(steps: 1)
        let arguments = try validated(function, arguments, input)
        return try invoke(function, arguments, input: input, environment: environment)
    }

    private func validated(
        _ function: FunctionValue, _ arguments: [Value], _ input: Value
    ) throws(JSONataError) -> [Value] {
        switch function.kind {
        case .builtin(let builtin): try builtin.signature?.validate(arguments, context: input) ?? arguments
        case .lambda(let definition, _, _): try definition.signature?.validate(arguments, context: input) ?? arguments
        case .transform: try Evaluator.transformSignature.validate(arguments, context: input)
        default: arguments
        }
    }

    private func invoke(
        _ function: FunctionValue, _ arguments: [Value], input: Value, environment: Frame
    ) throws(JSONataError) -> Value {
        switch function.kind {
        case .builtin(let builtin):
            for case .string(let text) in arguments { try charge(steps: text.utf8.count / 32) }
            return try builtin.body(
                Call(evaluator: self, arguments: arguments, input: input, environment: environment))
        case .lambda(let definition, let frame, let input):
            // A level of its own: built-in functions call back from tail calls, too, where no node is being evaluated.
            return try nested { () throws(JSONataError) -> Value in
                try self.run(definition, frame, input, arguments)
            }
        case .partial(let inner, let given):
            var open = arguments[...]
            let complete = given.map { $0 ?? open.popFirst() ?? .undefined }
            return try nested { () throws(JSONataError) -> Value in
                try self.invoke(inner, complete, input: .null, environment: environment)
            }
        case .composition(let first, let second):
            return try nested { () throws(JSONataError) -> Value in
                let value = try self.apply(first, arguments, input: .null, environment: environment)
                return try self.apply(second, [value], input: .null, environment: environment)
            }
        case .regex(let expression, let position):
            guard case .string(let text)? = arguments.first else { return .undefined }
            return try matchObject(expression, position, RegularExpression.Subject(text), from: 0)
        case .nextMatch(let expression, let position, let subject, let offset):
            return try nextMatchObject(expression, position, subject, from: offset)
        case .transform(let pattern, let update, let delete, let frame):
            return try transform(arguments.first ?? .undefined, pattern, update, delete, frame)
        }
    }

    /// Runs a function's body, and whatever its tail calls lead to, in one loop instead of ever deeper.
    private func run(
        _ definition: LambdaDefinition, _ environment: Frame, _ input: Value, _ arguments: [Value]
    ) throws(JSONataError) -> Value {
        var (definition, environment, input, arguments) = (definition, environment, input, arguments)
        while true {
            let frame = Frame(parent: environment)
            for (index, symbol) in definition.parameters.enumerated() {
                frame.bind(symbol, index < arguments.count ? arguments[index] : .undefined)
            }
            switch try evaluateTail(definition.body, input, frame) {
            case .value(let value): return value
            case .call(let function, let values, let callInput, let callFrame, let node, let procedure):
                do throws(JSONataError) {
                    try charge(steps: 1)
                    arguments = try validated(function, values, callInput)
                    guard case .lambda(let next, let nextFrame, let nextInput) = function.kind else {
                        return try invoke(function, arguments, input: callInput, environment: callFrame)
                    }
                    (definition, environment, input) = (next, nextFrame, nextInput)
                } catch {
                    throw error.filling(position: node.position, token: name(of: procedure))
                }
            }
        }
    }

    private func evaluateTail(_ node: Node, _ input: Value, _ frame: Frame) throws(JSONataError) -> Outcome {
        guard node.predicates.isEmpty, node.group == nil, !node.keepsArray else {
            return .value(try evaluateHere(node, input, frame))
        }
        switch node.kind {
        case .call(let procedure, let arguments):
            try charge(steps: 1)
            let callee = try callee(node, procedure, input, frame, hint: "T1005")
            var values: [Value] = []
            values.reserveCapacity(arguments.count)
            for argument in arguments { values.append(try evaluate(argument, input, frame)) }
            guard case .function(let function) = callee else {
                throw JSONataError(
                    "T1006", position: node.position, token: name(of: procedure), value: callee.json)
            }
            return .call(function, values, input: input, frame, node: node, procedure: procedure)
        case .condition(let test, let then, let otherwise):
            let isTrue = try evaluate(test, input, frame).isTrue()
            guard let next = isTrue ? then : otherwise else { return .value(.undefined) }
            return try nested { () throws(JSONataError) -> Outcome in try self.evaluateTail(next, input, frame) }
        case .block(let expressions):
            guard let last = expressions.last else { return .value(.undefined) }
            let frame = Frame(parent: frame)
            for expression in expressions.dropLast() { _ = try evaluate(expression, input, frame) }
            return try nested { () throws(JSONataError) -> Outcome in try self.evaluateTail(last, input, frame) }
        default: return .value(try evaluateHere(node, input, frame))
        }
    }
}
