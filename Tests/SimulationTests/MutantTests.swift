import Simulation
import TestSupport
import Testing

/// Proof that a simulation can fail: mistakes that are made in such pipelines, each found and brought down to what it takes.
@Suite("Mistakes that a simulation must find", .timeLimit(.minutes(20)), .serialized)
struct MutantTests {
    /// Begins a little before the seed that finds it, unless TURNTABLE_ALL_SEEDS is set, as it is in `make soak`.
    private static func seeds(from first: UInt64) -> ClosedRange<UInt64> {
        (ProcessEnvironment["TURNTABLE_ALL_SEEDS"] == nil ? first : 1)...200
    }

    /// Functions of the target `mutants`, by the mistake and the function it is in.
    @Test(
        "in a function",
        arguments: [
            ("late-merge-wins", "write-kpis", 190), ("failures-unseen", "write-kpis", 55),
            ("parquet-of-each-attempt", "etl", 1), ("quarantine-unseen", "archive", 10),
        ] as [(String, String, UInt64)])
    func function(mutant: String, function: String, first: UInt64) async throws {
        try await SamplePipeline.withSimulator(mutants: [function], environment: ["MUTANT": mutant]) {
            try await expectFound(by: $0, Self.seeds(from: first))
        }
    }

    @Test("a file that is archived before its KPIs are written")
    func archiveFirst() async throws {
        try await SamplePipeline.withSimulator(stateMachine: archivedFirst) {
            try await expectFound(by: $0, Self.seeds(from: 25))
        }
    }

    private func archivedFirst(_ text: String) -> String {
        let mark = #""ArchiveFile": {"#
        guard let archive = text.range(of: mark) else { return text }
        let before = text[..<archive.lowerBound]
            .replacing(#""Next": "ArchiveFile""#, with: #""Next": "Processed""#)
            .replacing(#""Next": "WriteKpis""#, with: #""Next": "ArchiveFile""#)
        let after = text[archive.lowerBound...]
            .replacing(#""Next": "Processed""#, with: #""Next": "WriteKpis""#, maxReplacements: 1)
        return String(before + after)
    }

    /// Within 200 seeds, and brought down to three faults.
    private func expectFound(by simulator: Simulator, _ seeds: ClosedRange<UInt64>) async throws {
        var failed: WorldResult?
        try await simulator.run(
            seeds: seeds, plan: { WorldPlan(seed: $0, fileCount: 8) }, cores: 2, stopsAtFailure: true
        ) { if !$0.holds, failed == nil { failed = $0 } }
        let small = try await simulator.shrink(try #require(failed, "all worlds of seeds \(seeds) held"))
        #expect(!small.holds)
        #expect(small.faults.count <= 3, "\(small.faults)")
        print("found at seed \(small.plan.seed): \(small.plan.files?.count ?? 0) files, \(small.faults)")
    }
}
