/// Which rows of an optional column have a value: 1 for those that do, with the length before them (data pages, version 1).
enum DefinitionLevels {
    static func append(_ codes: ArraySlice<UInt32>, _ used: UsedCodes, hasNulls: Bool, to page: inout [UInt8]) {
        let start = page.count
        PlainEncoding.append(Int32(0), to: &page)
        if hasNulls {
            appendBits(codes, used, to: &page)
        } else {
            RLEBitPackedHybrid.appendRun(1, count: codes.count, bitWidth: 1, to: &page)
        }
        var length: [UInt8] = []
        PlainEncoding.append(Int32(page.count - start - 4), to: &length)
        page.replaceSubrange(start..<(start + 4), with: length)
    }

    /// A bit for each row, in one run that is filled up to whole bytes.
    private static func appendBits(_ codes: ArraySlice<UInt32>, _ used: UsedCodes, to page: inout [UInt8]) {
        let byteCount = (codes.count + 7) / 8
        RLEBitPackedHybrid.varint(UInt64(byteCount) << 1 | 1, to: &page)
        page.reserveCapacity(page.count + byteCount)
        var bits: UInt8 = 0
        var shift: UInt8 = 0
        for code in codes {
            bits |= (used.number(code) == RowGroupColumn.nullCode ? 0 : 1) << shift
            shift += 1
            if shift == 8 {
                page.append(bits)
                (bits, shift) = (0, 0)
            }
        }
        if shift > 0 { page.append(bits) }
    }
}
