import Parquet

/// How often each pair was listened to on a day, and by whom in each genre.
struct RowTally {
    /// Ascending by pair.
    let counts: [CodeRun]
    /// Ascending by genre.
    let listeners: [(genre: UInt32, users: ListenerSet)]

    /// Bytes of counters and bits that one tally may take, per row that it is of.
    private static let maximumByteCountPerRow = 16

    /// - Parameter userCount: Users are below this.
    init(_ rows: SortedRows, _ tracks: TrackTable, userCount: Int) {
        counts = rows.counts
        listeners = RowTally.listeners(rows.users, rows.counts, tracks, userCount: userCount)
    }

    /// Counts rows in any order; nil when a place for each pair and each genre's user would take too much room for so few
    /// rows, or some row is wide.
    init?(unordered rows: DayRows, _ packing: RowPacking, _ tracks: TrackTable, userCount: Int) {
        let wordCount = (userCount + 63) / 64
        let (wordsOfAll, overflows) = wordCount.multipliedReportingOverflow(by: tracks.genres.count)
        guard !overflows, rows.segments.allSatisfy(\.wide.isEmpty),
            (wordsOfAll * 2 + tracks.pairCount) * 4 / RowTally.maximumByteCountPerRow <= rows.count
        else { return nil }
        var counts = [UInt32](repeating: 0, count: tracks.pairCount)
        var bits = [UInt64](repeating: 0, count: wordsOfAll)
        let genreOfPair = tracks.genreOfPair
        unsafe counts.withUnsafeMutableBufferPointer { counts in
            unsafe bits.withUnsafeMutableBufferPointer { bits in
                unsafe genreOfPair.withUnsafeBufferPointer { genreOfPair in
                    for segment in rows.segments {
                        unsafe segment.withPacked { rows in
                            for index in 0..<rows.count {
                                // SAFETY: pairs are those of the table, users below the count: checked where rows are made.
                                let row = unsafe rows[index]
                                let pair = Int(packing.pair(row))
                                let user = Int(packing.user(row))
                                unsafe counts[pair] &+= 1
                                let word = unsafe Int(genreOfPair[pair]) &* wordCount &+ user &>> 6
                                unsafe bits[word] |= 1 &<< UInt64(truncatingIfNeeded: user)
                            }
                        }
                    }
                }
            }
        }
        var runs: [CodeRun] = []
        for (pair, count) in counts.enumerated() where count > 0 {
            runs.append(CodeRun(code: UInt32(pair), count: count))
        }
        self.counts = runs
        listeners = (0..<tracks.genres.count).compactMap { genre in
            let words = bits[(genre * wordCount)..<((genre + 1) * wordCount)]
            let count = words.reduce(0) { $0 + $1.nonzeroBitCount }
            return count == 0 ? nil : (UInt32(genre), ListenerSet(bits: Array(words), count: count))
        }
    }

    private static func listeners(
        _ users: [UInt32], _ counts: [CodeRun], _ tracks: TrackTable, userCount: Int
    ) -> [(genre: UInt32, users: ListenerSet)] {
        var result: [(genre: UInt32, users: ListenerSet)] = []
        var bits = [UInt64](repeating: 0, count: (userCount + 63) / 64)
        // One more than there may be: what is no news is written there, too.
        var numbers = [UInt32](repeating: 0, count: min(users.count, userCount) + 1)
        var run = 0
        var row = 0
        while run < counts.count {
            let genre = tracks.genreOfPair[Int(counts[run].code)]
            let start = row
            while run < counts.count, tracks.genreOfPair[Int(counts[run].code)] == genre {
                row += Int(counts[run].count)
                run += 1
            }
            let found = RowTally.mark(users[start..<row], in: &bits, &numbers)
            if found * 8 > bits.count {
                result.append((genre, ListenerSet(bits: bits, count: found)))
            } else {
                result.append((genre, ListenerSet(sorted: numbers[..<found].sorted())))
            }
            for user in numbers[..<found] { bits[Int(user >> 6)] = 0 }
        }
        return result
    }

    /// Sets the users' bits.
    ///
    /// - Returns: How many were not set; they begin `numbers`.
    private static func mark(_ users: ArraySlice<UInt32>, in bits: inout [UInt64], _ numbers: inout [UInt32]) -> Int {
        var found = 0
        unsafe bits.withUnsafeMutableBufferPointer { bits in
            unsafe numbers.withUnsafeMutableBufferPointer { numbers in
                unsafe users.withUnsafeBufferPointer { users in
                    for index in 0..<users.count {
                        let user = unsafe users[index]
                        // SAFETY: users are below the count that the bits were made for.
                        let word = unsafe bits[Int(user >> 6)]
                        let bit: UInt64 = 1 &<< UInt64(user)
                        unsafe bits[Int(user >> 6)] = word | bit
                        unsafe numbers[found] = user
                        found += word & bit == 0 ? 1 : 0
                    }
                }
            }
        }
        return found
    }
}
