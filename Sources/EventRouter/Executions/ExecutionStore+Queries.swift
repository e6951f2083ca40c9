import Clocks
import JSON
import SQLite

extension ExecutionStore {
    /// Executions in one page at most.
    package static let maximumPageCount = 1_000

    /// What ``record(_:)`` reads: the first 16 columns of a row.
    var columns: String {
        """
        arn, name, machine, status, input, output, error, cause, started, stopped, event_count, id, \
        \(layout < 3
            ? "NULL, NULL, 0, NULL"
            : "(SELECT m.arn FROM map_runs m WHERE m.id = executions.map_run), item_count, redrive_count, redriven")
        """
    }

    /// The condition that an execution is no child of a distributed Map.
    static func isListed(_ layout: Int64) -> String { layout < 3 ? "id IS NOT NULL" : "map_run IS NULL" }
    var isListed: String { ExecutionStore.isListed(layout) }

    static func record(_ row: Statement) -> ExecutionRecord {
        ExecutionRecord(
            arn: row.text(0), name: row.text(1), stateMachineARN: row.text(2),
            status: ExecutionStatus(rawValue: row.text(3)) ?? .failed,
            input: String(decoding: row.blob(4), as: UTF8.self),
            output: row.isNull(5) ? nil : String(decoding: row.blob(5), as: UTF8.self),
            error: row.isNull(6) ? nil : row.text(6), cause: row.isNull(7) ? nil : row.text(7),
            startedAt: Timestamp(microsecondsSinceEpoch: row.integer(8)),
            stoppedAt: row.isNull(9) ? nil : Timestamp(microsecondsSinceEpoch: row.integer(9)),
            eventCount: Int(row.integer(10)), number: row.integer(11), mapRunARN: row.optionalText(12),
            itemCount: row.isNull(13) ? nil : Int(row.integer(13)), redriveCount: Int(row.integer(14)),
            redrivenAt: row.isNull(15) ? nil : Timestamp(microsecondsSinceEpoch: row.integer(15)))
    }

    private func records(_ condition: String, _ values: [SQLiteValue]) throws -> [ExecutionRecord] {
        var found: [ExecutionRecord] = []
        try database.rows("SELECT \(columns) FROM executions WHERE \(condition)", values) { row in
            found.append(ExecutionStore.record(row))
        }
        return found
    }

    /// Returns executions, the newest first; children of a distributed Map only if its run is asked for.
    ///
    /// - Parameters:
    ///   - before: A page's ``ExecutionPage/next``.
    ///   - limit: 1 to 1,000; more is taken as 1,000.
    package func executions(
        matching filter: ExecutionFilter = ExecutionFilter(), before: Int64? = nil, limit: Int = 100
    ) throws(ExecutionError) -> ExecutionPage {
        let limit = min(max(limit, 1), ExecutionStore.maximumPageCount)
        return try reporting("read") {
            var conditions = ["id < ?"]
            var values: [SQLiteValue] = [.integer(before ?? .max)]
            if let mapRun = filter.mapRunARN {
                guard layout >= 3 else { return ExecutionPage(executions: []) }
                conditions.append("map_run = (SELECT m.id FROM map_runs m WHERE m.arn = ?)")
                values.append(.text(mapRun))
            } else {
                conditions.append(isListed)
            }
            if let machine = filter.stateMachineARN {
                conditions.append("machine = ?")
                values.append(.text(machine))
            }
            if let status = filter.status {
                conditions.append("status = ?")
                values.append(.text(status.rawValue))
            }
            values.append(.integer(Int64(limit)))
            let found = try records("\(conditions.joined(separator: " AND ")) ORDER BY id DESC LIMIT ?", values)
            return ExecutionPage(executions: found, next: found.count == limit ? found.last?.number : nil)
        }
    }

    /// Returns the execution with this ARN or name; of several of that name the newest, since names are unique within a
    /// state machine only. A beginning of a name will do when only one name begins so; children of distributed Maps come
    /// after all others.
    ///
    /// - Returns: Nil when there is none, or when a beginning is that of several.
    package func execution(_ text: String) throws(ExecutionError) -> ExecutionRecord? {
        try reporting("read") {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            if parts.count == 8, parts[5] == "execution" {
                let machine = (parts[..<5] + ["stateMachine", parts[6]]).joined(separator: ":")
                return try records("machine = ? AND name = ?", [.text(machine), .text(String(parts[7]))]).first
            }
            if parts.count == 9, parts[5] == "express" {
                let machine = (parts[..<5] + ["stateMachine", parts[6]]).joined(separator: ":")
                let name = "\(parts[7]):\(parts[8])"
                return try records("machine = ? AND name = ?", [.text(machine), .text(name)]).first
            }
            if let found = try records("name = ? ORDER BY \(isListed) DESC, id DESC LIMIT 1", [.text(text)]).first {
                return found
            }
            guard !text.isEmpty else { return nil }
            for condition in [isListed, "NOT \(isListed)"] {
                let similar = try records(
                    "substr(name, 1, ?) = ? AND \(condition) ORDER BY id DESC LIMIT 2",
                    [.integer(Int64(text.unicodeScalars.count)), .text(text)])
                if !similar.isEmpty { return similar.count == 1 ? similar[0] : nil }
            }
            return nil
        }
    }

