package import Clocks

/// Lambda's policy for asynchronous invocations: how often and how long an event is tried.
///
/// A function's error is tried again at most twice, after one and two minutes. A throttle or an error of the service
/// counts no attempt: the event goes back to the queue, with waits from 1 s to 5 min, until it is too old ("How Lambda
/// handles errors and retries with asynchronous invocation").
package struct InvocationRetry: Sendable, Hashable {
    package static let longestThrottleWait = Duration.seconds(300)

    /// Attempts after the first; 0 to 2.
    package let maximumRetryAttempts: Int
    /// After which an event is not tried again; 60 s to 6 h.
    package let maximumEventAge: Duration

    package init(maximumRetryAttempts: Int = 2, maximumEventAge: Duration = .seconds(21_600)) {
        self.maximumRetryAttempts = maximumRetryAttempts
        self.maximumEventAge = maximumEventAge
    }

    /// Who failed.
    package enum Failure: Sendable, Hashable {
        /// The function ran and failed, timed out or crashed.
        case function
        /// It was not run: throttled, or the service failed.
        case notRun
    }

    /// How far an event has come.
    package struct Progress: Sendable, Hashable {
        package let queuedAt: Timestamp
        /// Attempts in which the function ran.
        package private(set) var attempts: Int
        /// Times in a row that it was not run.
        package private(set) var refusals: Int

        package init(queuedAt: Timestamp, attempts: Int = 0, refusals: Int = 0) {
            self.queuedAt = queuedAt
            self.attempts = attempts
            self.refusals = refusals
        }

        fileprivate mutating func count(_ failure: Failure) {
            switch failure {
            case .function:
                attempts += 1
                refusals = 0
            case .notRun: refusals += 1
            }
        }
    }

    /// What becomes of an event that failed.
    package enum Decision: Sendable, Hashable {
        case retry(at: Timestamp)
        /// To the failure destination and the dead-letter queue, if there are any, else nowhere.
        case giveUp(Condition)
    }

    /// Why an event was given up, as the record for a destination spells it.
    package enum Condition: String, Sendable, Hashable {
        case retriesExhausted = "RetriesExhausted"
        case eventAgeExceeded = "EventAgeExceeded"
        /// Of records of success.
        case success = "Success"
    }

    /// Counts a failure and says what becomes of the event.
    package func failed(_ failure: Failure, at now: Timestamp, progress: inout Progress) -> Decision {
        progress.count(failure)
        let wait: Duration
        switch failure {
        case .function:
            guard progress.attempts <= maximumRetryAttempts else { return .giveUp(.retriesExhausted) }
            wait = .seconds(60 * min(progress.attempts, 2))
        case .notRun:
            // 1, 2, 4, ... seconds; nine doublings pass the longest wait.
            wait = min(.seconds(1 << min(progress.refusals - 1, 9)), InvocationRetry.longestThrottleWait)
        }
        let next = now + wait
        guard next - progress.queuedAt <= maximumEventAge else { return .giveUp(.eventAgeExceeded) }
        return .retry(at: next)
    }

    /// Whether an event that waited in the queue is too old to be tried at all.
    package func isTooOld(_ progress: Progress, at now: Timestamp) -> Bool {
        now - progress.queuedAt > maximumEventAge
    }
}
