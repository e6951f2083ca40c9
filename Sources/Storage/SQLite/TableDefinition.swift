import JSON
import SQLite

/// A table's schema as it stands in the database, and the SQL that goes with it.
struct TableDefinition: Sendable {
    let schema: TableSchema
    /// The schema as JSON, the same for equal schemas.
    let text: String
    /// The table's name as an SQL identifier.
    let name: String
    /// The indexes' names as SQL identifiers, in the schema's order.
    let indexNames: [String]

    /// - Throws: ``TableError`` `.invalidRequest` for a name that DynamoDB doesn't take.
    init(_ rules: TableRules) throws(TableError) {
        let schema = rules.schema
        for name in [schema.name] + schema.indexes.map(\.name) {
            guard (3...255).contains(name.utf8.count), name.utf8.allSatisfy(TableDefinition.isAllowed) else {
                throw rules.error(
                    .invalidRequest,
                    "`\(name)` is no name of a table or index: 3 to 255 letters, digits, dots, hyphens and underscores")
            }
        }
        guard !schema.name.lowercased().hasPrefix("sqlite_") else {
            throw rules.error(.invalidRequest, "names that begin with `sqlite_` belong to SQLite")
        }
        self.schema = schema
        name = "\"\(schema.name)\""
        indexNames = schema.indexes.map { TableDefinition.indexName(schema.name, $0.name) }
        text = TableDefinition.text(schema)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func indexName(_ table: String, _ index: String) -> String { "\"\(table)#\(index)\"" }

    func indexName(_ index: IndexSchema) -> String { TableDefinition.indexName(schema.name, index.name) }

    // MARK: The schema as text

    private static func text(_ schema: TableSchema) -> String {
        let indexes = schema.indexes.sorted { $0.name < $1.name }.map { index in
            keys(index.partitionKey, index.sortKey, schema, ["name": .string(index.name)])
        }
        return keys(schema.partitionKey, schema.sortKey, schema, ["indexes": .array(indexes)]).text()
    }

    private static func keys(_ partition: String, _ sort: String?, _ schema: TableSchema, _ rest: JSONObject)
        -> JSONValue
    {
        func key(_ name: String) -> JSONValue {
            ["name": .string(name), "type": .string((schema.keyTypes[name] ?? .string).rawValue)]
        }
        var object: JSONObject = ["partition": key(partition), "sort": sort.map(key) ?? .null]
        for (name, value) in rest { object[name] = value }
        return .object(object)
    }

    // MARK: Making the table

    private static let find = "SELECT definition, name FROM \"#tables\" WHERE name = ?"

    /// Makes sure that the database has the table and its indexes. Takes no writer's lock when it has.
    func prepare(_ database: Database, _ rules: TableRules) throws {
        let hasRegistry =
            try database.firstRow("SELECT 1 FROM sqlite_schema WHERE name = '#tables'") { _ in true } ?? false
        if hasRegistry, try found(database) == text { return }
        try database.transaction {
            // Names of SQL tables are compared without regard to case, those of DynamoDB's tables with it.
            try database.execute(
                """
                CREATE TABLE IF NOT EXISTS "#tables" (
                    name TEXT PRIMARY KEY COLLATE NOCASE, definition TEXT NOT NULL) WITHOUT ROWID
                """)
            if let (found, foundName) = try database.firstRow(
                Self.find, [.text(schema.name)], { ($0.text(0), $0.text(1)) })
            {
                guard foundName == schema.name else {
                    throw rules.error(
                        .schemaMismatch, "there is a table `\(foundName)`; names must differ by more than case")
                }
                if found == text { return }
                try changeIndexes(from: found, database, rules)
            } else {
                try create(database)
            }
            try database.execute(
                "INSERT OR REPLACE INTO \"#tables\" (name, definition) VALUES (?, ?)",
                [.text(schema.name), .text(text)])
        }
    }

    private func found(_ database: Database) throws -> String? {
        try database.firstRow(Self.find, [.text(schema.name)]) { $0.text(0) }
    }

    /// Throws unless the table is still the one that was prepared: another program may have changed its indexes, which
    /// this one would then not keep up.
    func check(_ database: Database, _ rules: TableRules) throws {
        guard try found(database) == text else {
            throw rules.error(
                .schemaMismatch,
                "another program has changed the table's indexes; start this one again with the same schema")
        }
    }

    private func create(_ database: Database) throws {
        try database.execute(
            """
            CREATE TABLE \(name) (
                partition BLOB NOT NULL, sort BLOB NOT NULL, item TEXT NOT NULL,
                PRIMARY KEY (partition, sort)) WITHOUT ROWID
            """)
        for index in schema.indexes { try create(index, database) }
    }

    private func create(_ index: IndexSchema, _ database: Database) throws {
        try database.execute(
            """
            CREATE TABLE \(indexName(index)) (
                partition BLOB NOT NULL, sort BLOB NOT NULL, item_partition BLOB NOT NULL, item_sort BLOB NOT NULL,
                PRIMARY KEY (partition, sort, item_partition, item_sort)) WITHOUT ROWID
            """)
    }

    /// Removes the indexes that the table has and makes those of the schema.
    private func changeIndexes(from text: String, _ database: Database, _ rules: TableRules) throws {
        guard let old = try? JSONValue(parsing: text), let new = try? JSONValue(parsing: self.text) else {
            throw rules.error(.corrupt, "the table's definition in \(database.path) is damaged")
        }
        guard old["partition"] == new["partition"], old["sort"] == new["sort"] else {
            throw rules.error(
                .schemaMismatch,
                "the table was made with other keys; delete the data folder, or give the table another name")
        }
        for index in old["indexes"]?.arrayValue ?? [] {
            guard let name = index["name"]?.stringValue else { continue }
            try database.execute("DROP TABLE IF EXISTS \(TableDefinition.indexName(schema.name, name))")
        }
        for index in schema.indexes { try create(index, database) }
        try database.forEachRow("SELECT item FROM \(name)") { row in
            let item = try rules.item(row.text(0), database)
            let key = try rules.encoded(rules.key(of: item))
            for index in schema.indexes {
                // An item whose attribute has another type than the new index's key is not in the index.
                guard let indexKey = try? rules.encodedKey(of: item, in: index) else { continue }
                try insert(key, indexKey, index, database)
            }
        }
    }

    // MARK: Rows

    func insert(_ key: EncodedKey, _ indexKey: EncodedKey, _ index: IndexSchema, _ database: Database) throws {
        try database.execute(
            "INSERT INTO \(indexName(index)) (partition, sort, item_partition, item_sort) VALUES (?, ?, ?, ?)",
            [.blob(indexKey.partition), .blob(indexKey.sort), .blob(key.partition), .blob(key.sort)])
    }

    func delete(_ key: EncodedKey, _ indexKey: EncodedKey, _ index: IndexSchema, _ database: Database) throws {
        try database.execute(
            "DELETE FROM \(indexName(index)) WHERE partition = ? AND sort = ? AND item_partition = ? AND item_sort = ?",
            [.blob(indexKey.partition), .blob(indexKey.sort), .blob(key.partition), .blob(key.sort)])
    }
}

extension TableRules {
    /// Reads an item as it is stored.
    func item(_ text: String, _ database: Database) throws(TableError) -> Item {
        guard let json = try? JSONValue(parsing: text), let item = Item(typedJSON: json) else {
            throw error(
                .corrupt, "an item in \(database.path) is no typed JSON; something else has written to the table")
        }
        return item
    }
}
