import Clocks
import JSON
import SQLite
import StatesLanguage

extension ExecutionStore {
    /// The tables of layout 3: map runs, and their children among the executions.
    ///
    /// A child has no seed, definition and inputs: the execution that it belongs to brings it back.
    static let mapRunSchema = [
        """
        CREATE TABLE map_runs(
            id INTEGER PRIMARY KEY, arn TEXT NOT NULL UNIQUE, root INTEGER NOT NULL, execution TEXT NOT NULL,
            machine TEXT NOT NULL, status TEXT NOT NULL, express INTEGER NOT NULL, writer INTEGER NOT NULL,
            items INTEGER NOT NULL, children INTEGER NOT NULL, concurrency INTEGER NOT NULL,
            tolerated_count INTEGER NOT NULL, tolerated_percentage REAL NOT NULL, redrives INTEGER NOT NULL,
            started INTEGER NOT NULL, stopped INTEGER, redriven INTEGER)
        """,
        "CREATE INDEX map_runs_by_root ON map_runs(root)",
        "CREATE INDEX map_runs_by_execution ON map_runs(execution, id)",
        "ALTER TABLE executions ADD COLUMN map_run INTEGER",
        "ALTER TABLE executions ADD COLUMN item_count INTEGER",
        "ALTER TABLE executions ADD COLUMN redrive_count INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE executions ADD COLUMN redriven INTEGER",
        "CREATE INDEX executions_by_map_run ON executions(map_run, id) WHERE map_run IS NOT NULL",
        """
        UPDATE executions SET (redrive_count, redriven) = (
            SELECT count(*), max(time) FROM inputs
            WHERE execution = executions.id AND input = CAST('{"redrive":true}' AS BLOB))
        WHERE id IN (SELECT execution FROM inputs WHERE input = CAST('{"redrive":true}' AS BLOB))
        """,
    ]

    // MARK: - Recording

    /// Records how a map run stands, within the transaction of its execution's step.
    func record(_ run: MapRunStep, of step: StepRecord) throws {
        let time = SQLiteValue.integer(step.time.microsecondsSinceEpoch)
        try database.execute(
            """
            INSERT INTO map_runs(
                arn, root, execution, machine, status, express, writer, items, children, concurrency, tolerated_count,
                tolerated_percentage, redrives, started, stopped)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, iif(?5 = 'RUNNING', NULL, ?14))
            ON CONFLICT(arn) DO UPDATE SET
                status = ?5, items = ?8, children = ?9, concurrency = ?10, tolerated_count = ?11,
                tolerated_percentage = ?12, stopped = iif(?5 = 'RUNNING', NULL, ?14),
                redriven = iif(?13 > redrives, ?14, redriven), redrives = ?13
            """,
            [
                .text(run.arn), .integer(step.execution), .text(run.executionARN), .text(run.machineARN),
                .text(run.status.rawValue), .integer(run.isExpress ? 1 : 0), .integer(run.hasWriter ? 1 : 0),
                .integer(Int64(run.itemCount)), .integer(Int64(run.childCount)),
                .integer(Int64(run.maximumConcurrency)), .integer(Int64(run.toleratedFailureCount)),
                .real(run.toleratedFailurePercentage), .integer(Int64(run.redriveCount)), time,
            ])
    }

    /// Records what a step did to a child, within the transaction of the step. A child of a run that began before there
    /// were rows of children has none.
    func record(_ child: StepRecord.Child, at time: Timestamp) throws {
        let step = child.step
        // Of express executions no history is kept.
        let events = step.isExpress ? [] : step.events
        let found =
            if let number = child.number {
                try insert(step, number: number, eventCount: events.last?.id ?? 0, at: time) ? number : nil
            } else {
                try database.firstRow(
                    "SELECT id FROM executions WHERE machine = ? AND name = ?",
                    [.text(step.identity.stateMachineARN), .text(ExecutionStore.name(of: step))]
                ) { $0.integer(0) }
            }
        guard let number = found else { return }
        if !events.isEmpty {
            let timestamp = time.iso8601
            try database.executeEach(
                "INSERT INTO events(execution, id, event) VALUES(?, ?, ?)",
                events.lazy.map { event in
                    let bytes = event.bytes(timestamp: event.time == time ? timestamp : event.time.iso8601)
                    return [.integer(number), .integer(Int64(event.id)), .blob(bytes)]
                })
        }
        if child.number == nil { try update(step, number: number, eventCount: events.last?.id, at: time) }
    }

