import Clocks
import Events
import FileSystem
import JSON
import Storage
import Synchronization
import TestSupport
import Testing

@testable import EventRouter
@testable import Template

@Suite("QueuedDelivery", .timeLimit(.minutes(10)))
struct QueuedDeliveryTests {
    /// A way in, a dispatcher and an engine over one store, with a clock that stands still.
    struct World {
        let store: ExecutionStore
        let engine: ExecutionEngine
        let dispatcher: DeliveryDispatcher
        let intake: ArrivalIntake
        let functions: ScriptedFunctions
        let clock: ManualClock
        let problems: Problems

        /// Delivers all that is due now and waits for what that makes.
        func settle() async throws {
            await dispatcher.waitUntilIdle()
            try await engine.waitUntilIdle()
            await dispatcher.waitUntilIdle()
        }
    }

    final class Problems: Sendable {
        let all = Mutex<[String]>([])
        func add(_ problem: DeliveryDispatcher.Problem) { all.withLock { $0.append("\(problem)") } }
    }

    struct Twice: DeliverySchedule {
        func waits(forEvent eventID: String, to targetARN: String, acceptedAt: Timestamp) -> [Duration] {
            [.seconds(30), .zero]
        }
    }

    func withWorld(
        _ functions: ScriptedFunctions = .echo, application: Application = SampleApplication.streams,
        schedule: any DeliverySchedule = PoliteDelivery(), folder: String? = nil, clock: ManualClock = ManualClock(),
        _ body: (World) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { temporary in
            let store = try await ExecutionStore(path: "\(folder ?? temporary)/executions.sqlite")
            let entropy = SeededEntropy(seed: 5)
            let engine = ExecutionEngine(store: store, functions: functions, clock: clock, entropy: entropy)
            try await engine.register(Machines.chain)
            let (routes, findings) = EventRoutes.compile(application)
            #expect(findings.isEmpty)
            let problems = Problems()
            let dispatcher = DeliveryDispatcher(
                store: store, functions: functions, executions: engine, routes: routes, clock: clock, entropy: entropy,
                report: { problems.add($0) })
            let intake = ArrivalIntake(
                store: store, routes: routes, schedule: schedule, clock: clock, entropy: entropy, dispatcher: dispatcher
            )
            let running = Task { try await dispatcher.run() }
            let world = World(
                store: store, engine: engine, dispatcher: dispatcher, intake: intake, functions: functions,
                clock: clock,
                problems: problems)
            do {
                try await body(world)
            } catch {
                running.cancel()
                throw error
            }
            running.cancel()
            await #expect(throws: CancellationError.self) { try await running.value }
            await engine.shutdown(grace: .zero)
        }
    }

    func change(_ key: String, _ kind: ObjectChange.Kind = .put, time: Timestamp = ManualClock().now) -> ObjectChange {
        ObjectChange(
            name: ObjectName(bucket: "raw", key: key), kind: kind, time: time,
            identity: kind == .removed ? nil : ObjectIdentity(inode: 1, byteCount: 12, modifiedNanoseconds: 3),
            eTag: kind == .removed ? "" : "abc")
    }

