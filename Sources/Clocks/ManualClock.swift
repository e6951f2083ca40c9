import Synchronization

/// A clock that stands still until it is moved; whoever sleeps wakes when it is moved past the deadline.
public final class ManualClock: WallClock {
    private struct Sleeper {
        let deadline: Timestamp
        let order: UInt64
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now: Timestamp
        var nextOrder: UInt64 = 0
        var sleepers: [UInt64: Sleeper] = [:]
        /// Sleeps cancelled before they were entered.
        var cancelled: Set<UInt64> = []
        var watchers: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    public init(now: Timestamp = Timestamp(secondsSinceEpoch: 1_719_309_600)) { state = Mutex(State(now: now)) }

    public var now: Timestamp { state.withLock { $0.now } }

    /// How many are asleep.
    public var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    /// When the next sleeper is due, or nil when nobody sleeps.
    public var nextDeadline: Timestamp? { state.withLock { $0.sleepers.values.map(\.deadline).min() } }

    public func sleep(until deadline: Timestamp) async throws {
        try Task.checkCancellation()
        let order = state.withLock { state in
            state.nextOrder += 1
            return state.nextOrder
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                enter(Sleeper(deadline: deadline, order: order, continuation: continuation))
            }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                if let sleeper = state.sleepers.removeValue(forKey: order) { return sleeper }
                state.cancelled.insert(order)
                return nil
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    private func enter(_ sleeper: Sleeper) {
        enum Outcome { case asleep([CheckedContinuation<Void, Never>]), due, cancelled }
        let outcome = state.withLock { state -> Outcome in
            if state.cancelled.remove(sleeper.order) != nil { return .cancelled }
            if sleeper.deadline <= state.now { return .due }
            state.sleepers[sleeper.order] = sleeper
            defer { state.watchers = [] }
            return .asleep(state.watchers)
        }
        switch outcome {
        case .asleep(let watchers): for watcher in watchers { watcher.resume() }
        case .due: sleeper.continuation.resume()
        case .cancelled: sleeper.continuation.resume(throwing: CancellationError())
        }
    }

    /// Returns once at least `count` are asleep: how a test knows that the code under test has begun to wait.
    public func waitForSleepers(_ count: Int = 1) async {
        while sleeperCount < count {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isReached = state.withLock { state in
                    if state.sleepers.count >= count { return true }
                    state.watchers.append(continuation)
                    return false
                }
                if isReached { continuation.resume() }
            }
        }
    }

    /// Moves the clock on by `duration` and wakes those who are due, in the order of their deadlines.
    public func advance(by duration: Duration) { advance(to: now + duration) }

    /// Moves the clock on to `time`, never back, and wakes those who are due, in the order of their deadlines.
    public func advance(to time: Timestamp) {
        let due = state.withLock { state -> [Sleeper] in
            state.now = max(state.now, time)
            let due = state.sleepers.values.filter { $0.deadline <= state.now }
            for sleeper in due { state.sleepers[sleeper.order] = nil }
            return due
        }
        for sleeper in due.sorted(by: { ($0.deadline, $0.order) < ($1.deadline, $1.order) }) {
            sleeper.continuation.resume()
        }
    }
}
