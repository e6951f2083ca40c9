public import Clocks

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

    /// Stores in this process's memory, for tests; asked twice for a table of one name, it gives the same.
    public static func inMemory(buckets: [String], clock: any WallClock) -> Stores {
        let tables = InMemoryTables()
        return Stores(objects: InMemoryObjectStore(buckets: buckets, clock: clock)) { tables.table($0) }
    }

    /// The stores that the environment asks for; looks at no file yet.
    ///
    /// `TURNTABLE_DATA` names the data folder, `.turntable` when it isn't set or empty. `aws`, and Lambda's own
    /// environment without the variable, mean S3 and DynamoDB.
    ///
    /// - Parameter clock: For stores that need the time; the embedded ones go by the file system's.
    /// - Throws: ``StoreConfigurationError`` for the stores of AWS, which this build doesn't have.
    public static func fromEnvironment(
        _ environment: [String: String], clock: any WallClock
    ) throws(StoreConfigurationError) -> Stores {
        switch environment[variable] {
        case "aws":
            throw StoreConfigurationError(
                detail: "\(variable) is `aws`, and this build has no stores of AWS; name a data folder instead")
        case let folder? where !folder.isEmpty: return embedded(in: folder)
        default:
            guard environment["AWS_LAMBDA_FUNCTION_NAME"] == nil else {
                throw StoreConfigurationError(
                    detail: "inside Lambda the stores are those of AWS, which this build doesn't have;"
                        + " set \(variable) to a data folder")
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
