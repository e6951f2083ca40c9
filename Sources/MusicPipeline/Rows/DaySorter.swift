/// Collects rows and parts them by day, each day's in the order of coming.
struct DaySorter {
    /// Days that are found without a search, by their lowest bits.
    private static let cachedDayCount = 64

    private var rows: [EnrichedRow] = []
    /// For each row the index of its day.
    private var indices: [UInt32] = []
    private var days: [Int32] = []
    private var counts: [Int] = []
    private var indexOfDay: [Int32: UInt32] = [:]
    private var cache = [(day: Int32, index: UInt32)](repeating: (.min, 0), count: cachedDayCount)

    init(capacity: Int) {
        rows.reserveCapacity(capacity)
        indices.reserveCapacity(capacity)
    }

    @inline(__always)
    mutating func add(_ row: EnrichedRow, day: Int32) {
        let place = Int(day) & (DaySorter.cachedDayCount - 1)
        let index = cache[place].day == day ? cache[place].index : find(day, place)
        counts[Int(index)] += 1
        rows.append(row)
        indices.append(index)
    }

    private mutating func find(_ day: Int32, _ place: Int) -> UInt32 {
        let index = indexOfDay[day] ?? UInt32(days.count)
        if Int(index) == days.count {
            indexOfDay[day] = index
            days.append(day)
            counts.append(0)
        }
        cache[place] = (day, index)
        return index
    }

    /// The rows by day, in the order of the days' first rows.
    mutating func takeDays() -> [DayRows] {
        defer { self = DaySorter(capacity: 0) }
        guard days.count > 1 else { return days.map { DayRows(day: $0, rows: rows) } }
        var starts: [Int] = []
        var total = 0
        for count in counts {
            starts.append(total)
            total += count
        }
        let sorted = unsafe [EnrichedRow](unsafeUninitializedCapacity: rows.count) { output, count in
            var next = starts
            for (row, index) in zip(rows, indices) {
                unsafe output[next[Int(index)]] = row
                next[Int(index)] += 1
            }
            count = rows.count
        }
        return days.indices.map { DayRows(day: days[$0], rows: Array(sorted[starts[$0]..<(starts[$0] + counts[$0])])) }
    }
}
