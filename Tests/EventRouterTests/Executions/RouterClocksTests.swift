import Clocks
import JSON
import Synchronization
import TestSupport
import Testing

@testable import EventRouter

@Suite("RouterClocks", .timeLimit(.minutes(10)))
struct RouterClocksTests {
    static func time(_ text: String) -> Timestamp { Timestamp(iso8601: "\(text)T00:00:00Z")! }

    /// The clocks of one life of a router over a store, and what it said.
    func clocks(
        _ mode: RouterSettings.ClockMode, _ store: ExecutionStore, machine: String = "2024-06-25"
    ) async throws -> (RouterClocks, [String]) {
        let remarks = Mutex<[String]>([])
        let clocks = try await RouterClocks(mode, machine: ManualClock(now: Self.time(machine)), store: store) {
            remark in
            remarks.withLock { $0.append(remark.description) }
        }
        return (clocks, remarks.withLock { $0 })
    }

    @Test("a virtual clock begins where it is told, else now, goes on where it was left, and never goes back")
    func start() async throws {
        try await withTemporaryDirectory { folder in
            let store = try await ExecutionStore(path: "\(folder)/executions.sqlite")
            let (now, nothing) = try await clocks(.virtual(start: nil), store)
            #expect(now.pipeline.now == Self.time("2024-06-25") && nothing.isEmpty)
            try await #require(now.virtual).advance(by: .seconds(86_400))
            #expect(now.machine.now == Self.time("2024-06-25"))
            let (left, silent) = try await clocks(.virtual(start: nil), store)
            #expect(left.pipeline.now == Self.time("2024-06-26") && silent.isEmpty)
            let (back, remark) = try await clocks(.virtual(start: Self.time("2024-01-01")), store)
            #expect(back.pipeline.now == Self.time("2024-06-26"))
            #expect(remark.count == 1 && remark[0].contains("2024-06-26"))
            let (later, _) = try await clocks(.virtual(start: Self.time("2025-01-01")), store)
            #expect(later.pipeline.now == Self.time("2025-01-01"))
            let (system, warning) = try await clocks(.system, store)
            #expect(system.virtual == nil && system.pipeline.now == Self.time("2024-06-25"))
            #expect(warning.count == 1 && warning[0].contains("2025-01-01"))
        }
    }

    @Test("a virtual clock does not begin before what was recorded under the system's")
    func recorded() async throws {
        try await withTemporaryDirectory { folder in
            let store = try await ExecutionStore(path: "\(folder)/executions.sqlite")
            let machine = ManualClock(now: Self.time("2024-06-25"))
            let engine = ExecutionEngine(
                store: store, functions: ScriptedFunctions.echo, clock: machine, entropy: SeededEntropy(seed: 1))
            try await engine.register(Machines.pass)
            _ = try await engine.start(StartRequest(stateMachineARN: Machines.pass.arn, input: Array("{}".utf8)))
            try await engine.waitUntilIdle()
            await engine.shutdown(grace: .zero)
            let (clocks, remarks) = try await clocks(.virtual(start: Self.time("2024-01-01")), store)
            #expect(clocks.pipeline.now == Self.time("2024-06-25") && remarks.count == 1)
        }
    }
}
