import Clocks
import JSON
import TestSupport
import Testing

@testable import EventRouter
@testable import Template

@Suite("StatusEvents", .timeLimit(.minutes(2)))
struct StatusEventsTests {
    /// An engine whose executions tell of their status, and a dispatcher that runs unless it is said to be dead.
    struct World {
        let store: ExecutionStore
        let engine: ExecutionEngine
        let dispatcher: DeliveryDispatcher
        let functions: ScriptedFunctions
        let clock: ManualClock
        let problems: QueuedDeliveryTests.Problems

        /// Waits until all that is due is delivered and done.
        func settle() async throws {
            repeat {
                await dispatcher.waitUntilIdle()
                try await engine.waitUntilIdle()
                await dispatcher.waitUntilIdle()
            } while await !engine.isIdle
        }

        /// What the function was told, in order.
        func told() throws -> [JSONValue] {
            try functions.calls.filter { $0.function.hasSuffix(":listener") }.map { try JSONValue(parsing: $0.payload) }
        }
    }

    static func application(_ detail: JSONValue? = nil, _ kind: Application.Target.Kind = .function("listener"))
        -> Application
    {
        var pattern: JSONObject = ["source": ["aws.states"]]
        pattern["detail"] = detail
        var application = Application(file: "template.yaml", account: SampleApplication.account)
        application.rules = [
            SampleApplication.rule("status", .object(pattern), [SampleApplication.target("T", kind)])
        ]
        return application
    }

    func withWorld(
        _ application: Application = Self.application(), functions: ScriptedFunctions = .echo, folder: String? = nil,
        isDead: Bool = false, seed: UInt64 = 5, _ body: (World) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { temporary in
            let clock = ManualClock()
            let store = try await ExecutionStore(path: "\(folder ?? temporary)/executions.sqlite")
            let entropy = SeededEntropy(seed: seed)
            let engine = ExecutionEngine(store: store, functions: functions, clock: clock, entropy: entropy)
            let (routes, findings) = EventRoutes.compile(application)
            #expect(findings.isEmpty)
            let problems = QueuedDeliveryTests.Problems()
            let dispatcher = DeliveryDispatcher(
                store: store, functions: functions, executions: engine, routes: routes, clock: clock, entropy: entropy,
                report: { problems.add($0) })
            await engine.use(StatusEvents(bus: EventBus(routes: routes, entropy: entropy), dispatcher: dispatcher))
            for machine in Machines.all { try await engine.register(machine) }
            _ = try await engine.recover()
            let running = isDead ? nil : Task { try await dispatcher.run() }
            try await body(
                World(
                    store: store, engine: engine, dispatcher: dispatcher, functions: functions, clock: clock,
                    problems: problems))
            await engine.shutdown(grace: .zero)
            running?.cancel()
            _ = try? await running?.value
        }
    }

    func start(_ machine: MachineDefinition, _ world: World, name: String = "one", input: String = "{}") async throws {
        _ = try await world.engine.start(
            StartRequest(stateMachineARN: machine.arn, name: name, input: Array(input.utf8)))
    }

    @Test("An execution that begins and ends is told with AWS's members, each once")
    func members() async throws {
        try await withWorld { world in
            try await start(Machines.pass, world, input: #"{ "a": 1.0 }"#)
            try await world.settle()
            let told = try world.told()
            #expect(told.map { $0["detail"]?["status"]?.stringValue } == ["RUNNING", "SUCCEEDED"])
            let arn = "arn:aws:states:us-east-1:000000000000:execution:pass:one"
            let now = JSONValue.int(Int(world.clock.now.millisecondsSinceEpoch))
            #expect(
                told[1]["detail"] == [
                    "executionArn": .string(arn),
                    "stateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:pass", "name": "one",
                    "status": "SUCCEEDED", "startDate": now, "stopDate": now, "input": #"{ "a": 1.0 }"#,
                    "output": #"{"a":1.0}"#, "inputDetails": ["included": true], "outputDetails": ["included": true],
                    "error": nil, "cause": nil, "stateMachineVersionArn": nil, "stateMachineAliasArn": nil,
                    "redriveCount": 0, "redriveDate": nil, "redriveStatus": "NOT_REDRIVABLE",
                    "redriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
                ])
            #expect(told[1]["detail-type"] == "Step Functions Execution Status Change")
            #expect(told[1]["source"] == "aws.states")
            #expect(told[1]["resources"] == [.string(arn)])
            #expect(told[0]["detail"]?["stopDate"] == .null)
            #expect(told[0]["detail"]?["outputDetails"] == .null)
            #expect(told[0]["detail"]?["redriveStatusReason"] == "Execution is RUNNING and cannot be redriven")
            #expect(told[0]["id"] != told[1]["id"])
        }
    }

