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
    ///   - unknownUsers: The ids of users from ``UserTable/count`` on.
    ///   - isEncoded: Whether Parquet is wanted.
    package init(
        _ rows: DayRows, tracks: TrackTable, users: UserTable, unknownUsers: [Int64], isEncoded: Bool
    ) throws(ParquetError) {
        let sorted = PairSort.sort(rows.rows, pairCount: tracks.pairCount)
        day = rows.day
        rowCount = sorted.count
        counts = DayBatch.runs(sorted)
        listeners = DayBatch.listeners(sorted, counts, tracks, userCount: users.count + unknownUsers.count)
        guard isEncoded else {
            rowGroup = nil
            return
        }
        rowGroup = try EncodedRowGroup(
            DayBatch.columns, DayBatch.values(sorted, counts, day, tracks, users, unknownUsers), rowCount: rowCount,
            sortingColumns: [3, 1])
    }

    private static func runs(_ rows: [EnrichedRow]) -> [CodeRun] {
        var runs: [CodeRun] = []
        var start = 0
        for index in rows.indices where index + 1 == rows.count || rows[index + 1].pair != rows[index].pair {
            runs.append(CodeRun(code: rows[index].pair, count: UInt32(index + 1 - start)))
            start = index + 1
        }
        return runs
    }

    private static func listeners(
        _ rows: [EnrichedRow], _ counts: [CodeRun], _ tracks: TrackTable, userCount: Int
    ) -> [(genre: UInt32, users: ListenerSet)] {
        var result: [(genre: UInt32, users: ListenerSet)] = []
        let wordCount = (userCount + 63) / 64
        var bits = [UInt64](repeating: 0, count: wordCount)
        var numbers: [UInt32] = []
        var run = 0
        var row = 0
        while run < counts.count {
            let genre = tracks.genreOfPair[Int(counts[run].code)]
            var end = row
            while run < counts.count, tracks.genreOfPair[Int(counts[run].code)] == genre {
                end += Int(counts[run].count)
                run += 1
            }
            numbers.removeAll(keepingCapacity: true)
            while row < end {
                let user = rows[row].user
                let bit: UInt64 = 1 << UInt64(user & 63)
                if bits[Int(user >> 6)] & bit == 0 {
                    bits[Int(user >> 6)] |= bit
                    numbers.append(user)
                }
                row += 1
            }
            if numbers.count * 8 > wordCount {
                result.append((genre, ListenerSet(bits: bits, count: numbers.count)))
            } else {
                result.append((genre, ListenerSet(sorted: numbers.sorted())))
            }
            for user in numbers { bits[Int(user >> 6)] = 0 }
        }
        return result
    }
}
