import AWSClient
import Clocks
import JSON
import LambdaRuntime
import MusicPipeline
import Storage
import TestSupport
import Testing

/// The pipeline over a network that fails on purpose.
@Suite("The four handlers on the stores of AWS: a network that fails", .timeLimit(.minutes(20)))
struct FaultyNetworkTests {
    /// Tries of a step at most, as a state machine's retriers and people together would.
    private static let tryLimit = 60

    /// Repeats a step until it succeeds; its errors must be such as the state machine can tell apart.
    private func persist(_ step: () async throws -> JSONValue) async throws -> JSONValue {
        for _ in 1..<Self.tryLimit {
            do {
                return try await step()
            } catch is PipelineError {
                continue
            }
        }
        return try await step()
    }

    @Test(
        "resets, 500s, throttling, cut, changed and missing answers, bad digests and expired tokens change no number",
        arguments: [1, 2, 3])
    func sameNumbers(seed: UInt64) async throws {
        let server = try await MotoServer.take()
        defer { server.giveBack() }
        let proxy = try FaultyProxy(to: server.port, seed: seed, rate: 15)
        defer { proxy.stop() }
        try await withTemporaryDirectory { folder in
            let embedded = InProcessPipeline(stores: .embedded(in: folder))
            try embedded.stores.createLocalBuckets(embedded.names.buckets)
            let direct = InProcessPipeline(stores: try await AWSPipelineTests().deploy(server, embedded.names))
            var environment = server.environment
            environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:\(proxy.port)"
            var policy = RetryPolicy()
            policy.attemptTimeout = .seconds(5)
            let faulty = InProcessPipeline(
                stores: Stores(
                    aws: try AWSClients(
                        environment: environment, clock: SystemClock(), entropy: SeededEntropy(seed: seed),
                        policy: policy)))
            let files = [(AWSPipelineTests.first, "streams/a.csv"), (AWSPipelineTests.second, "streams/b.csv")]
            for pipeline in [embedded, direct] {
                try await pipeline.putReferences()
                for (text, key) in files { try await pipeline.put(text, key) }
            }
            for (_, key) in files {
                try await embedded.run(key)
                var state = faulty.state(key)
                let reached = state
                state["validation"] = try await persist { try await faulty.validate(reached) }
                let validated = state
                state["etl"] = try await persist { try await faulty.enrich(validated) }
                let enriched = state
                state["kpis"] = try await persist { try await faulty.writeKPIs(enriched) }
                let merged = state
                _ = try await persist { try await faulty.settle(merged, "ARCHIVED") }
            }
            let expected = try await AWSPipelineTests().contents(embedded)
            #expect(try await AWSPipelineTests().contents(direct) == expected)
            #expect(try await direct.kpis() == embedded.kpis())
            #expect(!proxy.struck.isEmpty)
            print(
                "seed \(seed): \(proxy.struck.map { "\($0.value) \($0.key.rawValue)" }.sorted().joined(separator: ", "))"
            )
        }
    }

    @Test("where nothing gets through, a step fails with what failed, and the file stays in its place")
    func nothingGetsThrough() async throws {
        let server = try await MotoServer.take()
        defer { server.giveBack() }
        let proxy = try FaultyProxy(to: server.port, seed: 9, rate: 100)
        defer { proxy.stop() }
        let direct = InProcessPipeline(stores: try await AWSPipelineTests().deploy(server, PipelineNames()))
        try await direct.putReferences()
        try await direct.put(AWSPipelineTests.second, "streams/c.csv")
        var environment = server.environment
        environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:\(proxy.port)"
        var policy = RetryPolicy()
        policy.attemptTimeout = .milliseconds(500)
        let faulty = InProcessPipeline(
            stores: Stores(
                aws: try AWSClients(
                    environment: environment, clock: SystemClock(), entropy: SeededEntropy(seed: 1), policy: policy)))
        for _ in 0..<3 {
            await #expect(throws: PipelineError.self) { try await faulty.validate(faulty.state("streams/c.csv")) }
            await #expect(throws: PipelineError.self) {
                try await faulty.settle(faulty.state("streams/c.csv"), "ARCHIVED")
            }
        }
        #expect(try await direct.keys("rds.data").contains("streams/c.csv"))
    }
}
