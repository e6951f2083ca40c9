package import Clocks
import Delivery
import Events
package import JSON
import Template

/// The way in for events: what objects do, what sensors find, what is put on the bus. Each event is kept with its
/// deliveries before the call returns, and the dispatcher is woken.
///
/// The event of a changed object and the memory of that change are one transaction, so an arrival is neither forgotten
/// nor told anew after a crash.
package actor ArrivalIntake: ArrivalJournal {
    private let store: ExecutionStore
    nonisolated let routes: EventRoutes
    private let schedule: any DeliverySchedule
    private let clock: any WallClock
    private let entropy: any Entropy
    private let dispatcher: DeliveryDispatcher
    private let gate = SerialGate()
    private var sequencers: SequencerSource?

    /// - Parameters:
    ///   - dispatcher: Woken when there are new deliveries.
    package init(
        store: ExecutionStore, routes: EventRoutes, schedule: any DeliverySchedule = PoliteDelivery(),
        clock: any WallClock, entropy: any Entropy, dispatcher: DeliveryDispatcher
    ) {
        self.store = store
        self.routes = routes
        self.schedule = schedule
        self.clock = clock
        self.entropy = entropy
        self.dispatcher = dispatcher
    }

    package func seen(_ names: [ObjectName]) async throws -> [ObjectName: SeenObject] { try await store.seen(names) }

    package func seenKeys(in bucket: String, prefix: String, after: String?, limit: Int) async throws -> [String] {
        try await store.seenKeys(in: bucket, prefix: prefix, after: after, limit: limit)
    }

    package func accept(_ changes: [ObjectChange]) async throws {
        // One after the other: a sequencer given later must not be recorded earlier.
        try await gate.run {
            var sequencers: SequencerSource
            if let known = self.sequencers {
                sequencers = known
            } else {
                sequencers = SequencerSource(last: try await store.lastSequencer())
            }
            var accepted: [AcceptedChange] = []
            var deliveries: [QueuedDelivery] = []
            for change in changes {
                let sequencer = sequencers.next(at: change.time)
                accepted.append(AcceptedChange(change: change, sequencer: sequencer))
                deliveries += self.deliveries(
                    of: ObjectEvents(
                        change, sequencer: sequencer, account: routes.account.accountID, region: routes.account.region,
                        entropy: entropy))
            }
            self.sequencers = sequencers
            try await store.accept(accepted, deliveries: deliveries, lastSequencer: sequencers.last)
            if !deliveries.isEmpty { dispatcher.wake() }
        }
    }

    /// Puts an event on a bus: it goes to the targets of all rules that match.
    ///
    /// - Parameter event: In EventBridge's envelope, with an `id` of its own.
    /// - Throws: ``ExecutionError`` when it could not be kept.
    package func put(_ event: JSONValue, onBus bus: String = "default") async throws {
        try await put([event], onBus: bus, remembering: [:])
    }

    /// Puts events on a bus and remembers something together with them.
    func put(_ events: [JSONValue], onBus bus: String, remembering memory: [String: [UInt8]]) async throws {
        let now = clock.now
        let deliveries = events.flatMap { self.deliveries(of: $0, bus: bus, acceptedAt: now) }
        guard !deliveries.isEmpty || !memory.isEmpty else { return }
        try await store.enqueue(deliveries, remembering: memory)
        if !deliveries.isEmpty { dispatcher.wake() }
    }

    /// Delivers what a schedule fires to its targets, and remembers something together with it.
    ///
    /// - Parameter events: One for each time, as EventBridge makes them.
    func fire(
        _ schedule: EventRoutes.Schedule, _ events: [JSONValue], remembering memory: [String: [UInt8]]
    ) async throws {
        let now = clock.now
        let deliveries = events.flatMap { event in
            let id = event["id"]?.stringValue ?? entropy.uuid()
            return schedule.targets.flatMap { target in
                queued(
                    schedule.input(of: target, for: event, at: now), eventID: id, to: target.recipient,
                    targetID: target.id, from: schedule.arn, acceptedAt: now)
            }
        }
        try await store.enqueue(deliveries, remembering: memory)
        if !deliveries.isEmpty { dispatcher.wake() }
    }

    /// Delivers an event to one target whatever the rules say.
    ///
    /// - Parameters:
    ///   - id: The event's id, the same when the same event is delivered again.
    ///   - origin: The ARN of what sends it.
    package func deliver(
        _ event: JSONValue, id: String, to target: QueuedDelivery.Target, from origin: String
    ) async throws {
        let payload = event.bytes()
        try await store.enqueue(
            queued(payload, eventID: id, to: target, targetID: target.arn, from: origin, acceptedAt: clock.now))
        dispatcher.wake()
    }

    // MARK: - Deliveries

    private func deliveries(of events: ObjectEvents) -> [QueuedDelivery] {
        let name = events.change.name
        let now = clock.now
        var deliveries: [QueuedDelivery] = []
        for notification in routes.notifications(for: events.notificationName, key: name.key, in: name.bucket) {
            deliveries += queued(
                events.notification(configurationID: notification.configurationID).bytes(), eventID: events.eventID,
                to: .function(arn: notification.functionARN), targetID: notification.configurationID,
                from: routes.account.bucketARN(name.bucket), acceptedAt: now)
        }
        if routes.sendsToEventBridge(name.bucket) {
            deliveries += self.deliveries(of: events.eventBridgeEvent, bus: "default", acceptedAt: now)
        }
        return deliveries
    }

    private func deliveries(of event: JSONValue, bus: String, acceptedAt: Timestamp) -> [QueuedDelivery] {
        let id = event["id"]?.stringValue ?? entropy.uuid()
        return routes.targets(of: event, bus: bus).flatMap { rule, target -> [QueuedDelivery] in
            queued(
                target.input(for: event, of: rule, at: acceptedAt), eventID: id, to: target.recipient,
                targetID: target.id,
                from: rule.arn, acceptedAt: acceptedAt)
        }
    }

    /// The deliveries of one event to one target: one, if the schedule is polite.
    private func queued(
        _ payload: [UInt8], eventID: String, to target: QueuedDelivery.Target, targetID: String, from origin: String,
        acceptedAt: Timestamp
    ) -> [QueuedDelivery] {
        schedule.waits(forEvent: eventID, to: target.arn, acceptedAt: acceptedAt).enumerated().map { copy, wait in
            QueuedDelivery(
                target: target, origin: origin,
                name: ArrivalIntake.name(eventID: eventID, to: target, targetID: targetID, from: origin, copy: copy),
                payload: payload,
                acceptedAt: acceptedAt, due: acceptedAt + wait)
        }
    }

    /// A name that this delivery always has, and no other: of an execution `EVENT-ID_` and 16 digits, as EventBridge
    /// appends an id of its own; of an invocation a UUID.
    static func name(
        eventID: String, to target: QueuedDelivery.Target, targetID: String, from origin: String, copy: Int
    ) -> String {
        let place = "\(origin)|\(targetID)|\(copy)"
        switch target {
        // Only deliveries of one event must be told apart, so 64 bits are plenty.
        case .stateMachine: return "\(eventID.prefix(60))_\(digits(of: place))"
        case .function:
            let digits = Array(digits(of: "\(eventID)|\(place)") + digits(of: "\(place)|\(eventID)"))
            return [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]].map { String($0) }
                .joined(separator: "-")
        }
    }

    /// FNV-1a of 64 bits, as 16 hexadecimal digits.
    private static func digits(of text: String) -> String {
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { digest = (digest ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        let digits = String(digest, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
