import Clocks
import EventRouter
import Events
import JSON

/// An execution as people want to see it: on which file, through which states, how long.
struct ExecutionSummary: Sendable {
    let record: ExecutionRecord
    /// The file whose arrival started it; nil when something else did.
    let arrival: FileArrival?
    /// The states that were entered, in order; those of branches and iterations among them.
    let states: [String]

    /// Reads the execution's history for its states.
    init(_ record: ExecutionRecord, in store: ExecutionStore) async throws {
        self.record = record
        arrival = (try? JSONValue(parsing: record.input)).flatMap { try? FileArrival.all(in: $0).first }
        var states: [String] = []
        var after: Int?
        repeat {
            let page = try await store.history(of: record, after: after)
            states += page.events.compactMap { $0["stateEnteredEventDetails"]?["name"]?.stringValue }
            after = page.next
        } while after != nil
        self.states = states
    }

    /// Executions, the newest first.
    static func latest(
        _ limit: Int, matching filter: ExecutionFilter = ExecutionFilter(), in store: ExecutionStore
    ) async throws -> [ExecutionSummary] {
        var summaries: [ExecutionSummary] = []
        var before: Int64?
        repeat {
            let page = try await store.executions(
                matching: filter, before: before, limit: min(1_000, limit - summaries.count))
            for record in page.executions { summaries.append(try await ExecutionSummary(record, in: store)) }
            before = page.next
        } while before != nil && summaries.count < limit
        return summaries
    }

    var file: String { arrival.map { "\($0.bucket)/\($0.key)" } ?? "-" }

    /// Nil while it runs.
    var elapsed: Duration? { record.stoppedAt.map { $0 - record.startedAt } }

    /// `12 ms`, `3.4 s`, or `-` while it runs.
    var elapsedText: String {
        guard let elapsed else { return "-" }
        let milliseconds = elapsed.inMilliseconds
        if milliseconds < 1_000 { return "\(Int(milliseconds)) ms" }
        return "\(Int(milliseconds / 1_000)).\(Int(milliseconds / 100) % 10) s"
    }

    static let header = ["EXECUTION", "FILE", "STATUS", "STATES", "TIME"]

    var row: [String] {
        let status = record.status.rawValue + (record.error.map { " \($0)" } ?? "")
        return [String(record.name.prefix(20)), file, status, states.joined(separator: " → "), elapsedText]
    }

    var json: JSONLine {
        JSONLine([
            ("execution", .string(record.arn)), ("name", .string(record.name)),
            ("state_machine", .string(record.stateMachineARN)), ("status", .string(record.status.rawValue)),
            ("bucket", arrival.map { .string($0.bucket) } ?? .null), ("key", arrival.map { .string($0.key) } ?? .null),
            ("states", .array(states.map { .string($0) })), ("started", .string(record.startedAt.iso8601)),
            ("stopped", record.stoppedAt.map { .string($0.iso8601) } ?? .null),
            ("seconds", elapsed.map { .double($0.inSeconds) } ?? .null),
            ("error", record.error.map { .string($0) } ?? .null), ("cause", record.cause.map { .string($0) } ?? .null),
        ])
    }
}
