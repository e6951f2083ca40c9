import Clocks
import Delivery
import JSON
import Synchronization
import TestSupport
import Testing

@testable import EventRouter
@testable import Template

/// What becomes of events that functions and targets do not take.
@Suite("DeliveryOutcomes", .timeLimit(.minutes(2)))
struct DeliveryOutcomesTests {
    struct World {
        let store: ExecutionStore
        let dispatcher: DeliveryDispatcher
        let intake: ArrivalIntake
        let queues: MessageQueues
        let functions: ScriptedFunctions
        let clock: ManualClock

        func messages(_ queue: String) async throws -> [QueueMessage] {
            try await store.messages(of: queue, limit: 100)
        }

        /// Lets time pass from one delivery to the next until there is none, or a hundred hours.
        func runOut() async throws {
            let end = clock.now + .seconds(360_000)
            await dispatcher.waitUntilIdle()
            while try await store.deliveryCount() > 0, clock.now < end {
                guard let next = try await store.nextDue(after: clock.now) else { continue }
                clock.advance(to: next)
                await dispatcher.waitUntilIdle()
            }
        }
    }

    /// Starts that go as they are told to.
    struct Starts: ExecutionStarting {
        let answer: @Sendable (StartRequest) -> Result<ExecutionRecord, ExecutionError>
        func start(_ requests: [StartRequest]) async -> [Result<ExecutionRecord, ExecutionError>] {
            requests.map(answer)
        }
    }

    static let account = SampleApplication.account

    static func function(
        _ name: String, retries: Int = 0, age: Int = 21_600, onSuccess: Application.Destination? = nil,
        onFailure: Application.Destination? = nil, deadLetters: String? = nil, reserved: Int? = nil
    ) -> Application.Function {
        Application.Function(
            logicalID: name, name: name, arn: account.functionARN(name), executable: .bootstrap(folder: "."),
            handler: "bootstrap", runtime: "provided.al2023", architecture: "x86_64", environment: [:],
            memorySizeMB: 128, timeoutSeconds: 3, reservedConcurrentExecutions: reserved,
            asynchronousInvocation: Application.AsynchronousInvocation(
                maximumRetryAttempts: retries, maximumEventAgeSeconds: age, onSuccess: onSuccess, onFailure: onFailure,
                deadLetterARN: deadLetters.map { account.queueARN($0) }), position: SampleApplication.position)
    }

    static func queue(_ name: String) -> Application.Destination {
        Application.Destination(kind: .queue, arn: account.queueARN(name))
    }

    func withWorld(
        functions: [Application.Function] = [], rules: [Application.Rule] = [], schedules: [Application.Schedule] = [],
        starts: any ExecutionStarting = Starts { _ in .failure(ExecutionError(.unknownStateMachine, "gone")) },
        folder: String? = nil, isDead: Bool = false, clock: ManualClock = ManualClock(),
        _ answer: @escaping ScriptedFunctions.Answer = { _, _ in ScriptedFunctions.failure("Broken", "no luck") },
        _ body: (World) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { temporary in
            let folder = folder ?? temporary
            var application = Application(file: "t", account: Self.account)
            application.functions = functions
            application.rules = rules
            application.schedules = schedules
            application.queues = ["dead", "failed", "done"].map { SampleApplication.queue($0) }
            let (routes, findings) = EventRoutes.compile(application)
            #expect(findings.isEmpty)
            let store = try await ExecutionStore(path: "\(folder)/executions.sqlite")
            let entropy = SeededEntropy(seed: 3)
            let queues = MessageQueues(
                application.queues, store: store, folder: "\(folder)/queues", clock: clock, entropy: entropy)
            let scripted = ScriptedFunctions(answer)
            let dispatcher = DeliveryDispatcher(
                store: store, functions: scripted, executions: starts, queues: queues, routes: routes, clock: clock,
                entropy: entropy)
            let intake = ArrivalIntake(
                store: store, routes: routes, clock: clock, entropy: entropy, dispatcher: dispatcher)
            let running = isDead ? nil : Task { try await dispatcher.run() }
            try await body(
                World(
                    store: store, dispatcher: dispatcher, intake: intake, queues: queues, functions: scripted,
                    clock: clock))
            running?.cancel()
            _ = try? await running?.value
        }
    }

