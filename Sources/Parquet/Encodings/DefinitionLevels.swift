/// Which rows of an optional column have a value: 1 for those that do, with the length before them (data pages, version 1).
enum DefinitionLevels {
    static func encoded(_ codes: ArraySlice<UInt32>, hasNulls: Bool) -> [UInt8] {
        var levels: [UInt8] = []
        if hasNulls {
            BitPacking.append(codes.map { $0 == RowGroupColumn.nullCode ? 0 : 1 }, bitWidth: 1, to: &levels)
        } else {
            RLEBitPackedHybrid.appendRun(1, count: codes.count, bitWidth: 1, to: &levels)
        }
        var page: [UInt8] = []
        PlainEncoding.append(Int32(levels.count), to: &page)
        return page + levels
    }
}
