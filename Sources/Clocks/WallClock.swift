/// The time of day and the ability to wait for it, given to whoever needs them: nothing asks the machine by itself.
///
/// The standard library's `Clock` measures durations and has no date; this one is what events and deadlines are
/// stamped with, and under ``ManualClock`` a day passes at once.
public protocol WallClock: Sendable {
    /// The current time.
    var now: Timestamp { get }

    /// Returns when `now` has reached `deadline`, at once if it has already.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    func sleep(until deadline: Timestamp) async throws
}

extension WallClock {
    /// Returns when `duration` has passed on this clock.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    public func sleep(for duration: Duration) async throws { try await sleep(until: now + duration) }
}
