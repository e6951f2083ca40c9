import Clocks
import Digest
import JSON
import SQLite
import StatesLanguage

extension ExecutionStore {
    /// The tables of layout 2: what is made over the API. Definitions are kept in `definitions`, by digest.
    static let machineSchema = [
        """
        CREATE TABLE execution_origins(
            execution INTEGER PRIMARY KEY, version TEXT, alias TEXT, revision TEXT, trace TEXT, test_case TEXT)
        """,
        """
        CREATE TABLE machines(
            arn TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, role TEXT NOT NULL, definition TEXT NOT NULL,
            settings BLOB NOT NULL, revision TEXT, created INTEGER NOT NULL, updated INTEGER NOT NULL,
            origin TEXT NOT NULL, deleting INTEGER NOT NULL, last_version INTEGER NOT NULL) WITHOUT ROWID
        """,
        """
        CREATE TABLE machine_versions(
            machine TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, role TEXT NOT NULL,
            definition TEXT NOT NULL, settings BLOB NOT NULL, revision TEXT, description TEXT,
            created INTEGER NOT NULL, PRIMARY KEY(machine, number)) WITHOUT ROWID
        """,
        """
        CREATE TABLE machine_aliases(
            machine TEXT NOT NULL, name TEXT NOT NULL, description TEXT, routes BLOB NOT NULL,
            created INTEGER NOT NULL, updated INTEGER, PRIMARY KEY(machine, name)) WITHOUT ROWID
        """,
        """
        CREATE TABLE activities(
            arn TEXT PRIMARY KEY, name TEXT NOT NULL, settings BLOB NOT NULL, created INTEGER NOT NULL) WITHOUT ROWID
        """,
        // With row ids, so that tags come in the order in which they were set.
        "CREATE TABLE tags(resource TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, UNIQUE(resource, key))",
    ]

    private static func machine(_ row: Statement) throws -> MachineRecord {
        MachineRecord(
            arn: row.text(0), name: row.text(1), kind: MachineDefinition.Kind(rawValue: row.text(2)) ?? .standard,
            roleARN: row.text(3), definition: row.blob(4), file: row.text(5),
            settings: MachineSettings(json: try JSONValue(parsing: row.blob(6))), revisionID: row.optionalText(7),
            createdAt: Timestamp(microsecondsSinceEpoch: row.integer(8)),
            updatedAt: Timestamp(microsecondsSinceEpoch: row.integer(9)),
            origin: MachineRecord.Origin(rawValue: row.text(10)) ?? .api, isDeleting: row.integer(11) != 0,
            lastVersion: Int(row.integer(12)))
    }

    func machine(_ arn: String) throws(ExecutionError) -> MachineRecord? {
        try reporting("read") {
            try database.firstRow(
                """
                SELECT arn, name, kind, role, bytes, file, settings, revision, created, updated, origin, deleting, last_version
                FROM machines JOIN definitions ON digest = definition WHERE arn = ?
                """, [.text(arn)], ExecutionStore.machine)
        }
    }

    /// Returns state machines in the order of their ARNs.
    ///
    /// - Parameter after: Only those with greater ARNs.
    func machines(after arn: String = "", limit: Int) throws(ExecutionError) -> [MachineSummary] {
        try reporting("read") {
            var found: [MachineSummary] = []
            try database.rows(
                "SELECT arn, name, kind, created, deleting FROM machines WHERE arn > ? ORDER BY arn LIMIT ?",
                [.text(arn), .integer(Int64(limit))]
            ) { row in
                found.append(
                    MachineSummary(
                        arn: row.text(0), name: row.text(1),
                        kind: MachineDefinition.Kind(rawValue: row.text(2)) ?? .standard,
                        createdAt: Timestamp(microsecondsSinceEpoch: row.integer(3)),
                        isDeleting: row.integer(4) != 0))
            }
            return found
        }
    }

    /// Keeps a state machine, in place of one of its ARN, and the tags of a new one.
    func keep(_ machine: MachineRecord, tags: [ResourceTag] = []) throws(ExecutionError) {
        try reporting("write") {
            try database.transaction {
                try write(machine)
                try write(tags, of: machine.arn)
            }
        }
    }

