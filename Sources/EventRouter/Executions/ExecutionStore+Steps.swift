package import Clocks
import JSON
import SQLite
import StatesLanguage

/// One step of an execution as it is recorded, before anything is done about it.
struct StepRecord: Sendable {
    /// What is recorded once, with the first step.
    struct Start: Sendable {
        var stateMachineARN: String
        var name: String
        var arn: String
        var roleARN: String
        var definitionDigest: String
        var input: [UInt8]
        var seed: UInt64
        var origin = ExecutionOrigin()
    }

    /// How the execution ended.
    struct End: Sendable {
        var status: ExecutionStatus
        var output: [UInt8]?
        var error: String?
        var cause: String?
    }

    /// An event of the history.
    enum Event: Sendable {
        case made(HistoryEvent)
        /// One that the reducer did not make, in AWS's shape.
        case foreign(id: Int, JSONValue)

        var id: Int {
            switch self {
            case .made(let event): event.id
            case .foreign(let id, _): id
            }
        }

        /// JSON text; `timestamp` is how `time` is spelled, the time of most events of a step.
        func bytes(_ time: Timestamp, _ timestamp: String) -> [UInt8] {
            switch self {
            case .made(let event): event.bytes(timestamp: event.time == time ? timestamp : event.time.iso8601)
            case .foreign(_, let json): json.bytes()
            }
        }
    }

    /// What a step did to a child execution of a distributed Map.
    struct Child: Sendable {
        /// Its number, in the step that starts it for the first time; else it is found by its ARN.
        var number: Int64?
        var step: ChildStep
    }

    /// The execution's number.
    var execution: Int64
    var time: Timestamp
    var start: Start?
    /// What the execution was given, and as the how manieth, from 1; nil of the first step.
    var input: (number: Int, input: ExecutionInput)?
    var events: [Event]
    var end: End?
    /// Whether an execution that had ended goes on with this step.
    var isRedrive = false
    var children: [Child] = []
    var mapRuns: [MapRunStep] = []
    /// Whether children that have not ended are given up with it.
    var abandonsChildren = false
    /// The delivery that is done with this step.
    var deliveryID: Int64?
    /// Those that it makes: what is told of the execution.
    var deliveries: [QueuedDelivery] = []
}

extension ExecutionStore {
    /// Executions that end between two looks for old ones.
    static let pruningInterval = 256
    /// Old executions removed at once: bounds the time that others wait.
    static let pruningBatchCount = 512
    /// Children of theirs after which the rest waits for the next look.
    static let pruningChildCount = 20_000

    /// The number of the latest execution; 0 when there is none.
    func lastExecutionNumber() throws(ExecutionError) -> Int64 {
        try reporting("read") { try database.integer("SELECT max(id) FROM executions") ?? 0 }
    }

    /// Keeps a definition under its digest; one that is there is fine.
    func keepDefinition(_ bytes: [UInt8], file: String, digest: String) throws(ExecutionError) {
        try reporting("write") {
            try database.execute(
                "INSERT OR IGNORE INTO definitions(digest, file, bytes) VALUES(?, ?, ?)",
                [.text(digest), .text(file), .blob(bytes)])
        }
    }

    func definition(_ digest: String) throws(ExecutionError) -> (bytes: [UInt8], file: String)? {
        try reporting("read") {
            var found: (bytes: [UInt8], file: String)?
            try database.rows("SELECT bytes, file FROM definitions WHERE digest = ?", [.text(digest)]) { row in
                found = (row.blob(0), row.text(1))
            }
            return found
        }
    }

    /// Records steps of executions, all or none.
    func record(_ steps: [StepRecord]) throws(ExecutionError) {
        var ended = 0
        var goingOn = 0
        try reporting("write") {
            try database.transaction {
                for step in steps {
                    try record(step)
                    if step.end != nil { ended += 1 }
                    if step.isRedrive { goingOn += 1 }
                }
            }
        }
        endedCount += ended - goingOn
        endedSincePruning += ended
        if endedSincePruning >= ExecutionStore.pruningInterval, let time = steps.last?.time {
            endedSincePruning = 0
            // What can't be pruned now is pruned later; the steps are recorded.
            _ = try? prune(at: time)
        }
    }

