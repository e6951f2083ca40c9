extension Evaluator {
    func evaluatePath(
        _ node: Node, _ steps: [Node], _ input: Value, _ frame: Frame
    ) throws(JSONataError) -> Value {
        if steps.count == 1, let quick = quickStep(node, steps[0], input) { return quick }
        var current: ArrayValue
        if case .array(let array) = input, !isVariable(steps[0]) {
            current = array
        } else {
            current = ArrayValue.sequence([input])
        }
        var result = ArrayValue.sequence([])
        var tuples: [Tuple]?
        var isTupleStream = false
        for (index, step) in steps.enumerated() {
            isTupleStream = isTupleStream || step.isTuple
            if index == 0, step.isArrayConstructor {
                let value = try evaluate(step, .array(current), frame)
                guard case .array(let array) = value else { return value }
                result = array
                current = array
                if step.isTuple {
                    let origin = Tuple(value: input)
                    tuples = array.values.enumerated().map { extended(origin, by: step, $1, $0) }
                }
            } else if isTupleStream {
                let next = try evaluateTupleStep(step, current, tuples, frame)
                tuples = next
            } else {
                result = try evaluateStep(step, current, frame, isLast: index == steps.count - 1)
            }
            if !isTupleStream, result.count == 0 { break }
            if step.focus == nil, !isTupleStream { current = result }
        }
        if isTupleStream, let tuples {
            result = ArrayValue(tuples: tuples)
            if !node.isTuple, node.group == nil { result = try makeArray(result.values, isSequence: true) }
        }
        if let group = node.group {
            if node.keepsSingletonArray { result.keepsSingleton = true }
            return try evaluateGroups(group, .array(result), frame)
        }
        if node.keepsSingletonArray {
            // A constructed array, kept as it is, is the one element of the sequence that is asked for.
            if result.isConstructed, !result.isSequence {
                result = ArrayValue.sequence([.array(result)])
            } else if !result.isSequence {
                return .array(result)
            }
            result.keepsSingleton = true
        }
        return .array(result)
    }

    private func isVariable(_ node: Node) -> Bool { if case .variable = node.kind { true } else { false } }

    /// The result of a lone name on one object, by far the most frequent path; nil where the full rules are needed.
    private func quickStep(_ node: Node, _ step: Node, _ input: Value) -> Value? {
        guard case .name(let name) = step.kind, case .object(let object) = input, !step.isTuple, step.stages.isEmpty,
            step.predicates.isEmpty, !node.keepsSingletonArray, node.group == nil
        else { return nil }
        return object[name]
    }

    private func evaluateStep(
        _ step: Node, _ input: ArrayValue, _ frame: Frame, isLast: Bool
    ) throws(JSONataError) -> ArrayValue {
        if case .sort(let terms) = step.kind {
            var result = try sort(terms, input, nil, frame, step.position).0
            for case .filter(let test) in step.stages { result = try filter(test, .array(result), frame) }
            return result
        }
        var results: [Value] = []
        results.reserveCapacity(input.count)
        var isFlat = true
        for index in 0..<input.count {
            var value = try evaluate(step, input[index], frame)
            for case .filter(let test) in step.stages { value = .array(try filter(test, value, frame)) }
            if value.isUndefined { continue }
            if value.isArray { isFlat = false }
            results.append(value)
        }
        if isFlat { return try makeArray(results, isSequence: true) }
        if isLast, results.count == 1, case .array(let array) = results[0], !array.isSequence { return array }
        var flat: [Value] = []
        for value in results {
            if case .array(let array) = value, !array.isConstructed {
                try reserve(elements: array.count)
                flat.append(contentsOf: array.values)
            } else {
                flat.append(value)
            }
        }
        return try makeArray(flat, isSequence: true)
    }

    // MARK: Tuples

    private func evaluateTupleStep(
        _ step: Node, _ input: ArrayValue, _ tuples: [Tuple]?, _ frame: Frame
    ) throws(JSONataError) -> [Tuple] {
        if case .sort(let terms) = step.kind {
            let (sorted, ordered) = try sort(terms, input, tuples, frame, step.position)
            var result = ordered ?? sorted.values.map { Tuple(value: $0) }
            if let symbol = step.index {
                for index in result.indices { result[index].bind(symbol, .number(Double(index))) }
            }
            return try apply(step.stages, result, frame)
        }
        var result: [Tuple] = []
        for tuple in tuples ?? input.values.map({ Tuple(value: $0) }) {
            let scope = tuple.bindings.isEmpty ? frame : Frame(parent: frame, tuple: tuple)
            let value = try evaluate(step, tuple.value, scope)
            if value.isUndefined { continue }
            let array = value.array
            if let inner = array?.tuples {
                for item in inner {
                    var next = tuple
                    for (symbol, bound) in item.bindings { next.bind(symbol, bound) }
                    next.value = item.value
                    result.append(next)
                }
            } else {
                for index in 0..<(array?.count ?? 1) {
                    result.append(extended(tuple, by: step, array?[index] ?? value, index))
                }
            }
            try charge(bytes: (array?.count ?? 1) * 64)
            try reserve(elements: array?.count ?? 1)
        }
        return try apply(step.stages, result, frame)
    }

    private func extended(_ tuple: Tuple, by step: Node, _ value: Value, _ index: Int) -> Tuple {
        var next = tuple
        if let focus = step.focus { next.bind(focus, value) } else { next.value = value }
        if let symbol = step.index { next.bind(symbol, .number(Double(index))) }
        if let ancestor = step.ancestor { next.bind(ancestor.label, tuple.value) }
        return next
    }

    private func apply(_ stages: [Node.Stage], _ tuples: [Tuple], _ frame: Frame) throws(JSONataError) -> [Tuple] {
        var result = tuples
        for stage in stages {
            switch stage {
            case .filter(let test):
                let filtered = try filter(test, .array(ArrayValue(tuples: result)), frame)
                result = filtered.tuples ?? filtered.values.map { Tuple(value: $0) }
            case .index(let symbol):
                for index in result.indices { result[index].bind(symbol, .number(Double(index))) }
            }
        }
        return result
    }

    // MARK: Predicates

    /// The elements of `input` that the predicate `test` selects, by position or by truth.
    func filter(_ test: Node, _ input: Value, _ frame: Frame) throws(JSONataError) -> ArrayValue {
        if input.isUndefined { return ArrayValue.sequence([]) }
        let array = input.array ?? ArrayValue.sequence([input])
        let tuples = array.tuples
        if case .literal(.number(let number)) = test.kind {
            guard let index = position(number, in: array.count) else { return subset(array, tuples, []) }
            if tuples == nil, case .array(let item) = array[index] { return item }
            return subset(array, tuples, [index])
        }
        var selected: [Int] = []
        for index in 0..<array.count {
            let scope = tuples.map { Frame(parent: frame, tuple: $0[index]) } ?? frame
            let result = try evaluate(test, array[index], scope)
            if let number = try result.finiteNumber() {
                if position(number, in: array.count) == index { selected.append(index) }
            } else if let numbers = try positions(result) {
                try charge(steps: numbers.count)
                for number in numbers where position(number, in: array.count) == index { selected.append(index) }
            } else if try result.isTrue() {
                selected.append(index)
            }
        }
        try reserve(elements: selected.count)
        return subset(array, tuples, selected)
    }

    private func subset(_ array: ArrayValue, _ tuples: [Tuple]?, _ selected: [Int]) -> ArrayValue {
        if let tuples { return ArrayValue(tuples: selected.map { tuples[$0] }) }
        return ArrayValue.sequence(selected.map { array[$0] })
    }

    private func position(_ number: Double, in count: Int) -> Int? {
        guard let floor = Int(exactly: number.rounded(.down)) else { return nil }
        let index = floor < 0 ? floor + count : floor
        return index >= 0 && index < count ? index : nil
    }

    private func positions(_ value: Value) throws(JSONataError) -> [Double]? {
        guard case .array(let array) = value else { return nil }
        var numbers: [Double] = []
        for index in 0..<array.count {
            guard let number = try array[index].finiteNumber() else { return nil }
            numbers.append(number)
        }
        return numbers
    }

    // MARK: Names and wildcards

    /// The member `name` of an object, or those of all objects of an array.
    func lookup(_ name: String, in input: Value) throws(JSONataError) -> Value {
        switch input {
        case .object(let object): return object[name]
        case .array(let array):
            var values: [Value] = []
            try charge(steps: array.count)
            for index in 0..<array.count {
                var value = array[index]
                if case .object(let object) = value {
                    value = object[name]
                } else if value.isArray {
                    let nested = value
                    value = try stack.withRoom { () throws(JSONataError) -> Value in
                        try self.lookup(name, in: nested)
                    }
                } else {
                    continue
                }
                if case .array(let inner) = value {
                    values.append(contentsOf: inner.values)
                } else if !value.isUndefined {
                    values.append(value)
                }
            }
            return try makeSequence(values)
        default: return .undefined
        }
    }

    func evaluateWildcard(_ input: Value) throws(JSONataError) -> Value {
        var input = input
        if case .array(let array) = input, array.isOuterWrapper { input = array[0] }
        var members: [Value] = []
        switch input {
        case .object(let object): for index in 0..<object.count { members.append(object[index].value) }
        case .array(let array): members = array.values
        default: break
        }
        var values: [Value] = []
        var isSequence = true
        for member in members {
            guard case .array = member else {
                values.append(member)
                continue
            }
            // What holds an array is no sequence any more: a single element in it stays in an array.
            isSequence = false
            try flatten(member, into: &values)
        }
        return .array(try makeArray(values, isSequence: isSequence))
    }

    private func flatten(_ value: Value, into values: inout [Value]) throws(JSONataError) {
        guard case .array(let array) = value else {
            values.append(value)
            return
        }
        try reserve(elements: array.count)
        for index in 0..<array.count {
            try stack.withRoom { () throws(JSONataError) in try self.flatten(array[index], into: &values) }
        }
    }

    func evaluateDescendants(_ input: Value) throws(JSONataError) -> Value {
        if input.isUndefined { return .undefined }
        var values: [Value] = []
        try collectDescendants(input, into: &values)
        return values.count == 1 ? values[0] : try makeSequence(values)
    }

    private func collectDescendants(_ value: Value, into values: inout [Value]) throws(JSONataError) {
        try stack.withRoom { () throws(JSONataError) in try self.collectAll(value, into: &values) }
    }

    private func collectAll(_ value: Value, into values: inout [Value]) throws(JSONataError) {
        try charge(steps: 1)
        switch value {
        case .array(let array):
            for index in 0..<array.count { try collectDescendants(array[index], into: &values) }
        case .object(let object):
            values.append(value)
            for index in 0..<object.count { try collectDescendants(object[index].value, into: &values) }
        default: values.append(value)
        }
    }
}
