package import AWSClient
public import Clocks
import SimulationLink

/// The stores that a function works on: made once, where the program starts, and handed on.
public struct Stores: Sendable {
    public let objects: any ObjectStore
    private let makeTable: @Sendable (TableSchema) -> any Table

    public init(objects: any ObjectStore, table: @escaping @Sendable (TableSchema) -> any Table) {
        self.objects = objects
        makeTable = table
    }

    /// The table of this schema; nothing is opened until it is used.
    public func table(_ schema: TableSchema) -> any Table { makeTable(schema) }

    /// Makes buckets that are not there, where buckets are folders: a handler invoked by itself has no router that would.
    /// Elsewhere buckets are made by who deploys.
    ///
    /// - Throws: ``ObjectStoreError`` when the data folder can't be written.
    public func createLocalBuckets(_ names: [String]) throws {
        guard let directory = objects as? DirectoryObjectStore else { return }
        for name in names { try directory.createBucket(name) }
    }

    /// The variable that names the data folder.
    public static let variable = "TURNTABLE_DATA"
    /// The data folder where the variable is not set.
    public static let defaultFolder = ".turntable"

    /// The stores of a data folder: buckets as folders in `buckets`, tables in `tables.sqlite`.
    public static func embedded(in folder: String) -> Stores {
        let tables = SQLiteTables(path: "\(folder)/tables.sqlite")
        return Stores(objects: DirectoryObjectStore(root: "\(folder)/buckets")) { tables.table($0) }
    }

    /// The stores of a data folder, each call of which waits for a simulator's word.
    static func embedded(in folder: String, heldBy link: SimulationLink) -> Stores {
        let tables = SQLiteTables(
            path: "\(folder)/tables.sqlite", busyTimeout: SQLiteTables.defaultBusyTimeout,
            beforeCommit: { try HeldTable.holdCommit(of: $0, link) })
        let objects = DirectoryObjectStore(
            root: "\(folder)/buckets", isDurable: false,
            beforePlacing: { try HeldObjectStore.holdPlacing($0, $1, link) })
        return Stores(objects: HeldObjectStore(store: objects, link: link)) {
            HeldTable(table: tables.table($0), link: link)
        }
    }

    /// Stores in this process's memory, for tests; asked twice for a table of one name, it gives the same.
    public static func inMemory(buckets: [String], clock: any WallClock) -> Stores {
        let tables = InMemoryTables()
        return Stores(objects: InMemoryObjectStore(buckets: buckets, clock: clock)) { tables.table($0) }
    }

    /// S3 and DynamoDB as the environment and AWS's shared files say.
    ///
    /// Credentials are looked for, and a connection is made, at the first call.
    ///
    /// - Throws: ``StoreConfigurationError``: no region, a profile that isn't there, an endpoint that is no address.
    public static func aws(
        environment: [String: String], clock: any WallClock, entropy: any Entropy = SystemEntropy()
    ) throws(StoreConfigurationError) -> Stores {
        do throws(AWSError) {
            return Stores(aws: try AWSClients(environment: environment, clock: clock, entropy: entropy))
        } catch {
            throw StoreConfigurationError(detail: error.detail)
        }
    }

    package init(aws clients: AWSClients, options: S3ObjectStore.Options = S3ObjectStore.Options()) {
        self.init(objects: S3ObjectStore(clients.s3, options: options)) { DynamoDBTable($0, clients.dynamoDB) }
    }

    /// The stores that the environment asks for.
    ///
    /// `TURNTABLE_DATA` names the data folder, `.turntable` when it isn't set or empty; no file is looked at yet. In a function
    /// that a simulator runs, each call on a data folder waits for the simulator (``SimulationLink``). `aws`, and
    /// Lambda's own environment without the variable, mean S3 and DynamoDB; AWS's shared files are read.
    ///
    /// - Parameters:
    ///   - clock: For stores that need the time; the embedded ones go by the file system's.
    ///   - entropy: For the waits between attempts.
    /// - Throws: ``StoreConfigurationError`` when the stores of AWS are asked for and can't be reached as things are set.
    public static func fromEnvironment(
        _ environment: [String: String], clock: any WallClock, entropy: any Entropy = SystemEntropy()
    ) throws(StoreConfigurationError) -> Stores {
        switch environment[variable] {
        case "aws": return try aws(environment: environment, clock: clock, entropy: entropy)
        case let folder? where !folder.isEmpty:
            return SimulationLink.ofProcess.map { embedded(in: folder, heldBy: $0) } ?? embedded(in: folder)
        default:
            guard environment["AWS_LAMBDA_FUNCTION_NAME"] == nil else {
                return try aws(environment: environment, clock: clock, entropy: entropy)
            }
            return embedded(in: defaultFolder)
        }
    }
}

/// The environment asks for stores that can't be had.
public struct StoreConfigurationError: Error, Sendable, CustomStringConvertible {
    /// What was found and what to do.
    public let detail: String

    public var description: String { detail }
}
