package import Clocks
import Delivery
import Digest
import Events
import JSON
import Template

/// Fires the template's schedules: rules with a schedule expression and schedules of EventBridge Scheduler, in UTC.
///
/// When a schedule fired last is kept in one transaction with the deliveries of that time, and what it fires has names made of
/// the schedule and the time. So a restart fires nothing twice, and what was missed while no router ran is fired at the next
/// start.
package actor ScheduleRunner {
    /// Times missed while no router ran of which a schedule is fired; of more, the earlier ones are left out.
    static let missedLimit = 100
    /// Until the store is asked again after an error.
    static let storeRetryInterval = Duration.seconds(1)

    package enum Problem: Sendable, CustomStringConvertible {
        case notRecorded(schedule: String, cause: any Error)
        case leftOut(schedule: String, count: Int)

        package var description: String {
            switch self {
            case .notRecorded(let schedule, let cause):
                "the schedule \(schedule) could not fire and tries again: \(cause)"
            case .leftOut(let schedule, let count):
                "the schedule \(schedule) missed more than \(ScheduleRunner.missedLimit) times while no router ran: the "
                    + "earliest \(count) are left out"
            }
        }
    }

    /// What is kept of a schedule.
    struct Memory: Sendable, Equatable {
        var expression: String
        /// Since when it is known.
        var known: Timestamp
        /// All times up to this have been seen to.
        var last: Timestamp

        init(expression: String, known: Timestamp, last: Timestamp) {
            self.expression = expression
            self.known = known
            self.last = last
        }

        init?(json: JSONValue) {
            guard let expression = json["expression"]?.stringValue,
                let known = (json["known"]?.stringValue).flatMap({ Timestamp(iso8601: $0) }),
                let last = (json["last"]?.stringValue).flatMap({ Timestamp(iso8601: $0) })
            else { return nil }
            self.init(expression: expression, known: known, last: last)
        }

        var json: JSONValue {
            [
                "expression": .string(expression), "known": .string(known.spelled(fractionDigits: 6)),
                "last": .string(last.spelled(fractionDigits: 6)),
            ]
        }
    }

    private let schedules: [EventRoutes.Schedule]
    private let store: ExecutionStore
    private let intake: ArrivalIntake
    private let clock: any WallClock
    private let machineClock: any WallClock
    private let report: @Sendable (Problem) -> Void
    private var memories: [String: Memory] = [:]

    /// - Parameter machineClock: `clock` if nil.
    package init(
        store: ExecutionStore, intake: ArrivalIntake, clock: any WallClock, machineClock: (any WallClock)? = nil,
        report: @escaping @Sendable (Problem) -> Void = { _ in }
    ) {
        schedules = intake.routes.schedules
        self.store = store
        self.intake = intake
        self.clock = clock
        self.machineClock = machineClock ?? clock
        self.report = report
    }

    /// Fires each schedule at its times until the task is cancelled.
    ///
    /// - Parameter hold: Of the clock, from before the call; released when all schedules wait for their times.
    package func run(releasing hold: ClockHold = .none) async throws {
        defer { hold.release() }
        for schedule in schedules { try await insist(schedule) { try await self.fireDue(schedule) } }
        try await withThrowingDiscardingTaskGroup { group in
            for schedule in schedules {
                let hold = clock.hold()
                group.addTask { try await self.run(schedule, releasing: hold) }
            }
            hold.release()
        }
        // All have fired for the last time.
        _ = try await Signal(machineClock).wait()
    }

    private func run(_ schedule: EventRoutes.Schedule, releasing hold: ClockHold) async throws {
        var hold = hold
        defer { hold.release() }
        while let memory = memories[schedule.arn], let due = schedule.next(after: memory.last, known: memory.known) {
            hold = try await clock.sleep(
                until: due, releasing: hold,
                for: ClockWake("schedule:\(schedule.arn)", isRecurring: !schedule.expression.isOneTime))
            try await insist(schedule) { try await self.fireDue(schedule) }
        }
    }

    private func insist(_ schedule: EventRoutes.Schedule, _ body: () async throws -> Void) async throws {
        while true {
            do {
                return try await body()
            } catch let error as CancellationError {
                throw error
            } catch {
                report(.notRecorded(schedule: schedule.name, cause: error))
                try await machineClock.sleep(for: ScheduleRunner.storeRetryInterval)
            }
        }
    }

    /// Fires a schedule for all its times that have come.
    private func fireDue(_ schedule: EventRoutes.Schedule) async throws {
        let name = "schedule:\(schedule.arn)"
        let now = clock.now
        let kept =
            if let memory = memories[schedule.arn] { Optional(memory) } else {
                try await store.memory(name).flatMap { Memory(json: try JSONValue(parsing: $0)) }
            }
        let spelling = schedule.expression.spelling
        // Another expression is another schedule.
        var memory =
            kept?.expression == spelling ? kept! : Memory(expression: spelling, known: now, last: now)
        var times: [Timestamp] = []
        while let next = schedule.next(after: memory.last, known: memory.known), next <= now {
            times.append(next)
            memory.last = next
        }
        if times.count > ScheduleRunner.missedLimit {
            report(.leftOut(schedule: schedule.name, count: times.count - ScheduleRunner.missedLimit))
            times.removeFirst(times.count - ScheduleRunner.missedLimit)
        }
        if memory != kept {
            let events = times.map { event(of: schedule, at: $0) }
            try await intake.fire(schedule, events, remembering: [name: memory.json.bytes()])
        }
        memories[schedule.arn] = memory
    }

    /// What EventBridge says of a time of a schedule.
    private func event(of schedule: EventRoutes.Schedule, at time: Timestamp) -> JSONValue {
        let account = intake.routes.account
        return EventBridgeEvent.envelope(
            id: ScheduleRunner.identifier(of: schedule.arn, at: time), detailType: "Scheduled Event",
            source: "aws.events", time: time, account: account.accountID, region: account.region,
            resources: [schedule.arn], detail: [:])
    }

    /// The same for the same time of the same schedule, in the form of a UUID.
    static func identifier(of arn: String, at time: Timestamp) -> String {
        let digits = Array(sha256(Array("\(arn)|\(time.microsecondsSinceEpoch)".utf8)))
        return [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]].map { String($0) }
            .joined(separator: "-")
    }
}