    @Test("Failures, stops and redrives are told; only what a rule asks for reaches it")
    func ends() async throws {
        try await withWorld { world in
            try await start(Machines.failing, world)
            try await world.settle()
            try await start(Machines.waiting, world)
            try await world.engine.waitUntilIdle()
            try await world.engine.stop(
                "arn:aws:states:us-east-1:000000000000:execution:waiting:one", error: "Enough", cause: "for today")
            try await world.settle()
            _ = try await world.engine.redrive("arn:aws:states:us-east-1:000000000000:execution:failing:one")
            try await world.settle()
            let told = try world.told().compactMap { $0["detail"] }
            #expect(
                told.compactMap { $0["status"]?.stringValue } == [
                    "RUNNING", "FAILED", "RUNNING", "ABORTED", "RUNNING", "FAILED",
                ])
            #expect(told[1]["error"] == "ValidationFailed")
            #expect(told[1]["cause"] == "bad rows")
            #expect(told[1]["redriveStatus"] == "REDRIVABLE")
            #expect(told[1]["redriveStatusReason"] == .null)
            #expect(told[3]["error"] == "Enough")
            #expect(told[4]["redriveCount"] == 1)
            #expect(told[4]["redriveDate"] == .int(Int(world.clock.now.millisecondsSinceEpoch)))
            #expect(Set(try world.told().compactMap { $0["id"]?.stringValue }).count == 6)
        }
        try await withWorld(Self.application(["status": ["FAILED", "TIMED_OUT"]])) { world in
            for machine in [Machines.pass, Machines.failing] { try await start(machine, world) }
            try await world.settle()
            #expect(try world.told().compactMap { $0["detail"]?["name"]?.stringValue } == ["one"])
        }
    }

    @Test("What was recorded before the end of the process is told after the next start, once")
    func restart() async throws {
        try await withTemporaryDirectory { folder in
            // The dispatcher never runs, and the second task never answers: the process ends there.
            let latch = Latch()
            let stuck = ScriptedFunctions { request, _ in
                if request.function.hasSuffix(":b") { await latch.wait() }
                return .success(payload: ScriptedFunctions.appended(request))
            }
            try await withWorld(functions: stuck, folder: folder, isDead: true) { world in
                try await start(Machines.chain, world)
                _ = try await eventually("the second task") { latch.waitingCount > 0 ? true : nil }
                #expect(try await world.store.deliveryCount() == 1)
            }
            var told: [JSONValue] = []
            for _ in 0..<2 {
                try await withWorld(folder: folder, seed: 6) { world in
                    try await world.settle()
                    told += try world.told()
                    #expect(try await world.store.deliveryCount() == 0)
                }
            }
            #expect(told.compactMap { $0["detail"]?["status"]?.stringValue } == ["RUNNING", "SUCCEEDED"])
            #expect(told[1]["detail"]?["input"] == "{}")
        }
    }

    @Test("A rule that starts what it listens to ends after a few executions, unless these take their time")
    func loop() async throws {
        let application = Self.application(["status": ["SUCCEEDED"]], .stateMachine(Machines.pass.arn))
        try await withWorld(application) { world in
            try await start(Machines.pass, world)
            var count = 0
            while true {
                try await world.settle()
                let now = try await world.store.executions().executions.count
                if now == count { break }
                count = now
            }
            #expect(count == StatusEvents.chainLimit)
            #expect(world.problems.all.withLock { $0 }.count == 1)
            #expect(try await world.store.deliveryCount() == 0)
        }
    }

    @Test(
        "Input and output that are too large for an event are left out",
        arguments: [
            (100, 100, true, true), (150_000, 150_000, false, true), (10, 260_000, false, false),
        ])
    func sizes(input: Int, output: Int, hasInput: Bool, hasOutput: Bool) {
        let clock = ManualClock()
        let record = ExecutionRecord(
            arn: "a", name: "n", stateMachineARN: "m", status: .succeeded,
            input: "\"\(String(repeating: "i", count: input))\"",
            output: "\"\(String(repeating: "o", count: output))\"", startedAt: clock.now, stoppedAt: clock.now,
            eventCount: 2, number: 1)
        let detail = StatusEvents.detail(of: record, ExecutionOrigin(), at: clock.now)
        #expect(detail["inputDetails"] == ["included": .bool(hasInput)])
        #expect((detail["input"] == .null) == !hasInput)
        #expect(detail["outputDetails"] == ["included": .bool(hasOutput)])
        #expect((detail["output"] == .null) == !hasOutput)
    }
}
