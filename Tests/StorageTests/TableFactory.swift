import FileSystem
import Storage
import TestSupport
import Testing

/// An implementation of `Table` for the contract suite; another one joins by one line in ``all``.
struct TableFactory: Sendable, CustomTestStringConvertible {
    static let all: [TableFactory] = [.sqlite, .inMemory, .dynamoDB]

    static let sqlite = TableFactory(testDescription: "SQLite") {
        (SQLiteTables(path: "\($0)/tables.sqlite").table($1), {})
    }
    static let inMemory = TableFactory(testDescription: "in memory") { (InMemoryTable($1), {}) }

    let testDescription: String
    /// Whether a page ends only where it is full; DynamoDB ends one before the item that would bring it over a megabyte.
    var exactPages = true
    /// As of ``ObjectStoreFactory``.
    var emulatorGaps: Set<EmulatorGap> = []
    let make:
        @Sendable (_ folder: String, _ schema: TableSchema) async throws -> (
            table: any Table, end: @Sendable () -> Void
        )

    /// An empty table.
    func open(_ schema: TableSchema = TableFactory.schema) async throws -> TableUnderTest {
        let folder = try makeTemporaryDirectory()
        let (table, end) = try await make(folder, schema)
        return TableUnderTest(table: table, folder: folder, end: end)
    }

    static let schema = TableSchema(
        name: "test.table", partitionKey: "pk", sortKey: "sk",
        indexes: [IndexSchema(name: "by-date", partitionKey: "date", sortKey: "rank")], keyTypes: ["rank": .number])
}

/// A table and the folder it may use.
struct TableUnderTest: Sendable {
    let table: any Table
    let folder: String
    let end: @Sendable () -> Void

    func remove() {
        end()
        try? FileSystem.removeTree(folder)
    }
}

/// The code with which `body` fails, or nil when it doesn't fail so.
func tableCode<Result>(_ body: () async throws -> Result) async -> TableError.Code? {
    do {
        _ = try await body()
        return nil
    } catch {
        return (error as? TableError)?.code
    }
}

func key(_ partition: String, _ sort: String) -> TableKey {
    TableKey(partition: .string(partition), sort: .string(sort))
}

func item(_ partition: String, _ sort: String, _ rest: Item = [:]) -> Item {
    rest.merging(["pk": .string(partition), "sk": .string(sort)]) { $1 }
}

extension Table {
    func sorts(_ page: ItemPage) -> [String] { page.items.compactMap { $0["sk"]?.stringValue } }

    func sorts(
        _ partition: AttributeValue, prefix: String? = nil, index: String? = nil, pageSize: Int = 100,
        ascending: Bool = true
    ) async throws -> [String] {
        var found: [String] = []
        var cursor: TableCursor?
        repeat {
            let page = try await query(
                partition, sortPrefix: prefix, index: index, limit: pageSize, after: cursor, ascending: ascending)
            #expect(page.items.count <= pageSize)
            found += sorts(page)
            cursor = page.next
        } while cursor != nil
        return found
    }
}
