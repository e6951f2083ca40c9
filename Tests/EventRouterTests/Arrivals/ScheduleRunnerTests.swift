import Clocks
import JSON
import Synchronization
import TestSupport
import Testing

@testable import EventRouter
@testable import Template

@Suite("ScheduleRunner", .timeLimit(.minutes(10)))
struct ScheduleRunnerTests {
    static let start = Timestamp(iso8601: "2024-06-25T00:00:00Z")!

    static func schedule(
        _ name: String, _ expression: String, _ origin: Application.Schedule.Origin = .rule, start: String? = nil,
        end: String? = nil, input: Application.Target.Input = .event, isEnabled: Bool = true
    ) -> Application.Schedule {
        let account = SampleApplication.account
        return Application.Schedule(
            logicalID: name, name: name,
            arn: origin == .rule ? account.ruleARN(name, bus: "default") : account.scheduleARN(name, group: "default"),
            origin: origin, expression: expression, expressionPosition: SampleApplication.position,
            isEnabled: isEnabled, startDate: start, endDate: end,
            targets: [SampleApplication.target("Chain", .stateMachine(Machines.pass.arn), input)],
            position: SampleApplication.position)
    }

    /// Runs schedules in a life of their own, and returns all executions that were ever started in the folder, the oldest first.
    static func live(
        _ folder: String, _ schedules: [Application.Schedule], from begin: Timestamp, until end: Timestamp,
        remarks: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> [ExecutionRecord] {
        var application = Application(file: "t", account: SampleApplication.account)
        application.schedules = schedules
        let clock = VirtualClock(now: begin)
        let store = try await ExecutionStore(path: "\(folder)/executions.sqlite")
        let (routes, findings) = EventRoutes.compile(application)
        #expect(findings.isEmpty)
        let entropy = SeededEntropy(seed: 1)
        let functions = ScriptedFunctions.echo
        let engine = ExecutionEngine(
            store: store, functions: functions, clock: clock, machineClock: SystemClock(), entropy: entropy)
        try await engine.register(Machines.pass)
        let dispatcher = DeliveryDispatcher(
            store: store, functions: functions, executions: engine, routes: routes, clock: clock, entropy: entropy)
        let intake = ArrivalIntake(store: store, routes: routes, clock: clock, entropy: entropy, dispatcher: dispatcher)
        let runner = ScheduleRunner(store: store, intake: intake, clock: clock, machineClock: SystemClock()) {
            remarks("\($0)")
        }
        let holds = [clock.hold(), clock.hold()]
        let parts = [
            Task { try await runner.run(releasing: holds[0]) }, Task { try await dispatcher.run(releasing: holds[1]) },
        ]
        try await clock.advance(to: end)
        for part in parts { part.cancel() }
        for part in parts { await #expect(throws: CancellationError.self) { try await part.value } }
        await engine.shutdown(grace: .zero)
        return try await store.executions(limit: 1_000).executions.reversed()
    }

    static func times(_ executions: [ExecutionRecord]) -> [String] {
        executions.map { String($0.startedAt.iso8601.dropFirst(11)) }
    }

    @Test("rates and cron expressions fire at their times, each with its event")
    func fires() async throws {
        try await withTemporaryDirectory { folder in
            let schedules = [
                Self.schedule("rate", "rate(6 hours)"), Self.schedule("cron", "cron(30 2 * * ? *)"),
                Self.schedule("off", "rate(1 minute)", isEnabled: false),
            ]
            let made = try await Self.live(
                folder, schedules, from: Self.start, until: Self.start + .seconds(86_400))
            #expect(Self.times(made) == ["02:30", "06:00", "12:00", "18:00", "00:00"].map { "\($0):00.000Z" })
            let event = try JSONValue(parsing: made[0].input)
            #expect(event["source"] == "aws.events" && event["detail-type"] == "Scheduled Event")
            #expect(event["time"] == "2024-06-25T02:30:00Z" && event["detail"] == [:])
            #expect(event["resources"] == [.string(SampleApplication.account.ruleARN("cron", bus: "default"))])
        }
    }

    @Test("a schedule of EventBridge Scheduler gives its input alone, from its start to its end, or once")
    func scheduler() async throws {
        try await withTemporaryDirectory { folder in
            let schedules = [
                Self.schedule(
                    "window", "rate(1 hour)", .scheduler, start: "2024-06-25T02:00:00Z", end: "2024-06-25T05:00:00Z",
                    input: .constant(#"{"at":"<aws.scheduler.scheduled-time>"}"#)),
                Self.schedule("once", "at(2024-06-25T10:00:00)", .scheduler),
            ]
            let made = try await Self.live(folder, schedules, from: Self.start, until: Self.start + .seconds(86_400))
            #expect(Self.times(made) == ["03", "04", "05", "10"].map { "\($0):00:00.000Z" })
            #expect(
                made.map(\.input)
                    == ["03", "04", "05"].map { #"{"at":"2024-06-25T\#($0):00:00Z"}"# } + ["{}"])
        }
    }

    @Test("a restart fires nothing twice, and at once what was missed meanwhile, with the times it was for")
    func restart() async throws {
        try await withTemporaryDirectory { folder in
            let schedules = [Self.schedule("rate", "rate(1 hour)")]
            func hours(_ count: Int) -> Timestamp { Self.start + .seconds(count * 3_600) }
            #expect(try await Self.live(folder, schedules, from: Self.start, until: hours(2)).count == 2)
            #expect(try await Self.live(folder, schedules, from: hours(2), until: hours(2)).count == 2)
            let made = try await Self.live(folder, schedules, from: hours(5), until: hours(6))
            #expect(
                try made.map { try JSONValue(parsing: $0.input)["time"]?.stringValue?.dropFirst(11).prefix(2) ?? "" }
                    == ["01", "02", "03", "04", "05", "06"])
            #expect(Set(made.map(\.name)).count == 6)
            let remarks = Mutex<[String]>([])
            let late = try await Self.live(folder, schedules, from: hours(206), until: hours(206)) { text in
                remarks.withLock { $0.append(text) }
            }
            #expect(late.count == 106)
            #expect(remarks.withLock { $0.count == 1 && $0[0].contains("earliest 100 are left out") })
            // Another expression begins anew.
            let other = [Self.schedule("rate", "rate(2 hours)")]
            #expect(try await Self.live(folder, other, from: hours(300), until: hours(303)).count == 107)
        }
    }

    @Test(
        "an expression or a time that is none is an error with its place",
        arguments: [
            Self.schedule("a", "rate(0 hours)"), Self.schedule("a", "cron(1 2 3)"), Self.schedule("a", "every day"),
            Self.schedule("a", "rate(1 hour)", .scheduler, start: "tomorrow"),
        ])
    func invalid(schedule: Application.Schedule) {
        var application = Application(file: "t", account: SampleApplication.account)
        application.schedules = [schedule]
        let findings = EventRoutes.compile(application).findings
        #expect(findings.map(\.severity) == [.error])
        #expect(findings.first?.position == SampleApplication.position)
    }
}
