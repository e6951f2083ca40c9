/// Orders rows by pair, those of one pair in the order of coming: a radix sort from the lowest digit up.
enum PairSort {
    private static let digitBits = 9

    /// - Parameter pairCount: Pairs are below this.
    /// - Complexity: O(*n*) for each nine bits of `pairCount`; as much memory again as the rows have.
    static func sort(_ rows: [EnrichedRow], pairCount: Int) -> [EnrichedRow] {
        let bits = Int.bitWidth - max(0, pairCount - 1).leadingZeroBitCount
        let mask = UInt32(1 << digitBits - 1)
        var rows = rows
        for shift in stride(from: UInt32(0), to: UInt32(bits), by: digitBits) {
            rows = CountingSort.sort(rows, below: Int(mask) + 1) { Int($0.pair >> shift & mask) }
        }
        return rows
    }
}
