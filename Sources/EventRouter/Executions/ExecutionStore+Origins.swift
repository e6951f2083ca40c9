import JSON
import SQLite

/// An execution with how it came to be.
struct ListedExecution: Sendable, Hashable {
    var record: ExecutionRecord
    var origin: ExecutionOrigin
}

/// Which executions of a state machine are asked for; nil members ask for any.
struct MachineExecutionFilter: Sendable, Hashable {
    var machineARN: String
    var versionARN: String?
    var aliasARN: String?
    var status: ExecutionStatus?
    /// Whether it went on after a bad end.
    var isRedriven: Bool?
}

extension ExecutionStore {
    /// Records how an execution came to be, within the transaction of its first step.
    func record(_ origin: ExecutionOrigin, of execution: Int64) throws {
        guard !origin.isEmpty else { return }
        try database.execute(
            "INSERT INTO execution_origins(execution, version, alias, revision, trace, test_case) VALUES(?, ?, ?, ?, ?, ?)",
            [
                .integer(execution), SQLiteValue(origin.versionARN), SQLiteValue(origin.aliasARN),
                SQLiteValue(origin.revisionID), SQLiteValue(origin.traceHeader), SQLiteValue(origin.testCase),
            ])
    }

    func listed(_ condition: String, _ values: [SQLiteValue]) throws -> [ListedExecution] {
        var found: [ListedExecution] = []
        try database.rows(
            """
            SELECT \(columns), version, alias, revision, trace, test_case
            FROM executions LEFT JOIN execution_origins ON execution = id WHERE \(condition)
            """, values
        ) { row in
            found.append(
                ListedExecution(
                    record: ExecutionStore.record(row),
                    origin: ExecutionOrigin(
                        versionARN: row.optionalText(16), aliasARN: row.optionalText(17),
                        revisionID: row.optionalText(18), traceHeader: row.optionalText(19),
                        testCase: row.optionalText(20))))
        }
        return found
    }

    /// Returns executions of a state machine, the newest first.
    ///
    /// - Parameter before: Only those with smaller numbers.
    func executions(
        matching filter: MachineExecutionFilter, before: Int64?, limit: Int
    ) throws(ExecutionError) -> [ListedExecution] {
        try reporting("read") {
            var conditions = ["machine = ?", "id < ?"]
            var values: [SQLiteValue] = [.text(filter.machineARN), .integer(before ?? .max)]
            let wanted = [
                ("version", filter.versionARN), ("alias", filter.aliasARN), ("status", filter.status?.rawValue),
            ]
            for case (let column, let value?) in wanted {
                conditions.append("\(column) = ?")
                values.append(.text(value))
            }
            if let isRedriven = filter.isRedriven { conditions.append("redrive_count \(isRedriven ? ">" : "=") 0") }
            values.append(.integer(Int64(limit)))
            return try listed("\(conditions.joined(separator: " AND ")) ORDER BY id DESC LIMIT ?", values)
        }
    }

    /// Returns the execution of this name of a state machine.
    func listedExecution(named name: String, of machineARN: String) throws(ExecutionError) -> ListedExecution? {
        try reporting("read") {
            try listed("machine = ? AND name = ?", [.text(machineARN), .text(name)]).first
        }
    }

    /// Returns what an execution runs, and in which role; a child of a distributed Map runs a part of what the one does
    /// that it belongs to.
    func definition(ofExecution number: Int64) throws(ExecutionError) -> (bytes: [UInt8], roleARN: String)? {
        try reporting("read") {
            try database.firstRow(
                """
                SELECT bytes, e.role FROM executions e JOIN definitions ON digest = e.definition
                WHERE e.id = coalesce(
                    (SELECT m.root FROM executions c JOIN map_runs m ON m.id = c.map_run WHERE c.id = ?1), ?1)
                """, [.integer(number)]
            ) { row in (row.blob(0), row.text(1)) }
        }
    }
}

extension SQLiteValue {
    init(_ text: String?) { self = text.map { .text($0) } ?? .null }
}

extension Statement {
    /// A column's text; nil when it is NULL.
    func optionalText(_ column: Int) -> String? { isNull(column) ? nil : text(column) }
}
