import Clocks
import FileSystem
import JSON
import StatesLanguage
import Storage
import Template
import TestSupport
import Testing

@testable import EventRouter

/// An engine with all services over a temporary folder, and a clock that stands still.
struct ServiceWorld {
    let folder: String
    let store: ExecutionStore
    let engine: ExecutionEngine
    let clock: ManualClock
    let objects: any ObjectStore
    let queues: MessageQueues

    static let table = TableSchema(name: "songs", partitionKey: "pk")

    static func with(
        _ functions: any FunctionInvoking = ScriptedFunctions.echo, mapped: [String: String] = [:],
        _ body: (ServiceWorld) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { folder in
            try FileSystem.createDirectories("\(folder)/buckets/data")
            let world = try await make(folder, functions, mapped: mapped, clock: ManualClock())
            try await body(world)
            await world.engine.shutdown(grace: .zero)
        }
    }

    static func make(
        _ folder: String, _ functions: any FunctionInvoking, mapped: [String: String] = [:], clock: ManualClock
    ) async throws -> ServiceWorld {
        let entropy = SeededEntropy(seed: 1)
        let data = try DataFolder(folder)
        let stores = data.stores
        let store = try await ExecutionStore(path: data.executions)
        let engine = ExecutionEngine(store: store, functions: functions, clock: clock, entropy: entropy)
        let (routes, _) = EventRoutes.compile(Application(file: "t", account: AccountContext()))
        let dispatcher = DeliveryDispatcher(
            store: store, functions: functions, executions: engine, routes: routes, clock: clock, entropy: entropy
        ) { _ in }
        let intake = ArrivalIntake(
            store: store, routes: routes, clock: clock, entropy: entropy, dispatcher: dispatcher)
        let queues = MessageQueues(
            [SampleApplication.queue("jobs")], store: store, folder: data.queues, clock: clock, entropy: entropy)
        await engine.use(
            ServiceTasks(
                objects: stores.objects, tables: { $0 == table.name ? stores.table(table) : nil }, queues: queues,
                engine: engine, intake: intake, functions: functions, mapped: mapped, clock: clock, entropy: entropy))
        return ServiceWorld(
            folder: folder, store: store, engine: engine, clock: clock, objects: stores.objects, queues: queues)
    }

    /// Registers a machine of these states and starts it.
    func start(_ states: String, name: String = "machine", input: JSONValue = [:]) async throws -> ExecutionRecord {
        let definition = Machines.definition(name, "{\"StartAt\": \"A\", \"States\": {\(states)}}")
        try await engine.register(definition)
        return try await engine.start(
            StartRequest(stateMachineARN: definition.arn, name: nil, input: input.bytes()))
    }

    /// Runs a machine to its end; its waits and timeouts cost nothing.
    func run(_ states: String, name: String = "machine", input: JSONValue = [:]) async throws -> ExecutionRecord {
        try await ended(try await start(states, name: name, input: input))
    }

    func ended(_ record: ExecutionRecord) async throws -> ExecutionRecord {
        while true {
            try await engine.waitUntilIdle()
            let now = try #require(try await store.execution(record.arn))
            if now.status != .running { return now }
            guard let next = await engine.nextDeadline else {
                return try await engine.waitUntilEnded(record.arn)
            }
            clock.advance(to: next)
            while await engine.isIdle, await engine.nextDeadline == next { await Task.yield() }
        }
    }

    func types(_ record: ExecutionRecord) async throws -> [String] {
        try await store.history(of: record).events.compactMap { $0["type"]?.stringValue }
    }

    /// The messages of a queue.
    func messages(_ queue: String) throws -> [JSONValue] {
        let bytes = try FileSystem.readFile("\(folder)/queues/\(queue).jsonl")
        return try bytes.split(separator: 0x0A).map { try JSONValue(parsing: Array($0)) }
    }
}
