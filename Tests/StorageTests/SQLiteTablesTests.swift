import FileSystem
import SQLite
import TestSupport
import Testing

@testable import Storage

/// What is the SQLite tables' own: the file, other processes, other schemas.
@Suite("SQLiteTables")
struct SQLiteTablesTests {
    /// A folder that goes with the object.
    final class World: Sendable {
        let folder: String
        var path: String { "\(folder)/data/tables.sqlite" }
        init() throws { folder = try makeTemporaryDirectory() }
        deinit { try? FileSystem.removeTree(folder) }

        func table(_ schema: TableSchema = TableFactory.schema, busyTimeout: Duration = .seconds(30)) -> SQLiteTable {
            SQLiteTables(path: path, busyTimeout: busyTimeout).table(schema)
        }
    }

    let world: World

    init() throws { world = try World() }

    @Test("the file is made at the first use, and what was written is there for the next process")
    func persistence() async throws {
        let table = world.table()
        var status = try FileSystem.status(world.path)
        #expect(status == nil)
        try await table.put(item("p", "s", ["n": 1]))
        status = try FileSystem.status(world.path)
        #expect(status != nil)
        let found = try await world.table().get(key("p", "s"))
        #expect(found == item("p", "s", ["n": 1]))
    }

    @Test("two tables in one file don't meet")
    func twoTables() async throws {
        let tables = SQLiteTables(path: world.path)
        let one = tables.table(TableFactory.schema)
        let two = tables.table(TableSchema(name: "other.table", partitionKey: "pk", sortKey: "sk"))
        try await one.put(item("p", "s", ["n": 1]))
        try await two.put(item("p", "s", ["n": 2]))
        let found = [try await one.get(key("p", "s")), try await two.get(key("p", "s"))]
        #expect(found == [item("p", "s", ["n": 1]), item("p", "s", ["n": 2])])
    }

    @Test("connections that add to one number at the same time lose nothing")
    func severalConnections() async throws {
        let tables = (0..<4).map { _ in world.table() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for table in tables {
                group.addTask {
                    for _ in 0..<50 { try await table.update(key("p", "s"), add: ["n": 1]) }
                }
            }
            try await group.waitForAll()
        }
        let found = try await tables[0].get(key("p", "s"))
        #expect(found?["n"] == 200)
    }

    @Test("another process that writes makes a writer wait, then say locked; readers read on")
    func lockedByWriter() async throws {
        let table = world.table(busyTimeout: .milliseconds(30))
        try await table.put(item("p", "s", ["n": 1]))
        // The ready-made shell of SQLite would do, but Python is what the other tests need anyway.
        let script = """
            import sqlite3, sys
            connection = sqlite3.connect(sys.argv[1], isolation_level=None)
            connection.execute("BEGIN IMMEDIATE")
            print("locked", flush=True)
            sys.stdin.readline()
            """
        let holder = try LockHolder(script: script, path: world.path)
        let write = await tableCode { try await table.update(key("p", "s"), add: ["n": 1]) }
        let found = try await table.get(key("p", "s"))
        let queried = try await table.query("p")
        holder.release()
        #expect(write == .locked)
        #expect(TableError(.locked, operation: "put", table: "t", detail: "").isTransient)
        #expect(found == item("p", "s", ["n": 1]))
        #expect(queried.items.count == 1)
        let after = await tableCode { try await world.table().update(key("p", "s"), add: ["n": 1]) }
        #expect(after == nil)
    }

    @Test("another process that reads hinders no writer")
    func lockedByReader() async throws {
        let table = world.table(busyTimeout: .milliseconds(30))
        try await table.put(item("p", "s", ["n": 1]))
        let script = """
            import sqlite3, sys
            connection = sqlite3.connect(sys.argv[1], isolation_level=None)
            connection.execute("BEGIN")
            connection.execute('SELECT * FROM "test.table"').fetchall()
            print("locked", flush=True)
            sys.stdin.readline()
            """
        let holder = try LockHolder(script: script, path: world.path)
        let write = await tableCode { try await table.update(key("p", "s"), add: ["n": 1]) }
        holder.release()
        #expect(write == nil)
    }

    @Test("a wait for another process ends when the task is cancelled", .timeLimit(.minutes(10)))
    func cancelledWait() async throws {
        try await world.table().put(item("p", "s"))
        let other = try Database(world.path)
        try other.execute("BEGIN IMMEDIATE")
        let table = world.table(busyTimeout: .seconds(600))
        let waiting = Task { try await table.put(item("p", "t")) }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        try other.execute("ROLLBACK")
    }

    @Test("a file that is no database is corrupt and stays as it is")
    func noDatabase() async throws {
        try FileSystem.createDirectories("\(world.folder)/data")
        let content = [UInt8](repeating: 65, count: 10_000)
        try FileSystem.writeFileAtomically(world.path, content)
        let table = world.table()
        let codes = [
            await tableCode { try await table.get(key("p", "s")) },
            await tableCode { try await table.put(item("p", "s")) },
        ]
        #expect(codes == [.corrupt, .corrupt])
        let left = try FileSystem.readFile(world.path)
        #expect(left == content)
    }

