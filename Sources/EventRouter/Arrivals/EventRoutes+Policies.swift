import Delivery
import Template

extension EventRoutes {
    /// Where the record of an asynchronous invocation goes.
    enum Destination: Sendable, Hashable {
        /// A queue or topic, by ARN.
        case message(String)
        case function(String)
        /// A bus, by name.
        case eventBus(String)

        init?(_ destination: Application.Destination?) {
            guard let destination else { return nil }
            switch destination.kind {
            case .queue, .topic: self = .message(destination.arn)
            case .function: self = .function(destination.arn)
            case .eventBus:
                self = .eventBus(destination.arn.split(separator: "/").last.map(String.init) ?? EventBus.defaultName)
            // The template's reader has refused it.
            case .bucket: return nil
            }
        }
    }

    /// What becomes of a function's asynchronous invocations.
    struct Invocation: Sendable, Hashable {
        var retry: InvocationRetry
        var deadLetterARN: String?
        var onSuccess: Destination?
        var onFailure: Destination?
        /// Whether its reserved concurrency is 0: events are given up at once then ("Capturing records of Lambda asynchronous
        /// invocations").
        var isStopped: Bool

        init(_ function: Application.Function) {
            let policy = function.asynchronousInvocation
            retry = InvocationRetry(
                maximumRetryAttempts: policy.maximumRetryAttempts,
                maximumEventAge: .seconds(policy.maximumEventAgeSeconds))
            deadLetterARN = policy.deadLetterARN
            onSuccess = Destination(policy.onSuccess)
            onFailure = Destination(policy.onFailure)
            isStopped = function.reservedConcurrentExecutions == 0
        }
    }

    /// The target of a rule or schedule that a delivery is for; nil when it is for none of the template as it is now.
    func place(of delivery: QueuedDelivery) -> (target: Target, isScheduler: Bool)? {
        guard let id = delivery.details.targetID else { return nil }
        if let target = rules.first(where: { $0.arn == delivery.origin })?.targets.first(where: { $0.id == id }) {
            return (target, false)
        }
        guard let schedule = schedules.first(where: { $0.arn == delivery.origin }),
            let target = schedule.targets.first(where: { $0.id == id })
        else { return nil }
        return (target, schedule.origin == .scheduler)
    }
}
