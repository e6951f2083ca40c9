import Clocks
import EventRouter
import JSON
import Template

/// Lists queues, or one queue's messages.
struct Queues: Verb {
    static let name = "queues"
    static let summary = "lists queues with their counts, or the messages of one"
    static let positionals = ["[NAME]"]
    static let options = [
        Option.data, .template, .json, .value("limit", "N", "at most so many messages, the oldest (100)"),
    ]
    static let details = "Nothing is received: the messages stay as they are."

    private let project: Project
    private let queue: String?
    private let limit: Int
    private let asJSON: Bool

    init(_ arguments: Arguments) throws {
        project = try Project(arguments)
        queue = arguments.positionals.first
        limit = try arguments.integer("limit", in: 1...1_000_000, default: 100)
        asJSON = arguments.has("json")
    }

    func run() async throws -> Bool {
        let store = try await ExecutionStore(path: project.data.executions, mode: .readOnly)
        let known = Set(project.application().queues.map(\.name)).union(try await store.queueNames()).sorted()
        let now = try await store.pipelineTime(machine: SystemClock().now)
        if let queue { return try await showMessages(of: queue, known, at: now, in: store) }
        var rows: [[String]] = []
        for name in known {
            let counts = try await store.queueCounts(name, at: now)
            let object: JSONValue = [
                "queue": .string(name), "visible": .int(counts.visible), "in_flight": .int(counts.inFlight),
                "delayed": .int(counts.delayed),
            ]
            if asJSON { Console.print(object.text()) }
            rows.append([name, "\(counts.visible)", "\(counts.inFlight)", "\(counts.delayed)"])
        }
        if asJSON { return true }
        if rows.isEmpty {
            Console.note("the template has no queues")
        } else {
            let header = ["queue", "visible", "in flight", "delayed"]
            Console.write(TextTable(rows, header: header, rightAligned: [1, 2, 3]).text)
        }
        return true
    }

    private func showMessages(
        of queue: String, _ known: [String], at now: Timestamp, in store: ExecutionStore
    ) async throws -> Bool {
        guard known.contains(queue) else {
            throw CommandError("no queue '\(queue)'\(Suggestion.hint(for: queue, in: known))")
        }
        for message in try await store.messages(of: queue, limit: limit) {
            if asJSON {
                Console.print(message.json(at: now).text())
            } else {
                let state = message.isVisible(at: now) ? "visible" : "until \(message.visibleAt)"
                Console.print("\(message.sentAt)  \(message.id)  received \(message.receiveCount)  \(state)")
                for (name, value) in message.attributeTexts { Console.print("  \(name): \(value)") }
                Console.print("  \(message.body)")
            }
        }
        return true
    }
}
