/// Orders rows by pair, those of one pair in the order of coming: a radix sort from the lowest digit up.
enum PairSort {
    private static let digitBits = 9

    /// - Parameter pairCount: Pairs are below this.
    /// - Complexity: O(*n*) for each nine bits of `pairCount`; as much memory again as the rows have.
    static func sort(_ rows: [EnrichedRow], pairCount: Int) -> [EnrichedRow] {
        let bits = Int.bitWidth - max(0, pairCount - 1).leadingZeroBitCount
        var rows = rows
        var shift = 0
        while shift < bits {
            rows = pass(rows, shift: UInt32(shift))
            shift += digitBits
        }
        return rows
    }

    private static func pass(_ rows: [EnrichedRow], shift: UInt32) -> [EnrichedRow] {
        let mask = UInt32(1 << digitBits - 1)
        return unsafe [EnrichedRow](unsafeUninitializedCapacity: rows.count) { output, count in
            unsafe withUnsafeTemporaryAllocation(of: Int.self, capacity: Int(mask) + 1) { next in
                unsafe next.initialize(repeating: 0)
                unsafe rows.withUnsafeBufferPointer { rows in
                    for index in 0..<rows.count { unsafe next[Int(rows[index].pair >> shift & mask)] += 1 }
                    var start = 0
                    for digit in 0...Int(mask) {
                        let count = unsafe next[digit]
                        unsafe next[digit] = start
                        start += count
                    }
                    for index in 0..<rows.count {
                        let row = unsafe rows[index]
                        let digit = Int(row.pair >> shift & mask)
                        // SAFETY: the counts of all digits add up to the rows, so each place is written once.
                        unsafe output[next[digit]] = row
                        unsafe next[digit] += 1
                    }
                }
            }
            count = rows.count
        }
    }
}
