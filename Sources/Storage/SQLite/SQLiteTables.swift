import FileSystem
import Glibc
import SQLite
import Synchronization

/// The tables of one SQLite file, which several processes may use at the same time.
///
/// The file is opened when a table is first used, and made, with its folder, when it isn't there. It has a write-ahead
/// log: readers wait for nobody, writers for each other. What has been written outlives this process; after a power loss
/// the latest writes may be missing, the file stays sound.
///
/// Layout: the table `NAME` is the SQL table `NAME` (partition key, sort key, the item as DynamoDB's typed JSON), its index
/// `INDEX` the SQL table `NAME#INDEX` (the index's keys, the item's keys), and `#tables` holds each table's schema. Keys are
/// BLOBs that compare as the values do.
public final class SQLiteTables: Sendable {
    /// How long a call waits for another process before it throws ``TableError/Code/locked``.
    public static let defaultBusyTimeout = Duration.seconds(5)

    /// The database's file.
    public let path: String
    private let busyTimeout: Duration
    /// Called with a table's name before a transaction that wrote to it is committed; what it throws undoes it.
    let beforeCommit: (@Sendable (String) throws -> Void)?
    private let state = Mutex(State())
    // One thread, since there is one connection.
    private let threads = BlockingThreads(maximumThreadCount: 1)

    private struct State {
        var database: Database?
        /// The definitions of the tables that were found or made.
        var definitions: [String: TableDefinition] = [:]
    }

    /// Names the file; nothing is opened yet.
    public convenience init(path: String, busyTimeout: Duration = SQLiteTables.defaultBusyTimeout) {
        self.init(path: path, busyTimeout: busyTimeout, beforeCommit: nil)
    }

    init(path: String, busyTimeout: Duration, beforeCommit: (@Sendable (String) throws -> Void)?) {
        self.path = path
        self.busyTimeout = busyTimeout
        self.beforeCommit = beforeCommit
    }

    /// The table of this schema, made at its first use when it isn't there.
    ///
    /// A table may be given other indexes than it has: they are filled or removed at its first use.
    public func table(_ schema: TableSchema) -> SQLiteTable { SQLiteTable(schema, in: self) }

    /// Calls `body` with the connection and the table's definition, on the tables' thread.
    func withTable<Result: Sendable>(
        _ rules: TableRules, _ body: @escaping @Sendable (Database, TableDefinition) throws -> Result
    ) async throws -> Result {
        try await threads.run { cancellation in
            do {
                return try self.state.withLock { state in
                    let database = try self.connection(&state)
                    return try database.withCancellation({ cancellation.isRequested }) {
                        let definition: TableDefinition
                        if let known = state.definitions[rules.schema.name], known.schema == rules.schema {
                            definition = known
                        } else {
                            definition = try TableDefinition(rules)
                            try definition.prepare(database, rules)
                            state.definitions[rules.schema.name] = definition
                        }
                        return try body(database, definition)
                    }
                }
            } catch let error as SQLiteError {
                if error.code == .busy { try cancellation.check() }
                throw TableError(error, rules, busyTimeout: self.busyTimeout)
            } catch let error as FileSystemError {
                throw TableError(error, rules)
            }
        }
    }

    private func connection(_ state: inout State) throws -> Database {
        if let database = state.database { return database }
        if let parent = FileSystem.parent(of: path) { try FileSystem.createDirectories(parent) }
        let database = try Database(path, busyTimeout: busyTimeout)
        try database.useWriteAheadLog()
        state.database = database
        return database
    }
}

extension TableError {
    /// The meaning of a failed call of SQLite.
    init(_ cause: SQLiteError, _ rules: TableRules, busyTimeout: Duration) {
        let code: Code
        let detail: String
        switch cause.code {
        case .busy:
            code = .locked
            detail =
                "another process has held \(cause.path) for \(busyTimeout): a long transaction, or an open sqlite3 shell;"
                + " end it or try again later"
        case .full:
            code = .noSpace
            detail = "the disk is full; nothing was changed: free some space and try again"
        case .readOnly:
            code = .readOnly
            detail = "\(cause.path) can't be written to; check its owner, its permissions and its file system"
        case .cannotOpen where [EACCES, EPERM, EROFS].contains(cause.systemError):
            code = .readOnly
            detail = "\(cause.path) can't be opened for writing; check the folder's owner, permissions and file system"
        case .corrupt, .notADatabase:
            code = .corrupt
            detail =
                "\(cause.path) is no sound SQLite database; stop whatever uses it, then bring back a copy of it, or move it"
                + " and its -wal and -shm files away to begin with empty tables"
        default:
            code = .io
            detail = "the database failed"
        }
        self.init(code, operation: rules.operation, table: rules.schema.name, detail: detail, cause: cause)
    }

    init(_ cause: FileSystemError, _ rules: TableRules) {
        let (code, detail): (Code, String) =
            if cause.isNoSpace {
                (.noSpace, "the disk is full; free some space and try again")
            } else if cause.isReadOnly {
                (.readOnly, "the data folder can't be written to; check its owner, permissions and file system")
            } else {
                (.io, "the file system refused")
            }
        self.init(code, operation: rules.operation, table: rules.schema.name, detail: detail, cause: cause)
    }
}
