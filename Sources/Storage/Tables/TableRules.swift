/// What every table checks and works out before it touches its items, bound to one schema and one call.
struct TableRules {
    let schema: TableSchema
    let operation: String

    func error(_ code: TableError.Code, _ detail: String) -> TableError {
        TableError(code, operation: operation, table: schema.name, detail: detail)
    }

    // MARK: Keys

    func encoded(_ key: TableKey) throws(TableError) -> EncodedKey {
        switch (schema.sortKey, key.sort) {
        case (let name?, nil): throw error(.invalidKey, "the key has no value for the sort key `\(name)`")
        case (nil, _?): throw error(.invalidKey, "the key has a sort value, and the table has no sort key")
        default: break
        }
        return EncodedKey(
            partition: try encodedPartition(key.partition, schema.partitionKey),
            sort: try encodedSort(key.sort, schema.sortKey))
    }

    func key(of item: Item) throws(TableError) -> TableKey {
        guard let partition = item[schema.partitionKey] else {
            throw error(.invalidKey, "the item has no attribute `\(schema.partitionKey)`, the partition key")
        }
        guard let name = schema.sortKey else { return TableKey(partition: partition) }
        guard let sort = item[name] else {
            throw error(.invalidKey, "the item has no attribute `\(name)`, the sort key")
        }
        return TableKey(partition: partition, sort: sort)
    }

    func encodedPartition(_ value: AttributeValue, _ name: String) throws(TableError) -> [UInt8] {
        try encoded(value, name, EncodedKey.maximumPartitionBytes)
    }

    func encodedSort(_ value: AttributeValue?, _ name: String?) throws(TableError) -> [UInt8] {
        guard let value, let name else { return [] }
        return try encoded(value, name, EncodedKey.maximumSortBytes)
    }

    private func encoded(_ value: AttributeValue, _ name: String, _ limit: Int) throws(TableError) -> [UInt8] {
        let type = schema.keyTypes[name] ?? .string
        guard value.typeTag == type.rawValue else {
            throw error(
                .invalidKey,
                "the key attribute `\(name)` is of type \(type.rawValue), the value of type \(value.typeTag)")
        }
        let bytes: [UInt8]
        switch value {
        case .string(let text): bytes = Array(text.utf8)
        case .binary(let content): bytes = content
        case .number(let spelling):
            guard let number = DecimalNumber(spelling) else {
                throw error(
                    .invalidKey, "the key attribute `\(name)` is no decimal number of at most 38 digits in range")
            }
            bytes = number.orderedBytes
        default: bytes = []
        }
        guard !bytes.isEmpty else { throw error(.invalidKey, "the key attribute `\(name)` is empty") }
        guard bytes.count <= limit else {
            throw error(.invalidKey, "the key attribute `\(name)` has \(bytes.count) bytes; \(limit) are allowed")
        }
        return bytes
    }

    /// The item's key in an index, or nil when it lacks one of the index's attributes.
    func encodedKey(of item: Item, in index: IndexSchema) throws(TableError) -> EncodedKey? {
        guard let partition = item[index.partitionKey] else { return nil }
        if let name = index.sortKey, item[name] == nil { return nil }
        return EncodedKey(
            partition: try encodedPartition(partition, index.partitionKey),
            sort: try encodedSort(index.sortKey.flatMap { item[$0] }, index.sortKey))
    }

    func index(_ name: String) throws(TableError) -> IndexSchema {
        guard let index = schema.indexes.first(where: { $0.name == name }) else {
            throw error(.invalidRequest, "the table has no index `\(name)`")
        }
        return index
    }

    // MARK: Items

    /// The item in the form in which it is stored, or an error when it can't be.
    func storable(_ item: Item) throws(TableError) -> Item {
        var stored: Item = [:]
        for (name, value) in item {
            guard !name.isEmpty else { throw error(.invalidItem, "an attribute has an empty name") }
            stored[name] = try storable(value, name, depth: 1)
        }
        let count = ItemSize.byteCount(of: stored)
        guard count <= ItemSize.maximumByteCount else {
            throw error(.tooLarge, "the item has \(count) bytes; \(ItemSize.maximumByteCount) are allowed")
        }
        for index in schema.indexes { _ = try encodedKey(of: stored, in: index) }
        return stored
    }

    /// Levels of lists and maps in an item at most, as in DynamoDB.
    static let maximumDepth = 32

    private func storable(_ value: AttributeValue, _ name: String, depth: Int) throws(TableError) -> AttributeValue {
        guard depth <= Self.maximumDepth else {
            throw error(.invalidItem, "the attribute `\(name)` is nested more than \(Self.maximumDepth) levels deep")
        }
        switch value {
        case .number(let spelling):
            guard let number = DecimalNumber(spelling) else {
                throw error(.invalidItem, "the attribute `\(name)` is no decimal number of at most 38 digits in range")
            }
            return .number(number.spelling)
        case .list(let elements):
            var stored: [AttributeValue] = []
            stored.reserveCapacity(elements.count)
            for element in elements { stored.append(try storable(element, name, depth: depth + 1)) }
            return .list(stored)
        case .map(let members):
            var stored: [String: AttributeValue] = [:]
            for (key, member) in members { stored[key] = try storable(member, name, depth: depth + 1) }
            return .map(stored)
        case .set(let elements): return .set(try storable(elements, name))
        default: return value
        }
    }

    private func storable(
        _ elements: Set<AttributeValue>, _ name: String
    ) throws(TableError) -> Set<AttributeValue> {
        guard let type = elements.first?.typeTag, ["S", "N", "B"].contains(type),
            elements.allSatisfy({ $0.typeTag == type })
        else {
            throw error(.invalidItem, "the attribute `\(name)` holds a set that is empty or not of one scalar type")
        }
        var stored: Set<AttributeValue> = []
        for element in elements { stored.insert(try storable(element, name, depth: 1)) }
        return stored
    }

    // MARK: Requests

    func checkLimit(_ limit: Int) throws(TableError) {
        guard limit > 0 else { throw error(.invalidRequest, "a page of \(limit) items was asked for") }
    }

    /// Encodes the keys of a batch: at most `maximumCount`, each once.
    func encodedBatch(_ keys: [TableKey], maximumCount: Int) throws(TableError) -> [EncodedKey] {
        guard keys.count <= maximumCount else {
            throw error(.invalidRequest, "\(keys.count) entries were given; \(maximumCount) are allowed")
        }
        var seen: Set<EncodedKey> = []
        var encodedKeys: [EncodedKey] = []
        for (place, key) in keys.enumerated() {
            let encodedKey = try encoded(key)
            guard seen.insert(encodedKey).inserted else {
                throw error(.invalidRequest, "entry \(place) has the key of an earlier one")
            }
            encodedKeys.append(encodedKey)
        }
        return encodedKeys
    }

    func key(of write: TableWrite) throws(TableError) -> TableKey {
        switch write {
        case .put(let item, _): try key(of: item)
        case .update(let key, _, _, _, _), .delete(let key, _), .check(let key, _): key
        }
    }

    /// Throws unless `writes` can be one `batchWrite`.
    func checkBatch(_ writes: [TableWrite]) throws(TableError) {
        for (place, write) in writes.enumerated() {
            switch write {
            case .put(_, nil), .delete(_, nil): continue
            default:
                throw error(.invalidRequest, "entry \(place) is no put or delete without a condition; use transact")
            }
        }
    }
}

/// Entries that one call takes, as in DynamoDB.
enum TableLimits {
    static let batchGet = 100
    static let batchWrite = 25
    static let transact = 100
    /// Bytes of items after which a page ends.
    static let pageBytes = 1 << 20
}