    func invoke(_ world: World, _ function: String = "work", _ payload: String = #"{"k":1}"#) async {
        #expect(
            await world.dispatcher.enqueue(
                InvocationRequest(function: function, payload: Array(payload.utf8), requestID: "request-1")))
    }

    @Test("An event whose retries are exhausted goes to the dead-letter queue and, as a record, to the destination")
    func exhausted() async throws {
        let work = Self.function("work", retries: 2, onFailure: Self.queue("failed"), deadLetters: "dead")
        try await withWorld(functions: [work]) { world in
            await invoke(world)
            try await world.runOut()
            #expect(world.functions.callCount == 3)
            let dead = try #require(try await world.messages("dead").first)
            #expect(dead.body == #"{"k":1}"#)
            #expect(
                dead.attributes == [
                    "RequestID": .string("request-1"), "ErrorCode": .number(200), "ErrorMessage": .string("no luck"),
                ])
            let failed = try await world.messages("failed")
            #expect(failed.count == 1)
            #expect(
                try JSONValue(parsing: failed[0].body) == [
                    "version": "1.0", "timestamp": .string((ManualClock().now + .seconds(180)).iso8601),
                    "requestContext": [
                        "requestId": "request-1", "functionArn": .string("\(work.arn):$LATEST"),
                        "condition": "RetriesExhausted", "approximateInvokeCount": 3,
                    ], "requestPayload": ["k": 1],
                    "responseContext": [
                        "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled",
                    ], "responsePayload": ["errorType": "Broken", "errorMessage": "no luck"],
                ])
            #expect(Set([dead.id, failed[0].id, "request-1"]).count == 3)
        }
    }

    @Test("A throttled event is tried until it is too old, and counts no attempt")
    func throttled() async throws {
        let work = Self.function("work", age: 60, onFailure: Self.queue("failed"))
        try await withWorld(functions: [work], { _, _ in ScriptedFunctions.failure("x", kind: .throttle) }) { world in
            await invoke(world)
            try await world.runOut()
            // After 1, 2, 4, 8 and 16 s; the next wait of 32 s would end after the 60 s.
            #expect(world.functions.callCount == 6)
            let record = try JSONValue(parsing: try #require(try await world.messages("failed").first).body)
            #expect(record["requestContext"]?["condition"] == "EventAgeExceeded")
            #expect(record["requestContext"]?["approximateInvokeCount"] == 0)
            #expect(record["responseContext"] == nil)
        }
    }

    @Test("A function with a reserved concurrency of 0 is not called; its events are given up at once")
    func stopped() async throws {
        let work = Self.function("work", retries: 2, onFailure: Self.queue("failed"), deadLetters: "dead", reserved: 0)
        try await withWorld(functions: [work]) { world in
            await invoke(world)
            try await world.runOut()
            #expect(world.functions.callCount == 0)
            #expect(world.clock.now == ManualClock().now)
            #expect(try await world.messages("dead").map { $0.attributes["ErrorCode"] } == [.number(429)])
            #expect(try await world.messages("failed").count == 1)
        }
    }

    @Test("An event that would make a loop is given up at once; what follows is a part of the same chain")
    func recursion() async throws {
        let work = Self.function("work", retries: 2, onFailure: Self.queue("failed"), deadLetters: "dead")
        try await withWorld(
            functions: [work], { _, _ in ScriptedFunctions.failure("x", "a loop", kind: .recursion) }
        ) { world in
            await invoke(world)
            try await world.runOut()
            #expect(world.functions.callCount == 1)
            let dead = try #require(try await world.messages("dead").first)
            #expect(dead.attributes["ErrorCode"] == .number(400))
            #expect(dead.attributes["ErrorMessage"] == .string("a loop"))
            let failed = try #require(try await world.messages("failed").first)
            #expect(try JSONValue(parsing: failed.body)["responseContext"] == nil)
            for message in [dead, failed] { #expect(Lineage(header: message.traceHeader).count(of: work.arn) == 1) }
        }
    }

    @Test("Successes go to a function, whose own destination is an event bus")
    func successes() async throws {
        let next = Self.function(
            "next",
            onSuccess: Application.Destination(
                kind: .eventBus, arn: "arn:aws:events:us-east-1:000000000000:event-bus/default"))
        let work = Self.function("work", onSuccess: Application.Destination(kind: .function, arn: next.arn))
        let rule = SampleApplication.rule(
            "results", ["source": ["lambda"], "detail": ["requestContext": ["condition": ["Success"]]]],
            [
                Application.Target(
                    id: "Q", kind: .queue(Self.account.queueARN("done")), arn: Self.account.queueARN("done"),
                    input: .event, retryPolicy: Application.RetryPolicy(), position: SampleApplication.position)
            ])
        let echo: ScriptedFunctions.Answer = { request, _ in .success(payload: ScriptedFunctions.appended(request)) }
        try await withWorld(functions: [work, next], rules: [rule], echo) { world in
            await invoke(world)
            try await world.runOut()
            #expect(world.functions.calls.map(\.function) == [work.arn, next.arn])
            let record = try JSONValue(parsing: world.functions.calls[1].payload)
            #expect(record["responsePayload"] == ["seen": ["work"]])
            #expect(record["requestContext"]?["approximateInvokeCount"] == 1)
            let done = try JSONValue(parsing: try #require(try await world.messages("done").first).body)
            #expect(done["detail-type"] == "Lambda Function Invocation Result - Success")
            #expect(
                done["resources"] == [
                    "arn:aws:events:us-east-1:000000000000:event-bus/default", .string("\(next.arn):$LATEST"),
                ])
            #expect(done["detail"]?["requestPayload"] == record)
            #expect(try await world.messages("done").count == 1)
        }
    }

    @Test("A dead letter that was recorded before the end of the process arrives after the next start, once")
    func restart() async throws {
        try await withTemporaryDirectory { folder in
            let work = Self.function("work", deadLetters: "dead")
            let clock = ManualClock()
            try await withWorld(functions: [work], folder: folder, isDead: true, clock: clock) { world in
                await invoke(world)
                // The process ends between the function's end and the message.
                let delivery = try #require(
                    try await world.store.dueDeliveries(.invocation, at: clock.now, limit: 1).first)
                let routes = EventRoutes.compile(
                    {
                        var application = Application(file: "t", account: Self.account)
                        application.functions = [work]
                        return application
                    }()
                ).routes
                let outcomes = DeliveryOutcomes(
                    routes: routes, bus: EventBus(routes: routes, entropy: SeededEntropy(seed: 1)))
                try await world.store.finish(
                    delivery.id, then: outcomes.givenUp(delivery, .retriesExhausted, at: clock.now))
                #expect(try await world.messages("dead").isEmpty)
            }
            for _ in 0..<2 {
                try await withWorld(functions: [work], folder: folder, clock: clock) { world in
                    try await world.runOut()
                    #expect(world.functions.callCount == 0)
                    #expect(try await world.messages("dead").map(\.body) == [#"{"k":1}"#])
                    #expect(try await world.store.deliveryCount() == 0)
                }
            }
        }
    }

    // MARK: - Rules

    static func rule(_ input: Application.Target.Input = .event, retries: Int = 185) -> Application.Rule {
        let arn = "arn:aws:states:us-east-1:000000000000:stateMachine:gone"
        let target = Application.Target(
            id: "T", kind: .stateMachine(arn), arn: arn, input: input,
            retryPolicy: Application.RetryPolicy(maximumRetryAttempts: retries, maximumEventAgeSeconds: 3_600),
            deadLetterARN: account.queueARN("dead"), position: SampleApplication.position)
        return SampleApplication.rule("r", ["source": ["test"]], [target])
    }

    @Test("What a rule's target can't take goes to its dead-letter queue at once: the event, not what it was made into")
    func noResource() async throws {
        let event: JSONValue = ["id": "e-1", "source": "test", "detail": ["a": 1]]
        try await withWorld(rules: [Self.rule(.path("$.detail"))]) { world in
            try await world.intake.put(event)
            try await world.runOut()
            let dead = try #require(try await world.messages("dead").first)
            #expect(try JSONValue(parsing: dead.body) == event)
            #expect(
                dead.attributes == [
                    "RULE_ARN": .string("arn:aws:events:us-east-1:000000000000:rule/r"),
                    "TARGET_ARN": .string("arn:aws:states:us-east-1:000000000000:stateMachine:gone"),
                    "ERROR_CODE": .string("NO_RESOURCE"), "ERROR_MESSAGE": .string("gone"),
                    "RETRY_ATTEMPTS": .string("0"),
                ])
        }
    }

    @Test(
        "What may pass is tried again by the rule's policy",
        arguments: [
            (2, "MaximumRetryAttempts", "2"), (185, "MaximumEventAgeInSeconds", nil),
        ])
    func retried(retries: Int, condition: String, attempts: String?) async throws {
        let busy = Starts { _ in .failure(ExecutionError(.taskTimedOut, "busy")) }
        try await withWorld(rules: [Self.rule(retries: retries)], starts: busy) { world in
            try await world.intake.put(["id": "e-1", "source": "test"])
            try await world.runOut()
            let dead = try #require(try await world.messages("dead").first)
            #expect(dead.attributes["ERROR_CODE"] == .string("ERROR_FROM_TARGET"))
            #expect(dead.attributes["EXHAUSTED_RETRY_CONDITION"] == .string(condition))
            if let attempts { #expect(dead.attributes["RETRY_ATTEMPTS"] == .string(attempts)) }
            #expect(try await world.messages("dead").count == 1)
        }
    }

    @Test("A message that is too large for its queue is given up and said so")
    func tooLarge() async throws {
        let work = Self.function("work", onFailure: Self.queue("failed"), deadLetters: "dead")
        try await withWorld(functions: [work]) { world in
            await invoke(world, "work", "\"\(String(repeating: "x", count: 1 << 20))\"")
            try await world.runOut()
            #expect(try await world.messages("dead").isEmpty)
            #expect(try await world.store.deliveryCount() == 0)
        }
    }
}
