import Storage

/// A table that forgets what it was asked to heed.
struct MutantTable: Table {
    private let table: any Table
    private let ignoresConditions: Bool
    private let ignoresErrors: Bool

    init(_ table: any Table, ignoresConditions: Bool = false, ignoresErrors: Bool = false) {
        self.table = table
        self.ignoresConditions = ignoresConditions
        self.ignoresErrors = ignoresErrors
    }

    var schema: TableSchema { table.schema }

    func get(_ key: TableKey) async throws -> Item? { try await table.get(key) }

    func put(_ item: Item, condition: Condition?) async throws {
        try await heedingErrors { try await table.put(item, condition: heeded(condition)) }
    }

    func update(
        _ key: TableKey, set: Item, add: [String: Int], remove: [String], condition: Condition?
    ) async throws -> Item {
        try await table.update(key, set: set, add: add, remove: remove, condition: heeded(condition))
    }

    func delete(_ key: TableKey, condition: Condition?) async throws {
        try await heedingErrors { try await table.delete(key, condition: heeded(condition)) }
    }

    func query(
        _ partition: AttributeValue, sortPrefix: String?, index: String?, limit: Int, after: TableCursor?,
        ascending: Bool
    ) async throws -> ItemPage {
        try await table.query(
            partition, sortPrefix: sortPrefix, index: index, limit: limit, after: after, ascending: ascending)
    }

    func batchGet(_ keys: [TableKey]) async throws -> [Item?] { try await table.batchGet(keys) }

    func batchWrite(_ writes: [TableWrite]) async throws {
        try await heedingErrors { try await table.batchWrite(writes) }
    }

    func transact(_ writes: [TableWrite]) async throws {
        try await heedingErrors {
            try await table.transact(
                writes.compactMap { write in
                    guard ignoresConditions else { return write }
                    return switch write {
                    case .put(let item, _): .put(item, condition: nil)
                    case .delete(let key, _): .delete(key, condition: nil)
                    case .update(let key, let set, let add, let remove, _):
                        .update(key, set: set, add: add, remove: remove, condition: nil)
                    case .check: nil
                    }
                })
        }
    }

    func scan(limit: Int, after: TableCursor?) async throws -> ItemPage {
        try await table.scan(limit: limit, after: after)
    }

    private func heeded(_ condition: Condition?) -> Condition? { ignoresConditions ? nil : condition }

    private func heedingErrors(_ body: () async throws -> Void) async throws {
        do { try await body() } catch { if !ignoresErrors { throw error } }
    }
}
