import FileSystem
import TestSupport
import Testing

@testable import SQLite

@Suite("Database")
struct DatabaseTests {
    /// A folder that goes with the object.
    private final class Scratch {
        let folder: String
        let path: String
        init() throws {
            folder = try makeTemporaryDirectory()
            path = "\(folder)/test.sqlite"
        }
        deinit { try? FileSystem.removeTree(folder) }
    }

    private let scratch: Scratch
    private let database: Database
    private var path: String { scratch.path }

    init() throws {
        scratch = try Scratch()
        database = try Database(scratch.path)
    }

    private func count(_ database: Database) throws -> Int64? {
        try database.firstRow("SELECT count(*) FROM t") { $0.integer(0) }
    }

    @Test("values come back as they were bound, byte for byte")
    func values() throws {
        try database.execute("CREATE TABLE t (a, b, c, d, e)")
        let text = "e\u{301}\u{0}é 🎵"
        try database.execute(
            "INSERT INTO t VALUES (?, ?, ?, ?, ?)",
            [.null, .integer(Int64.min), .real(0.1), .text(text), .blob([0, 255, 0])])
        let row = try database.firstRow("SELECT * FROM t") { row in
            #expect(row.columnCount == 5)
            #expect(row.isNull(0))
            #expect(row.integer(1) == Int64.min)
            #expect(row.real(2) == 0.1)
            #expect(Array(row.text(3).utf8) == Array(text.utf8))
            #expect(row.blob(4) == [0, 255, 0])
            return true
        }
        #expect(row == true)
    }

    @Test("empty text and empty blobs are not NULL")
    func empties() throws {
        let kinds = try database.firstRow("SELECT typeof(?), typeof(?)", [.text(""), .blob([])]) {
            [$0.text(0), $0.text(1)]
        }
        #expect(kinds == ["text", "blob"])
    }

    @Test("a transaction is all there or, after an error, not at all")
    func transactions() throws {
        struct Stop: Error {}
        try database.execute("CREATE TABLE t (a)")
        #expect(throws: Stop.self) {
            try database.transaction {
                try database.execute("INSERT INTO t VALUES (1)")
                throw Stop()
            }
        }
        #expect(!database.isInTransaction)
        try database.transaction { try database.execute("INSERT INTO t VALUES (2)") }
        #expect(database.changedRowCount == 1)
        let values = try database.firstRow("SELECT group_concat(a) FROM t") { $0.text(0) }
        #expect(values == "2")
    }

    @Test("a statement may be used again while it runs")
    func nested() throws {
        try database.execute("CREATE TABLE t (a)")
        for value in 1...3 { try database.execute("INSERT INTO t VALUES (?)", [.integer(value)]) }
        var pairs: [[Int64]] = []
        try database.forEachRow("SELECT a FROM t ORDER BY a") { outer in
            let left = outer.integer(0)
            try database.forEachRow("SELECT a FROM t ORDER BY a") { pairs.append([left, $0.integer(0)]) }
        }
        #expect(pairs.count == 9)
        #expect(pairs.last == [3, 3])
        var seen = 0
        try database.forEachRow(
            "SELECT a FROM t", [],
            while: { _ in
                seen += 1
                return seen < 2
            })
        #expect(seen == 2)
    }

    @Test("more statements than are kept still work")
    func statementCache() throws {
        for value in 0..<(3 * Database.statementCacheSize) {
            let found = try database.firstRow("SELECT \(value)") { $0.integer(0) }
            #expect(found == Int64(value))
        }
    }

    @Test("an error has SQLite's code and words and the statement, but no bound value")
    func errors() throws {
        try database.execute("CREATE TABLE t (a UNIQUE)")
        try database.execute("INSERT INTO t VALUES (?)", [.text("secret")])
        let error = #expect(throws: SQLiteError.self) {
            try database.execute("INSERT INTO t VALUES (?)", [.text("secret")])
        }
        #expect(error?.code == .constraint)
        #expect(error?.extendedCode == 2067)
        #expect(
            error?.description
                == "SQLite 2067 (constraint failed) on step of \(path): UNIQUE constraint failed: t.a, in: INSERT INTO t VALUES (?)"
        )
        let syntax = #expect(throws: SQLiteError.self) { try database.execute("SELEC 1") }
        #expect(syntax?.code == .other(1))
        #expect(throws: SQLiteError.self) { try database.execute("  ") }
    }

    @Test("what can't be opened is told apart: no folder, no file, no database")
    func opening() throws {
        let folder = scratch.folder
        #expect(throws: SQLiteError.self) { try Database("\(folder)/none/test.sqlite") }
        let missing = #expect(throws: SQLiteError.self) { try Database("\(folder)/none.sqlite", access: .readWrite) }
        #expect(missing?.code == .cannotOpen)
        let bytes = [UInt8](repeating: 65, count: 4_096)
        try FileSystem.writeFileAtomically("\(folder)/text.sqlite", bytes)
        let database = try Database("\(folder)/text.sqlite")
        let error = #expect(throws: SQLiteError.self) { try database.useWriteAheadLog() }
        #expect(error?.code == .notADatabase)
    }

    @Test("read-only connections refuse to write")
    func readOnly() throws {
        try database.execute("CREATE TABLE t (a)")
        let reader = try Database(path, access: .readOnly)
        let error = #expect(throws: SQLiteError.self) { try reader.execute("INSERT INTO t VALUES (1)") }
        #expect(error?.code == .readOnly)
    }

    @Test("with a write-ahead log a reader does not wait for a writer, and a second writer waits, then says busy")
    func locks() throws {
        let first = database
        try first.useWriteAheadLog()
        try first.execute("CREATE TABLE t (a)")
        let second = try Database(path, busyTimeout: .milliseconds(20))
        try second.useWriteAheadLog()
        try first.transaction {
            try first.execute("INSERT INTO t VALUES (1)")
            #expect(try count(second) == 0)
            let start = ContinuousClock.now
            let error = #expect(throws: SQLiteError.self) { try second.transaction {} }
            #expect(error?.code == .busy)
            #expect(start.duration(to: .now) >= .milliseconds(20))
        }
        try second.transaction { try second.execute("INSERT INTO t VALUES (2)") }
        #expect(try count(first) == 2)
    }

    @Test("a wait for a lock ends when it is told to")
    func cancelledWait() throws {
        let first = database
        try first.useWriteAheadLog()
        let second = try Database(path, busyTimeout: .seconds(600))
        var questions = 0
        try first.transaction {
            let error = #expect(throws: SQLiteError.self) {
                try second.withCancellation({
                    questions += 1
                    return questions > 3
                }) { try second.transaction {} }
            }
            #expect(error?.code == .busy)
            #expect(questions == 4)
        }
    }

    @Test("eight threads share one connection, and eight have one each, and no row is lost")
    func threads() async throws {
        let path = path
        let shared = SharedDatabase(try Database(path))
        try shared.withLock { database in
            try database.useWriteAheadLog()
            try database.execute("CREATE TABLE t (n)")
            try database.execute("INSERT INTO t VALUES (0)")
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<50 {
                        try shared.withLock { try $0.execute("UPDATE t SET n = n + 1") }
                    }
                }
                group.addTask {
                    let own = try Database(path, busyTimeout: .seconds(60))
                    try own.useWriteAheadLog()
                    for _ in 0..<50 { try own.transaction { try own.execute("UPDATE t SET n = n + 1") } }
                }
            }
            try await group.waitForAll()
        }
        let total = try shared.withLock { database in try database.firstRow("SELECT n FROM t") { $0.integer(0) } }
        #expect(total == 800)
    }
}
