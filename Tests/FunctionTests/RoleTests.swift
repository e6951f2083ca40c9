import Clocks
import JSON
import MusicPipeline
import Storage
import TestSupport
import Testing

/// Roles allow what the code calls, and nothing else.
///
/// The handlers run over all their paths on stores that note what AWS would be asked; that is held against the roles of
/// the template as it is deployed, in both directions.
@Suite("The roles of the template")
struct RoleTests {
    /// What no store is seen to call, and why it is allowed all the same.
    static let unrecorded: [String: String] = [
        "logs:CreateLogStream": "Lambda, for what a function prints",
        "logs:PutLogEvents": "Lambda, for what a function prints",
        "sqs:SendMessage": "Lambda, when an event has failed to the last try",
    ]
    static let unrecordedOfArchive: [String: String] = [
        "s3:GetObjectTagging": "S3 asks for it when the file that is copied has tags",
        "s3:PutObjectTagging": "S3 asks for it when the file that is copied has tags",
        "s3:AbortMultipartUpload": "a copy of over 5 GB is made in parts, within the store",
    ]

    /// The handlers on one set of stores, each with a record of its own.
    private struct World {
        let stores = Stores.inMemory(buckets: PipelineNames().buckets, clock: ManualClock())
        let records = [
            "validate-file": CallRecord(), "etl": CallRecord(), "write-kpis": CallRecord(), "archive": CallRecord(),
        ]

        /// Nothing that is done by it is recorded.
        var outside: InProcessPipeline { InProcessPipeline(stores: stores) }

        func by(_ function: String, _ plan: FaultPlan = FaultPlan(failing: nil)) throws -> InProcessPipeline {
            let record = try #require(records[function])
            return InProcessPipeline(stores: stores.failing(by: plan).recorded(by: record))
        }

        func validated(_ key: String, execution: String = "run") async throws -> JSONObject {
            var state = outside.state(key, execution: execution)
            state["validation"] = try await by("validate-file").validate(state)
            return state
        }

        /// All steps, each `times` times.
        func process(_ key: String, times: Int) async throws {
            var state = try await validated(key)
            for _ in 1..<times { state["validation"] = try await by("validate-file").validate(state) }
            for _ in 0..<times { state["etl"] = try await by("etl").enrich(state) }
            for _ in 0..<times { state["kpis"] = try await by("write-kpis").writeKPIs(state) }
            for _ in 0..<times { _ = try await by("archive").settle(state, "ARCHIVED") }
        }

        func delete(_ prefix: String) async throws {
            let bucket = outside.names.trialBucket
            for object in try await stores.objects.list(bucket, prefix: prefix).objects {
                try await stores.objects.delete(object.key, in: bucket)
            }
        }
    }

    private static let rows =
        HandlerTests.good + String(repeating: "2,t1,2024-06-25 12:00:00\n", count: 30) + "x,t1,2024-06-25 10:00:00\n"

