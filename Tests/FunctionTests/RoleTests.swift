import Clocks
import Events
import JSON
import MusicKPIs
import Storage
import TestSupport
import Testing

@testable import MusicPipeline
@testable import split_file

/// Roles allow what the code calls, and nothing else.
///
/// The handlers run over all their paths on stores that note what AWS would be asked; that is held against the roles of
/// the template as it is deployed, in both directions.
@Suite("The roles of the template")
struct RoleTests {
    /// What no store is seen to call, and why it is allowed all the same: actions, or actions on a resource.
    static let unrecorded: [String: String] = [
        "logs:CreateLogStream": "Lambda, for what a function prints",
        "logs:PutLogEvents": "Lambda, for what a function prints",
        "sqs:SendMessage": "Lambda, when an event has failed to the last try",
    ]
    static let unrecordedOf: [String: [String: String]] = [
        "etl": ["s3:AbortMultipartUpload on arn:aws:s3:::trial.data/references/*": large],
        "write-kpis": ["s3:AbortMultipartUpload on arn:aws:s3:::trial.data/references/*": large],
        "split-file": ["s3:AbortMultipartUpload on arn:aws:s3:::trial.data/partials/*": large],
        "archive": [
            "s3:GetObjectTagging": "S3 asks for it when the file that is copied has tags",
            "s3:PutObjectTagging": "S3 asks for it when the file that is copied has tags",
            "s3:AbortMultipartUpload": "a copy of over 5 GB is made in parts, within the store",
        ],
    ]
    private static let large = "an object of 32 MiB or more is put in parts, within the store"

