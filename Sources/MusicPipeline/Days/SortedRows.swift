import Parquet

/// Rows of one day ordered by pair, column by column.
struct SortedRows {
    enum Times {
        /// Seconds since the day began.
        case seconds([UInt32])
        /// Microseconds since 1970.
        case microseconds([Int64])
    }

    /// How many rows each pair has, ascending by pair.
    let counts: [CodeRun]
    let users: [UInt32]
    let times: Times

    /// Orders rows by pair; those of one pair keep their order.
    ///
    /// - Parameter rows: Empty afterwards, unless some are wide.
    /// - Complexity: O(*n*) for each nine bits or so of a pair; memory for the rows two times.
    init(_ rows: DayRows, _ packing: RowPacking) {
        if rows.segments.allSatisfy(\.wide.isEmpty) {
            self.init(packed: rows, packing)
        } else {
            self.init(wide: rows.segments.flatMap { $0.unpacked(packing, day: rows.day) }, pairBits: packing.pairBits)
        }
    }

    private init(packed rows: DayRows, _ packing: RowPacking) {
        let sorted = PackedRowSort.sort(rows, packing)
        let count = sorted.count
        var counts: [CodeRun] = []
        var seconds: [UInt32] = []
        users = unsafe [UInt32](unsafeUninitializedCapacity: max(1, count)) { users, userCount in
            seconds = unsafe [UInt32](unsafeUninitializedCapacity: max(1, count)) { seconds, secondCount in
                unsafe sorted.withUnsafeBufferPointer { sorted in
                    var run = CodeRun(code: 0, count: 0)
                    for index in 0..<count {
                        let row = unsafe sorted[index]
                        unsafe users[index] = packing.user(row)
                        unsafe seconds[index] = packing.secondOfDay(row)
                        let pair = packing.pair(row)
                        if pair != run.code {
                            if run.count > 0 { counts.append(run) }
                            run = CodeRun(code: pair, count: 0)
                        }
                        run.count += 1
                    }
                    if run.count > 0 { counts.append(run) }
                }
                secondCount = count
            }
            userCount = count
        }
        self.counts = counts
        times = .seconds(seconds)
    }

    private init(wide rows: [EnrichedRow], pairBits: Int) {
        var rows = rows
        for shift in stride(from: 0, to: pairBits, by: 9) {
            rows = CountingSort.sort(rows, below: 512) { Int($0.pair >> UInt32(shift) & 511) }
        }
        var counts: [CodeRun] = []
        for row in rows {
            if counts.last?.code == row.pair {
                counts[counts.count - 1].count += 1
            } else {
                counts.append(CodeRun(code: row.pair, count: 1))
            }
        }
        self.counts = counts
        users = rows.map(\.user)
        times = .microseconds(rows.map(\.time))
    }
}

/// A radix sort from the lowest digit of the pair up.
enum PackedRowSort {
    private static let maximumDigitBits = 10

    /// The rows ordered by pair; those of one pair keep their order. The segments are empty then.
    static func sort(_ rows: DayRows, _ packing: RowPacking) -> [UInt64] {
        let passes = max(1, (packing.pairBits + maximumDigitBits - 1) / maximumDigitBits)
        let digitBits = max(1, (packing.pairBits + passes - 1) / passes)
        var sorted = unsafe pass(rows.segments, rows.count, shift: packing.pairShift, digitBits) { segment, body in
            unsafe segment.withPacked { unsafe body($0) }
        }
        for segment in rows.segments { segment.empty() }
        for index in 1..<max(1, passes) {
            sorted = unsafe pass(
                [sorted], sorted.count, shift: packing.pairShift + UInt64(index * digitBits), digitBits
            ) {
                rows, body in
                unsafe rows.withUnsafeBufferPointer { unsafe body($0) }
            }
        }
        return sorted
    }

    /// Orders rows by one digit.
    @inline(__always)
    private static func pass<Part>(
        _ parts: [Part], _ count: Int, shift: UInt64, _ digitBits: Int,
        _ withRows: (Part, (UnsafeBufferPointer<UInt64>) -> Void) -> Void
    ) -> [UInt64] {
        let mask: UInt64 = 1 << UInt64(digitBits) - 1
        return unsafe withUnsafeTemporaryAllocation(of: Int.self, capacity: Int(mask) + 1) { next in
            unsafe next.initialize(repeating: 0)
            for part in parts {
                unsafe withRows(part) { rows in
                    for index in 0..<rows.count { unsafe next[Int(rows[index] &>> shift & mask)] += 1 }
                }
            }
            var start = 0
            for index in 0..<next.count {
                unsafe (next[index], start) = (start, start + next[index])
            }
            return unsafe [UInt64](unsafeUninitializedCapacity: max(1, count)) { output, outputCount in
                for part in parts {
                    unsafe withRows(part) { rows in
                        for index in 0..<rows.count {
                            let row = unsafe rows[index]
                            let digit = Int(row &>> shift & mask)
                            let place = unsafe next[digit]
                            unsafe next[digit] = place + 1
                            // SAFETY: the counts of all digits add up to the rows, so each place is written once.
                            unsafe (output.baseAddress! + place).initialize(to: row)
                        }
                    }
                }
                outputCount = count
            }
        }
    }
}
