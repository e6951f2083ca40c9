/// A row group as bytes, before its place in a file is known: row groups can be encoded at the same time.
package struct EncodedRowGroup: Sendable {
    package let rowCount: Int
    let chunks: [ColumnChunk]
    /// Columns by which the rows are ordered, ascending, the most significant first.
    let sortingColumns: [Int]

    /// Rows of a page at most: pages are what readers skip.
    private static let pageRowLimit = 1 << 16

    /// Encodes rows.
    ///
    /// - Parameters:
    ///   - values: For each column its values, all of `rowCount` rows.
    ///   - sortingColumns: Positions of the columns by which the rows are ordered.
    /// - Throws: ``ParquetError`` `.schemaMismatch` when a column has other rows or codes than it may have.
    package init(
        _ columns: [ParquetColumn], _ values: [RowGroupColumn], rowCount: Int, sortingColumns: [Int] = [],
        codec: ParquetCodec = .snappy
    ) throws(ParquetError) {
        guard columns.count == values.count else {
            throw ParquetError(.schemaMismatch, "\(values.count) columns of values for \(columns.count) columns")
        }
        var chunks: [ColumnChunk] = []
        for (column, values) in zip(columns, values) {
            switch values {
            case .codes(let codes, let dictionary):
                try EncodedRowGroup.check(
                    column, codes.count == rowCount, codes.lazy.map { $0 }, below: dictionary.count)
                chunks.append(try EncodedRowGroup.chunk(column, codes, dictionary, codec))
            case .runs(let runs, let dictionary):
                let count = runs.reduce(0) { $0 + Int($1.count) }
                try EncodedRowGroup.check(column, count == rowCount, runs.lazy.map(\.code), below: dictionary.count)
                chunks.append(try EncodedRowGroup.chunk(column, runs, rowCount: rowCount, dictionary, codec))
            case .int64s(let values):
                try EncodedRowGroup.check(column, values.count == rowCount, EmptyCollection(), below: 0)
                chunks.append(try EncodedRowGroup.chunk(values, codec))
            }
        }
        self.rowCount = rowCount
        self.chunks = chunks
        self.sortingColumns = sortingColumns
    }

    private static func check(
        _ column: ParquetColumn, _ hasAllRows: Bool, _ codes: some Sequence<UInt32>, below limit: Int
    ) throws(ParquetError) {
        let highest: UInt32? = codes.reduce(nil) { highest, code in
            code == RowGroupColumn.nullCode && column.isOptional ? highest : max(highest ?? 0, code)
        }
        guard hasAllRows, highest.map({ Int($0) < limit }) ?? true else {
            throw ParquetError(
                .schemaMismatch, "column \(column.name) has another number of rows, or a code that means nothing")
        }
    }

    private static func pages(_ rowCount: Int) -> [Range<Int>] {
        stride(from: 0, to: rowCount, by: pageRowLimit).map { $0..<min($0 + pageRowLimit, rowCount) }
    }

    private static func entries(_ codes: [UInt32], _ dictionary: CodeDictionary) -> [UInt8] {
        var entries: [UInt8] = []
        dictionary.append(codes, to: &entries)
        return entries
    }

    private static func chunk(
        _ column: ParquetColumn, _ codes: [UInt32], _ dictionary: CodeDictionary, _ codec: ParquetCodec
    ) throws(ParquetError) -> ColumnChunk {
        var used = UsedCodes(count: dictionary.count)
        used.mark(codes)
        let usedCodes = used.number()
        let entries = entries(usedCodes, dictionary)
        let nullCount = column.isOptional ? codes.count { $0 == RowGroupColumn.nullCode } : 0
        let statistics = ColumnStatistics(nullCount: nullCount, bounds: dictionary.bounds(usedCodes))
        let bitWidth = RLEBitPackedHybrid.bitWidth(maximum: max(0, usedCodes.count - 1))
        let isPlainSmaller =
            usedCodes.count > 0
            && entries.count + codes.count * bitWidth / 8 > (codes.count - nullCount) * entries.count / usedCodes.count
        var chunk = ColumnChunk(codec: codec, valueCount: codes.count, statistics: statistics)
        if !isPlainSmaller { try chunk.appendDictionary(entries, entryCount: usedCodes.count) }
        for rows in pages(codes.count) {
            var page = column.isOptional ? DefinitionLevels.encoded(codes[rows], hasNulls: nullCount > 0) : []
            if isPlainSmaller {
                dictionary.append(codes[rows], to: &page)
            } else {
                page.append(UInt8(bitWidth))
                BitPacking.append(used.ranks(of: codes[rows]), bitWidth: bitWidth, to: &page)
            }
            try chunk.appendData(page, valueCount: rows.count, encoding: isPlainSmaller ? .plain : .rleDictionary)
        }
        return chunk
    }

    private static func chunk(
        _ column: ParquetColumn, _ runs: [CodeRun], rowCount: Int, _ dictionary: CodeDictionary, _ codec: ParquetCodec
    ) throws(ParquetError) -> ColumnChunk {
        // Short runs take more room than codes by themselves.
        guard !column.isOptional, runs.count * 4 < rowCount else {
            var codes: [UInt32] = []
            codes.reserveCapacity(rowCount)
            for run in runs { codes.append(contentsOf: repeatElement(run.code, count: Int(run.count))) }
            return try chunk(column, codes, dictionary, codec)
        }
        var used = UsedCodes(count: dictionary.count)
        used.mark(runs)
        let usedCodes = used.number()
        var chunk = ColumnChunk(
            codec: codec, valueCount: rowCount, statistics: ColumnStatistics(bounds: dictionary.bounds(usedCodes)))
        try chunk.appendDictionary(entries(usedCodes, dictionary), entryCount: usedCodes.count)
        let bitWidth = RLEBitPackedHybrid.bitWidth(maximum: max(0, usedCodes.count - 1))
        var index = 0
        var left = runs.first.map { Int($0.count) } ?? 0
        for rows in pages(rowCount) {
            var page = [UInt8(bitWidth)]
            var room = rows.count
            while room > 0 {
                let count = min(room, left)
                RLEBitPackedHybrid.appendRun(used.rank(runs[index].code), count: count, bitWidth: bitWidth, to: &page)
                room -= count
                left -= count
                if left == 0, index + 1 < runs.count {
                    index += 1
                    left = Int(runs[index].count)
                }
            }
            try chunk.appendData(page, valueCount: rows.count, encoding: .rleDictionary)
        }
        return chunk
    }

    private static func chunk(_ values: [Int64], _ codec: ParquetCodec) throws(ParquetError) -> ColumnChunk {
        var chunk = ColumnChunk(
            codec: codec, valueCount: values.count,
            statistics: ColumnStatistics(bounds: ColumnStatistics.bounds(values)))
        for rows in pages(values.count) {
            var page: [UInt8] = []
            page.reserveCapacity(rows.count * 8)
            for value in values[rows] { PlainEncoding.append(value, to: &page) }
            try chunk.appendData(page, valueCount: rows.count, encoding: .plain)
        }
        return chunk
    }
}
