import Clocks
import EventRouter
import FileSystem
import Simulation
import TestSupport
import Testing

@Suite("Worlds of the sample pipeline", .timeLimit(.minutes(20)))
struct WorldTests {
    @Test("fifty hold under every kind of fault")
    func fifty() async throws {
        try await SamplePipeline.withSimulator { simulator in
            var struck: Set<FaultKind> = []
            var worlds = 0
            try await simulator.run(seeds: 1...50, plan: { WorldPlan(seed: $0) }, cores: 2) { result in
                #expect(result.violations == [], "seed \(result.plan.seed)")
                worlds += 1
                for fault in result.faults { struck.insert(fault.kind) }
            }
            #expect(worlds == 50)
            #expect(struck == Set(FaultKind.allCases))
        }
    }

    /// A hundred are lived twice in `make soak`.
    @Test("the same seed gives the same world, however many are lived beside it")
    func deterministic() async throws {
        try await SamplePipeline.withSimulator { simulator in
            func digests(cores: Int) async throws -> [WorldResult] {
                var results: [WorldResult] = []
                try await simulator.run(seeds: 51...56, plan: { WorldPlan(seed: $0) }, cores: cores) {
                    results.append($0)
                }
                return results
            }
            let (alone, together) = (try await digests(cores: 1), try await digests(cores: 4))
            for (one, other) in zip(alone, together) { #expect(one.difference(from: other) == nil) }
            #expect(Set(alone.map(\.digest)).count == alone.count)
        }
    }

    @Test("without faults each file takes one execution, and nothing else happens")
    func undisturbed() async throws {
        try await SamplePipeline.withSimulator { simulator in
            let result = try await simulator.run(WorldPlan(seed: 3, kinds: []))
            #expect(result.violations == [])
            #expect(result.faults == [])
            #expect(result.executions.values.reduce(0, +) == 12)
        }
    }

    @Test("only the files and faults that a plan names are there")
    func replayed() async throws {
        try await SamplePipeline.withSimulator { simulator in
            let whole = try await simulator.run(WorldPlan(seed: 1))
            let fault = try #require(whole.faults.first { $0.kind == .duplicate })
            let small = try await simulator.run(WorldPlan(seed: 1, faults: [fault]))
            #expect(small.violations == [])
            #expect(small.faults == [fault])
            let file = try await simulator.run(WorldPlan(seed: 1, files: [4], faults: []))
            #expect(file.executions.values.reduce(0, +) == 1)
        }
    }

    @Test("a world that is cancelled ends, and so do its processes")
    func cancelled() async throws {
        try await SamplePipeline.withSimulator { simulator in
            let task = Task {
                try await simulator.run(seeds: 1...1_000, plan: { WorldPlan(seed: $0) }, cores: 2) { _ in }
            }
            try await eventually("a world") {
                try FileSystem.list(simulator.folder).contains { $0.hasPrefix("world-") } ? () : nil
            }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test("faults are spelled as they are read")
    func spelledFaults() {
        for kind in FaultKind.allCases {
            let fault = Fault(kind: kind, site: "etl of streams/a@b.csv #1/3 before put")
            #expect(Fault(fault.description) == fault)
        }
        for text in ["", "crash", "crash-@x", "@"] { #expect(Fault(text) == nil) }
    }
}
