/// Items by key, with conditional writes: a DynamoDB table, or an SQLite table that acts like one.
///
/// Reads see every write that has returned. Every implementation passes the same contract suite.
///
/// - An item holds at most 400 KB; partition keys are 1 to 2,048 bytes, sort keys 1 to 1,024.
/// - Numbers are compared and added as decimals of 38 digits and come back in their shortest spelling.
/// - Every call throws ``TableError``, or `CancellationError` once its task is cancelled.
public protocol Table: Sendable {
    var schema: TableSchema { get }

    /// Returns the item under `key`, or nil when there is none.
    func get(_ key: TableKey) async throws -> Item?

    /// Writes a whole item over the one with the same key, if `condition` holds of that one.
    ///
    /// - Throws: `.conditionFailed`.
    func put(_ item: Item, condition: Condition?) async throws

    /// Changes some attributes of an item, which is made if it isn't there, and returns the item as it is then.
    ///
    /// - Parameters:
    ///   - set: Attributes to write.
    ///   - add: Numbers to add to attributes; one that is absent counts as 0.
    ///   - remove: Attributes to take away; absent ones are fine.
    /// - Throws: `.conditionFailed`; `.invalidKey` when a key attribute would change; `.invalidRequest` when an attribute is
    ///   named twice.
    func update(
        _ key: TableKey, set: Item, add: [String: Int], remove: [String], condition: Condition?
    ) async throws -> Item

    /// Removes an item; one that isn't there is fine if `condition` holds of it.
    ///
    /// - Throws: `.conditionFailed`.
    func delete(_ key: TableKey, condition: Condition?) async throws

    /// Returns the items of one partition in the order of their sort keys.
    ///
    /// A page ends after `limit` items or 1 MB of them, whichever comes first.
    ///
    /// - Parameters:
    ///   - sortPrefix: Only items whose sort key, a string, begins with this.
    ///   - index: The index to read instead of the table itself.
    ///   - limit: At least 1.
    ///   - after: A page's ``ItemPage/next``.
    func query(
        _ partition: AttributeValue, sortPrefix: String?, index: String?, limit: Int, after: TableCursor?,
        ascending: Bool
    ) async throws -> ItemPage

    /// Returns the items under `keys`, in the order of the keys; nil where there is none.
    ///
    /// - Throws: `.invalidRequest` for more than 100 keys or one key twice.
    func batchGet(_ keys: [TableKey]) async throws -> [Item?]

    /// Carries out puts and deletes, each for itself: after an error some may have been done.
    ///
    /// - Throws: `.invalidRequest` for more than 25 writes, one key twice, an update, a check, or a condition.
    func batchWrite(_ writes: [TableWrite]) async throws

    /// Carries out all writes at once or, when a condition does not hold, none.
    ///
    /// - Throws: `.conditionFailed` with the place of the first write whose condition does not hold; `.invalidRequest` for
    ///   more than 100 writes or one key twice.
    func transact(_ writes: [TableWrite]) async throws

    /// Returns items of all partitions in an order that stays the same from page to page.
    ///
    /// A page ends after `limit` items or 1 MB of them, whichever comes first.
    func scan(limit: Int, after: TableCursor?) async throws -> ItemPage
}

/// One write of a batch or transaction.
public enum TableWrite: Sendable, Hashable {
    case put(Item, condition: Condition? = nil)
    case update(TableKey, set: Item = [:], add: [String: Int] = [:], remove: [String] = [], condition: Condition? = nil)
    case delete(TableKey, condition: Condition? = nil)
    /// Writes nothing; fails its transaction when the condition doesn't hold.
    case check(TableKey, condition: Condition)
}

/// A run of items.
public struct ItemPage: Sendable, Hashable {
    public let items: [Item]
    /// What to pass as `after` for the next page, which may turn out empty; nil when this is the last.
    public let next: TableCursor?

    public init(items: [Item], next: TableCursor?) {
        self.items = items
        self.next = next
    }
}

/// The place between two pages: the key attributes of the last item read (DynamoDB's `LastEvaluatedKey`).
public struct TableCursor: Sendable, Hashable {
    public let key: Item

    public init(key: Item) { self.key = key }
}

extension Table {
    /// Writes a whole item over whatever is there.
    public func put(_ item: Item) async throws { try await put(item, condition: nil) }

    /// Removes an item; one that isn't there is fine.
    public func delete(_ key: TableKey) async throws { try await delete(key, condition: nil) }

    /// Changes some attributes of an item; see ``update(_:set:add:remove:condition:)``.
    @discardableResult
    public func update(
        _ key: TableKey, set: Item = [:], add: [String: Int] = [:], remove: [String] = []
    ) async throws -> Item {
        try await update(key, set: set, add: add, remove: remove, condition: nil)
    }

    /// Returns the first page of a partition, ascending.
    public func query(
        _ partition: AttributeValue, sortPrefix: String? = nil, index: String? = nil, limit: Int = 1_000,
        after: TableCursor? = nil
    ) async throws -> ItemPage {
        try await query(partition, sortPrefix: sortPrefix, index: index, limit: limit, after: after, ascending: true)
    }

    /// Returns all items of a partition, page after page.
    ///
    /// - Throws: `.tooLarge` when there are more than `maximumCount`.
    public func queryAll(
        _ partition: AttributeValue, sortPrefix: String? = nil, index: String? = nil, maximumCount: Int = 100_000
    ) async throws -> [Item] {
        var items: [Item] = []
        var cursor: TableCursor?
        repeat {
            let page = try await query(partition, sortPrefix: sortPrefix, index: index, after: cursor)
            items += page.items
            cursor = page.next
            guard items.count <= maximumCount else {
                throw TableError(
                    .tooLarge, operation: "query", table: schema.name,
                    detail: "the partition has more than \(maximumCount) items; read it page by page")
            }
        } while cursor != nil
        return items
    }
}
