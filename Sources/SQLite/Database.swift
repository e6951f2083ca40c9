import CSQLite

/// One connection to an SQLite database.
///
/// For one thread at a time, so it isn't `Sendable`: keep it in an actor, or in a ``SharedDatabase``. Statements are
/// prepared once and kept.
package final class Database {
    package enum Access: Sendable {
        /// The file must exist and is never written to.
        case readOnly
        /// The file must exist.
        case readWrite
        /// The file is made if it isn't there.
        case create
    }

    /// How much of a power loss a commit outlives; a crash of the process loses nothing in either case.
    package enum Durability: Sendable {
        /// With a write-ahead log the latest commits may be gone, the file stays sound (`synchronous = NORMAL`).
        case normal
        /// Every commit is on the disk (`synchronous = FULL`).
        case full
    }

    /// Statements kept for their next use.
    package static let statementCacheSize = 64

    private let handle: ConnectionHandle
    private var cache: [String: Statement] = [:]

    package var path: String { handle.path }

    /// Opens the database at `path`; that reads nothing yet, so a file that is no database is found at the first use.
    ///
    /// A file that is to be written to and can't be is `.readOnly` at once.
    ///
    /// - Parameter busyTimeout: How long a call waits for another connection's lock before it throws `.busy`.
    package init(
        _ path: String, access: Access = .create, busyTimeout: Duration = .seconds(5)
    ) throws(SQLiteError) {
        let flags =
            switch access {
            case .readOnly: SQLITE_OPEN_READONLY
            case .readWrite: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        // NOMUTEX: one thread at a time is this type's own rule.
        handle = try ConnectionHandle(
            path: path, flags: flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, wait: BusyWait(timeout: busyTimeout)
        )
        // SQLite opens a file that it may not write to for reading, and fails later with less to the point.
        if access != .readOnly, unsafe sqlite3_db_readonly(handle.pointer, "main") == 1 {
            throw SQLiteError(
                extendedCode: SQLITE_READONLY, message: "the file can only be read", operation: "open", sql: nil,
                path: path)
        }
    }

    /// Ends waits for locks early, with `.busy`, once `isCancelled` says so, for as long as `body` runs.
    package func withCancellation<Result>(
        _ isCancelled: @escaping () -> Bool, _ body: () throws -> Result
    ) rethrows -> Result {
        handle.wait.isCancelled = isCancelled
        defer { handle.wait.isCancelled = { false } }
        return try body()
    }

    /// Turns on the write-ahead log, with which readers and one writer don't wait for each other.
    ///
    /// The change needs the file alone, and SQLite does not wait for that by itself: here it is tried until the time to
    /// wait is over. A file that has the log already takes no lock.
    package func useWriteAheadLog(_ durability: Durability = .normal) throws(SQLiteError) {
        var attempt = 1
        while true {
            do throws(SQLiteError) {
                try execute("PRAGMA journal_mode = WAL")
                break
            } catch {
                guard error.code == .busy, handle.wait.waits(before: attempt) else { throw error }
                attempt += 1
            }
        }
        try execute(durability == .full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL")
    }

    /// Runs one statement to its end.
    ///
    /// - Precondition: There are as many values as parameters.
    package func execute(_ sql: String, _ values: [SQLiteValue] = []) throws(SQLiteError) {
        let statement = try take(sql)
        defer { give(statement) }
        try statement.bind(values)
        while try statement.step() {}
    }

    /// Runs one statement once for each list of values.
    ///
    /// - Precondition: There are as many values as parameters.
    package func executeEach(_ sql: String, _ lists: some Sequence<[SQLiteValue]>) throws(SQLiteError) {
        let statement = try take(sql)
        defer { give(statement) }
        for values in lists {
            try statement.bind(values)
            while try statement.step() {}
            statement.reset()
        }
    }

    /// Runs one statement and calls `body` for each row, which is there until `body` returns.
    package func forEachRow(
        _ sql: String, _ values: [SQLiteValue] = [], _ body: (Statement) throws -> Void
    ) throws {
        let statement = try take(sql)
        defer { give(statement) }
        try statement.bind(values)
        while try statement.step() { try body(statement) }
    }

    /// Runs one statement and calls `body` for each row for as long as it returns true.
    package func forEachRow(
        _ sql: String, _ values: [SQLiteValue], while body: (Statement) throws -> Bool
    ) throws {
        let statement = try take(sql)
        defer { give(statement) }
        try statement.bind(values)
        while try statement.step(), try body(statement) {}
    }

    /// Runs one statement and returns what `body` makes of its first row, or nil when there is none.
    package func firstRow<Result>(
        _ sql: String, _ values: [SQLiteValue] = [], _ body: (Statement) throws -> Result
    ) throws -> Result? {
        let statement = try take(sql)
        defer { give(statement) }
        try statement.bind(values)
        return try statement.step() ? try body(statement) : nil
    }

    /// Prepares a statement that is not kept for others; for one that is stepped through by hand.
    package func prepare(_ sql: String) throws(SQLiteError) -> Statement { try Statement(sql, on: handle) }

    /// Takes a statement out of the cache, so that one that is running is never started anew.
    private func take(_ sql: String) throws(SQLiteError) -> Statement {
        if let statement = cache.removeValue(forKey: sql) { return statement }
        return try Statement(sql, on: handle)
    }

    private func give(_ statement: Statement) {
        statement.reset()
        if cache.count >= Self.statementCacheSize { cache.removeAll() }
        cache[statement.sql] = statement
    }

    /// Rows that the last INSERT, UPDATE or DELETE wrote.
    package var changedRowCount: Int { unsafe Int(sqlite3_changes64(handle.pointer)) }

    /// Whether a transaction is open.
    package var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle.pointer) == 0 }

    package enum TransactionKind: String, Sendable {
        /// Takes a lock only when something is read or written.
        case deferred = "BEGIN DEFERRED"
        /// Takes the writer's lock at once, so that what is read stays true until the commit.
        case immediate = "BEGIN IMMEDIATE"
    }

    /// Runs `body` in a transaction: all of it is there afterwards or, when it throws, nothing.
    ///
    /// - Precondition: No transaction is open.
    package func transaction<Result>(
        _ kind: TransactionKind = .immediate, _ body: () throws -> Result
    ) throws -> Result {
        precondition(!isInTransaction, "a transaction is open already")
        try execute(kind.rawValue)
        do {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            // SQLite has rolled back by itself after some errors, a full disk among them.
            if isInTransaction { try? execute("ROLLBACK") }
            throw error
        }
    }
}