    /// A child's name within its state machine: with what follows it in an express one's ARN.
    private static func name(of child: ChildStep) -> String {
        guard child.isExpress else { return child.identity.name }
        return child.identity.arn.split(separator: ":", omittingEmptySubsequences: false).suffix(2)
            .joined(separator: ":")
    }

    private static func values(of end: StepRecord.End?) -> [SQLiteValue] {
        [end?.output.map { .blob($0) } ?? .null, SQLiteValue(end?.error), SQLiteValue(end?.cause)]
    }

    /// - Returns: False when its run has no row.
    private func insert(_ child: ChildStep, number: Int64, eventCount: Int, at time: Timestamp) throws -> Bool {
        let end = child.outcome.map(StepRecord.End.init)
        let time = SQLiteValue.integer(time.microsecondsSinceEpoch)
        try database.execute(
            """
            INSERT INTO executions(
                id, machine, name, arn, role, definition, status, seed, started, stopped, event_count, input, output,
                error, cause, map_run, item_count)
            SELECT ?, ?, ?, ?, ?, '', ?, 0, ?, ?, ?, ?, ?, ?, ?, id, ? FROM map_runs WHERE arn = ?
            """,
            [
                .integer(number), .text(child.identity.stateMachineARN), .text(ExecutionStore.name(of: child)),
                .text(child.identity.arn), .text(child.identity.roleARN),
                .text((end?.status ?? .running).rawValue), time, end == nil ? .null : time,
                .integer(Int64(eventCount)), .blob(child.input?.bytes() ?? []),
            ] + ExecutionStore.values(of: end) + [.integer(Int64(child.itemCount)), .text(child.mapRunARN)])
        return database.changedRowCount == 1
    }

    private func update(_ child: ChildStep, number: Int64, eventCount: Int?, at time: Timestamp) throws {
        let time = SQLiteValue.integer(time.microsecondsSinceEpoch)
        if child.isRedrive {
            // An express one begins anew.
            try database.execute(
                """
                UPDATE executions SET status = 'RUNNING', stopped = NULL, error = NULL, cause = NULL, redrive_count = ?,
                    redriven = ?, started = iif(?, ?, started) WHERE id = ?
                """,
                [
                    .integer(Int64(child.redriveCount)), time, .integer(child.isExpress ? 1 : 0), time,
                    .integer(number),
                ])
        }
        if child.awaitsRedrive {
            try database.execute(
                "UPDATE executions SET status = 'PENDING_REDRIVE', stopped = NULL WHERE id = ?", [.integer(number)])
        } else if let outcome = child.outcome {
            let end = StepRecord.End(outcome)
            try database.execute(
                """
                UPDATE executions SET status = ?, stopped = ?, event_count = max(event_count, ?), output = ?, error = ?,
                    cause = ? WHERE id = ?
                """,
                [.text(end.status.rawValue), time, .integer(Int64(eventCount ?? 0))]
                    + ExecutionStore.values(of: end) + [.integer(number)])
        } else if let eventCount {
            try database.execute(
                "UPDATE executions SET event_count = ? WHERE id = ?", [.integer(Int64(eventCount)), .integer(number)])
        }
    }

    /// Ends the map runs and children of an execution that can't go on.
    func abandonChildren(of root: Int64, at time: Timestamp) throws {
        let values: [SQLiteValue] = [.integer(time.microsecondsSinceEpoch), .integer(root)]
        try database.execute(
            """
            UPDATE executions SET status = 'ABORTED', stopped = ?
            WHERE map_run IN (SELECT id FROM map_runs WHERE root = ?) AND status IN ('RUNNING', 'PENDING_REDRIVE')
            """, values)
        try database.execute(
            "UPDATE map_runs SET status = 'ABORTED', stopped = ? WHERE root = ? AND status = 'RUNNING'", values)
    }

    /// Removes the map runs of an execution with their children.
    ///
    /// - Returns: How many children were removed.
    func removeMapRuns(of root: Int64) throws -> Int {
        var runs: [Int64] = []
        try database.rows("SELECT id FROM map_runs WHERE root = ?", [.integer(root)]) { runs.append($0.integer(0)) }
        var count = 0
        for run in runs {
            try database.execute(
                "DELETE FROM events WHERE execution IN (SELECT id FROM executions WHERE map_run = ?)", [.integer(run)])
            try database.execute("DELETE FROM executions WHERE map_run = ?", [.integer(run)])
            count += database.changedRowCount
            try database.execute("DELETE FROM map_runs WHERE id = ?", [.integer(run)])
        }
        return count
    }

    // MARK: - Reading

