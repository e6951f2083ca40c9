import Clocks
import JSON
import SQLite

extension ExecutionStore {
    // MARK: - Aliases

    /// Keeps an alias, in place of one of its name.
    func keep(_ alias: MachineAlias) throws(ExecutionError) {
        try reporting("write") {
            let routes = alias.routes.map { route -> JSONValue in
                ["version": .int(route.version), "weight": .int(route.weight)]
            }
            try database.execute(
                """
                INSERT OR REPLACE INTO machine_aliases(machine, name, description, routes, created, updated)
                VALUES(?, ?, ?, ?, ?, ?)
                """,
                [
                    .text(alias.machineARN), .text(alias.name), SQLiteValue(alias.description),
                    .blob(JSONValue.array(routes).bytes()), .integer(alias.createdAt.microsecondsSinceEpoch),
                    alias.updatedAt.map { .integer($0.microsecondsSinceEpoch) } ?? .null,
                ])
        }
    }

    func alias(_ name: String, of machineARN: String) throws(ExecutionError) -> MachineAlias? {
        try aliases("name = ?", machineARN, name, limit: 1).first
    }

    /// Returns aliases of a state machine in the order of their names.
    ///
    /// - Parameter after: Only those with greater names.
    func aliases(of machineARN: String, after name: String = "", limit: Int) throws(ExecutionError) -> [MachineAlias] {
        try aliases("name > ?", machineARN, name, limit: limit)
    }

    private func aliases(
        _ condition: String, _ machineARN: String, _ name: String, limit: Int
    ) throws(ExecutionError) -> [MachineAlias] {
        try reporting("read") {
            var found: [MachineAlias] = []
            try database.rows(
                """
                SELECT name, description, routes, created, updated FROM machine_aliases
                WHERE machine = ? AND \(condition) ORDER BY name LIMIT ?
                """, [.text(machineARN), .text(name), .integer(Int64(limit))]
            ) { row in
                let routes = try JSONValue(parsing: row.blob(2)).arrayValue ?? []
                found.append(
                    MachineAlias(
                        machineARN: machineARN, name: row.text(0), description: row.optionalText(1),
                        routes: routes.map {
                            MachineAlias.Route(
                                version: $0["version"]?.intValue ?? 0, weight: $0["weight"]?.intValue ?? 0)
                        },
                        createdAt: Timestamp(microsecondsSinceEpoch: row.integer(3)),
                        updatedAt: row.isNull(4) ? nil : Timestamp(microsecondsSinceEpoch: row.integer(4))))
            }
            return found
        }
    }

    func removeAlias(_ name: String, of machineARN: String) throws(ExecutionError) {
        try reporting("write") {
            try database.execute(
                "DELETE FROM machine_aliases WHERE machine = ? AND name = ?", [.text(machineARN), .text(name)])
        }
    }

    // MARK: - Activities

    /// Keeps an activity that is not there yet, with its tags.
    func keep(_ activity: ActivityRecord, tags: [ResourceTag]) throws(ExecutionError) {
        try reporting("write") {
            try database.transaction {
                try database.execute(
                    "INSERT INTO activities(arn, name, settings, created) VALUES(?, ?, ?, ?)",
                    [
                        .text(activity.arn), .text(activity.name), .blob(activity.encryption.json.bytes()),
                        .integer(activity.createdAt.microsecondsSinceEpoch),
                    ])
                try write(tags, of: activity.arn)
            }
        }
    }

    func activity(_ arn: String) throws(ExecutionError) -> ActivityRecord? {
        try activities("arn = ?", arn, limit: 1).first
    }

    /// Returns activities in the order of their ARNs.
    ///
    /// - Parameter after: Only those with greater ARNs.
    func activities(after arn: String = "", limit: Int) throws(ExecutionError) -> [ActivityRecord] {
        try activities("arn > ?", arn, limit: limit)
    }

    private func activities(
        _ condition: String, _ arn: String, limit: Int
    ) throws(ExecutionError) -> [ActivityRecord] {
        try reporting("read") {
            var found: [ActivityRecord] = []
            try database.rows(
                "SELECT arn, name, settings, created FROM activities WHERE \(condition) ORDER BY arn LIMIT ?",
                [.text(arn), .integer(Int64(limit))]
            ) { row in
                found.append(
                    ActivityRecord(
                        arn: row.text(0), name: row.text(1),
                        encryption: MachineSettings.Encryption(json: try JSONValue(parsing: row.blob(2))),
                        createdAt: Timestamp(microsecondsSinceEpoch: row.integer(3))))
            }
            return found
        }
    }

    func removeActivity(_ arn: String) throws(ExecutionError) {
        try reporting("write") {
            try database.transaction {
                try database.execute("DELETE FROM tags WHERE resource = ?", [.text(arn)])
                try database.execute("DELETE FROM activities WHERE arn = ?", [.text(arn)])
            }
        }
    }

    // MARK: - Tags

    /// Returns a resource's tags in the order in which they were first set.
    func tags(of resource: String) throws(ExecutionError) -> [ResourceTag] {
        try reporting("read") {
            var found: [ResourceTag] = []
            try database.rows("SELECT key, value FROM tags WHERE resource = ? ORDER BY rowid", [.text(resource)]) {
                found.append(ResourceTag(key: $0.text(0), value: $0.text(1)))
            }
            return found
        }
    }

    /// Sets tags; those of the same key get the new value.
    func keep(_ tags: [ResourceTag], of resource: String) throws(ExecutionError) {
        try reporting("write") { try database.transaction { try write(tags, of: resource) } }
    }

    /// Sets tags within a transaction.
    func write(_ tags: [ResourceTag], of resource: String) throws {
        for tag in tags {
            try database.execute(
                """
                INSERT INTO tags(resource, key, value) VALUES(?, ?, ?)
                ON CONFLICT(resource, key) DO UPDATE SET value = excluded.value
                """, [.text(resource), .text(tag.key), .text(tag.value)])
        }
    }

    func removeTags(_ keys: [String], of resource: String) throws(ExecutionError) {
        try reporting("write") {
            try database.transaction {
                for key in keys {
                    try database.execute(
                        "DELETE FROM tags WHERE resource = ? AND key = ?", [.text(resource), .text(key)])
                }
            }
        }
    }
}
