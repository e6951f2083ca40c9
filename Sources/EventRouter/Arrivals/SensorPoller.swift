package import Clocks
import Delivery
import Events
import JSON
package import Storage
package import Template

/// Polls buckets for files: the alternative to being told by the kernel, for folders where it can't.
///
/// A file counts when two polls in a row found it with the same size and time of change. What a sensor has announced is
/// kept together with the announcement's deliveries, so a restart repeats nothing and loses nothing.
package actor SensorPoller {
    /// Objects listed at once.
    static let pageCount = 1_000

    /// What went wrong in a poll; the next one tries again.
    package struct Problem: Sendable, CustomStringConvertible {
        package var sensor: String
        package var cause: any Error

        package var description: String { "sensor \(sensor) could not poll and tries again at its next turn: \(cause)" }
    }

    private struct Poll {
        var sensor: Application.Sensor
        var wildcard: WildcardMatcher?
        var state: SensorState?
    }

    private let objects: any ObjectStore
    private let store: ExecutionStore
    private let intake: ArrivalIntake
    private let account: AccountContext
    private let clock: any WallClock
    private let entropy: any Entropy
    private let report: @Sendable (Problem) -> Void
    private var polls: [Poll] = []

    /// - Throws: `DeliveryError` when a sensor's wildcard is no pattern.
    package init(
        sensors: [Application.Sensor], objects: any ObjectStore, store: ExecutionStore, intake: ArrivalIntake,
        clock: any WallClock, entropy: any Entropy,
        report: @escaping @Sendable (Problem) -> Void = { _ in }
    ) throws {
        self.objects = objects
        self.store = store
        self.intake = intake
        account = intake.routes.account
        self.clock = clock
        self.entropy = entropy
        self.report = report
        polls = try sensors.map {
            Poll(sensor: $0, wildcard: try $0.wildcard.map { try WildcardMatcher($0) }, state: nil)
        }
    }

    /// Polls each sensor's bucket at once and then at its interval, until the task is cancelled.
    ///
    /// - Parameter hold: Of the clock, from before the call; released when all sensors wait for their second turn.
    package func run(releasing hold: ClockHold = .none) async throws {
        defer { hold.release() }
        let start = clock.now
        // The first turns one after the other, so that they come in the same order whenever the router starts.
        for index in polls.indices { try await turn(index) }
        try await withThrowingDiscardingTaskGroup { group in
            for index in polls.indices {
                let hold = clock.hold()
                group.addTask { try await self.run(index, from: start, releasing: hold) }
            }
            hold.release()
        }
    }

    private func run(_ index: Int, from start: Timestamp, releasing hold: ClockHold) async throws {
        let sensor = polls[index].sensor
        let interval = Duration.seconds(max(sensor.intervalSeconds, 1))
        var (due, hold) = (start, hold)
        defer { hold.release() }
        while true {
            // Turns that were missed while a poll took long are left out.
            repeat { due = due + interval } while due <= clock.now
            // A file that is still to settle is waited for; else the polls go on and on, and nobody waits for them.
            let isRecurring = polls[index].state?.isUnsettled != true
            hold = try await clock.sleep(
                until: due, releasing: hold, for: ClockWake("sensor:\(sensor.name)", isRecurring: isRecurring))
            try await turn(index)
        }
    }

    private func turn(_ index: Int) async throws {
        do {
            try await poll(index)
        } catch let error as CancellationError {
            throw error
        } catch {
            report(Problem(sensor: polls[index].sensor.name, cause: error))
        }
    }

    private func poll(_ index: Int) async throws {
        let sensor = polls[index].sensor
        let memoryName = "sensor:\(sensor.name)"
        var state: SensorState
        if let known = polls[index].state {
            state = known
        } else {
            let bytes = try await store.memory(memoryName)
            state = try bytes.flatMap { SensorState(json: try JSONValue(parsing: $0)) } ?? SensorState()
        }
        let before = state
        var found: [String: ObjectMetadata] = [:]
        var next: String?
        repeat {
            let page = try await objects.list(
                sensor.bucket, prefix: sensor.prefix, after: next, limit: SensorPoller.pageCount)
            for object in page.objects where polls[index].wildcard?.matches(object.key) ?? true {
                found[object.key] = object
            }
            next = page.next
        } while next != nil
        let arrivals = state.observe(
            found.values.map {
                SensedObject(
                    key: $0.key, byteCount: $0.byteCount,
                    modifiedNanoseconds: $0.lastModified.microsecondsSinceEpoch * 1_000,
                    eTag: $0.eTag)
            })
        if state != before {
            let now = clock.now
            let events = arrivals.compactMap { arrival in
                found[arrival.key].map { event(of: $0, sensor: sensor, at: now) }
            }
            try await intake.put(events, onBus: "default", remembering: [memoryName: state.json.bytes()])
        }
        polls[index].state = state
    }

    private func event(of object: ObjectMetadata, sensor: Application.Sensor, at time: Timestamp) -> JSONValue {
        SensorPoll.event(
            ArrivedObject(bucket: object.bucket, key: object.key, byteCount: object.byteCount, eTag: object.eTag),
            lastModified: object.lastModified,
            sensor: SensorPoll.Sensor(
                name: sensor.name, prefix: sensor.prefix, wildcard: sensor.wildcard,
                interval: .seconds(sensor.intervalSeconds)), id: entropy.uuid(), time: time, account: account.accountID,
            region: account.region)
    }
}
