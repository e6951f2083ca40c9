/// Collects rows and parts them by day, each day's in the order of coming.
@safe
struct DaySorter: ~Copyable {
    /// Days that are found without a search, by their lowest bits.
    private static let cachedDayCount = 64

    // Memory of its own, since an array asks at each row whether it is shared.
    private var rows: UnsafeMutableBufferPointer<EnrichedRow>
    /// For each row the index of its day.
    private var indices: UnsafeMutableBufferPointer<UInt32>
    private var count = 0
    private var days: [Int32] = []
    private var indexOfDay: [Int32: UInt32] = [:]
    /// The day that was last met with these lowest bits, and its index.
    private let cache: UnsafeMutableBufferPointer<(day: Int32, index: UInt32)>

    init(capacity: Int) {
        unsafe rows = .allocate(capacity: max(16, capacity))
        unsafe indices = .allocate(capacity: max(16, capacity))
        unsafe cache = .allocate(capacity: DaySorter.cachedDayCount)
        unsafe cache.initialize(repeating: (.min, 0))
    }

    deinit {
        unsafe rows.deallocate()
        unsafe indices.deallocate()
        unsafe cache.deallocate()
    }

    @inline(__always)
    mutating func add(_ row: EnrichedRow, day: Int32) {
        if unsafe count == rows.count { grow() }
        let place = Int(day) & (DaySorter.cachedDayCount - 1)
        let known = unsafe cache[place]
        // SAFETY: `count` is below both capacities.
        unsafe (rows.baseAddress! + count).initialize(to: row)
        unsafe (indices.baseAddress! + count).initialize(to: known.day == day ? known.index : find(day, place))
        count += 1
    }

    private mutating func grow() {
        unsafe rows = DaySorter.grown(rows)
        unsafe indices = DaySorter.grown(indices)
    }

    private static func grown<Element>(
        _ buffer: UnsafeMutableBufferPointer<Element>
    ) -> UnsafeMutableBufferPointer<Element> {
        let larger = UnsafeMutableBufferPointer<Element>.allocate(capacity: buffer.count * 2)
        _ = unsafe larger.moveInitialize(fromContentsOf: buffer)
        unsafe buffer.deallocate()
        return unsafe larger
    }

    private mutating func find(_ day: Int32, _ place: Int) -> UInt32 {
        let index = indexOfDay[day] ?? UInt32(days.count)
        if Int(index) == days.count {
            indexOfDay[day] = index
            days.append(day)
        }
        unsafe cache[place] = (day, index)
        return index
    }

    /// The rows by day, in the order of the days' first rows.
    consuming func takeDays() -> [DayRows] {
        guard days.count > 1 else {
            return days.map { DayRows(day: $0, rows: unsafe [EnrichedRow](rows[..<count])) }
        }
        var sorted: [[EnrichedRow]] = []
        var counts = [Int](repeating: 0, count: days.count)
        for place in 0..<count { unsafe counts[Int(indices[place])] += 1 }
        // All days' rows in one piece, parted by their counts.
        let all = UnsafeMutableBufferPointer<EnrichedRow>.allocate(capacity: count)
        defer { unsafe all.deallocate() }
        var next: [Int] = []
        var start = 0
        for count in counts {
            next.append(start)
            start += count
        }
        unsafe next.withUnsafeMutableBufferPointer { next in
            for place in 0..<count {
                let index = unsafe Int(indices[place])
                // SAFETY: the counts of all days add up to the rows, so each place is written once.
                unsafe (all.baseAddress! + next[index]).initialize(to: rows[place])
                unsafe next[index] += 1
            }
        }
        for index in days.indices {
            unsafe sorted.append([EnrichedRow](all[(next[index] - counts[index])..<next[index]]))
        }
        return zip(days, sorted).map { DayRows(day: $0, rows: $1) }
    }
}
