extension DeliveryDispatcher {
    /// What keeps an event from its target, for a while or for good.
    package enum Problem: Sendable {
        /// All attempts failed, or trying again is of no use.
        case undeliverable(QueuedDelivery, reason: String)
        /// A function failed and is tried again at the delivery's due time.
        case postponed(QueuedDelivery, reason: String)
        /// The deliveries could not be read or written; this is tried again.
        case storageFailed(any Error)
    }
}

extension DeliveryDispatcher.Problem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .undeliverable(let delivery, let reason):
            "the event \(delivery.name) from \(delivery.origin) is given up for \(delivery.target.arn): \(reason)"
        case .postponed(let delivery, let reason):
            "the event \(delivery.name) goes to \(delivery.target.arn) again at \(delivery.due): \(reason)"
        case .storageFailed(let error): "deliveries wait for the store: \(error)"
        }
    }
}
