import Clocks
import EventRouter
import JSON
import TestSupport

/// A distributed Map of 10,000 items through engine and store, each child with its row and history: children that only
/// pass, all in one step, and children with a task, whose answers come one by one. Functions are calls in this process.
enum MapChildren {
    static let runs = 5
    static let count = 10_000

    private struct Echo: FunctionInvoking {
        func invoke(_ request: InvocationRequest) async -> InvocationResult {
            InvocationResult(outcome: .success(payload: request.payload), requestID: "r")
        }
    }

    static func measure() async throws -> [Measurement] {
        let task = #""Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f""#
        return [
            Measurement(
                name: "distributed Map of 10,000, Pass", unit: "s", aim: "≤ 3",
                samples: try await samples(#""Type": "Pass""#)),
            Measurement(
                name: "distributed Map of 10,000, Task", unit: "s", aim: "≤ 10", samples: try await samples(task)),
        ]
    }

    private static func samples(_ state: String) async throws -> [Double] {
        let definition = MachineDefinition(
            arn: "arn:aws:states:us-east-1:000000000000:stateMachine:m", roleARN: "r",
            bytes: Array(
                #"""
                {"StartAt": "M", "States": {"M": {"Type": "Map", "ResultPath": null, "End": true, "ItemProcessor": {
                  "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                  "StartAt": "T", "States": {"T": {\#(state), "End": true}}}}}}
                """#.utf8), file: "benchmark")
        let input = JSONValue.array((0..<count).map { .int($0) }).bytes()
        var samples: [Double] = []
        for run in 0..<runs {
            try await withTemporaryDirectory { folder in
                let store = try await ExecutionStore(path: "\(folder)/executions.sqlite")
                let engine = ExecutionEngine(
                    store: store, functions: Echo(), clock: SystemClock(), entropy: SeededEntropy(seed: UInt64(run)))
                try await engine.register(definition)
                let start = ContinuousClock.now
                let record = try await engine.start(
                    StartRequest(stateMachineARN: definition.arn, name: "n", input: input))
                let ended = try await engine.waitUntilEnded(record.arn)
                samples.append((ContinuousClock.now - start) / .seconds(1))
                let runs = try await store.mapRuns(of: ended.arn, limit: 2)
                precondition(ended.status == .succeeded && runs.map(\.childCount) == [count], "\(ended.status)")
                await engine.shutdown(grace: .zero)
            }
        }
        return samples
    }
}
