import Synchronization

/// A clock that moves only when it is told to, from one deadline to the next, and stands still while anything is done.
///
/// What is being done says so by a ``ClockHold``. Sleepers that are due are woken one at a time, each only when all that the
/// one before it set off is over: what a timer starts happens at the timer's time, and always in the same order.
public final class VirtualClock: WallClock {
    private struct Sleeper {
        let deadline: Timestamp
        let order: UInt64
        let wake: ClockWake
        let continuation: CheckedContinuation<ClockHold, any Error>

        func precedes(_ other: Sleeper) -> Bool {
            (deadline, wake.name, order) < (other.deadline, other.wake.name, other.order)
        }
    }

    private enum Entry {
        /// On its way to sleep.
        case arriving
        case cancelled
        case asleep(Sleeper)
    }

    private struct State {
        var now: Timestamp
        var nextOrder: UInt64 = 0
        var entries: [UInt64: Entry] = [:]
        var holdCount = 0
        /// Holds taken so far: tells whether anything was done between two looks.
        var holdsTaken: UInt64 = 0
        /// Those who wait until nothing holds the clock.
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var barriers: [@Sendable () async throws -> Void] = []

        var sleepers: [Sleeper] {
            entries.values.compactMap { if case .asleep(let sleeper) = $0 { sleeper } else { nil } }
        }

        mutating func takeOrder() -> UInt64 {
            nextOrder += 1
            return nextOrder
        }

        mutating func takeHold() {
            holdCount += 1
            holdsTaken += 1
        }
    }

    private let state: Mutex<State>
    private let willMove: @Sendable (Timestamp) async throws -> Void

    /// - Parameter willMove: Called with each new time before it is so; when it throws, the time stays as it is.
    public init(now: Timestamp, willMove: @escaping @Sendable (Timestamp) async throws -> Void = { _ in }) {
        state = Mutex(State(now: now))
        self.willMove = willMove
    }

    public var isVirtual: Bool { true }
    public var now: Timestamp { state.withLock { $0.now } }

    /// When the next sleeper is due; nil when nobody sleeps.
    public var nextDeadline: Timestamp? { state.withLock { $0.sleepers.map(\.deadline).min() } }

    /// Has `barrier` called whenever the clock is about to move: it returns when what has happened outside of the process,
    /// such as the writing of a file, has reached those who hold the clock for it.
    public func addBarrier(_ barrier: @escaping @Sendable () async throws -> Void) {
        state.withLock { $0.barriers.append(barrier) }
    }

    // MARK: - Holds

    public func hold() -> ClockHold {
        state.withLock { $0.takeHold() }
        return ClockHold { self.released() }
    }

    private func released() {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.holdCount -= 1
            guard state.holdCount == 0 else { return [] }
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when nothing is being done and nothing will be before a sleeper wakes or someone outside acts.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled; what a barrier throws.
    public func waitUntilIdle() async throws {
        while true {
            try await waitUntilUnheld()
            let (seen, barriers) = state.withLock { ($0.holdsTaken, $0.barriers) }
            for barrier in barriers { try await barrier() }
            if state.withLock({ $0.holdCount == 0 && $0.holdsTaken == seen }) { return }
        }
    }

    private func waitUntilUnheld() async throws {
        let id = state.withLock { $0.takeOrder() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isOver = state.withLock { state in
                    if state.holdCount == 0 || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
        try Task.checkCancellation()
    }

    // MARK: - Sleeping

    public func sleep(until deadline: Timestamp) async throws {
        try await sleep(until: deadline, releasing: .none, for: ClockWake()).release()
    }

    public func sleep(until deadline: Timestamp, releasing hold: ClockHold, for wake: ClockWake) async throws
        -> ClockHold
    {
        defer { hold.release() }
        try Task.checkCancellation()
        let order = state.withLock { state in
            let order = state.takeOrder()
            state.entries[order] = .arriving
            return order
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enter(Sleeper(deadline: deadline, order: order, wake: wake, continuation: continuation))
                hold.release()
            }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                switch state.entries[order] {
                case .asleep(let sleeper):
                    state.entries[order] = nil
                    return sleeper
                case .arriving:
                    state.entries[order] = .cancelled
                    return nil
                case .cancelled, nil: return nil
                }
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    private func enter(_ sleeper: Sleeper) {
        enum Outcome { case asleep, due, cancelled }
        let outcome = state.withLock { state -> Outcome in
            if case .cancelled = state.entries[sleeper.order] {
                state.entries[sleeper.order] = nil
                return .cancelled
            }
            guard sleeper.deadline > state.now else {
                state.entries[sleeper.order] = nil
                state.takeHold()
                return .due
            }
            state.entries[sleeper.order] = .asleep(sleeper)
            return .asleep
        }
        switch outcome {
        case .asleep: break
        case .due: sleeper.continuation.resume(returning: ClockHold { self.released() })
        case .cancelled: sleeper.continuation.resume(throwing: CancellationError())
        }
    }

    // MARK: - Moving

    /// Moves the clock on by `duration`: see ``advance(to:)``.
    public func advance(by duration: Duration) async throws { try await advance(to: now + duration) }

    /// Moves the clock on to `time`, never back, deadline by deadline; what the last sleeper set off is over on return.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled, and what keeps the clock from being moved; the time is
    ///   that of the last deadline then.
    public func advance(to time: Timestamp) async throws {
        while true {
            try await waitUntilIdle()
            if try await wakeNext(upTo: time) { continue }
            if try await settle(at: time) { return }
        }
    }

    /// Moves the clock on until nobody sleeps any more but those who wake again and again, at most to `limit`.
    ///
    /// - Returns: Whether that is so; else `limit` was reached first.
    /// - Throws: As ``advance(to:)``.
    public func runUntilIdle(limit: Timestamp) async throws -> Bool {
        while true {
            try await waitUntilIdle()
            guard state.withLock({ $0.sleepers.contains { !$0.wake.isRecurring } }) else { return true }
            if try await wakeNext(upTo: limit) { continue }
            if try await settle(at: limit) { return false }
        }
    }

    /// Moves on to the next deadline and wakes its first sleeper.
    ///
    /// - Returns: False when none is due by `limit`.
    private func wakeNext(upTo limit: Timestamp) async throws -> Bool {
        func next(_ state: borrowing State) -> Sleeper? {
            state.sleepers.filter { $0.deadline <= limit }.min { $0.precedes($1) }
        }
        guard let deadline = state.withLock({ next($0)?.deadline }) else { return false }
        if deadline > now { try await willMove(deadline) }
        let sleeper = state.withLock { state -> Sleeper? in
            // Something may have come from outside meanwhile, or the sleeper have gone.
            guard state.holdCount == 0, let sleeper = next(state) else { return nil }
            state.now = max(state.now, min(deadline, sleeper.deadline))
            guard sleeper.deadline <= state.now else { return nil }
            state.entries[sleeper.order] = nil
            state.takeHold()
            return sleeper
        }
        sleeper?.continuation.resume(returning: ClockHold { self.released() })
        return true
    }

    /// Moves on to `time` unless there is something to do before.
    private func settle(at time: Timestamp) async throws -> Bool {
        if time > now { try await willMove(time) }
        return state.withLock { state in
            guard state.holdCount == 0, !state.sleepers.contains(where: { $0.deadline <= time }) else { return false }
            state.now = max(state.now, time)
            return true
        }
    }
}
