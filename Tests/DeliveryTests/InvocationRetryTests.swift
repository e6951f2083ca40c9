import Clocks
import Testing

@testable import Delivery

private let start = Timestamp(secondsSinceEpoch: 1_719_309_600)

@Suite struct InvocationRetryTests {
    @Test("a function's error is tried again after one and after two minutes, then given up")
    func functionErrors() {
        let policy = InvocationRetry()
        var progress = InvocationRetry.Progress(queuedAt: start)
        #expect(policy.failed(.function, at: start, progress: &progress) == .retry(at: start + .seconds(60)))
        let second = start + .seconds(61)
        #expect(policy.failed(.function, at: second, progress: &progress) == .retry(at: second + .seconds(120)))
        #expect(
            policy.failed(.function, at: second + .seconds(121), progress: &progress) == .giveUp(.retriesExhausted))
        #expect(progress.attempts == 3)
    }

    @Test("no retries means none")
    func noRetries() {
        var progress = InvocationRetry.Progress(queuedAt: start)
        let policy = InvocationRetry(maximumRetryAttempts: 0)
        #expect(policy.failed(.function, at: start, progress: &progress) == .giveUp(.retriesExhausted))
    }

    @Test("an event that would be too old by its next attempt is given up")
    func age() {
        let policy = InvocationRetry(maximumEventAge: .seconds(60))
        var progress = InvocationRetry.Progress(queuedAt: start)
        #expect(policy.failed(.function, at: start + .seconds(1), progress: &progress) == .giveUp(.eventAgeExceeded))
        #expect(!policy.isTooOld(progress, at: start + .seconds(60)))
        #expect(policy.isTooOld(progress, at: start + .seconds(61)))
    }

    @Test("throttles wait 1 s doubling to 5 min, count no attempt, and end with the event's age")
    func throttles() {
        let policy = InvocationRetry()
        var progress = InvocationRetry.Progress(queuedAt: start)
        var now = start
        var waits: [Double] = []
        while case .retry(let next) = policy.failed(.notRun, at: now, progress: &progress) {
            waits.append((next - now).inSeconds)
            now = next
        }
        #expect(Array(waits.prefix(10)) == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300])
        #expect(waits.dropFirst(10).allSatisfy { $0 == 300 })
        #expect(now - start <= .seconds(21_600))
        #expect(now - start > .seconds(21_600 - 300))
        #expect(progress.attempts == 0)
    }

    @Test("a run between throttles begins their waits anew")
    func mixed() {
        let policy = InvocationRetry()
        var progress = InvocationRetry.Progress(queuedAt: start)
        for _ in 0..<5 { _ = policy.failed(.notRun, at: start, progress: &progress) }
        _ = policy.failed(.function, at: start, progress: &progress)
        #expect(policy.failed(.notRun, at: start, progress: &progress) == .retry(at: start + .seconds(1)))
    }
}
