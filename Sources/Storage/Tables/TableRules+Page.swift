/// A query or scan, checked and encoded.
struct EncodedQuery {
    /// The index to read, or nil for the table.
    let index: IndexSchema?
    /// The partition, or nil for all of the table.
    let partition: [UInt8]?
    let sortPrefix: [UInt8]
    let limit: Int
    /// The order's own key and the table's key of the item after which the page begins.
    let after: (order: EncodedKey, table: EncodedKey)?
    let ascending: Bool
}

extension TableRules {
    func query(
        _ partition: AttributeValue, sortPrefix: String?, index name: String?, limit: Int, after: TableCursor?,
        ascending: Bool
    ) throws(TableError) -> EncodedQuery {
        try checkLimit(limit)
        let index: IndexSchema? = if let name { try self.index(name) } else { nil }
        let sortKey = if let index { index.sortKey } else { schema.sortKey }
        if let sortPrefix, !sortPrefix.isEmpty {
            guard let sortKey, (schema.keyTypes[sortKey] ?? .string) == .string else {
                throw error(.invalidRequest, "a sort-key prefix needs a sort key that is a string")
            }
        }
        return EncodedQuery(
            index: index, partition: try encodedPartition(partition, index?.partitionKey ?? schema.partitionKey),
            sortPrefix: Array((sortPrefix ?? "").utf8), limit: limit, after: try position(after, index),
            ascending: ascending)
    }

    func scan(limit: Int, after: TableCursor?) throws(TableError) -> EncodedQuery {
        try checkLimit(limit)
        return EncodedQuery(
            index: nil, partition: nil, sortPrefix: [], limit: limit, after: try position(after, nil), ascending: true)
    }

    private func position(
        _ cursor: TableCursor?, _ index: IndexSchema?
    ) throws(TableError) -> (order: EncodedKey, table: EncodedKey)? {
        guard let cursor else { return nil }
        let key = try encoded(key(of: cursor.key))
        guard let index else { return (key, key) }
        guard let order = try encodedKey(of: cursor.key, in: index) else {
            throw error(.invalidRequest, "the cursor is not of a query of the index `\(index.name)`")
        }
        return (order, key)
    }

    /// The cursor after `item` in a query of `index`.
    func cursor(after item: Item, in index: IndexSchema?) -> TableCursor {
        let names = [schema.partitionKey, schema.sortKey, index?.partitionKey, index?.sortKey]
        var key: Item = [:]
        for name in names { if let name { key[name] = item[name] } }
        return TableCursor(key: key)
    }
}

/// The items of one page while they are gathered: it ends after a number of items or of bytes.
struct PageBuilder {
    let limit: Int
    private(set) var items: [Item] = []
    private var byteCount = 0
    /// Whether there is an item that the page has no place for.
    private(set) var hasMore = false

    init(limit: Int) { self.limit = limit }

    /// Adds the next item; false when the page has no place for it.
    mutating func add(_ item: Item) -> Bool {
        guard items.count < limit, byteCount < TableLimits.pageBytes else {
            hasMore = true
            return false
        }
        items.append(item)
        byteCount += ItemSize.byteCount(of: item)
        return true
    }

    func page(_ rules: TableRules, _ index: IndexSchema?) -> ItemPage {
        ItemPage(items: items, next: hasMore ? items.last.map { rules.cursor(after: $0, in: index) } : nil)
    }
}
