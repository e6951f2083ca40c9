package import Parquet

/// Rows of one day, counted and encoded.
package struct DayBatch: Sendable {
    package let day: Int32
    package let rowCount: Int
    /// Ascending by pair.
    let counts: [CodeRun]
    /// Ascending by genre.
    let listeners: [(genre: UInt32, users: ListenerSet)]
    /// Nil where only the counts are wanted.
    package let rowGroup: EncodedRowGroup?

    /// - Parameters:
    ///   - rows: Nobody else's; they are used up.
    ///   - unknownUsers: The ids of users from ``UserTable/count`` on.
    ///   - isEncoded: Whether Parquet is wanted.
    init(
        _ rows: DayRows, _ packing: RowPacking, tracks: TrackTable, users: UserTable, unknownUsers: [Int64],
        isEncoded: Bool
    ) throws(ParquetError) {
        day = rows.day
        rowCount = rows.count
        let userCount = users.count + unknownUsers.count
        if !isEncoded, let tally = RowTally(unordered: rows, packing, tracks, userCount: userCount) {
            (counts, listeners, rowGroup) = (tally.counts, tally.listeners, nil)
            return
        }
        let sorted = SortedRows(rows, packing)
        let tally = RowTally(sorted, tracks, userCount: userCount)
        (counts, listeners) = (tally.counts, tally.listeners)
        guard isEncoded else {
            rowGroup = nil
            return
        }
        rowGroup = try EncodedRowGroup(
            DayBatch.columns, DayBatch.values(sorted, day, tracks, users, unknownUsers), rowCount: rowCount,
            sortingColumns: [3, 1])
    }
}
