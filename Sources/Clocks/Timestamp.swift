/// A moment in UTC, counted in microseconds since 1970-01-01T00:00:00Z without leap seconds.
public struct Timestamp: Sendable, Hashable, Comparable {
    public let microsecondsSinceEpoch: Int64

    public init(microsecondsSinceEpoch: Int64) { self.microsecondsSinceEpoch = microsecondsSinceEpoch }
    public init(millisecondsSinceEpoch: Int64) { self.init(microsecondsSinceEpoch: millisecondsSinceEpoch * 1_000) }
    public init(secondsSinceEpoch: Double) {
        self.init(microsecondsSinceEpoch: Int64((secondsSinceEpoch * 1e6).rounded()))
    }

    public var millisecondsSinceEpoch: Int64 { microsecondsSinceEpoch.flooredQuotient(by: 1_000) }
    public var secondsSinceEpoch: Double { Double(microsecondsSinceEpoch) / 1e6 }

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microsecondsSinceEpoch < right.microsecondsSinceEpoch
    }

    /// The moment `duration` later; sums beyond the range of 64 bits stay at its end.
    public static func + (time: Timestamp, duration: Duration) -> Timestamp {
        let (sum, overflow) = time.microsecondsSinceEpoch.addingReportingOverflow(duration.microseconds)
        guard overflow else { return Timestamp(microsecondsSinceEpoch: sum) }
        return Timestamp(microsecondsSinceEpoch: duration < .zero ? .min : .max)
    }
    public static func - (time: Timestamp, duration: Duration) -> Timestamp { time + (.zero - duration) }
    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        .microseconds(left.microsecondsSinceEpoch - right.microsecondsSinceEpoch)
    }
}

extension Duration {
    /// Whole microseconds, rounded down; beyond the range of 64 bits the end of that range.
    public var microseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        return product + attoseconds / 1_000_000_000_000
    }

    /// The length in seconds, for output.
    public var inSeconds: Double { Double(microseconds) / 1e6 }
    /// The length in milliseconds, for output.
    public var inMilliseconds: Double { Double(microseconds) / 1e3 }
}

extension Int64 {
    func flooredQuotient(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
