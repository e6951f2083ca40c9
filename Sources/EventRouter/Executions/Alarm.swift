import Clocks
import Synchronization

/// Calls back at one moment that can be moved: what turns a queue of deadlines into a single task that sleeps.
///
/// The sleeping task is this object's own; there is one at most, and it is cancelled when the object goes. A later moment
/// leaves it as it is: it looks when it wakes, and sleeps again. A cancelled task ends at once, but the runtime keeps its
/// timer until the moment has passed, and an engine sets its alarm thousands of times a second: memory would grow with the
/// rate. Under a virtual clock, which must not wake for nothing, ``set(_:)`` always replaces the sleeper; the clock stands
/// still from the alarm's setting until its sleeper sleeps, and while the action runs.
final class Alarm: Sendable {
    private struct State {
        var deadline: Timestamp?
        var generation: UInt64 = 0
        var sleeper: Task<Void, Never>?
        /// When the sleeper wakes, which may be before the deadline.
        var wakeTime: Timestamp?
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
            // A sleeper that wakes in time, or for nothing, stays.
            if !clock.isVirtual, let wakeTime = state.wakeTime, wakeTime <= deadline ?? wakeTime { return nil }
            let replaced = state.sleeper
            startSleeper(&state)
            return replaced
        }
        replaced?.cancel()
    }

    /// Has a new sleeper wait for the deadline, if there is one.
    private func startSleeper(_ state: inout State) {
        state.generation += 1
        state.wakeTime = state.deadline
        let generation = state.generation
        state.sleeper = state.deadline.map { sleeper(until: $0, generation: generation) }
    }

    private func sleeper(until wakeTime: Timestamp, generation: UInt64) -> Task<Void, Never> {
        let untilAsleep = clock.hold()
        return Task { [weak self, clock, wake] in
            guard let hold = try? await clock.sleep(until: wakeTime, releasing: untilAsleep, for: wake) else { return }
            defer { hold.release() }
            guard let self else { return }
            let isDue = self.state.withLock { state in
                guard state.generation == generation else { return false }
                if let deadline = state.deadline, deadline <= wakeTime {
                    // From here on the alarm is not set, so that the action can set it without cancelling itself.
                    state.deadline = nil
                    state.sleeper = nil
                    state.wakeTime = nil
                    return true
                }
                startSleeper(&state)
                return false
            }
            if isDue { await self.action() }
        }
    }
}
