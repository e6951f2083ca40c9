import Clocks
import Synchronization

/// Calls back at one moment that can be moved: what turns a queue of deadlines into a single task that sleeps.
///
/// The sleeping task is this object's own: ``set(_:)`` replaces it, and it is cancelled when the object goes. A virtual clock
/// stands still from the alarm's setting until its sleeper sleeps, and while the action runs.
final class Alarm: Sendable {
    private struct State {
        var deadline: Timestamp?
        var generation: UInt64 = 0
        var sleeper: Task<Void, Never>?
    }

    private let clock: any WallClock
    private let wake: ClockWake
    private let action: @Sendable () async -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - name: Says who is first of those that are due at the same time under a virtual clock.
    ///   - action: What is called when the moment has come. It may set the alarm anew.
    init(clock: any WallClock, name: String = "", action: @escaping @Sendable () async -> Void) {
        self.clock = clock
        wake = ClockWake(name)
        self.action = action
    }

    deinit { state.withLock { $0.sleeper }?.cancel() }

    /// Moves the moment of the next call; nil for none. A call that has begun is not held up.
    func set(_ deadline: Timestamp?) {
        let replaced = state.withLock { state -> Task<Void, Never>? in
            guard state.deadline != deadline else { return nil }
            state.deadline = deadline
            state.generation += 1
            let replaced = state.sleeper
            state.sleeper = deadline.map { sleeper(until: $0, generation: state.generation) }
            return replaced
        }
        replaced?.cancel()
    }

    private func sleeper(until deadline: Timestamp, generation: UInt64) -> Task<Void, Never> {
        let untilAsleep = clock.hold()
        return Task { [weak self, clock, wake] in
            guard let hold = try? await clock.sleep(until: deadline, releasing: untilAsleep, for: wake) else { return }
            defer { hold.release() }
            guard let self else { return }
            let isCurrent = self.state.withLock { state in
                guard state.generation == generation else { return false }
                // From here on the alarm is not set, so that the action can set it without cancelling itself.
                state.deadline = nil
                state.sleeper = nil
                return true
            }
            if isCurrent { await self.action() }
        }
    }
}
