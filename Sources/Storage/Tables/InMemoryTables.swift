import Synchronization

/// Tables in this process's memory by name.
public final class InMemoryTables: Sendable {
    private let tables = Mutex<[String: InMemoryTable]>([:])

    public init() {}

    /// The table of this schema's name, made when it isn't there.
    ///
    /// - Precondition: A table of one name is always asked for with one schema.
    public func table(_ schema: TableSchema) -> InMemoryTable {
        tables.withLock { tables in
            if let table = tables[schema.name] {
                precondition(table.schema == schema, "the table \(schema.name) was made with another schema")
                return table
            }
            let table = InMemoryTable(schema)
            tables[schema.name] = table
            return table
        }
    }
}
