/// A listen of a whole second in eight bytes: the pair in the highest bits, then the user, then the second of the day.
///
/// Rows that are ordered as numbers are ordered by pair. What does not fit is kept as an ``EnrichedRow``.
struct RowPacking: Sendable, Hashable {
    /// Bits of a day's seconds.
    private static let secondBits: UInt64 = 17
    private static let microsecondsPerSecond: Int64 = 1_000_000

    let pairBits: Int

    /// - Parameters:
    ///   - pairCount: Pairs are below this.
    ///   - bits: Bits of a row at most.
    init(pairCount: Int, bits: Int = 64) {
        pairBits = Int.bitWidth - max(0, pairCount - 1).leadingZeroBitCount
        let userBits = UInt64(max(0, min(32, bits - Int(RowPacking.secondBits) - pairBits)))
        userLimit = 1 << userBits
        userMask = userLimit - 1
        pairShift = RowPacking.secondBits + userBits
    }

    /// Users from this on have no room in a row.
    let userLimit: UInt64
    private let userMask: UInt64
    /// Where a row's pair begins, below 64.
    let pairShift: UInt64

    /// A row without its pair; nil when it has no room.
    @inline(__always)
    func packed(user: UInt32, microsecondOfDay: Int64) -> UInt64? {
        let second = microsecondOfDay / RowPacking.microsecondsPerSecond
        guard second &* RowPacking.microsecondsPerSecond == microsecondOfDay, UInt64(user) < userLimit else {
            return nil
        }
        return UInt64(user) &<< RowPacking.secondBits | UInt64(truncatingIfNeeded: second)
    }

    @inline(__always)
    func adding(pair: UInt32, to row: UInt64) -> UInt64 { UInt64(pair) &<< pairShift | row }

    @inline(__always)
    func pair(_ row: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: row &>> pairShift) }

    @inline(__always)
    func user(_ row: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: row &>> RowPacking.secondBits & userMask)
    }

    @inline(__always)
    func secondOfDay(_ row: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: row & (1 << RowPacking.secondBits - 1)) }

    /// The row with another user, who has room in it.
    func replacing(user: UInt32, in row: UInt64) -> UInt64 {
        row & ~(userMask << RowPacking.secondBits) | UInt64(user) << RowPacking.secondBits
    }

    func unpacked(_ row: UInt64, day: Int32) -> EnrichedRow {
        EnrichedRow(
            pair: pair(row), user: user(row),
            time: Int64(day) * DayRows.microsecondsPerDay + Int64(secondOfDay(row)) * RowPacking.microsecondsPerSecond)
    }
}
