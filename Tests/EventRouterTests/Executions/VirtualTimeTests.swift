import Clocks
import FileSystem
import JSON
import TestSupport
import Testing

@testable import EventRouter

@Suite("Executions under a virtual clock", .timeLimit(.minutes(10)))
struct VirtualTimeTests {
    static let start = Timestamp(iso8601: "2024-06-25T00:00:00Z")!

    func withEngine(
        _ functions: ScriptedFunctions, _ body: (ExecutionEngine, ExecutionStore, VirtualClock) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { folder in
            let clock = VirtualClock(now: Self.start)
            let store = try await ExecutionStore(path: "\(folder)/executions.sqlite")
            let engine = ExecutionEngine(
                store: store, functions: functions, clock: clock, machineClock: SystemClock(),
                entropy: SeededEntropy(seed: 1))
            try await body(engine, store, clock)
            await engine.shutdown(grace: .zero)
        }
    }

    func run(_ definition: MachineDefinition, _ engine: ExecutionEngine, input: JSONValue = [:]) async throws
        -> ExecutionRecord
    {
        try await engine.register(definition)
        return try await engine.start(StartRequest(stateMachineARN: definition.arn, input: input.bytes()))
    }

    @Test("what works at the same time ends in the order in which it began, whichever is the fastest")
    func answers() async throws {
        let last = Latch()
        let functions = ScriptedFunctions { request, number in
            // The first ends when the third has; they all work at once.
            if number == 3 { last.open() } else { await last.wait() }
            return .success(payload: request.payload)
        }
        let map = Machines.definition(
            "map",
            """
            {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$", "End": true, "ItemProcessor": {
                "StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "\(Machines.lambda("a"))", "End": true}}}}}}
            """)
        try await withEngine(functions) { engine, store, clock in
            let record = try await run(map, engine, input: [0, 1, 2])
            #expect(try await clock.runUntilIdle(limit: Self.start + .seconds(10)))
            let events = try await store.history(of: record).events
            let outputs = events.compactMap { $0["lambdaFunctionSucceededEventDetails"]?["output"]?.stringValue }
            #expect(outputs == ["0", "1", "2"])
            #expect(clock.now == Self.start)
            let ended = try await store.execution(record.arn)
            #expect(ended?.status == .succeeded && ended?.stoppedAt == Self.start)
        }
    }

    @Test("waits and retries are at their times to the millisecond, and the time stands still while a function works")
    func times() async throws {
        let functions = ScriptedFunctions { request, number in
            for _ in 0..<3 { await Task.yield() }
            return number == 2 || number == 3 ? ScriptedFunctions.failure("Busy") : .success(payload: request.payload)
        }
        try await withEngine(functions) { engine, store, clock in
            let record = try await run(Machines.waiting, engine)
            try await clock.advance(by: .seconds(604))
            #expect(functions.callCount == 2)
            try await clock.advance(by: .seconds(1))
            #expect(functions.callCount == 3)
            #expect(try await clock.runUntilIdle(limit: clock.now + .seconds(86_400)))
            let ended = try await store.execution(record.arn)
            #expect(ended?.status == .succeeded && ended?.stoppedAt == Self.start + .seconds(610))
        }
    }

    @Test("a task that waits for a token times out after its heartbeat's time, and not before")
    func heartbeat() async throws {
        let machine = Machines.definition(
            "activity",
            """
            {"StartAt": "A", "States": {"A": {"Type": "Task", "HeartbeatSeconds": 3600, "End": true,
                "Resource": "arn:aws:states:us-east-1:000000000000:activity:work"}}}
            """)
        try await withEngine(.echo) { engine, store, clock in
            let record = try await run(machine, engine)
            try await clock.advance(by: .seconds(3_599))
            #expect(try await store.execution(record.arn)?.status == .running)
            try await clock.advance(by: .seconds(1))
            let ended = try await store.execution(record.arn)
            #expect(ended?.status == .failed && ended?.stoppedAt == Self.start + .seconds(3_600))
        }
    }
}
