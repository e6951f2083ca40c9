import Clocks
import Synchronization

/// A task's hold of the clock: let go of while the task waits for another execution, and gone with the task.
package final class TaskHold: Sendable {
    /// The hold of the task that is running.
    @TaskLocal package static var current: TaskHold?

    private struct State {
        var hold: ClockHold?
        var hasEnded = false
    }

    private let clock: any WallClock
    private let state: Mutex<State>

    init(_ clock: any WallClock) {
        self.clock = clock
        state = Mutex(State(hold: clock.hold()))
    }

    /// Lets the time go on.
    package func pause() { state.withLock { $0.hold.take() }?.release() }

    /// Has the time stand still again, unless the task has ended.
    package func resume() {
        state.withLock { state in
            guard state.hold == nil, !state.hasEnded else { return }
            state.hold = clock.hold()
        }
    }

    /// The task has ended.
    func end() {
        let hold = state.withLock { state in
            state.hasEnded = true
            return state.hold.take()
        }
        hold?.release()
    }
}
