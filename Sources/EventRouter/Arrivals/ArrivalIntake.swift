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
    /// What is put here goes to the rules' targets.
    package nonisolated let bus: EventBus
    nonisolated var routes: EventRoutes { bus.routes }
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
        bus = EventBus(routes: routes, schedule: schedule, entropy: entropy)
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
        let deliveries = events.flatMap { self.bus.deliveries(of: $0, on: bus, acceptedAt: now) }
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
            return schedule.targets.flatMap { target -> [QueuedDelivery] in
                let made = bus.queued(
                    schedule.input(of: target, for: event, at: now), of: event, eventID: id, to: target,
                    from: schedule.arn, acceptedAt: now)
                guard schedule.origin == .scheduler else { return made }
                // A schedule's own input is all that there is.
                return made.map { delivery in
                    var delivery = delivery
                    delivery.details.event = nil
                    return delivery
                }
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
            bus.queued(payload, eventID: id, to: target, targetID: target.arn, from: origin, acceptedAt: clock.now))
        dispatcher.wake()
    }

    // MARK: - Deliveries

    private func deliveries(of events: ObjectEvents) -> [QueuedDelivery] {
        let name = events.change.name
        let now = clock.now
        var deliveries: [QueuedDelivery] = []
        for notification in routes.notifications(for: events.notificationName, key: name.key, in: name.bucket) {
            deliveries += bus.queued(
                events.notification(configurationID: notification.configurationID).bytes(), eventID: events.eventID,
                to: .function(arn: notification.functionARN), targetID: notification.configurationID,
                from: routes.account.bucketARN(name.bucket), acceptedAt: now)
        }
        if routes.sendsToEventBridge(name.bucket) {
            deliveries += bus.deliveries(of: events.eventBridgeEvent, acceptedAt: now)
        }
        return deliveries
    }
}
