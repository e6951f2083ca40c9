import Clocks
import EventRouter
import FileSystem
import TestSupport

/// Executions per second that the engine starts, runs and records in a store on the disk, in this process: its own cost,
/// without HTTP and without functions' processes. The histories are read back and counted afterwards.
enum DurableExecutions {
    static let runs = 5
    static let count = 4_000
    /// Starts under way at once, as of so many clients.
    static let starters = 64

    static func measure() async throws -> [Measurement] {
        [
            try await measure("durable executions, five states", BenchmarkMachines.five, aim: "≥ 2000", events: 12),
            try await measure(
                "durable executions, five states, one a task", BenchmarkMachines.fiveWithTask, aim: "", events: 15),
        ]
    }

    private static func measure(
        _ name: String, _ definition: String, aim: String, events: Int
    ) async throws -> Measurement {
        var samples: [Double] = []
        for _ in 0..<runs {
            try await withTemporaryDirectory { folder in
                let store = try await ExecutionStore(path: "\(folder)/executions.sqlite")
                let engine = try await DurableExecutions.engine(store, definition)
                let seconds = try await DurableExecutions.run(count, on: engine)
                samples.append(Double(count) / seconds)
                let counters = await engine.counters
                precondition(counters.succeeded == count, "\(counters)")
                let last = try await store.executions(limit: 1).executions[0]
                precondition(last.eventCount == events, "\(last.eventCount) events")
                let history = try await store.history(of: last)
                precondition(history.events.count == events)
                await engine.shutdown(grace: .seconds(1))
            }
        }
        return Measurement(name: name, unit: "executions/s", aim: aim, samples: samples)
    }

    static let machineARN = "arn:aws:states:us-east-1:000000000000:stateMachine:m"

    static func engine(_ store: ExecutionStore, _ definition: String) async throws -> ExecutionEngine {
        let engine = ExecutionEngine(
            store: store, functions: InstantFunctions(), clock: SystemClock(), entropy: SystemEntropy())
        try await engine.register(
            MachineDefinition(
                arn: machineARN, roleARN: "arn:aws:iam::000000000000:role/r", bytes: Array(definition.utf8),
                file: "benchmark.asl.json"))
        return engine
    }

    /// Runs executions to their ends; returns the seconds that took.
    static func run(_ count: Int, on engine: ExecutionEngine) async throws -> Double {
        let start = ContinuousClock.now
        let input = Array(BenchmarkMachines.fiveInput.utf8)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for starter in 0..<starters {
                group.addTask {
                    for _ in stride(from: starter, to: count, by: starters) {
                        _ = try await engine.start(StartRequest(stateMachineARN: machineARN, input: input))
                    }
                }
            }
            try await group.waitForAll()
        }
        try await engine.waitUntilIdle()
        return (ContinuousClock.now - start) / .seconds(1)
    }
}

/// A function that answers at once with what it was asked.
struct InstantFunctions: FunctionInvoking {
    func invoke(_ request: InvocationRequest) async -> InvocationResult {
        InvocationResult(outcome: .success(payload: request.payload), requestID: "")
    }
}