    @Test("a damaged page is corrupt")
    func damagedPage() async throws {
        let text = AttributeValue.string(String(repeating: "x", count: 1_000))
        let table = world.table()
        for number in 0..<50 { try await table.put(item("p", "\(number)", ["v": text])) }
        let database = try Database(world.path)
        try database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        var content = try FileSystem.readFile(world.path)
        for index in content.indices.dropFirst(4_096 * 3) { content[index] = 0xAA }
        let copy = "\(world.folder)/copy.sqlite"
        try FileSystem.writeFileAtomically(copy, content)
        let damaged = SQLiteTables(path: copy).table(TableFactory.schema)
        let code = await tableCode { try await damaged.scan(limit: 100, after: nil) }
        #expect(code == .corrupt)
    }

    @Test("a row that something else has written is corrupt, and the message shows none of it")
    func foreignRow() async throws {
        let table = world.table()
        try await table.put(item("p", "s"))
        try Database(world.path).execute("UPDATE \"test.table\" SET item = 'secret'")
        do {
            _ = try await table.get(key("p", "s"))
            Issue.record("a row that is no item was read")
        } catch let error as TableError {
            #expect(error.code == .corrupt)
            #expect(!error.description.contains("secret"))
        }
    }

    // MARK: Schemas

    @Test("an index that is added is filled, one that is left out goes")
    func changedIndexes() async throws {
        let plain = TableSchema(name: "test.table", partitionKey: "pk", sortKey: "sk")
        let before = world.table(plain)
        try await before.put(item("p", "a", ["date": "d", "rank": 2]))
        try await before.put(item("p", "b", ["date": "d", "rank": 1]))
        try await before.put(item("p", "c", ["date": "d", "rank": "no number"]))
        let after = world.table()
        let sorts = try await after.sorts("d", index: "by-date")
        #expect(sorts == ["b", "a"])
        // The program with the old schema doesn't know of the index, so it must not write past it.
        let stale = await tableCode { try await before.put(item("p", "d", ["date": "d", "rank": 3])) }
        #expect(stale == .schemaMismatch)
        let again = world.table(plain)
        try await again.put(item("p", "d", ["date": "d", "rank": 3]))
        let count = try await world.table().sorts("d", index: "by-date").count
        #expect(count == 3)
    }

    @Test(
        "a table with other keys, or a name that differs by case only, is a mismatch",
        arguments: [
            TableSchema(name: "test.table", partitionKey: "pk"),
            TableSchema(name: "test.table", partitionKey: "id", sortKey: "sk"),
            TableSchema(name: "test.table", partitionKey: "pk", sortKey: "sk", keyTypes: ["sk": .number]),
            TableSchema(name: "Test.table", partitionKey: "pk", sortKey: "sk"),
        ])
    func otherKeys(schema: TableSchema) async throws {
        try await world.table().put(item("p", "s"))
        let other = world.table(schema)
        let code = await tableCode { try await other.scan(limit: 1, after: nil) }
        #expect(code == .schemaMismatch)
    }

    @Test(
        "a name that DynamoDB doesn't take is refused",
        arguments: ["ab", "a\"b", "sqlite_master", "a b", "#tables", "täbl"])
    func badName(name: String) async throws {
        let table = world.table(TableSchema(name: name, partitionKey: "pk"))
        let code = await tableCode { try await table.put(["pk": "p"]) }
        #expect(code == .invalidRequest)
    }

    // MARK: Faults of the disk

    @Test("a full disk is noSpace, keeps what was there, and passes")
    func fullDisk() async throws {
        guard let disk = try await ScratchMount.tmpfs(at: "\(world.folder)/data", size: "1m") else { return }
        let result = await Self.fill(world)
        await disk.unmount()
        try result.get()
    }

    private static func fill(_ world: World) async -> Result<Void, any Error> {
        do {
            let table = world.table()
            try await table.put(item("p", "first", ["n": 1]))
            let text = AttributeValue.string(String(repeating: "x", count: 100_000))
            let code = await tableCode {
                for number in 0..<30 { try await table.put(item("p", "\(number)", ["v": text])) }
            }
            #expect(code == .noSpace)
            let found = try await table.get(key("p", "first"))
            #expect(found == item("p", "first", ["n": 1]))
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    @Test("a read-only folder is readOnly for writers")
    func readOnly() async throws {
        try await world.table().put(item("p", "s"))
        guard let mount = try await ScratchMount.readOnly("\(world.folder)/data") else { return }
        let table = world.table()
        let code = await tableCode { try await table.put(item("p", "t")) }
        await mount.unmount()
        #expect(code == .readOnly)
    }
}

/// A Python process that does something to a database, says so, and ends when it is told to.
private final class LockHolder: Sendable {
    private let process: LineProcess

    init(script: String, path: String) throws {
        process = try LineProcess("python3", ["-c", script, path])
        let line = process.readLine()
        #expect(line == "locked")
    }

    func release() { process.end() }
}
