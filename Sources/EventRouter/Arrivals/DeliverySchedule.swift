package import Clocks

/// Decides how often and when an event that was accepted is delivered, within what AWS allows: at least once, in any order.
package protocol DeliverySchedule: Sendable {
    /// Returns after which waits the event reaches the target: one for each time, at least one.
    ///
    /// - Parameters:
    ///   - eventID: The event's id; a schedule that is seeded takes its chances from it.
    ///   - targetARN: The function or state machine.
    func waits(forEvent eventID: String, to targetARN: String, acceptedAt: Timestamp) -> [Duration]
}

/// Each event once, at once, in the order of acceptance.
package struct PoliteDelivery: DeliverySchedule {
    package init() {}

    package func waits(forEvent eventID: String, to targetARN: String, acceptedAt: Timestamp) -> [Duration] { [.zero] }
}
