extension Value {
    /// Whether both are the same by value, objects in any order of keys.
    ///
    /// - Complexity: O(*n*); recursion is as deep as the shallower of both.
    func isSame(as other: Value) -> Bool {
        switch (self, other) {
        case (.undefined, .undefined), (.null, .null): return true
        case (.bool(let left), .bool(let right)): return left == right
        case (.number(let left), .number(let right)): return left == right
        case (.string(let left), .string(let right)): return left.isSame(as: right)
        case (.array(let left), .array(let right)):
            guard left !== right else { return true }
            guard left.count == right.count else { return false }
            for index in 0..<left.count where !left[index].isSame(as: right[index]) { return false }
            return true
        case (.object(let left), .object(let right)):
            guard left !== right else { return true }
            guard left.count == right.count else { return false }
            for index in 0..<left.count {
                let member = left[index]
                let counterpart = right[member.key]
                if counterpart.isUndefined || !member.value.isSame(as: counterpart) { return false }
            }
            return true
        case (.function(let left), .function(let right)): return left === right
        default: return false
        }
    }

    /// Feeds `hasher` the same for values that are the same.
    func hash(into hasher: inout Hasher) {
        hasher.combine(typeSymbol)
        switch self {
        case .undefined, .null: break
        case .bool(let value): hasher.combine(value)
        case .number(let value): hasher.combine(value)
        case .string(let text): hasher.combine(text)
        case .array(let array):
            hasher.combine(array.count)
            for index in 0..<array.count { array[index].hash(into: &hasher) }
        case .object(let object):
            // The order of keys must not matter, so the members' hashes are combined by a sum.
            var sum = 0
            for index in 0..<object.count {
                var member = Hasher()
                member.combine(object[index].key)
                object[index].value.hash(into: &member)
                sum &+= member.finalize()
            }
            hasher.combine(sum)
        case .function(let function): hasher.combine(ObjectIdentifier(function))
        }
    }

    /// How many elements and members the value has, itself included, and how deep they nest: what walking it costs.
    ///
    /// Not recursive, so that it can tell whether there is stack enough for what is. Counting stops at `limit`.
    func extent(upTo limit: Int) -> (count: Int, depth: Int) {
        var waiting = [(value: self, depth: 0)]
        var (count, deepest) = (0, 0)
        while let (value, depth) = waiting.popLast(), count < limit {
            count += 1
            deepest = max(deepest, depth)
            switch value {
            case .string(let text): count += text.utf8.count / 64
            case .array(let array):
                guard array.count <= limit - count else { return (limit, deepest) }
                for index in 0..<array.count { waiting.append((array[index], depth + 1)) }
            case .object(let object):
                for index in 0..<object.count { waiting.append((object[index].value, depth + 1)) }
            default: break
            }
        }
        return (count, deepest)
    }
}

/// A value as a key of dictionaries.
struct HashableValue: Hashable {
    let value: Value
    static func == (left: HashableValue, right: HashableValue) -> Bool { left.value.isSame(as: right.value) }
    func hash(into hasher: inout Hasher) { value.hash(into: &hasher) }
}