    @Test("An arrival is told to the function as a notification and to the rule's machine as an event")
    func arrival() async throws {
        try await withWorld { world in
            try await world.intake.accept([
                change("streams/früh + spät.csv"), change("songs/songs.csv"), change("streams/x.txt"),
            ])
            try await world.settle()
            let notifications = try world.functions.calls.filter { $0.function.hasSuffix(":notified") }
                .flatMap { try FileArrival.all(in: try JSONValue(parsing: $0.payload)) }
            #expect(notifications.map(\.key) == ["streams/früh + spät.csv", "songs/songs.csv"])
            #expect(
                notifications.allSatisfy {
                    $0.eventName == "ObjectCreated:Put" && $0.byteCount == 12 && $0.eTag == "abc"
                })
            let executions = try await world.store.executions().executions.reversed()
            let arrivals = try executions.flatMap { try FileArrival.all(in: try JSONValue(parsing: $0.input)) }
            #expect(arrivals.map(\.key) == ["streams/früh + spät.csv", "streams/x.txt"])
            #expect(arrivals.allSatisfy { $0.kind == .eventBridge && $0.eTag == "abc" })
            // One change has one sequencer, and later ones are greater.
            #expect(arrivals.first?.sequencer == notifications.first?.sequencer)
            #expect(try #require(notifications[0].sequencer) < (try #require(notifications[1].sequencer)))
            let first = try #require(executions.first)
            #expect(first.name.hasPrefix(try #require(try JSONValue(parsing: first.input)["id"]?.stringValue)))
            #expect(try await world.store.deliveryCount() == 0)
        }
    }

    @Test("Renames and removals have S3's names and no size or ETag of what is gone")
    func otherChanges() async throws {
        try await withWorld { world in
            try await world.intake.accept([change("a.csv", .copy), change("a.csv", .removed)])
            try await world.settle()
            let records = try world.functions.calls.compactMap { try JSONValue(parsing: $0.payload)["Records"]?[0] }
            #expect(
                records.compactMap { $0["eventName"]?.stringValue } == ["ObjectCreated:Copy", "ObjectRemoved:Delete"])
            #expect(records[1]["s3"]?["object"]?["size"] == nil)
            #expect(try await world.store.executions().executions.isEmpty)
        }
    }

    @Test("What a copy, a put and a removal are called on the bus")
    func busEvents() {
        let entropy = SeededEntropy(seed: 1)
        func event(_ kind: ObjectChange.Kind) -> JSONValue {
            ObjectEvents(change("k", kind), sequencer: "01", account: "1", region: "r", entropy: entropy)
                .eventBridgeEvent
        }
        #expect(event(.put)["detail"]?["reason"] == "PutObject")
        #expect(event(.copy)["detail"]?["reason"] == "CopyObject")
        #expect(event(.removed)["detail-type"] == "Object Deleted")
        #expect(event(.removed)["detail"]?["object"] == ["key": "k", "sequencer": "01"])
    }

    @Test("Sequencers grow over a restart, even with a clock that was set back")
    func sequencers() async throws {
        try await withTemporaryDirectory { folder in
            var found: [String] = []
            for seconds in [1_700_000_000.0, 1_600_000_000] {
                try await withWorld(folder: folder, clock: ManualClock(now: Timestamp(secondsSinceEpoch: seconds))) {
                    world in
                    try await world.intake.accept([
                        change("a.csv", time: world.clock.now), change("a.csv", time: world.clock.now),
                    ])
                    try await world.settle()
                    found += try world.functions.calls.filter { $0.function.hasSuffix("notified") }
                        .flatMap { try FileArrival.all(in: try JSONValue(parsing: $0.payload)) }.compactMap(\.sequencer)
                }
            }
            #expect(found.count == 4)
            #expect(found == found.sorted())
            #expect(Set(found).count == 4)
        }
    }

    @Test("What was accepted and not delivered before the end is delivered after the next start, once")
    func outbox() async throws {
        try await withTemporaryDirectory { folder in
            let store = try await ExecutionStore(path: "\(folder)/executions.sqlite")
            let routes = EventRoutes.compile(SampleApplication.streams).routes
            let clock = ManualClock()
            let engine = ExecutionEngine(
                store: store, functions: ScriptedFunctions.echo, clock: clock, entropy: SeededEntropy(seed: 1))
            // A dispatcher that never runs: the process ends right after the acceptance.
            let idle = DeliveryDispatcher(
                store: store, functions: ScriptedFunctions.echo, executions: engine, routes: routes, clock: clock,
                entropy: SeededEntropy(seed: 1))
            let intake = ArrivalIntake(
                store: store, routes: routes, clock: clock, entropy: SeededEntropy(seed: 2), dispatcher: idle)
            try await intake.accept([change("streams/a.csv")])
            #expect(try await store.deliveryCount() == 2)

            for _ in 0..<2 {
                try await withWorld(folder: folder) { world in
                    try await world.settle()
                    #expect(try await world.store.executions().executions.map(\.status) == [.succeeded])
                    #expect(try await world.store.deliveryCount() == 0)
                }
            }
        }
    }

    @Test("A delivery whose execution is there already is not made again")
    func startedBefore() async throws {
        try await withWorld { world in
            let delivery = QueuedDelivery(
                target: .stateMachine(arn: Machines.chain.arn), origin: "rule", name: "same", payload: Array("{}".utf8),
                acceptedAt: world.clock.now, due: world.clock.now)
            for _ in 0..<2 {
                try await world.store.enqueue([delivery])
                try await world.settle()
            }
            #expect(try await world.store.executions().executions.count == 1)
            #expect(try await world.store.deliveryCount() == 0)
            #expect(world.problems.all.withLock { $0 }.isEmpty)
        }
    }

    @Test("A schedule's copies are deliveries of their own, each at its time")
    func copies() async throws {
        try await withWorld(schedule: Twice()) { world in
            try await world.intake.accept([change("streams/a.csv")])
            try await world.settle()
            #expect(try await world.store.executions().executions.count == 1)
            await world.clock.waitForSleepers()
            world.clock.advance(by: .seconds(30))
            while try await world.store.deliveryCount() > 0 { await Task.yield() }
            try await world.settle()
            let executions = try await world.store.executions().executions
            #expect(executions.count == 2)
            #expect(Set(executions.map(\.input)).count == 1)
        }
    }

    @Test("A function that fails is tried again after one and two minutes, then given up, and said so")
    func retries() async throws {
        let functions = ScriptedFunctions { _, _ in ScriptedFunctions.failure("Broken", "no luck") }
        try await withWorld(functions) { world in
            try await world.intake.accept([change("a.csv")])
            try await world.settle()
            #expect(functions.callCount == 1)
            for (wait, calls) in [(60, 2), (120, 3)] {
                await world.clock.waitForSleepers()
                world.clock.advance(by: .seconds(wait - 1))
                try await world.settle()
                #expect(functions.callCount == calls - 1)
                world.clock.advance(by: .seconds(1))
                while functions.callCount < calls { await Task.yield() }
                try await world.settle()
            }
            #expect(try await world.store.deliveryCount() == 0)
            #expect(Set(functions.calls.compactMap(\.requestID)).count == 1)
            let last = world.problems.all.withLock { $0.last ?? "" }
            #expect(last.contains("RetriesExhausted"))
            #expect(last.contains("Broken: no luck"))
        }
    }

    @Test("A state machine that is gone and a function that is gone are given up at once")
    func goneTargets() async throws {
        let functions = ScriptedFunctions { _, _ in ScriptedFunctions.failure("x", kind: .notFound) }
        try await withWorld(functions) { world in
            try await world.store.enqueue([
                QueuedDelivery(
                    target: .stateMachine(arn: "arn:none"), origin: "rule", name: "n", payload: Array("{}".utf8),
                    acceptedAt: world.clock.now, due: world.clock.now)
            ])
            #expect(await world.dispatcher.enqueue(InvocationRequest(function: "gone", payload: Array("{}".utf8))))
            try await world.settle()
            #expect(try await world.store.deliveryCount() == 0)
            let problems = world.problems.all.withLock { $0 }
            #expect(problems.count == 2)
            #expect(problems.allSatisfy { $0.contains("given up") })
        }
    }

    @Test("An asynchronous invocation keeps its trace and client context")
    func asynchronousInvocation() async throws {
        try await withWorld { world in
            let request = InvocationRequest(
                function: "notified", payload: Array("[1]".utf8), traceID: "Root=1", clientContext: #"{"a":1}"#)
            #expect(await world.dispatcher.enqueue(request))
            try await world.settle()
            let call = try #require(world.functions.calls.first)
            #expect(call.function == SampleApplication.account.functionARN("notified"))
            #expect(call.payload == request.payload)
            #expect(call.traceID == "Root=1")
            #expect(call.clientContext == #"{"a":1}"#)
            #expect(call.requestID?.utf8.count == 36)
        }
    }

    @Test("A thousand deliveries to functions are made, in order of acceptance, a few at a time")
    func manyInvocations() async throws {
        try await withWorld { world in
            try await world.intake.accept((0..<1_000).map { change("\($0).csv") })
            try await world.settle()
            #expect(world.functions.callCount == 1_000)
            #expect(world.functions.peak <= DeliveryDispatcher.Limits().concurrentInvocations)
            #expect(try await world.store.deliveryCount() == 0)
        }
    }

    @Test("Inputs of targets: a constant, a part of the event, a template")
    func targetInputs() async throws {
        var application = SampleApplication.streams
        let function = Application.Target.Kind.function("f")
        application.rules = [
            SampleApplication.rule(
                "inputs", ["source": ["test"]],
                [
                    SampleApplication.target("1", function, .constant(#"{"fixed": true}"#)),
                    SampleApplication.target("2", function, .path("$.detail.a")),
                    SampleApplication.target(
                        "3", function, .transformer(paths: ["a": "$.detail.a"], template: #"{"got": <a>}"#)),
                    SampleApplication.target("4", function, .path("$.detail.none")),
                ])
        ]
        try await withWorld(application: application) { world in
            try await world.intake.put(["id": "e-1", "source": "test", "detail": ["a": [1, 2]]])
            try await world.intake.put(["id": "e-2", "source": "other"])
            try await world.intake.put(["id": "e-3", "source": "test"], onBus: "custom")
            try await world.settle()
            let inputs = try world.functions.calls.map { try JSONValue(parsing: $0.payload) }
            #expect(Set(inputs) == [["fixed": true], [1, 2], ["got": [1, 2]], nil])
        }
    }

    @Test("What can't be a route is found with its place; the rest is kept")
    func findings() {
        var application = SampleApplication.streams
        application.buckets = [
            SampleApplication.bucket(
                "raw",
                [
                    SampleApplication.notification(["s3:ObjectCreated:*"], "a", prefix: "x/"),
                    SampleApplication.notification(["s3:ObjectCreated:Put"], "b", prefix: "x/y/"),
                    SampleApplication.notification(["s3:Nothing"], "c"),
                ])
        ]
        application.rules.append(SampleApplication.rule("bad", ["source": "text"], []))
        application.rules.append(
            SampleApplication.rule(
                "path", ["source": ["a"]], [SampleApplication.target("1", .function("f"), .path("$..x"))]))
        application.sensors[0].wildcard = "**"
        let (routes, findings) = EventRoutes.compile(application)
        #expect(findings.count == 5)
        #expect(findings.allSatisfy { $0.severity == .error && $0.position.line == 7 })
        #expect(findings[0].message.contains("overlap"))
        #expect(routes.notifications(for: "ObjectCreated:Put", key: "x/y/z", in: "raw").count == 1)
        #expect(routes.watchedBuckets == ["raw"])
    }

    @Test("A dropped file goes all the way: watched, told, run")
    func watchedToEnd() async throws {
        try await withTemporaryDirectory { folder in
            try await withWorld(folder: folder) { world in
                let root = "\(folder)/buckets"
                try FileSystem.createDirectories("\(root)/raw/streams")
                let watcher = try BucketWatcher(
                    root: root, buckets: ["raw"], objects: FolderStore(root: root), journal: world.intake,
                    clock: SystemClock())
                let watching = Task { try await watcher.run() }
                let stream = world.engine.observe()
                try FileSystem.writeFileAtomically("\(root)/raw/streams/a.csv", Array("a,b\n".utf8))
                for await observation in stream {
                    guard case .finished(let arn, let status, _) = observation else { continue }
                    #expect(status == .succeeded)
                    let input = try #require(try await world.store.execution(arn)).input
                    // The temporary name that the file was written under may have been seen first.
                    if try FileArrival.all(in: try JSONValue(parsing: input)).first?.key == "streams/a.csv" { break }
                }
                watching.cancel()
                _ = await watching.result
            }
        }
    }
}
