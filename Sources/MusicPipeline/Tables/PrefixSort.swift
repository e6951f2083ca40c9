/// Orders entries by their prefixes: a radix sort, a byte at a time from the lowest up.
enum PrefixSort {
    struct Entry {
        var prefix: UInt64
        var index: UInt32
    }

    /// Below so many entries comparisons are quicker.
    private static let minimumCount = 512
    private static let digitCount = 8

    /// Entries of the same prefix keep their order.
    ///
    /// - Complexity: O(*n*) for each byte in which prefixes differ; as much memory again as the entries have.
    static func sort(_ entries: [Entry]) -> [Entry] {
        guard entries.count >= minimumCount else { return entries.sorted { $0.prefix < $1.prefix } }
        var counts = [UInt32](repeating: 0, count: 256 * digitCount)
        for entry in entries {
            for digit in 0..<digitCount { counts[digit << 8 | Int(entry.prefix >> UInt64(digit * 8) & 0xFF)] += 1 }
        }
        var (from, to) = (entries, entries)
        for digit in 0..<digitCount {
            var start: UInt32 = 0
            var isNeeded = true
            for value in (digit << 8)..<((digit + 1) << 8) {
                let count = counts[value]
                if count == entries.count { isNeeded = false }
                counts[value] = start
                start += count
            }
            guard isNeeded else { continue }
            unsafe counts.withUnsafeMutableBufferPointer { next in
                unsafe to.withUnsafeMutableBufferPointer { output in
                    for entry in from {
                        let value = digit << 8 | Int(entry.prefix >> UInt64(digit * 8) & 0xFF)
                        // SAFETY: the counts of all values add up to the entries, so each place is written once.
                        unsafe output[Int(next[value])] = entry
                        unsafe next[value] += 1
                    }
                }
            }
            swap(&from, &to)
        }
        return from
    }
}
