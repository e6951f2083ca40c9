import FileSystem
package import Storage

/// Where a router keeps all it knows: the layout that people's scripts rely on.
///
/// ```
/// buckets/BUCKET/KEY   objects, as plain files
/// tables.sqlite        the tables' items
/// executions.sqlite    executions, their histories, deliveries under way
/// queues/NAME.jsonl    what was sent to queues and topics
/// logs/FUNCTION.log    what functions print
/// ```
package struct DataFolder: Sendable, Hashable {
    /// Absolute, so that function processes find it from their own working directory.
    package let root: String

    /// - Throws: `FileSystemError` when the working directory can't be told.
    package init(_ path: String) throws { root = try FileSystem.absolutePath(path) }

    package var buckets: String { "\(root)/buckets" }
    package var tables: String { "\(root)/tables.sqlite" }
    package var executions: String { "\(root)/executions.sqlite" }
    /// Logs of what was sent to queues and topics.
    package var queues: String { "\(root)/queues" }
    package var logs: String { "\(root)/logs" }

    /// The objects and tables in the folder.
    package var stores: Stores { Stores.embedded(in: root) }
    package func objectStore() -> any ObjectStore { stores.objects }

    /// Makes the folders that are missing, also one for each bucket.
    package func create(buckets names: [String]) throws {
        try FileSystem.createDirectories(logs)
        try FileSystem.createDirectories(buckets)
        for name in names { try FileSystem.createDirectories("\(buckets)/\(name)") }
    }
}