    /// The handlers on one set of stores, each with a record of its own.
    private struct World {
        let stores = Stores.inMemory(buckets: PipelineNames().buckets, clock: ManualClock())
        let records = [
            "validate-file": CallRecord(), "etl": CallRecord(), "write-kpis": CallRecord(), "archive": CallRecord(),
            "split-file": CallRecord(),
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

        /// As a backfill does: the days are noted, and merged by themselves.
        func backfill(_ key: String) async throws {
            var state = try await validated(key, execution: "backfill")
            state["run"] = "run-1"
            state["etl"] = try await by("etl").enrich(state)
            _ = try await by("archive").settle(state, "ARCHIVED")
            for date in state["etl"]?["dates"]?.arrayValue ?? [] {
                _ = try await by("write-kpis").writeKPIs(["date": date])
            }
        }

        /// Of a file that is cut; before each call that comes to its end one fails, wherever it may.
        func processInParts(_ key: String) async throws {
            var state = outside.state(key, execution: "parts")
            func step(_ step: SplitFile.Step, _ item: JSONValue = .null) async throws -> JSONValue {
                for call in 0..<12 {
                    _ = try? await by("split-file", FaultPlan(failing: call)).split(step, state, item)
                }
                return try await by("split-file").split(step, state, item)
            }
            let plan = try await step(.plan, ["range_byte_count": 400])
            #expect(plan["status"] == "SPLIT")
            state["validation"] = plan
            let source = try await SourceOfEvent.resolve(
                PipelineEvent(.object(state), requestID: "parts"), objects: stores.objects)
            for index in 0..<(plan["range_count"]?.intValue ?? 0) { _ = try await step(.scan, ["index": .int(index)]) }
            for part in try await outside.note(step(.align)["parts"]) {
                state["part"] = part
                for call in 0..<60 {
                    _ = try? await by("etl", FaultPlan(failing: call)).enrich(state)
                    // A part that is done is not done again.
                    try await delete(PipelineNames.splitPrefix(source) + "parts/\(part["index"]?.intValue ?? 0).")
                }
                _ = try await by("etl").enrich(state)
            }
            state["validation"] = try await step(.collect)
            let dates = try await outside.note(state["validation"]?["dates"])
            #expect(!dates.isEmpty)
            for date in dates { _ = try await step(.merge, date) }
            state["etl"] = try await step(.finish)
            for date in dates { _ = try await by("write-kpis").writeKPIs(["date": date]) }
            _ = try await by("archive").settle(state, "ARCHIVED")
            #expect(try await step(.plan)["status"] == "ALREADY_PROCESSED")
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

    /// Every path of a backfill and of files in parts.
    private static func walkScaledOut(_ world: World) async throws {
        let outside = world.outside
        try await outside.put(rows, "backlog/a.csv")
        try await world.backfill("backlog/a.csv")
        let gone = outside.state("streams/never.csv")
        await #expect(throws: PipelineError.self) { try await world.by("split-file").split(.plan, gone) }
        for key in ["streams/huge.csv", "backlog/huge.csv"] {
            try await outside.put(rows + "\(key.utf8.count),t2,2024-06-26 10:00:00\n", key)
            // What a pass left that was given up.
            let eTag = try await world.stores.objects.head(key, in: outside.names.rawBucket).eTag
            let source = StreamSource(bucket: outside.names.rawBucket, key: key, eTag: eTag)
            try await world.stores.objects.put(
                [0], as: PipelineNames.parquetPrefix(source, date: "2024-06-25") + "-9.parquet",
                in: outside.names.trialBucket)
            try await world.processInParts(key)
        }
        // No CSV: its report says so.
        try await outside.put("user_id;track_id\n1\n", "streams/odd.csv")
        let odd = try await world.by("split-file").split(.plan, outside.state("streams/odd.csv", execution: "odd"))
        #expect(odd["status"] == "FAILED")
    }

    @Test("functions may do what they call, and call all that they may do")
    func functions() async throws {
        let deployed = try await DeployedTemplate.translated()
        let world = World()
        try await Self.walk(world)
        try await Self.walkScaledOut(world)
        let functions = deployed.resources("AWS::Lambda::Function")
        #expect(functions.count == world.records.count)
        for (id, properties) in functions {
            let name = try deployed.text(try #require(properties["FunctionName"]))
            let calls = try #require(world.records[name]).calls
            let permissions = try deployed.permissions(ofRole: properties["Role"])
            for call in calls.sorted(by: { $0.description < $1.description }) {
                #expect(permissions.contains { $0.allows(call) }, "\(id) may not call \(call)")
            }
            let reasons = Self.unrecorded.merging(Self.unrecordedOf[name] ?? [:]) { $1 }
            for permission in permissions {
                #expect(!permission.action.contains("*") && permission.resource != "*")
                let isUsed = calls.contains { permission.allows($0) }
                let reason = reasons[permission.description] ?? reasons[permission.action]
                #expect(isUsed || reason != nil, "\(id) never needs \(permission)")
                if isUsed { #expect(reason == nil, "\(permission) needs no reason: it is called") }
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

    private static let states = "arn:aws:states:\(CallRecord.account)"
    /// What Step Functions does with another execution that it waits for.
    private static let waiting: Set<String> = Set(
        ["PutTargets", "PutRule", "DescribeRule"].map {
            "events:\($0) on arn:aws:events:\(CallRecord.account):rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
        })
    /// What Maps read and write: their places are put together as they run.
    private static let data: [String: Set<String>] = [
        "split-file": Set(
            ["s3:GetObject on arn:aws:s3:::trial.data/partials/split/*"]
                + resultActions.map { "\($0) on arn:aws:s3:::trial.data/map-runs/split-file/*" }),
        "backfill": Set(
            ["s3:ListBucket on arn:aws:s3:::rds.data", "s3:ListBucket on arn:aws:s3:::trial.data"]
                + ["rds.data", "trial.data"].map { "s3:GetObject on arn:aws:s3:::\($0)/inventory/*" }
                + ["results", "merges"].flatMap { folder in
                    resultActions.map { "\($0) on arn:aws:s3:::trial.data/backfills/*/\(folder)/*" }
                }),
    ]
    private static let resultActions = [
        "s3:GetObject", "s3:PutObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload",
    ]

    /// What the role of a machine has to allow for the states of its definition, at all depths.
    private static func needed(_ states: JSONValue?, of machine: String) -> Set<String> {
        var needed: Set<String> = []
        for state in (states?.objectValue ?? [:]).values {
            if let resource = state["Resource"]?.stringValue {
                if resource.hasSuffix(":states:startExecution.sync:2") {
                    let arguments = state["Arguments"] ?? state["Parameters"]
                    let arn = arguments?["StateMachineArn"]?.stringValue ?? ""
                    let name = arn.split(separator: ":").last ?? ""
                    needed.insert("states:StartExecution on \(arn)")
                    for action in ["DescribeExecution", "StopExecution"] {
                        needed.insert("states:\(action) on \(Self.states):execution:\(name):*")
                    }
                    needed.formUnion(waiting)
                } else {
                    needed.insert("lambda:InvokeFunction on \(resource)")
                }
            }
            guard let processor = state["ItemProcessor"] else { continue }
            if processor["ProcessorConfig"]?["Mode"] == "DISTRIBUTED" {
                needed.insert("states:StartExecution on \(Self.states):stateMachine:\(machine)")
                for action in ["DescribeExecution", "StopExecution", "RedriveExecution"] {
                    needed.insert("states:\(action) on \(Self.states):execution:\(machine)/*")
                }
            }
            needed.formUnion(Self.needed(processor["States"], of: machine))
        }
        return needed
    }

    @Test("state machines may do what their states do, the rule may start the state machine")
    func machines() async throws {
        let deployed = try await DeployedTemplate.translated()
        for (id, properties) in deployed.resources("AWS::StepFunctions::StateMachine") {
            let definition = try JSONValue(parsing: deployed.text(try #require(properties["DefinitionString"])))
            let name = try deployed.text(try #require(properties["StateMachineName"]))
            let needed = Self.needed(definition["States"], of: name).union(Self.data[name] ?? [])
            let permissions = try deployed.permissions(ofRole: properties["RoleArn"])
            let allowed = Set(permissions.filter { $0.resource != "*" }.map(\.description))
            #expect(allowed.subtracting(needed) == [], "\(id) is allowed more than it needs")
            #expect(needed.subtracting(allowed) == [], "\(id) needs more than it is allowed")
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
