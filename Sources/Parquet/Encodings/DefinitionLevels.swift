/// Which rows of an optional column have a value: 1 for those that do, with the length before them (data pages, version 1).
enum DefinitionLevels {
    /// Nulls in this many rows from which bits take less room than runs do.
    private static let rowsPerNullForRuns = 64

    static func append(_ codes: ArraySlice<UInt32>, _ used: UsedCodes, nullCount: Int, to page: inout [UInt8]) {
        var nulls: [Int] = []
        if nullCount > 0 {
            for (index, code) in codes.enumerated() where used.number(code) == RowGroupColumn.nullCode {
                nulls.append(index)
            }
        }
        var levels: [UInt8] = []
        if nulls.count * rowsPerNullForRuns <= codes.count {
            appendRuns(nulls, count: codes.count, to: &levels)
        } else {
            appendBits(nulls, count: codes.count, to: &levels)
        }
        PlainEncoding.append(Int32(levels.count), to: &page)
        page += levels
    }

    private static func appendRuns(_ nulls: [Int], count: Int, to levels: inout [UInt8]) {
        var start = 0
        var index = 0
        while start < count {
            let end = index < nulls.count ? nulls[index] : count
            if end > start { RLEBitPackedHybrid.appendRun(1, count: end - start, bitWidth: 1, to: &levels) }
            start = end
            while index < nulls.count, nulls[index] == start {
                index += 1
                start += 1
            }
            if start > end { RLEBitPackedHybrid.appendRun(0, count: start - end, bitWidth: 1, to: &levels) }
        }
    }

    /// A bit for each row, in one run that is filled up to whole bytes.
    private static func appendBits(_ nulls: [Int], count: Int, to levels: inout [UInt8]) {
        let byteCount = (count + 7) / 8
        RLEBitPackedHybrid.varint(UInt64(byteCount) << 1 | 1, to: &levels)
        let start = levels.count
        levels += repeatElement(0xFF, count: byteCount)
        for null in nulls { levels[start + null / 8] &= ~(1 << UInt8(null % 8)) }
        for index in count..<(byteCount * 8) { levels[start + index / 8] &= ~(1 << UInt8(index % 8)) }
    }
}
