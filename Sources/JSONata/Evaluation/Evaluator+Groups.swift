import JSON

extension Evaluator {
    private struct Group {
        let pair: Int
        var items: [Value]
        var tuples: [Tuple]
        var isSingle = true
    }

    /// Evaluates the pairs of an object constructor for each item, collecting items under the same key.
    func evaluateGroups(_ grouping: Grouping, _ input: Value, _ frame: Frame) throws(JSONataError) -> Value {
        let array = input.array ?? ArrayValue.sequence([input])
        let tuples = array.tuples
        if array.count == 0 || (tuples == nil && array.count == 1) {
            return try evaluateObject(grouping, array.count == 1 ? array[0] : .undefined, frame)
        }
        var keys: [String] = []
        var groups: [HashableValue: Group] = [:]
        for index in 0..<array.count {
            let item = array[index]
            let tuple = tuples?[index]
            let scope = tuple.map { Frame(parent: frame, tuple: $0) } ?? frame
            for (number, pair) in grouping.pairs.enumerated() {
                let value = try evaluate(pair.key, item, scope)
                if value.isUndefined { continue }
                guard case .string(let key) = value else {
                    throw JSONataError("T1003", position: grouping.position, value: value.json)
                }
                guard var group = groups.removeValue(forKey: HashableValue(value: value)) else {
                    keys.append(key)
                    groups[HashableValue(value: value)] = Group(
                        pair: number, items: [item], tuples: tuple.map { [$0] } ?? [])
                    continue
                }
                guard group.pair == number else {
                    throw JSONataError("D1009", position: grouping.position, value: .string(key))
                }
                try append(item, tuple, to: &group)
                groups[HashableValue(value: value)] = group
            }
        }
        var members: [(String, Value)] = []
        for key in keys {
            guard let group = groups[HashableValue(value: .string(key))] else { continue }
            let (context, scope) = try self.context(of: group, frame)
            let value = try evaluate(grouping.pairs[group.pair].value, context, scope)
            if !value.isUndefined { members.append((key, value)) }
        }
        return try makeObject(members)
    }

    /// The object of a single item. Without any item one is still made, of the pairs that need none.
    private func evaluateObject(_ grouping: Grouping, _ item: Value, _ frame: Frame) throws(JSONataError) -> Value {
        var keys: [(name: String, node: Node)] = []
        keys.reserveCapacity(grouping.pairs.count)
        for pair in grouping.pairs {
            let value = try evaluate(pair.key, item, frame)
            if value.isUndefined { continue }
            guard case .string(let key) = value else {
                throw JSONataError("T1003", position: grouping.position, value: value.json)
            }
            try charge(steps: keys.count / 8)
            if keys.contains(where: { $0.name.isSame(as: key) }) {
                throw JSONataError("D1009", position: grouping.position, value: .string(key))
            }
            keys.append((key, pair.value))
        }
        var members: [(String, Value)] = []
        members.reserveCapacity(keys.count)
        for (name, node) in keys {
            let value = try evaluate(node, item, frame)
            if !value.isUndefined { members.append((name, value)) }
        }
        return try makeObject(members)
    }

    private func append(_ item: Value, _ tuple: Tuple?, to group: inout Group) throws(JSONataError) {
        try charge(bytes: MemoryLayout<Value>.stride)
        if let tuple {
            group.tuples.append(tuple)
            return
        }
        if group.isSingle, case .array(let first) = group.items[0] { group.items = first.values }
        group.isSingle = false
        if case .array(let array) = item { group.items += array.values } else { group.items.append(item) }
    }

    private func context(of group: Group, _ frame: Frame) throws(JSONataError) -> (Value, Frame) {
        guard let first = group.tuples.first else {
            return (group.isSingle ? group.items[0] : .array(try makeArray(group.items)), frame)
        }
        if group.tuples.count == 1 { return (first.value, Frame(parent: frame, tuple: first)) }
        var merged = Tuple(value: try joined(group.tuples.map(\.value)))
        for (symbol, _) in first.bindings {
            merged.bind(
                symbol, try joined(group.tuples.compactMap { $0.bindings.first { $0.symbol == symbol }?.value }))
        }
        return (merged.value, Frame(parent: frame, tuple: merged))
    }

    private func joined(_ values: [Value]) throws(JSONataError) -> Value {
        var flat: [Value] = []
        for value in values where !value.isUndefined {
            if case .array(let array) = value { flat += array.values } else { flat.append(value) }
        }
        return flat.isEmpty ? .undefined : .array(try makeArray(flat))
    }

    // MARK: Order

    /// Sorts the input, or the tuples if there are any, by `terms`; undefined comes last, equals keep their order.
    func sort(
        _ terms: [SortTerm], _ input: ArrayValue, _ tuples: [Tuple]?, _ frame: Frame, _ position: Int
    ) throws(JSONataError) -> (ArrayValue, [Tuple]?) {
        let count = tuples?.count ?? input.count
        // Each term is evaluated once an item, when a comparison first asks for it.
        var memo: [Value?] = Array(repeating: nil, count: count * terms.count)
        try charge(bytes: memo.count * MemoryLayout<Value>.stride)
        func key(_ item: Int, _ term: Int) throws(JSONataError) -> Value {
            if let known = memo[item * terms.count + term] { return known }
            let scope = tuples.map { Frame(parent: frame, tuple: $0[item]) } ?? frame
            let value = try evaluate(terms[term].expression, tuples?[item].value ?? input[item], scope)
            memo[item * terms.count + term] = value
            return value
        }
        let order = try mergeSorted(Array(0..<count)) { (left, right) throws(JSONataError) -> Bool in
            for (number, term) in terms.enumerated() {
                let (one, other) = (try key(left, number), try key(right, number))
                if one.isUndefined, other.isUndefined { continue }
                if one.isUndefined { return true }
                if other.isUndefined { return false }
                let isBefore: Bool
                switch (one, other) {
                case (.string(let one), .string(let other)):
                    if one.isSame(as: other) { continue }
                    isBefore = one.precedes(other)
                case (.number(let one), .number(let other)):
                    if one == other { continue }
                    isBefore = one < other
                default:
                    for value in [one, other] {
                        switch value {
                        case .string, .number: continue
                        default: throw JSONataError("T2008", position: position, value: value.json)
                        }
                    }
                    throw JSONataError("T2007", position: position, value: one.json, value2: other.json)
                }
                return isBefore == term.isDescending
            }
            return false
        }
        try reserve(elements: count)
        if let tuples { return (input, order.map { tuples[$0] }) }
        if input.count <= 1 { return (input, nil) }
        return (ArrayValue(order.map { input[$0] }, isSequence: true), nil)
    }

    /// Sorts by merging; `isAfter` says whether its first argument belongs behind its second.
    func mergeSorted<Element>(
        _ elements: [Element], isAfter: (Element, Element) throws(JSONataError) -> Bool
    ) throws(JSONataError) -> [Element] {
        var source = elements
        var target = elements
        var width = 1
        while width < source.count {
            var start = 0
            while start < source.count {
                let middle = min(start + width, source.count)
                let end = min(middle + width, source.count)
                var (left, right, place) = (start, middle, start)
                try charge(steps: end - start)
                while place < end {
                    let takesRight =
                        left >= middle ? true : right >= end ? false : try isAfter(source[left], source[right])
                    target[place] = source[takesRight ? right : left]
                    if takesRight { right += 1 } else { left += 1 }
                    place += 1
                }
                start = end
            }
            swap(&source, &target)
            width *= 2
        }
        return source
    }
}
