package import Clocks
import JSON

/// The event buses: makes the deliveries of an event to the targets of all rules that match, to be kept and then made.
package struct EventBus: Sendable {
    /// The bus that AWS's own services tell.
    package static let defaultName = "default"

    let routes: EventRoutes
    private let schedule: any DeliverySchedule
    private let entropy: any Entropy

    package init(routes: EventRoutes, schedule: any DeliverySchedule = PoliteDelivery(), entropy: any Entropy) {
        self.routes = routes
        self.schedule = schedule
        self.entropy = entropy
    }

    /// - Parameters:
    ///   - event: In EventBridge's envelope, with an `id` of its own.
    ///   - traceHeader: Goes on with the deliveries.
    func deliveries(
        of event: JSONValue, on bus: String = EventBus.defaultName, acceptedAt: Timestamp, traceHeader: String? = nil
    ) -> [QueuedDelivery] {
        let id = event["id"]?.stringValue ?? entropy.uuid()
        var found = routes.targets(of: event, bus: bus).flatMap { rule, target -> [QueuedDelivery] in
            queued(
                target.input(for: event, of: rule, at: acceptedAt), of: event, eventID: id, to: target, from: rule.arn,
                acceptedAt: acceptedAt)
        }
        for index in found.indices { found[index].traceID = traceHeader }
        return found
    }

    /// The deliveries of one event to one target of a rule or schedule.
    func queued(
        _ payload: [UInt8], of event: JSONValue, eventID: String, to target: EventRoutes.Target, from origin: String,
        acceptedAt: Timestamp
    ) -> [QueuedDelivery] {
        var made = queued(
            payload, eventID: eventID, to: target.recipient, targetID: target.id, from: origin, acceptedAt: acceptedAt)
        // A dead letter is the event itself, whatever the target was to be given of it.
        let isTransformed = if case .event = target.input { false } else { target.deadLetterARN != nil }
        for index in made.indices {
            made[index].details.targetID = target.id
            if isTransformed { made[index].details.event = event.text() }
        }
        return made
    }

    /// The deliveries of one event to one target: one, if the schedule is polite.
    func queued(
        _ payload: [UInt8], eventID: String, to target: QueuedDelivery.Target, targetID: String, from origin: String,
        acceptedAt: Timestamp
    ) -> [QueuedDelivery] {
        schedule.waits(forEvent: eventID, to: target.arn, acceptedAt: acceptedAt).enumerated().map { copy, wait in
            QueuedDelivery(
                target: target, origin: origin,
                name: EventBus.name(eventID: eventID, to: target, targetID: targetID, from: origin, copy: copy),
                payload: payload, acceptedAt: acceptedAt, due: acceptedAt + wait)
        }
    }

    /// A name that this delivery always has, and no other: of an execution `EVENT-ID_` and 16 digits, as EventBridge
    /// appends an id of its own; of an invocation and a message a UUID.
    static func name(
        eventID: String, to target: QueuedDelivery.Target, targetID: String, from origin: String, copy: Int
    ) -> String {
        let place = "\(origin)|\(targetID)|\(copy)"
        switch target {
        // Only deliveries of one event must be told apart, so 64 bits are plenty.
        case .stateMachine: return "\(eventID.prefix(60))_\(digits(of: place))"
        case .function, .queue, .topic:
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
