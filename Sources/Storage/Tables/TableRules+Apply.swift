extension TableRules {
    /// What a write leaves under its key.
    enum Outcome {
        case unchanged
        case stored(Item)
        case removed
    }

    /// Works out one write on the item that is there, which need not exist.
    ///
    /// - Parameter place: The write's place in its transaction, for the error of a condition that does not hold.
    func outcome(of write: TableWrite, on current: Item?, place: Int = 0) throws(TableError) -> Outcome {
        switch write {
        case .put(let item, let condition):
            try check(condition, current, place)
            return .stored(try storable(item))
        case .delete(_, let condition):
            try check(condition, current, place)
            return current == nil ? .unchanged : .removed
        case .check(_, let condition):
            try check(condition, current, place)
            return .unchanged
        case .update(let key, let set, let add, let remove, let condition):
            try checkNames(set, add, remove)
            try check(condition, current, place)
            var item = current ?? newItem(key)
            item.merge(set) { $1 }
            for (name, amount) in add { item[name] = try sum(item[name], amount, name) }
            for name in remove { item[name] = nil }
            return .stored(try storable(item))
        }
    }

    private func check(_ condition: Condition?, _ current: Item?, _ place: Int) throws(TableError) {
        guard let condition, !condition.holds(of: current) else { return }
        throw error(
            .conditionFailed(index: place),
            current == nil
                ? "the condition does not hold: there is no such item" : "the condition does not hold of the item")
    }

    private func newItem(_ key: TableKey) -> Item {
        var item = [schema.partitionKey: key.partition]
        if let name = schema.sortKey { item[name] = key.sort }
        return item
    }

    func checkNames(_ set: Item, _ add: [String: Int], _ remove: [String]) throws(TableError) {
        var seen: Set<String> = []
        for name in Array(set.keys) + Array(add.keys) + remove {
            guard name != schema.partitionKey, name != schema.sortKey else {
                throw error(.invalidKey, "the update names the key attribute `\(name)`, which can't change")
            }
            guard seen.insert(name).inserted else {
                throw error(.invalidRequest, "the update names the attribute `\(name)` twice")
            }
        }
    }

    private func sum(_ current: AttributeValue?, _ amount: Int, _ name: String) throws(TableError) -> AttributeValue {
        guard let current else { return .int(amount) }
        guard case .number(let spelling) = current, let number = DecimalNumber(spelling) else {
            throw error(
                .invalidItem, "the attribute `\(name)` is of type \(current.typeTag); only numbers are added to")
        }
        guard let addend = DecimalNumber(String(amount)), let sum = number.adding(addend) else {
            throw error(.invalidItem, "the sum in the attribute `\(name)` has more than 38 digits or is out of range")
        }
        return .number(sum.spelling)
    }
}
