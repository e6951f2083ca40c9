/// Rows that wait for others of their day.
struct DayBuffers {
    /// Rows of a day after which they are taken out.
    static let dayRowLimit = 1 << 20

    private var buffers: [Int32: DayRows] = [:]
    private var rowCount = 0
    private let rowLimit: Int

    /// - Parameter rowLimit: Rows of all days that are kept at most, beyond those added at once.
    init(rowLimit: Int) { self.rowLimit = rowLimit }

    mutating func add(_ rows: RowSegment, day: Int32) {
        buffers[day, default: DayRows(day: day)].append(rows)
        rowCount += rows.count
    }

    /// Takes out a day that has enough rows, or the one with the most when there are too many; nil when there is no need.
    mutating func takeFull() -> DayRows? {
        guard let largest = buffers.max(by: { ($0.value.count, $1.key) < ($1.value.count, $0.key) }),
            rowCount > rowLimit || largest.value.count >= DayBuffers.dayRowLimit
        else { return nil }
        return take(largest.key)
    }

    /// Takes out the earliest day.
    mutating func takeFirst() -> DayRows? { buffers.keys.min().flatMap { take($0) } }

    private mutating func take(_ day: Int32) -> DayRows? {
        guard let rows = buffers.removeValue(forKey: day) else { return nil }
        rowCount -= rows.count
        return rows
    }
}