    private func mapRuns(_ condition: String, _ values: [SQLiteValue]) throws -> [MapRunRecord] {
        guard layout >= 3 else { return [] }
        var found: [MapRunRecord] = []
        try database.rows(
            """
            SELECT arn, execution, machine, status, express, writer, items, children, concurrency, tolerated_count,
                tolerated_percentage, redrives, started, stopped, redriven, id, root
            FROM map_runs WHERE \(condition)
            """, values
        ) { row in
            func time(_ column: Int) -> Timestamp? {
                row.isNull(column) ? nil : Timestamp(microsecondsSinceEpoch: row.integer(column))
            }
            found.append(
                MapRunRecord(
                    arn: row.text(0), executionARN: row.text(1), machineARN: row.text(2),
                    status: MapRunStep.Status(rawValue: row.text(3)) ?? .failed, isExpress: row.integer(4) != 0,
                    hasWriter: row.integer(5) != 0, itemCount: Int(row.integer(6)), childCount: Int(row.integer(7)),
                    maximumConcurrency: Int(row.integer(8)), toleratedFailureCount: Int(row.integer(9)),
                    toleratedFailurePercentage: row.real(10), redriveCount: Int(row.integer(11)),
                    startedAt: Timestamp(microsecondsSinceEpoch: row.integer(12)), stoppedAt: time(13),
                    redrivenAt: time(14), number: row.integer(15), root: row.integer(16)))
        }
        return found
    }

    package func mapRun(_ arn: String) throws(ExecutionError) -> MapRunRecord? {
        try reporting("read") { try mapRuns("arn = ?", [.text(arn)]).first }
    }

    /// Returns map runs that an execution began, the newest first.
    ///
    /// - Parameter before: Only those with smaller numbers.
    package func mapRuns(
        of executionARN: String, before: Int64? = nil, limit: Int
    ) throws(ExecutionError) -> [MapRunRecord] {
        try reporting("read") {
            try mapRuns(
                "execution = ? AND id < ? ORDER BY id DESC LIMIT ?",
                [.text(executionARN), .integer(before ?? .max), .integer(Int64(limit))])
        }
    }

    /// Returns a map run with the counts of its children and of their items, all of one moment.
    package func countedMapRun(
        _ arn: String
    ) throws(ExecutionError) -> (run: MapRunRecord, children: MapRunCounts, items: MapRunCounts)? {
        guard let run = try mapRun(arn) else { return nil }
        return try reporting("read") {
            var children = MapRunCounts(total: run.childCount)
            var items = MapRunCounts(total: run.itemCount)
            try database.rows(
                """
                SELECT status, count(*), sum(item_count),
                    count(*) FILTER (WHERE event_count > ?1), sum(item_count) FILTER (WHERE event_count > ?1)
                FROM executions WHERE map_run = ?2 GROUP BY status
                """, [.integer(Int64(ExecutionEngine.redrivableEventCount)), .integer(run.number)]
            ) { row in
                guard let status = ExecutionStatus(rawValue: row.text(0)) else { return }
                children.statuses[status] = Int(row.integer(1))
                items.statuses[status] = Int(row.integer(2))
                if [.failed, .timedOut, .aborted].contains(status) {
                    children.failuresNotRedrivable += Int(row.integer(3))
                    items.failuresNotRedrivable += row.isNull(4) ? 0 : Int(row.integer(4))
                }
            }
            // Without a writer the results are the state's output, which has what succeeded.
            if run.status == .succeeded {
                children.resultsWritten = run.hasWriter ? children.total : children.statuses[.succeeded] ?? 0
                items.resultsWritten = run.hasWriter ? items.total : items.statuses[.succeeded] ?? 0
            }
            return (run, children, items)
        }
    }

    /// Returns children of a map run, the newest first.
    ///
    /// - Parameter before: Only those with smaller numbers.
    func children(
        ofMapRun number: Int64, status: ExecutionStatus?, isRedriven: Bool?, before: Int64?, limit: Int
    ) throws(ExecutionError) -> [ListedExecution] {
        try reporting("read") {
            var condition = "map_run = ? AND id < ?"
            var values: [SQLiteValue] = [.integer(number), .integer(before ?? .max)]
            if let status {
                condition += " AND status = ?"
                values.append(.text(status.rawValue))
            }
            if let isRedriven { condition += " AND redrive_count \(isRedriven ? ">" : "=") 0" }
            values.append(.integer(Int64(limit)))
            return try listed("\(condition) ORDER BY id DESC LIMIT ?", values)
        }
    }
}
