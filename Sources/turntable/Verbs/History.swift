import EventRouter
import JSON

/// Shows an execution's history.
struct History: Verb {
    static let name = "history"
    static let summary = "shows an execution step by step"
    static let positionals = ["EXECUTION"]
    static let options = [Option.data, .flag("json", "the events in AWS's shape, one a line")]
    static let details =
        """
        EXECUTION is an ARN, a name, the beginning of a name that only one has, or 'latest': the one that started last.
        Children of a distributed Map come after all others: 'turntable executions --map-run ARN' lists them.
        """

    private let project: Project
    private let execution: String
    private let asJSON: Bool

    init(_ arguments: Arguments) throws {
        project = try Project(arguments)
        execution = arguments.positionals[0]
        asJSON = arguments.has("json")
    }

    func run() async throws -> Bool {
        let store = try await ExecutionStore(path: project.data.executions, mode: .readOnly)
        let found =
            execution == "latest"
            ? try await store.executions(limit: 1).executions.first : try await store.execution(execution)
        guard let record = found else {
            throw CommandError("no execution '\(execution)', or several begin so: 'turntable executions' lists them")
        }
        var events: [JSONValue] = []
        var after: Int?
        repeat {
            let page = try await store.history(of: record, after: after)
            events += page.events
            after = page.next
        } while after != nil
        if asJSON {
            for event in events { Console.print(event.text()) }
        } else {
            let summary = try await ExecutionSummary(record, in: store)
            Console.print("\(record.arn)\n\(summary.file): \(record.status.rawValue) in \(summary.elapsedText)\n")
            Console.write(HistoryText.table(events).text)
        }
        return true
    }
}
