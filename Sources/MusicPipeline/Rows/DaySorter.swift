/// Collects rows and parts them by day, each day's in the order of coming.
@safe
struct DaySorter: ~Copyable {
    /// Days that are found without a search, by their lowest bits.
    private static let cachedDayCount = 64
    private static let firstCapacity = 256

    /// Where a row has gone.
    struct Place {
        var day: Int
        var row: Int
        var isWide: Bool
    }

    @safe
    private struct Bucket {
        var rows: UnsafeMutableBufferPointer<UInt64>
        var count: Int
    }

    let packing: RowPacking
    private var days: [Int32] = []
    private var indexOfDay: [Int32: Int] = [:]
    private var wide: [Int: [EnrichedRow]] = [:]
    // Memory of its own, since an array asks at each row whether it is shared.
    private var buckets: UnsafeMutableBufferPointer<Bucket>
    /// The day that was last met with these lowest bits, and its index.
    private let cache: UnsafeMutableBufferPointer<(day: Int32, index: Int32)>

    init(_ packing: RowPacking) {
        self.packing = packing
        unsafe buckets = .allocate(capacity: 8)
        unsafe cache = .allocate(capacity: DaySorter.cachedDayCount)
        unsafe cache.initialize(repeating: (.min, 0))
    }

    deinit {
        for index in days.indices { unsafe buckets[index].rows.deallocate() }
        unsafe buckets.deallocate()
        unsafe cache.deallocate()
    }

    /// The index of a day.
    @inline(__always)
    mutating func index(of day: Int32) -> Int {
        let place = Int(day) & (DaySorter.cachedDayCount - 1)
        // SAFETY: the place is below the count.
        let known = unsafe cache[place]
        return known.day == day ? Int(known.index) : find(day, place)
    }

    /// Adds a row of eight bytes to a day that has an index.
    @inline(__always)
    mutating func add(_ row: UInt64, dayIndex: Int) {
        // SAFETY: `index(of:)` gives indices of buckets that are there.
        let bucket = unsafe buckets.baseAddress! + dayIndex
        let count = unsafe bucket.pointee.count
        if unsafe count == bucket.pointee.rows.count { grow(dayIndex) }
        unsafe (bucket.pointee.rows.baseAddress! + count).initialize(to: row)
        unsafe bucket.pointee.count = count &+ 1
    }

    mutating func add(wide row: EnrichedRow, dayIndex: Int) { wide[dayIndex, default: []].append(row) }

    /// Where the next row of a day would go.
    func nextPlace(dayIndex: Int, isWide: Bool) -> Place {
        Place(
            day: dayIndex, row: isWide ? wide[dayIndex]?.count ?? 0 : unsafe buckets[dayIndex].count, isWide: isWide)
    }

    private mutating func grow(_ index: Int) {
        let rows = unsafe buckets[index].rows
        let larger = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: rows.count * 2)
        _ = unsafe larger.moveInitialize(fromContentsOf: rows)
        unsafe rows.deallocate()
        unsafe buckets[index].rows = larger
    }

    private mutating func find(_ day: Int32, _ place: Int) -> Int {
        let index = indexOfDay[day] ?? begin(day)
        unsafe cache[place] = (day, Int32(index))
        return index
    }

    private mutating func begin(_ day: Int32) -> Int {
        let index = days.count
        indexOfDay[day] = index
        days.append(day)
        if unsafe index == buckets.count {
            let larger = unsafe UnsafeMutableBufferPointer<Bucket>.allocate(capacity: buckets.count * 2)
            _ = unsafe larger.moveInitialize(fromContentsOf: buckets)
            unsafe buckets.deallocate()
            unsafe buckets = larger
        }
        unsafe (buckets.baseAddress! + index).initialize(
            to: Bucket(rows: .allocate(capacity: DaySorter.firstCapacity), count: 0))
        return index
    }

    /// The rows by day, in the order of the days' first rows.
    consuming func takeDays() -> [(day: Int32, rows: RowSegment)] {
        let taken = days.indices.map { index in
            let bucket = unsafe buckets[index]
            return (
                day: days[index],
                rows: unsafe RowSegment(taking: bucket.rows, packedCount: bucket.count, wide: wide[index] ?? [])
            )
        }
        // The segments have their memory now.
        days = []
        return taken
    }
}
