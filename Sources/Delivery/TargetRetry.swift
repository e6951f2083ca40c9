package import Clocks

/// EventBridge's policy for the targets of rules and schedules: up to 185 retries in 24 hours, with waits that double
/// and are jittered.
///
/// AWS does not publish the waits. Ours are 1 s doubling to 10 min, halved at most by jitter, which spends the default
/// 185 attempts in about the default 24 hours.
package struct TargetRetry: Sendable, Hashable {
    package static let longestWait = Duration.seconds(600)

    package let maximumRetryAttempts: Int
    package let maximumEventAge: Duration

    package init(maximumRetryAttempts: Int = 185, maximumEventAge: Duration = .seconds(86_400)) {
        self.maximumRetryAttempts = maximumRetryAttempts
        self.maximumEventAge = maximumEventAge
    }

    /// What becomes of a delivery that failed for a reason that may pass.
    package enum Decision: Sendable, Hashable {
        case retry(at: Timestamp)
        /// To the target's dead-letter queue, if it has one, else nowhere.
        case giveUp(Reason)
    }

    /// Which limit was reached, as the queue's attribute `EXHAUSTED_RETRY_CONDITION` spells it.
    package enum Reason: String, Sendable, Hashable {
        case retriesExhausted = "MaximumRetryAttempts"
        case eventAgeExceeded = "MaximumEventAgeInSeconds"
    }

    /// - Parameters:
    ///   - attempts: Deliveries so far, the failed one among them; at least 1.
    ///   - fraction: A random number from 0 up to 1 that spreads the waits.
    package func failed(
        attempts: Int, eventTime: Timestamp, at now: Timestamp, fraction: Double
    ) -> Decision {
        guard attempts <= maximumRetryAttempts else { return .giveUp(.retriesExhausted) }
        let full = min(Duration.seconds(1 << min(max(attempts - 1, 0), 10)), TargetRetry.longestWait)
        let next = now + full * (1 - fraction / 2)
        guard next - eventTime <= maximumEventAge else { return .giveUp(.eventAgeExceeded) }
        return .retry(at: next)
    }
}
