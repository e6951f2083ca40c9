import SimulationLink

/// A table whose every call waits for a simulator's word, before and, where others can see what it did, after.
struct HeldTable: Table {
    let table: any Table
    let link: SimulationLink

    var schema: TableSchema { table.schema }

    private func hold(
        _ moment: SimulationLink.Moment, _ act: String, isWrite: Bool = false
    ) throws(TableError) {
        try HeldTable.check(link.hold(moment, act, schema.name, isWrite: isWrite), act, schema.name)
    }

    /// Holds the function when a transaction is about to be committed. The database is locked meanwhile.
    static func holdCommit(of table: String, _ link: SimulationLink) throws(TableError) {
        try check(link.hold(.during, "commit", table, isWrite: true), "commit", table)
    }

    private static func check(
        _ verdict: SimulationLink.Verdict, _ act: String, _ table: String
    ) throws(TableError) {
        let code: TableError.Code
        switch verdict {
        case .go: return
        case .throttled: code = .throttled
        case .failed: code = .io
        case .full: code = .noSpace
        }
        throw TableError(
            code, operation: act, table: table, detail: "the simulator has it fail (\(verdict.rawValue))")
    }

    private func holdingWrite<Result>(_ act: String, _ body: () async throws -> Result) async throws -> Result {
        try hold(.before, act, isWrite: true)
        let result = try await body()
        try hold(.after, act, isWrite: true)
        return result
    }

    func get(_ key: TableKey) async throws -> Item? {
        try hold(.before, "get item")
        return try await table.get(key)
    }

    func put(_ item: Item, condition: Condition?) async throws {
        try await holdingWrite("put item") { try await table.put(item, condition: condition) }
    }

    func update(
        _ key: TableKey, set: Item, add: [String: Int], remove: [String], condition: Condition?
    ) async throws -> Item {
        try await holdingWrite("update item") {
            try await table.update(key, set: set, add: add, remove: remove, condition: condition)
        }
    }

    func delete(_ key: TableKey, condition: Condition?) async throws {
        try await holdingWrite("delete item") { try await table.delete(key, condition: condition) }
    }

    func query(
        _ partition: AttributeValue, sortPrefix: String?, index: String?, limit: Int, after: TableCursor?,
        ascending: Bool
    ) async throws -> ItemPage {
        try hold(.before, "query")
        return try await table.query(
            partition, sortPrefix: sortPrefix, index: index, limit: limit, after: after, ascending: ascending)
    }

    func batchGet(_ keys: [TableKey]) async throws -> [Item?] {
        try hold(.before, "batch get")
        return try await table.batchGet(keys)
    }

    func batchWrite(_ writes: [TableWrite]) async throws {
        try await holdingWrite("batch write") { try await table.batchWrite(writes) }
    }

    func transact(_ writes: [TableWrite]) async throws {
        try await holdingWrite("transact") { try await table.transact(writes) }
    }

    func scan(limit: Int, after: TableCursor?) async throws -> ItemPage {
        try hold(.before, "scan")
        return try await table.scan(limit: limit, after: after)
    }
}