    private func record(_ step: StepRecord) throws {
        let eventCount = Int64(step.events.last?.id ?? 0)
        if let start = step.start {
            let end = step.end
            try database.execute(
                """
                INSERT INTO executions(
                    id, machine, name, arn, role, definition, status, seed, started, event_count, input, stopped, output,
                    error, cause)
                VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    .integer(step.execution), .text(start.stateMachineARN), .text(start.name), .text(start.arn),
                    .text(start.roleARN), .text(start.definitionDigest),
                    .text((end?.status ?? .running).rawValue), .integer(Int64(bitPattern: start.seed)),
                    .integer(step.time.microsecondsSinceEpoch), .integer(eventCount), .blob(start.input),
                    end == nil ? .null : .integer(step.time.microsecondsSinceEpoch),
                    end?.output.map { .blob($0) } ?? .null, SQLiteValue(end?.error), SQLiteValue(end?.cause),
                ])
            try record(start.origin, of: step.execution)
        }
        if let input = step.input {
            try database.execute(
                "INSERT INTO inputs(execution, number, time, input) VALUES(?, ?, ?, ?)",
                [
                    .integer(step.execution), .integer(Int64(input.number)), .integer(step.time.microsecondsSinceEpoch),
                    .blob(input.input.json.bytes()),
                ])
        }
        if !step.events.isEmpty {
            let timestamp = step.time.iso8601
            try database.executeEach(
                "INSERT INTO events(execution, id, event) VALUES(?, ?, ?)",
                step.events.lazy.map { event in
                    [
                        .integer(step.execution), .integer(Int64(event.id)), .blob(event.bytes(step.time, timestamp)),
                    ]
                })
        }
        if step.start != nil {
            // All is said with its first row.
        } else if let end = step.end {
            try database.execute(
                """
                UPDATE executions SET status = ?, stopped = ?, output = ?, error = ?, cause = ?, event_count = max(event_count, ?)
                WHERE id = ?
                """,
                [
                    .text(end.status.rawValue), .integer(step.time.microsecondsSinceEpoch),
                    end.output.map { .blob($0) } ?? .null,
                    end.error.map { .text($0) } ?? .null, end.cause.map { .text($0) } ?? .null, .integer(eventCount),
                    .integer(step.execution),
                ])
        } else if step.isRedrive {
            try database.execute(
                """
                UPDATE executions SET status = 'RUNNING', stopped = NULL, error = NULL, cause = NULL, event_count = ?
                WHERE id = ?
                """, [.integer(eventCount), .integer(step.execution)])
        } else if !step.events.isEmpty {
            try database.execute(
                "UPDATE executions SET event_count = ? WHERE id = ?", [.integer(eventCount), .integer(step.execution)])
        }
        if step.isRedrive {
            try database.execute(
                "UPDATE executions SET redrive_count = redrive_count + 1, redriven = ? WHERE id = ?",
                [.integer(step.time.microsecondsSinceEpoch), .integer(step.execution)])
        }
        for run in step.mapRuns { try record(run, of: step) }
        for child in step.children { try record(child, at: step.time) }
        if step.abandonsChildren { try abandonChildren(of: step.execution, at: step.time) }
        try insert(step.deliveries)
        if let delivery = step.deliveryID {
            try database.execute("DELETE FROM deliveries WHERE id = ?", [.integer(delivery)])
        }
    }

    /// Removes executions that ended and are too old or too many, the oldest first, a bounded number at once. Their map
    /// runs and children go with them.
    ///
    /// - Returns: How many were removed, without their children.
    @discardableResult
    package func prune(at now: Timestamp) throws(ExecutionError) -> Int {
        let oldest = (now - retention.maximumAge).microsecondsSinceEpoch
        let surplus = max(0, endedCount - retention.maximumCount)
        let removed = try reporting("prune") {
            var numbers: [Int64] = []
            var removed = 0
            try database.transaction {
                var rank = 0
                try database.rows(
                    """
                    SELECT id, stopped FROM executions WHERE status <> 'RUNNING' AND map_run IS NULL ORDER BY id LIMIT ?
                    """, [.integer(Int64(ExecutionStore.pruningBatchCount))]
                ) { row in
                    if rank < surplus || row.integer(1) < oldest { numbers.append(row.integer(0)) }
                    rank += 1
                }
                var children = 0
                for number in numbers where children < ExecutionStore.pruningChildCount {
                    children += try removeMapRuns(of: number)
                    for table in ["inputs", "events", "execution_origins"] {
                        try database.execute("DELETE FROM \(table) WHERE execution = ?", [.integer(number)])
                    }
                    try database.execute("DELETE FROM executions WHERE id = ?", [.integer(number)])
                    removed += 1
                }
            }
            // The rest goes with the next execution that ends.
            if removed < numbers.count { endedSincePruning = ExecutionStore.pruningInterval }
            return removed
        }
        endedCount -= removed
        return removed
    }
}
