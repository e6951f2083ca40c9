/// A listen in one genre of its track, as numbers of the reference tables.
package struct EnrichedRow: Sendable, Hashable {
    /// The pair of genre and track (``TrackTable``).
    package var pair: UInt32
    /// The user's number; from ``UserTable/count`` on those that the reference does not have.
    package var user: UInt32
    /// Microseconds since 1970.
    package var time: Int64
}

/// Rows of one day, in the order in which they came but for those that are wide.
struct DayRows: Sendable {
    /// Days since 1970.
    let day: Int32
    var segments: [RowSegment] = []
    private(set) var count = 0

    static let microsecondsPerDay: Int64 = 86_400_000_000

    init(day: Int32) { self.day = day }

    mutating func append(_ segment: RowSegment) {
        segments.append(segment)
        count += segment.count
    }

    /// The day of a time, also of one before 1970.
    @inline(__always)
    static func day(of time: Int64) -> Int32 {
        let quotient = time / microsecondsPerDay
        return Int32(truncatingIfNeeded: time < quotient * microsecondsPerDay ? quotient - 1 : quotient)
    }
}

/// What a piece of a stream file comes to: rows by day, in the file's order, and counts.
package struct ParsedPiece: Sendable {
    /// A listen of a user whom the reference does not have: where its rows are, and the id.
    struct UnknownUser: Sendable {
        /// The place among ``days``.
        let day: Int
        let rows: Range<Int>
        let isWide: Bool
        let id: Int64
    }

    package internal(set) var counts = EnrichmentCounts()
    /// In the order of first occurrence; rows of unknown users have user 0.
    var days: [(day: Int32, rows: RowSegment)] = []
    /// In the order of coming.
    var unknownUsers: [UnknownUser] = []
    package internal(set) var badRows: [BadStreamRow] = []
}
