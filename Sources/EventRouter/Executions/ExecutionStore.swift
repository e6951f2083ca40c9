import Clocks
import FileSystem
import JSON
import SQLite

/// Everything the router must know after a restart, in one SQLite file: executions with the inputs and histories that
/// make them, those of map runs and their children, the state machines made over the API, the objects whose arrival was accepted, the deliveries that are
/// still to be made, and the messages of queues.
///
/// It is one file for a reason: with one write-ahead log there is one order, so whatever a power cut takes away, a
/// delivery is never gone while the execution it started is not there.
///
/// A commit survives the end of the process at once. With ``Durability/normal`` the last commits may be lost when the
/// machine loses power: executions go back to an earlier step then and repeat what came after; arrivals are found again.
/// Calls run one after the other on a thread of the store's own. One process writes (see ``DataFolderLock``); others may
/// read meanwhile.
package actor ExecutionStore {
    /// The layout this version writes and reads.
    static let schemaVersion: Int64 = 4
    /// Time a call waits for another process that has the file locked.
    static let lockWait = Duration.seconds(2)

    package enum Mode: Sendable {
        /// Made if absent.
        case readWrite
        /// Must be there.
        case readOnly
    }

    /// When a commit is on the disk.
    package enum Durability: Sendable {
        /// With the next checkpoint: kept when the process dies, perhaps not when the machine does.
        case normal
        /// Before it returns.
        case full
    }

    /// How many executions that have ended are kept, and how long; older ones go first.
    package struct Retention: Sendable, Hashable {
        package var maximumCount: Int
        /// AWS keeps histories for 90 days.
        package var maximumAge: Duration

        package init(maximumCount: Int = 100_000, maximumAge: Duration = .seconds(90 * 86_400)) {
            self.maximumCount = maximumCount
            self.maximumAge = maximumAge
        }
    }

    private nonisolated let thread = SerialThread(name: "executions")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    /// What the store is about to do, or has done.
    package enum Moment: Sendable {
        case reading
        case writing
        case written
    }

    /// Called on the store's thread; what it throws ends the call. Whoever throws after a write hides that it was done.
    private let watch: (@Sendable (Moment) throws -> Void)?
    package nonisolated let path: String
    let retention: Retention
    let database: Database
    /// The file's layout: an earlier one when it is only read.
    let layout: Int64
    /// Executions that have ended and are kept.
    var endedCount = 0
    /// Executions that ended since the last pruning.
    var endedSincePruning = 0

    /// Opens the file, and in ``Mode/readWrite`` makes or completes its tables.
    ///
    /// - Throws: ``ExecutionError``: `.newerSchema` for a file of a later version; `.storage`.
    package init(
        path: String, mode: Mode = .readWrite, durability: Durability = .normal, retention: Retention = Retention(),
        watch: (@Sendable (Moment) throws -> Void)? = nil
    ) async throws(ExecutionError) {
        self.watch = watch
        self.path = path
        self.retention = retention
        do {
            if mode == .readOnly, try FileSystem.status(path) == nil {
                throw ExecutionError(.storage, "there is no \(path): no router has run on this data folder yet")
            }
            database = try Database(
                path, access: mode == .readOnly ? .readOnly : .create, busyTimeout: ExecutionStore.lockWait)
            if mode == .readWrite { try database.useWriteAheadLog(durability == .full ? .full : .normal) }
            let version = try database.integer("PRAGMA user_version") ?? 0
            guard version <= ExecutionStore.schemaVersion else {
                throw ExecutionError(
                    .newerSchema,
                    """
                    \(path) was written by a later version of turntable (layout \(version), this one knows up to \
                    \(ExecutionStore.schemaVersion)): use that version, or another data folder with --data
                    """)
            }
            let layout = mode == .readWrite ? ExecutionStore.schemaVersion : version
            self.layout = layout
            if mode == .readWrite, version < ExecutionStore.schemaVersion {
                try database.transaction {
                    if version < 1 { for statement in ExecutionStore.schema { try database.execute(statement) } }
                    if version < 2 { for statement in ExecutionStore.machineSchema { try database.execute(statement) } }
                    if version < 3 { for statement in ExecutionStore.mapRunSchema { try database.execute(statement) } }
                    for statement in ExecutionStore.queueSchema { try database.execute(statement) }
                    try database.execute("PRAGMA user_version = \(ExecutionStore.schemaVersion)")
                }
            }
            endedCount = Int(
                try database.integer(
                    "SELECT count(*) FROM executions WHERE status <> 'RUNNING' AND \(ExecutionStore.isListed(layout))")
                    ?? 0)
        } catch {
            throw ExecutionStore.error("open", path, error)
        }
    }

    /// The store's first tables; ``machineSchema`` has those of layout 2, ``mapRunSchema`` those of layout 3,
    /// ``queueSchema`` those of layout 4. Times are microseconds since 1970.
    static let schema = [
        "CREATE TABLE definitions(digest TEXT PRIMARY KEY, file TEXT NOT NULL, bytes BLOB NOT NULL) WITHOUT ROWID",
        """
        CREATE TABLE executions(
            id INTEGER PRIMARY KEY, machine TEXT NOT NULL, name TEXT NOT NULL, arn TEXT NOT NULL, role TEXT NOT NULL,
            definition TEXT NOT NULL, status TEXT NOT NULL, seed INTEGER NOT NULL, started INTEGER NOT NULL, stopped INTEGER,
            event_count INTEGER NOT NULL, input BLOB NOT NULL, output BLOB, error TEXT, cause TEXT)
        """,
        "CREATE UNIQUE INDEX executions_by_name ON executions(machine, name)",
        "CREATE INDEX executions_by_status ON executions(status, id)",
        // What an execution was given after its start, in order: all that is needed to bring it back.
        """
        CREATE TABLE inputs(
            execution INTEGER NOT NULL, number INTEGER NOT NULL, time INTEGER NOT NULL, input BLOB NOT NULL,
            PRIMARY KEY(execution, number)) WITHOUT ROWID
        """,
        """
        CREATE TABLE events(
            execution INTEGER NOT NULL, id INTEGER NOT NULL, event BLOB NOT NULL, PRIMARY KEY(execution, id)) WITHOUT ROWID
        """,
        """
        CREATE TABLE objects(
            bucket TEXT NOT NULL, key TEXT NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL,
            etag TEXT NOT NULL, sequencer TEXT NOT NULL, PRIMARY KEY(bucket, key)) WITHOUT ROWID
        """,
        """
        CREATE TABLE deliveries(
            id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, target TEXT NOT NULL, origin TEXT NOT NULL,
            name TEXT NOT NULL, payload BLOB NOT NULL, accepted INTEGER NOT NULL, due INTEGER NOT NULL,
            attempts INTEGER NOT NULL, refusals INTEGER NOT NULL, trace TEXT, client TEXT)
        """,
        "CREATE INDEX deliveries_by_due ON deliveries(kind, due, id)",
        // Small things that must outlive the process: the last sequencer, what sensors remember.
        "CREATE TABLE memory(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    ]

    static func error(_ operation: String, _ path: String, _ error: any Error) -> ExecutionError {
        if let error = error as? ExecutionError { return error }
        return ExecutionError(.storage, "could not \(operation) \(path)", cause: error)
    }

    /// Runs `body` with failures turned into ``ExecutionError``.
    func reporting<Result>(_ operation: String, _ body: () throws -> Result) throws(ExecutionError) -> Result {
        do {
            try watch?(operation == "read" ? .reading : .writing)
            let result = try body()
            if operation != "read" { try watch?(.written) }
            return result
        } catch {
            throw ExecutionStore.error(operation, path, error)
        }
    }
}

extension Database {
    /// Runs one statement and calls `body` for each row.
    func rows(_ sql: String, _ values: [SQLiteValue] = [], _ body: (Statement) throws -> Void) throws {
        try forEachRow(sql, values, body)
    }

    /// The first column of a statement's first row, or nil when that is NULL or there is none.
    func integer(_ sql: String) throws -> Int64? {
        try firstRow(sql) { $0.isNull(0) ? nil : $0.integer(0) } ?? nil
    }
}
