/// Rows of one day out of one piece of the file.
@safe
final class RowSegment: @unchecked Sendable {
    // SAFETY, of @unchecked Sendable: whoever fills or changes a segment has it alone; it is only read once others have it.
    private var memory: UnsafeMutableBufferPointer<UInt64>
    private(set) var packedCount: Int
    /// Rows that have no room in eight bytes (``RowPacking``), of a time between seconds for example.
    private(set) var wide: [EnrichedRow]
    private(set) var isWidened = false

    /// - Parameter memory: Its first `packedCount` are rows; the segment deallocates it.
    init(taking memory: UnsafeMutableBufferPointer<UInt64>, packedCount: Int, wide: [EnrichedRow]) {
        precondition(packedCount <= memory.count)
        unsafe self.memory = memory
        self.packedCount = packedCount
        self.wide = wide
    }

    deinit { unsafe memory.deallocate() }

    var count: Int { isWidened ? wide.count : packedCount + wide.count }

    /// Calls `body` with the rows of eight bytes.
    @inline(__always)
    func withPacked<Result>(_ body: (UnsafeBufferPointer<UInt64>) -> Result) -> Result {
        unsafe body(UnsafeBufferPointer(rebasing: memory[..<(isWidened ? 0 : packedCount)]))
    }

    /// Forgets the rows of eight bytes, so that there is room for what is made of them.
    func empty() {
        unsafe memory.deallocate()
        unsafe memory = UnsafeMutableBufferPointer(start: nil, count: 0)
        packedCount = 0
    }

    /// All rows, those of eight bytes first.
    func unpacked(_ packing: RowPacking, day: Int32) -> [EnrichedRow] {
        unsafe withPacked { unsafe $0.map { packing.unpacked($0, day: day) } } + wide
    }

    /// Gives a user to rows.
    func set(user: UInt32, rows: Range<Int>, isWide: Bool, _ packing: RowPacking, day: Int32) {
        if !isWide, !isWidened {
            if UInt64(user) < packing.userLimit {
                for row in rows { unsafe memory[row] = packing.replacing(user: user, in: memory[row]) }
                return
            }
            widen(packing, day: day)
        }
        let offset = isWide && isWidened ? packedCount : 0
        for row in rows {
            wide[row + offset] = EnrichedRow(pair: wide[row + offset].pair, user: user, time: wide[row + offset].time)
        }
    }

    private func widen(_ packing: RowPacking, day: Int32) {
        wide = unpacked(packing, day: day)
        isWidened = true
    }
}