    /// Every path of every handler.
    private static func walk(_ world: World) async throws {
        let outside = world.outside
        // References that are late, and an object that is gone.
        try await outside.put(rows, "streams/a.csv")
        await #expect(throws: PipelineError.self) { try await world.validated("streams/a.csv") }
        await #expect(throws: PipelineError.self) { try await world.validated("streams/gone.csv") }
        try await outside.putReferences()

        // With rows to set aside, each step twice; then events of what is done with.
        try await world.process("streams/a.csv", times: 2)
        _ = try await world.validated("streams/a.csv", execution: "late")
        try await outside.put(rows, "streams/a.csv")
        _ = try await world.validated("streams/a.csv", execution: "again")
        // Another version under the same key.
        try await outside.put(HandlerTests.good, "streams/a.csv")
        try await world.process("streams/a.csv", times: 1)

        // Invalid: to quarantine, twice; and a file without a report.
        for key in ["streams/bad.csv", "streams/unseen.csv"] { try await outside.put(HandlerTests.header, key) }
        let bad = try await world.validated("streams/bad.csv")
        for _ in 0..<2 { _ = try await world.by("archive").settle(bad, "QUARANTINED") }
        _ = try await world.by("archive").settle(outside.state("streams/unseen.csv"), "QUARANTINED")
        // Failed: stays.
        try await outside.put(rows, "streams/failed.csv")
        _ = try await world.by("archive").settle(try await world.validated("streams/failed.csv"), "FAILED")

        // Invoked by themselves: without what came before, and with partials that an earlier try left.
        try await outside.put(rows, "streams/alone.csv")
        let alone = outside.state("streams/alone.csv")
        _ = try await world.by("etl").enrich(alone)
        _ = try await world.by("write-kpis").writeKPIs(alone)
        try await world.delete("partials/files/")
        let result = try await world.by("etl").enrich(alone)
        // Compiled references of others are not there: made anew by who needs them first.
        try await world.delete("references/")
        var state = alone
        state["etl"] = result
        _ = try await world.by("write-kpis").writeKPIs(state)

        // Any call fails: what was begun is given up.
        try await outside.put(rows, "streams/fault.csv")
        for call in 0..<60 {
            let fault = outside.state("streams/fault.csv", execution: "fault")
            _ = try? await world.by("validate-file", FaultPlan(failing: call)).validate(fault)
            _ = try? await world.by("etl", FaultPlan(failing: call)).enrich(fault)
            try await world.delete("partials/files/")
        }
    }

    @Test("functions may do what they call, and call all that they may do")
    func functions() async throws {
        let deployed = try await DeployedTemplate.translated()
        let world = World()
        try await Self.walk(world)
        let functions = deployed.resources("AWS::Lambda::Function")
        #expect(functions.count == world.records.count)
        for (id, properties) in functions {
            let name = try deployed.text(try #require(properties["FunctionName"]))
            let calls = try #require(world.records[name]).calls
            let permissions = try deployed.permissions(ofRole: properties["Role"])
            for call in calls.sorted(by: { $0.description < $1.description }) {
                #expect(permissions.contains { $0.allows(call) }, "\(id) may not call \(call)")
            }
            let reasons = Self.unrecorded.merging(name == "archive" ? Self.unrecordedOfArchive : [:]) { $1 }
            for permission in permissions {
                #expect(!permission.action.contains("*") && permission.resource != "*")
                let isUsed = calls.contains { permission.allows($0) }
                #expect(isUsed || reasons[permission.action] != nil, "\(id) never needs \(permission)")
                if isUsed { #expect(reasons[permission.action] == nil, "\(permission) needs no reason: it is called") }
            }
            #expect(Set(permissions).count == permissions.count, "\(id) is allowed something twice")
        }
    }

    /// What Step Functions itself needs to deliver logs and traces; neither has resources that could be named.
    static let unnamed: Set<String> = [
        "logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
        "xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets",
    ]

    @Test("the state machine may call the functions of its tasks, the rule may start the state machine")
    func machines() async throws {
        let deployed = try await DeployedTemplate.translated()
        for (id, properties) in deployed.resources("AWS::StepFunctions::StateMachine") {
            let definition = try JSONValue(parsing: deployed.text(try #require(properties["DefinitionString"])))
            let states = try #require(definition["States"]?.objectValue)
            let called = Set(
                states.values.compactMap { $0["Resource"]?.stringValue }.map { "lambda:InvokeFunction on \($0)" })
            let permissions = try deployed.permissions(ofRole: properties["RoleArn"])
            #expect(
                Set(permissions.filter { $0.resource != "*" }.map(\.description))
                    == called, "\(id)")
            #expect(Set(permissions.filter { $0.resource == "*" }.map(\.action)) == Self.unnamed)
        }
        for (_, rule) in deployed.resources("AWS::Events::Rule") {
            for target in rule["Targets"]?.arrayValue ?? [] {
                let machine = try deployed.text(try #require(target["Arn"]))
                #expect(
                    try deployed.permissions(ofRole: target["RoleArn"])
                        == [.init(action: "states:StartExecution", resource: machine)])
                #expect(target["DeadLetterConfig"]?["Arn"] != nil)
            }
        }
    }
}
