import Clocks
import Synchronization

/// The clock of a handler whose caller lives by another time than the machine: set at each invocation to the time that it is
/// then, from where it goes on as the machine's does.
final class HandlerClock: WallClock {
    /// The variable with the time at which the process starts.
    static let variableName = "TURNTABLE_CLOCK"

    private let state: Mutex<(time: Timestamp, since: ContinuousClock.Instant)>

    init(now: Timestamp) { state = Mutex((now, .now)) }

    /// The clock that the variables ask for, else the machine's.
    static func from(_ variables: [String: String]) -> any WallClock {
        guard let time = variables[variableName].flatMap({ Timestamp(iso8601: $0) }) else { return SystemClock() }
        return HandlerClock(now: time)
    }

    var now: Timestamp { state.withLock { $0.time + $0.since.duration(to: .now) } }

    func set(_ time: Timestamp) { state.withLock { $0 = (time, .now) } }

    func sleep(until deadline: Timestamp) async throws {
        try await Task.sleep(for: max(.zero, deadline - now), tolerance: .zero)
    }
}
