import JSON
import MusicKPIs
import MusicPipeline
import Storage
import TestSupport
import Testing

/// Every call on a store fails once, in a run of its own; what a retry leaves must be what a clean run leaves.
@Suite("A store that fails at any call of the pipeline")
struct FaultTests {
    /// Two days, a day that another file is in, and a row to set aside.
    private static let rows =
        HandlerTests.good + String(repeating: "2,t1,2024-06-25 12:00:00\n", count: 30) + "x,t1,2024-06-25 10:00:00\n"

    /// What the world holds after a run: all keys with their ETags, and all items but for times and attempts.
    private struct Outcome: Hashable {
        var objects: [String]
        var kpis: [String]
        var status: FileTracker.Status?
    }

    private static func run(_ plan: FaultPlan, disposition: String) async throws -> Outcome {
        let clean = InProcessPipeline.inMemory()
        try await clean.putReferences()
        try await clean.put(HandlerTests.good, "streams/before.csv")
        try await clean.run("streams/before.csv")
        try await clean.put(disposition == "ARCHIVED" ? rows : HandlerTests.header, "streams/file.csv")
        let source = StreamSource(
            bucket: "rds.data", key: "streams/file.csv",
            eTag: try await clean.stores.objects.head("streams/file.csv", in: "rds.data").eTag)

        let pipeline = InProcessPipeline(stores: clean.stores.failing(by: plan))
        var state = pipeline.state("streams/file.csv")
        state["validation"] = try await retried { try await pipeline.validate(state) }
        if disposition == "ARCHIVED" {
            state["etl"] = try await retried { try await pipeline.enrich(state) }
            state["kpis"] = try await retried { try await pipeline.writeKPIs(state) }
        }
        _ = try await retried { try await pipeline.settle(state, disposition) }

        var objects: [String] = []
        for bucket in clean.names.buckets {
            for object in try await clean.stores.objects.list(bucket).objects {
                objects.append("\(bucket)/\(object.key) \(object.eTag)")
            }
        }
        return Outcome(
            objects: objects, kpis: try await clean.kpis(), status: try await clean.tracker.status(of: source))
    }

    /// As the state machine retries `StoreFailed`: with the same input.
    private static func retried(_ step: () async throws -> JSONValue) async throws -> JSONValue {
        do {
            return try await step()
        } catch let error as PipelineError where error.code == .storeFailed {
            return try await step()
        }
    }

    @Test(
        "one retry of the step leaves what a clean run leaves", arguments: ["ARCHIVED", "QUARANTINED"],
        FaultPlan.Moment.allCases)
    func everyCall(disposition: String, moment: FaultPlan.Moment) async throws {
        let counting = FaultPlan(failing: nil)
        let expected = try await Self.run(counting, disposition: disposition)
        #expect(expected.status == (disposition == "ARCHIVED" ? .processed : .quarantined))
        #expect(counting.callCount > (disposition == "ARCHIVED" ? 40 : 10))
        for call in 0..<counting.callCount {
            let plan = FaultPlan(failing: call, moment)
            let outcome = try await Self.run(plan, disposition: disposition)
            #expect(plan.isSpent && outcome == expected, "call \(call) failed \(moment.rawValue) it was done")
        }
    }
}
