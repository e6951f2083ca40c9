import Storage

/// What a request writes under one key.
enum ItemWrite: Sendable {
    case put(Item)
    case delete(TableKey)
    case update(TableKey, UpdateExpression)
    /// Nothing: a transaction's check.
    case check(TableKey)

    func key(in table: any Table) -> TableKey {
        switch self {
        case .put(let item):
            TableKey(
                partition: item[table.schema.partitionKey] ?? .null, sort: table.schema.sortKey.flatMap { item[$0] })
        case .delete(let key), .update(let key, _), .check(let key): key
        }
    }
}

/// A write under a condition in DynamoDB's language, carried out on tables that don't know that language.
///
/// The item is read, the condition evaluated, the update worked out; then comes one conditional write of the table's own: of
/// the attributes that change, if all that the decision depended on (the attributes that the expressions name, and whether
/// there is an item at all) is still what was read. If it isn't, somebody else has written, and it is all done again. Other
/// attributes may change in between: the decision would have been the same, and an update leaves them alone.
struct ItemChange: Sendable {
    let write: ItemWrite
    let condition: ConditionExpression?
    /// Whether all of the item that is overwritten is wanted: then all that was read must still be so. What a table can't be
    /// asked is whether an attribute has come to it since; one that has is overwritten, and not in the answer.
    var returnsOld = false

    /// Each time that a write finds another than what was read, another writer has succeeded; so many may come first.
    static let maximumAttempts = 1_000

    /// Carries it out, and returns the item as it was before and as it is after.
    func carryOut(on table: any Table) async throws -> (old: Item?, new: Item?) {
        let key = write.key(in: table)
        if condition == nil, !returnsOld {
            switch write {
            case .put(let item):
                try await table.put(item)
                return (nil, item)
            case .delete:
                try await table.delete(key)
                return (nil, nil)
            case .update, .check: break
            }
        }
        for _ in 0..<ItemChange.maximumAttempts {
            try Task.checkCancellation()
            let old = try await table.get(key)
            guard let step = try step(from: old, table.schema) else { return (old, old) }
            do {
                switch step {
                case .put(let item, let unchanged):
                    try await table.put(item, condition: unchanged)
                    return (old, item)
                case .delete(let key, let unchanged):
                    try await table.delete(key, condition: unchanged)
                    return (old, nil)
                case .update(let key, let set, _, let remove, let unchanged):
                    let new = try await table.update(key, set: set, add: [:], remove: remove, condition: unchanged)
                    return (before(new, old), new)
                case .check: return (old, old)
                }
            } catch let error as TableError where error.isConditionFailed {
                await Task.yield()
            }
        }
        throw TableFailure("InternalServerError", "The item kept changing while it was written")
    }

    /// The write that makes of `old` what is asked for, under the condition that it still is `old`; nil when there is nothing
    /// to write.
    ///
    /// - Throws: ``TableFailure/conditionFailed``, or why the update can't be applied.
    func step(from old: Item?, _ schema: TableSchema) throws -> TableWrite? {
        guard condition?.holds(of: old) ?? true else { throw TableFailure.conditionFailed }
        let unchanged = unchanged(old, schema)
        switch write {
        case .put(let item): return .put(item, condition: unchanged)
        case .delete(let key): return .delete(key, condition: unchanged)
        case .check(let key): return .check(key, condition: unchanged)
        case .update(let key, let update):
            // What isn't there has nothing to be taken away, and isn't made for that.
            if old == nil, update.onlyRemoves { return nil }
            var keyItem: Item = [schema.partitionKey: key.partition]
            if let name = schema.sortKey { keyItem[name] = key.sort }
            let before = old ?? keyItem
            let after = try update.applied(to: before)
            let written = update.writtenAttributes
            return .update(
                key, set: after.filter { written.contains($0.key) && before[$0.key] != $0.value },
                remove: written.filter { after[$0] == nil && before[$0] != nil }.sorted(), condition: unchanged)
        }
    }

    /// That everything the decision depended on is as it was read.
    private func unchanged(_ old: Item?, _ schema: TableSchema) -> Condition {
        guard let old else { return .attributeNotExists(schema.partitionKey) }
        var names = condition?.attributes ?? []
        if case .update(_, let update) = write { names.formUnion(update.attributes) }
        if returnsOld { names.formUnion(old.keys) }
        let parts = names.sorted().map { name in
            old[name].map { Condition.equals(name, $0) } ?? .attributeNotExists(name)
        }
        return .and([.attributeExists(schema.partitionKey)] + parts)
    }

    /// The item before the update that made `new` of it: others may have changed what the update doesn't depend on between
    /// the reading and the writing.
    private func before(_ new: Item, _ read: Item?) -> Item? {
        guard let read, case .update(_, let update) = write else { return read }
        var old = new
        for name in update.writtenAttributes { old[name] = read[name] }
        return old
    }
}