    private func write(_ machine: MachineRecord) throws {
        try database.execute(
            """
            INSERT OR REPLACE INTO machines(
                arn, name, kind, role, definition, settings, revision, created, updated, origin, deleting, last_version)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(machine.arn), .text(machine.name), .text(machine.kind.rawValue), .text(machine.roleARN),
                .text(try digest(machine.definition, file: machine.file)), .blob(machine.settings.json.bytes()),
                SQLiteValue(machine.revisionID), .integer(machine.createdAt.microsecondsSinceEpoch),
                .integer(machine.updatedAt.microsecondsSinceEpoch), .text(machine.origin.rawValue),
                .integer(machine.isDeleting ? 1 : 0), .integer(Int64(machine.lastVersion)),
            ])
    }

    private func digest(_ definition: [UInt8], file: String) throws -> String {
        let digest = sha256(definition)
        try keepDefinition(definition, file: file, digest: digest)
        return digest
    }

    /// Removes a state machine with its versions, aliases and tags.
    ///
    /// - Parameter ifDeleting: Whether it goes only if it was to go: one that was made anew meanwhile stays.
    func removeMachine(_ arn: String, ifDeleting: Bool = false) throws(ExecutionError) {
        try reporting("write") {
            try database.transaction {
                if ifDeleting {
                    let isDeleting = try database.firstRow(
                        "SELECT deleting FROM machines WHERE arn = ?", [.text(arn)]
                    ) { $0.integer(0) != 0 }
                    guard isDeleting == true else { return }
                }
                try database.execute("DELETE FROM machine_versions WHERE machine = ?", [.text(arn)])
                try database.execute("DELETE FROM machine_aliases WHERE machine = ?", [.text(arn)])
                try database.execute("DELETE FROM tags WHERE resource = ?", [.text(arn)])
                try database.execute("DELETE FROM machines WHERE arn = ?", [.text(arn)])
            }
        }
    }

    // MARK: - Versions

    /// Keeps a new version and the state machine that it is of, which knows its number.
    func keep(_ version: MachineVersion, of machine: MachineRecord, tags: [ResourceTag] = []) throws(ExecutionError) {
        try reporting("write") {
            try database.transaction {
                try write(machine)
                try write(tags, of: machine.arn)
                try database.execute(
                    """
                    INSERT INTO machine_versions(
                        machine, number, kind, role, definition, settings, revision, description, created)
                    VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                    [
                        .text(version.machineARN), .integer(Int64(version.number)), .text(version.kind.rawValue),
                        .text(version.roleARN), .text(try digest(version.definition, file: version.file)),
                        .blob(version.settings.json.bytes()), SQLiteValue(version.revisionID),
                        SQLiteValue(version.description), .integer(version.createdAt.microsecondsSinceEpoch),
                    ])
            }
        }
    }

    /// Returns versions of a state machine, the newest first.
    ///
    /// - Parameter before: Only those with smaller numbers.
    func versions(
        of machineARN: String, before: Int = .max, limit: Int
    ) throws(ExecutionError) -> [MachineVersion] {
        try versions("number < ?", machineARN, Int64(before), limit: limit)
    }

    func version(_ number: Int, of machineARN: String) throws(ExecutionError) -> MachineVersion? {
        try versions("number = ?", machineARN, Int64(number), limit: 1).first
    }

    private func versions(
        _ condition: String, _ machineARN: String, _ number: Int64, limit: Int
    ) throws(ExecutionError) -> [MachineVersion] {
        try reporting("read") {
            var found: [MachineVersion] = []
            try database.rows(
                """
                SELECT number, kind, role, bytes, file, settings, revision, description, created
                FROM machine_versions JOIN definitions ON digest = definition
                WHERE machine = ? AND \(condition) ORDER BY number DESC LIMIT ?
                """, [.text(machineARN), .integer(number), .integer(Int64(limit))]
            ) { row in
                found.append(
                    MachineVersion(
                        machineARN: machineARN, number: Int(row.integer(0)),
                        kind: MachineDefinition.Kind(rawValue: row.text(1)) ?? .standard, roleARN: row.text(2),
                        definition: row.blob(3), file: row.text(4),
                        settings: MachineSettings(json: try JSONValue(parsing: row.blob(5))),
                        revisionID: row.optionalText(6), description: row.optionalText(7),
                        createdAt: Timestamp(microsecondsSinceEpoch: row.integer(8))))
            }
            return found
        }
    }

    func removeVersion(_ number: Int, of machineARN: String) throws(ExecutionError) {
        try reporting("write") {
            try database.execute(
                "DELETE FROM machine_versions WHERE machine = ? AND number = ?",
                [.text(machineARN), .integer(Int64(number))])
        }
    }
}
