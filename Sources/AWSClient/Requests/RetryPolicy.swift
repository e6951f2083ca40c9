import Clocks
import Synchronization

/// When a call is tried again (AWS SDKs and Tools Reference Guide, "Retry behavior", standard mode).
package struct RetryPolicy: Sendable {
    /// Attempts at most, the first included.
    package var maximumAttempts = 3
    /// The first wait is a random part of this, each further one of twice the last.
    package var baseDelay = Duration.milliseconds(50)
    /// The same after the service asked for fewer requests.
    package var throttledBaseDelay = Duration.seconds(1)
    package var maximumDelay = Duration.seconds(20)
    /// Time for a call with all its attempts; no wait begins that would end after it.
    package var deadline = Duration.seconds(120)
    /// Time for one attempt.
    package var attemptTimeout = Duration.seconds(60)

    package init() {}

    /// The wait before attempt `next` (from 2 on): a random part of what doubling comes to ("full jitter").
    func delay(before next: Int, isThrottled: Bool, _ entropy: any Entropy) -> Duration {
        let base = isThrottled ? throttledBaseDelay : baseDelay
        let limit = min(maximumDelay, base * (1 << min(next - 2, 20)))
        return .microseconds(Int64(Double(limit.microseconds) * entropy.fraction()))
    }
}

/// A budget of retries that all calls of a client share, so that a service in trouble isn't asked three times as much.
///
/// Standard mode: 500 tokens; a retry takes 5, after a timeout 10, and gives them back when it succeeds; a first attempt
/// that succeeds gives one.
final class RetryQuota: Sendable {
    static let capacity = 500
    static let retryCost = 5
    static let timeoutCost = 10

    private let available = Mutex(RetryQuota.capacity)

    var tokenCount: Int { available.withLock { $0 } }

    /// Takes the tokens of a retry; false when there are too few.
    func take(_ cost: Int) -> Bool {
        available.withLock { available in
            guard available >= cost else { return false }
            available -= cost
            return true
        }
    }

    /// Gives back what the last retry of a call took, or one for a call that needed none.
    func giveBack(_ cost: Int) { available.withLock { $0 = min(RetryQuota.capacity, $0 + max(cost, 1)) } }
}

/// What a failure means for the next attempt.
enum FailureClass {
    case permanent
    /// Something may have gone wrong on the way or in the service.
    case transient
    case timeout
    /// The service asks for fewer requests.
    case throttled
    /// The credentials were good and no longer are.
    case expired
    /// The request's time is too far from the service's.
    case skewed

    private static let throttling: Set = [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "RequestThrottled",
        "TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
        "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "SlowDown",
        "PriorRequestNotComplete", "EC2ThrottledException",
    ]
    private static let transients: Set = [
        "RequestTimeout", "RequestTimeoutException", "InternalError", "InternalServerError", "InternalFailure",
        "ServiceUnavailable", "IDPCommunicationError", "ConditionalRequestConflict", "OperationAborted",
    ]
    private static let expirations: Set = ["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"]
    private static let skews: Set = [
        "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "InvalidSignatureException",
        "SignatureDoesNotMatch", "AuthFailure",
    ]

    init(status: Int, code: String) {
        if Self.throttling.contains(code) || status == 429 {
            self = .throttled
        } else if Self.expirations.contains(code) {
            self = .expired
        } else if Self.skews.contains(code) {
            self = .skewed
        } else if Self.transients.contains(code) || [500, 502, 503, 504].contains(status) {
            self = .transient
        } else {
            self = .permanent
        }
    }
}
