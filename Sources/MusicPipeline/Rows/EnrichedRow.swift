/// A listen in one genre of its track, as numbers of the reference tables.
package struct EnrichedRow: Sendable, Hashable {
    /// The pair of genre and track (``TrackTable``).
    package var pair: UInt32
    /// The user's number; from ``UserTable/count`` on those that the reference does not have.
    package var user: UInt32
    /// Microseconds since 1970.
    package var time: Int64
}

/// Rows of one day.
package struct DayRows: Sendable {
    /// Days since 1970.
    package let day: Int32
    package var rows: [EnrichedRow]

    package static let microsecondsPerDay: Int64 = 86_400_000_000

    /// The day of a time, also of one before 1970.
    @inline(__always)
    static func day(of time: Int64) -> Int32 {
        let quotient = time / microsecondsPerDay
        return Int32(truncatingIfNeeded: time < quotient * microsecondsPerDay ? quotient - 1 : quotient)
    }
}

/// What a piece of a stream file comes to: rows by day, in the file's order, and counts.
package struct ParsedPiece: Sendable {
    /// Set in a user number to say that the rest is an index into ``unknownUsers``.
    static let unknownUserFlag: UInt32 = 1 << 31

    package internal(set) var counts = EnrichmentCounts()
    /// In the order of first occurrence.
    package internal(set) var days: [DayRows] = []
    /// Ids that the reference does not have, as they came.
    package internal(set) var unknownUsers: [Int64] = []
    package internal(set) var badRows: [BadStreamRow] = []
}
