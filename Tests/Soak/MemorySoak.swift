import Clocks
import EventRouter
import FileSystem
import Glibc
import TestSupport

/// Many executions through the engine over a store that keeps few: resident memory must stay where it is after the first
/// tenth.
enum MemorySoak {
    static let retention = 2_000
    static let starters = 64
    /// Growth after the first tenth that is no leak: what the allocator keeps.
    static let allowedMegabytes = 24.0

    static let definition = #"""
        {"StartAt": "A", "States": {
          "A": {"Type": "Pass", "Result": {"rows": 11000}, "ResultPath": "$.made", "Next": "B"},
          "B": {"Type": "Choice", "Choices": [{"Variable": "$.made.rows", "NumericGreaterThan": 100, "Next": "C"}], "Default": "E"},
          "C": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f", "Next": "D",
            "TimeoutSeconds": 60, "Retry": [{"ErrorEquals": ["States.ALL"]}]},
          "D": {"Type": "Pass", "Parameters": {"file.$": "$.file"}, "Next": "E"},
          "E": {"Type": "Succeed"}}}
        """#

    static func run(executions count: Int) async throws {
        let machine = "arn:aws:states:us-east-1:000000000000:stateMachine:m"
        try await withTemporaryDirectory { folder in
            let store = try await ExecutionStore(
                path: "\(folder)/executions.sqlite", retention: ExecutionStore.Retention(maximumCount: retention))
            let engine = ExecutionEngine(
                store: store, functions: Echo(), clock: SystemClock(), entropy: SystemEntropy())
            try await engine.register(
                MachineDefinition(arn: machine, roleARN: "r", bytes: Array(definition.utf8), file: "soak.asl.json"))
            var base = 0.0
            let start = ContinuousClock.now
            for tenth in 1...10 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<starters {
                        group.addTask {
                            for _ in 0..<(count / 10 / starters) {
                                _ = try await engine.start(
                                    StartRequest(stateMachineARN: machine, input: Array(#"{"file": "a.csv"}"#.utf8)))
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                try await engine.waitUntilIdle()
                let memory = try residentMegabytes()
                let disk = try FileSystem.status("\(folder)/executions.sqlite")?.byteCount ?? 0
                let done = await engine.counters.succeeded
                let rate = Double(done) / ((ContinuousClock.now - start) / .seconds(1))
                print(
                    "\(done) executions, \(Int(rate)) a second: \(Int(memory)) MB resident, \(disk / 1_000_000) MB on disk"
                )
                if tenth == 1 { base = memory }
                guard memory - base <= allowedMegabytes else {
                    throw NeverHappened(
                        description: "resident memory stays at \(Int(base)) MB: it is \(Int(memory)) MB")
                }
            }
            await engine.shutdown(grace: .seconds(1))
        }
    }

    private static func residentMegabytes() throws -> Double {
        let status = String(decoding: try FileSystem.readFile("/proc/self/status"), as: UTF8.self)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Double($0) }.map { $0 / 1_024 } ?? .nan
    }

    struct Echo: FunctionInvoking {
        func invoke(_ request: InvocationRequest) async -> InvocationResult {
            InvocationResult(outcome: .success(payload: request.payload), requestID: "")
        }
    }
}
