/// The time of day and the ability to wait for it, given to whoever needs them: nothing asks the machine by itself.
///
/// The standard library's `Clock` measures durations and has no date; this one is what events and deadlines are
/// stamped with, and under ``VirtualClock`` a day passes at once.
public protocol WallClock: Sendable {
    /// The current time.
    var now: Timestamp { get }

    /// Whether the time moves only when it is told to: see ``VirtualClock``.
    var isVirtual: Bool { get }

    /// Returns when `now` has reached `deadline`, at once if it has already.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    func sleep(until deadline: Timestamp) async throws

    /// Keeps a virtual clock where it is until the hold is released.
    func hold() -> ClockHold

    /// As ``sleep(until:)``, for those whose work a virtual clock waits for: `hold` is released when the sleeper is asleep,
    /// and the clock stands still from its wake until the hold that is returned is released.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled; `hold` is released then, too.
    func sleep(until deadline: Timestamp, releasing hold: ClockHold, for wake: ClockWake) async throws -> ClockHold
}

extension WallClock {
    public var isVirtual: Bool { false }

    public func hold() -> ClockHold { .none }

    public func sleep(until deadline: Timestamp, releasing hold: ClockHold, for wake: ClockWake) async throws
        -> ClockHold
    {
        hold.release()
        try await sleep(until: deadline)
        return .none
    }

    /// Returns when `duration` has passed on this clock.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    public func sleep(for duration: Duration) async throws { try await sleep(until: now + duration) }
}
