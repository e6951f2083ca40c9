import Synchronization

/// A table in this process's memory, for tests; the rules are those of every other table.
public final class InMemoryTable: Table {
    public let schema: TableSchema
    private let partitions = Mutex<[[UInt8]: [[UInt8]: Item]]>([:])

    public init(_ schema: TableSchema) { self.schema = schema }

    private func rules(_ operation: String) -> TableRules { TableRules(schema: schema, operation: operation) }

    public func get(_ key: TableKey) async throws -> Item? {
        let key = try rules("get").encoded(key)
        return partitions.withLock { $0[key.partition]?[key.sort] }
    }

    public func put(_ item: Item, condition: Condition?) async throws {
        try write([.put(item, condition: condition)], rules("put"), maximumCount: 1)
    }

    public func update(
        _ key: TableKey, set: Item, add: [String: Int], remove: [String], condition: Condition?
    ) async throws -> Item {
        let write = TableWrite.update(key, set: set, add: add, remove: remove, condition: condition)
        return try self.write([write], rules("update"), maximumCount: 1).first ?? [:]
    }

    public func delete(_ key: TableKey, condition: Condition?) async throws {
        try write([.delete(key, condition: condition)], rules("delete"), maximumCount: 1)
    }

    public func batchGet(_ keys: [TableKey]) async throws -> [Item?] {
        let keys = try rules("batch get").encodedBatch(keys, maximumCount: TableLimits.batchGet)
        return partitions.withLock { partitions in keys.map { partitions[$0.partition]?[$0.sort] } }
    }

    public func batchWrite(_ writes: [TableWrite]) async throws {
        let rules = rules("batch write")
        try rules.checkBatch(writes)
        try write(writes, rules, maximumCount: TableLimits.batchWrite)
    }

    public func transact(_ writes: [TableWrite]) async throws {
        try write(writes, rules("transact"), maximumCount: TableLimits.transact)
    }

    /// Carries out all or none, and returns the items that were stored.
    @discardableResult
    private func write(_ writes: [TableWrite], _ rules: TableRules, maximumCount: Int) throws(TableError) -> [Item] {
        var tableKeys: [TableKey] = []
        for write in writes { tableKeys.append(try rules.key(of: write)) }
        let keys = try rules.encodedBatch(tableKeys, maximumCount: maximumCount)
        return try partitions.withLock { (partitions) throws(TableError) in
            var outcomes: [TableRules.Outcome] = []
            for (place, write) in writes.enumerated() {
                let current = partitions[keys[place].partition]?[keys[place].sort]
                outcomes.append(try rules.outcome(of: write, on: current, place: place))
            }
            var stored: [Item] = []
            for (key, outcome) in zip(keys, outcomes) {
                switch outcome {
                case .unchanged: break
                case .removed: partitions[key.partition]?[key.sort] = nil
                case .stored(let item):
                    partitions[key.partition, default: [:]][key.sort] = item
                    stored.append(item)
                }
            }
            return stored
        }
    }

    public func query(
        _ partition: AttributeValue, sortPrefix: String?, index: String?, limit: Int, after: TableCursor?,
        ascending: Bool
    ) async throws -> ItemPage {
        let rules = rules("query")
        return try page(
            rules.query(
                partition, sortPrefix: sortPrefix, index: index, limit: limit, after: after, ascending: ascending),
            rules)
    }

    public func scan(limit: Int, after: TableCursor?) async throws -> ItemPage {
        let rules = rules("scan")
        return try page(rules.scan(limit: limit, after: after), rules)
    }

    private typealias Entry = (order: EncodedKey, table: EncodedKey, item: Item)

    /// Every page sorts what it chooses from anew: tables in tests are small.
    private func page(_ query: EncodedQuery, _ rules: TableRules) throws(TableError) -> ItemPage {
        var entries = try entries(of: query, rules)
        entries.sort { ($0.order, $0.table) < ($1.order, $1.table) }
        if !query.ascending { entries.reverse() }
        if let after = query.after {
            entries.removeAll {
                let place = ($0.order, $0.table)
                return query.ascending ? place <= (after.order, after.table) : place >= (after.order, after.table)
            }
        }
        var builder = PageBuilder(limit: query.limit)
        for entry in entries where !builder.add(entry.item) { break }
        return builder.page(rules, query.index)
    }

    private func entries(of query: EncodedQuery, _ rules: TableRules) throws(TableError) -> [Entry] {
        let partitions = partitions.withLock { $0 }
        var entries: [Entry] = []
        for (partition, items) in partitions
        where query.index != nil || query.partition == nil || query.partition == partition {
            for (sort, item) in items {
                let key = EncodedKey(partition: partition, sort: sort)
                var order = key
                if let index = query.index {
                    guard let indexKey = try rules.encodedKey(of: item, in: index) else { continue }
                    order = indexKey
                }
                guard query.partition == nil || order.partition == query.partition,
                    order.sort.starts(with: query.sortPrefix)
                else { continue }
                entries.append((order, key, item))
            }
        }
        return entries
    }
}