    /// Returns the execution of this name of a state machine.
    package func execution(named name: String, of stateMachineARN: String) throws(ExecutionError) -> ExecutionRecord? {
        try reporting("read") {
            try records("machine = ? AND name = ?", [.text(stateMachineARN), .text(name)]).first
        }
    }

    /// Returns an execution's history in AWS's shape.
    ///
    /// - Parameters:
    ///   - isReversed: Whether the latest event comes first.
    ///   - after: A page's ``HistoryPage/next``.
    ///   - limit: 1 to 1,000; more is taken as 1,000.
    package func history(
        of execution: ExecutionRecord, isReversed: Bool = false, after: Int? = nil, limit: Int = 1_000
    ) throws(ExecutionError) -> HistoryPage {
        let limit = min(max(limit, 1), ExecutionStore.maximumPageCount)
        return try reporting("read") {
            var events: [JSONValue] = []
            var last = 0
            let start = Int64(after ?? (isReversed ? .max : 0))
            try database.rows(
                """
                SELECT id, event FROM events WHERE execution = ? AND id \(isReversed ? "< ? ORDER BY id DESC" : "> ? ORDER BY id")
                LIMIT ?
                """, [.integer(execution.number), .integer(start), .integer(Int64(limit))]
            ) { row in
                last = Int(row.integer(0))
                events.append(try JSONValue(parsing: row.blob(1)))
            }
            return HistoryPage(events: events, next: events.count == limit ? last : nil)
        }
    }

    /// How many executions there are of each status, without children of distributed Maps.
    package func counts() throws(ExecutionError) -> [ExecutionStatus: Int] {
        try reporting("read") {
            var counts: [ExecutionStatus: Int] = [:]
            try database.rows("SELECT status, count(*) FROM executions WHERE \(isListed) GROUP BY status") { row in
                if let status = ExecutionStatus(rawValue: row.text(0)) { counts[status] = Int(row.integer(1)) }
            }
            return counts
        }
    }
}

/// All that brings a running execution back.
struct RunningExecution: Sendable {
    var record: ExecutionRecord
    var roleARN: String
    var definitionDigest: String
    var seed: UInt64
    var origin: ExecutionOrigin
    /// What it was given after its start, in order; the texts are as recorded.
    var inputs: [(time: Timestamp, json: [UInt8])]
}

extension ExecutionStore {
    /// Returns an execution with all that brings it back, whether it runs or has ended; nil when there is none.
    func endedExecution(_ arn: String) throws(ExecutionError) -> RunningExecution? {
        guard let record = try execution(arn), record.arn == arn else { return nil }
        return try reporting("read") { try withInputs("id = ?", [.integer(record.number)]).first }
    }

    /// Returns running executions, the oldest first. Children of distributed Maps come back with the one they belong to.
    ///
    /// - Parameter after: Only those with greater numbers.
    func runningExecutions(after: Int64, limit: Int) throws(ExecutionError) -> [RunningExecution] {
        try reporting("read") {
            try withInputs(
                "status = 'RUNNING' AND id > ? AND \(isListed) ORDER BY id LIMIT ?",
                [.integer(after), .integer(Int64(limit))])
        }
    }

    private func withInputs(_ condition: String, _ values: [SQLiteValue]) throws -> [RunningExecution] {
        var found: [RunningExecution] = []
        try database.rows(
            """
            SELECT \(columns), role, definition, seed, version, alias, revision, trace, test_case
            FROM executions LEFT JOIN execution_origins ON execution = id WHERE \(condition)
            """, values
        ) { row in
            found.append(
                RunningExecution(
                    record: ExecutionStore.record(row), roleARN: row.text(16), definitionDigest: row.text(17),
                    seed: UInt64(bitPattern: row.integer(18)),
                    origin: ExecutionOrigin(
                        versionARN: row.optionalText(19), aliasARN: row.optionalText(20),
                        revisionID: row.optionalText(21), traceHeader: row.optionalText(22),
                        testCase: row.optionalText(23)), inputs: []))
        }
        for index in found.indices {
            try database.rows(
                "SELECT time, input FROM inputs WHERE execution = ? ORDER BY number",
                [.integer(found[index].record.number)]
            ) { row in
                found[index].inputs.append((Timestamp(microsecondsSinceEpoch: row.integer(0)), row.blob(1)))
            }
        }
        return found
    }
}
