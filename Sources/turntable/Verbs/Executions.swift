import EventRouter

/// Lists executions.
struct Executions: Verb {
    static let name = "executions"
    static let summary = "lists executions: file, status, states passed, time"
    static let options = [
        Option.data, .json,
        .value("status", "STATUS", "only these: RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED"),
        .value("limit", "N", "at most so many, the newest (1000)"),
        .value("map-run", "ARN", "the children of this run of a distributed Map, which are not listed else"),
    ]
    static let details = "The newest comes last. 'turntable history NAME' shows one of them step by step."

    private let project: Project
    private let filter: ExecutionFilter
    private let limit: Int
    private let asJSON: Bool

    init(_ arguments: Arguments) throws {
        project = try Project(arguments)
        limit = try arguments.integer("limit", in: 1...1_000_000, default: 1_000)
        asJSON = arguments.has("json")
        var status: ExecutionStatus?
        if let text = arguments.value("status") {
            let names = ExecutionStatus.allCases.map(\.rawValue)
            status = ExecutionStatus(rawValue: text)
            guard status != nil else {
                throw UsageError(
                    "--status takes \(names.joined(separator: ", ")), not '\(text)'\(Suggestion.hint(for: text, in: names))"
                )
            }
        }
        filter = ExecutionFilter(status: status, mapRunARN: arguments.value("map-run"))
    }

    func run() async throws -> Bool {
        let store = try await ExecutionStore(path: project.data.executions, mode: .readOnly)
        if let mapRun = filter.mapRunARN, try await store.mapRun(mapRun) == nil {
            throw CommandError(
                "no map run '\(mapRun)': 'turntable history' shows those of an execution, at MapRunStarted")
        }
        let summaries = try await ExecutionSummary.latest(limit, matching: filter, in: store).reversed()
        if asJSON {
            for summary in summaries { Console.print(summary.json.text) }
        } else if summaries.isEmpty, filter.mapRunARN != nil {
            Console.note("the map run has no such executions")
        } else if summaries.isEmpty {
            Console.note("no executions yet: drop a file into \(project.data.buckets)/rds.data/streams/")
        } else {
            Console.write(TextTable(summaries.map(\.row), header: ExecutionSummary.header, rightAligned: [4]).text)
        }
        return true
    }
}
