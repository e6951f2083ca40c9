import JSON
import SQLite

/// One table of a database file; see ``SQLiteTables``.
///
/// Conditional writes read and write in one transaction that holds the writer's lock from its beginning.
public final class SQLiteTable: Table {
    public let schema: TableSchema
    private let tables: SQLiteTables

    init(_ schema: TableSchema, in tables: SQLiteTables) {
        self.schema = schema
        self.tables = tables
    }

    private func rules(_ operation: String) -> TableRules { TableRules(schema: schema, operation: operation) }

    // MARK: Single items

    public func get(_ key: TableKey) async throws -> Item? {
        let rules = rules("get")
        let key = try rules.encoded(key)
        return try await tables.withTable(rules) { database, definition in
            try Self.item(key, database, definition, rules)
        }
    }

    public func put(_ item: Item, condition: Condition?) async throws {
        try await write([.put(item, condition: condition)], rules("put"), maximumCount: 1)
    }

    public func update(
        _ key: TableKey, set: Item, add: [String: Int], remove: [String], condition: Condition?
    ) async throws -> Item {
        let write = TableWrite.update(key, set: set, add: add, remove: remove, condition: condition)
        return try await self.write([write], rules("update"), maximumCount: 1).first ?? [:]
    }

    public func delete(_ key: TableKey, condition: Condition?) async throws {
        try await write([.delete(key, condition: condition)], rules("delete"), maximumCount: 1)
    }

    // MARK: Batches

    public func batchGet(_ keys: [TableKey]) async throws -> [Item?] {
        let rules = rules("batch get")
        let keys = try rules.encodedBatch(keys, maximumCount: TableLimits.batchGet)
        return try await tables.withTable(rules) { database, definition in
            try keys.map { try Self.item($0, database, definition, rules) }
        }
    }

    public func batchWrite(_ writes: [TableWrite]) async throws {
        let rules = rules("batch write")
        try rules.checkBatch(writes)
        try await write(writes, rules, maximumCount: TableLimits.batchWrite)
    }

    public func transact(_ writes: [TableWrite]) async throws {
        try await write(writes, rules("transact"), maximumCount: TableLimits.transact)
    }

    /// Carries out all or none, and returns the items that were stored.
    @discardableResult
    private func write(_ writes: [TableWrite], _ rules: TableRules, maximumCount: Int) async throws -> [Item] {
        var tableKeys: [TableKey] = []
        for write in writes { tableKeys.append(try rules.key(of: write)) }
        let keys = try rules.encodedBatch(tableKeys, maximumCount: maximumCount)
        return try await tables.withTable(rules) { database, definition in
            try database.transaction {
                try definition.check(database, rules)
                var stored: [Item] = []
                for (place, (key, write)) in zip(keys, writes).enumerated() {
                    let current = try Self.item(key, database, definition, rules)
                    let outcome = try rules.outcome(of: write, on: current, place: place)
                    try Self.apply(outcome, key, current, database, definition, rules)
                    if case .stored(let item) = outcome { stored.append(item) }
                }
                try self.tables.beforeCommit?(rules.schema.name)
                return stored
            }
        }
    }

    private static func item(
        _ key: EncodedKey, _ database: Database, _ definition: TableDefinition, _ rules: TableRules
    ) throws -> Item? {
        try database.firstRow(
            "SELECT item FROM \(definition.name) WHERE partition = ? AND sort = ?",
            [.blob(key.partition), .blob(key.sort)]
        ) { try rules.item($0.text(0), database) }
    }

    /// Writes what a write leaves under its key, and the entries of the indexes with it.
    private static func apply(
        _ outcome: TableRules.Outcome, _ key: EncodedKey, _ current: Item?, _ database: Database,
        _ definition: TableDefinition, _ rules: TableRules
    ) throws {
        let new: Item?
        switch outcome {
        case .unchanged: return
        case .stored(let item):
            new = item
            try database.execute(
                "INSERT OR REPLACE INTO \(definition.name) (partition, sort, item) VALUES (?, ?, ?)",
                [.blob(key.partition), .blob(key.sort), .text(item.typedJSON.text())])
        case .removed:
            new = nil
            try database.execute(
                "DELETE FROM \(definition.name) WHERE partition = ? AND sort = ?",
                [.blob(key.partition), .blob(key.sort)])
        }
        for index in definition.schema.indexes {
            let before = try current.flatMap { try rules.encodedKey(of: $0, in: index) }
            let after = try new.flatMap { try rules.encodedKey(of: $0, in: index) }
            guard before != after else { continue }
            if let before { try definition.delete(key, before, index, database) }
            if let after { try definition.insert(key, after, index, database) }
        }
    }

    // MARK: Pages

    public func query(
        _ partition: AttributeValue, sortPrefix: String?, index: String?, limit: Int, after: TableCursor?,
        ascending: Bool
    ) async throws -> ItemPage {
        let rules = rules("query")
        let query = try rules.query(
            partition, sortPrefix: sortPrefix, index: index, limit: limit, after: after, ascending: ascending)
        return try await page(query, rules)
    }

    public func scan(limit: Int, after: TableCursor?) async throws -> ItemPage {
        let rules = rules("scan")
        return try await page(rules.scan(limit: limit, after: after), rules)
    }

    private func page(_ query: EncodedQuery, _ rules: TableRules) async throws -> ItemPage {
        try await tables.withTable(rules) { database, definition in
            let (sql, values) = definition.select(query)
            var builder = PageBuilder(limit: query.limit)
            try database.forEachRow(sql, values, while: { builder.add(try rules.item($0.text(0), database)) })
            return builder.page(rules, query.index)
        }
    }
}

extension TableDefinition {
    /// The statement that reads the items of a query in its order, from its beginning on.
    func select(_ query: EncodedQuery) -> (sql: String, values: [SQLiteValue]) {
        let columns: [String]
        var sql = "SELECT t.item FROM "
        if let index = query.index {
            columns = ["i.partition", "i.sort", "i.item_partition", "i.item_sort"]
            // CROSS keeps SQLite from beginning with the table.
            sql += "\(indexName(index)) AS i CROSS JOIN \(name) AS t"
            sql += " ON t.partition = i.item_partition AND t.sort = i.item_sort"
        } else {
            columns = ["t.partition", "t.sort"]
            sql += "\(name) AS t"
        }
        var conditions: [String] = []
        var values: [SQLiteValue] = []
        if let partition = query.partition {
            conditions.append("\(columns[0]) = ?")
            values.append(.blob(partition))
        }
        if !query.sortPrefix.isEmpty {
            conditions.append("\(columns[1]) >= ?")
            values.append(.blob(query.sortPrefix))
            if let end = successor(ofPrefix: query.sortPrefix) {
                conditions.append("\(columns[1]) < ?")
                values.append(.blob(end))
            }
        }
        if let (order, table) = query.after {
            let marks = columns.map { _ in "?" }.joined(separator: ", ")
            conditions.append("(\(columns.joined(separator: ", "))) \(query.ascending ? ">" : "<") (\(marks))")
            values += [.blob(order.partition), .blob(order.sort)]
            if query.index != nil { values += [.blob(table.partition), .blob(table.sort)] }
        }
        if !conditions.isEmpty { sql += " WHERE " + conditions.joined(separator: " AND ") }
        sql += " ORDER BY " + columns.map { $0 + (query.ascending ? " ASC" : " DESC") }.joined(separator: ", ")
        return (sql, values)
    }
}
