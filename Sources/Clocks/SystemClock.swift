import Glibc

/// The machine's own clock.
public struct SystemClock: WallClock {
    /// The longest single wait, after which the time is asked again: a machine that slept or whose clock was set
    /// then oversleeps by at most this much.
    static let longestNap = Duration.seconds(60)

    public init() {}

    public var now: Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microsecondsSinceEpoch: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    public func sleep(until deadline: Timestamp) async throws {
        try Task.checkCancellation()
        while true {
            let remaining = deadline - now
            guard remaining > .zero else { return }
            try await Task.sleep(for: min(remaining, SystemClock.longestNap), tolerance: .zero)
        }
    }
}
