import Clocks
import Testing

@testable import Delivery

private let start = Timestamp(secondsSinceEpoch: 1_719_309_600)

@Suite struct TargetRetryTests {
    @Test("waits double to ten minutes and are at most halved by jitter")
    func waits() {
        let policy = TargetRetry()
        for (attempts, longest) in [(1, 1.0), (2, 2), (10, 512), (11, 600), (185, 600)] {
            for fraction in [0.0, 0.5, 0.999] {
                guard
                    case .retry(let next) = policy.failed(
                        attempts: attempts, eventTime: start, at: start, fraction: fraction)
                else {
                    Issue.record("attempt \(attempts) was given up")
                    continue
                }
                let wait = (next - start).inSeconds
                #expect(wait <= longest && wait >= longest / 2 - 0.001, "attempt \(attempts), fraction \(fraction)")
            }
        }
    }

    @Test("ends after its attempts or its age")
    func ends() {
        #expect(
            TargetRetry().failed(attempts: 186, eventTime: start, at: start, fraction: 0) == .giveUp(.retriesExhausted))
        #expect(
            TargetRetry(maximumEventAge: .seconds(60)).failed(
                attempts: 1, eventTime: start, at: start + .seconds(60), fraction: 0) == .giveUp(.eventAgeExceeded))
    }
}
