/// Encodes one column of a row group.
struct RowGroupEncoder {
    let column: ParquetColumn
    let rowCount: Int
    let codec: ParquetCodec

    /// Rows of a page at most: pages are what readers skip.
    private static let pageRowLimit = 1 << 16

    /// - Throws: ``ParquetError`` `.schemaMismatch` when a code means nothing, or is null where there are none.
    func chunk(_ values: RowGroupColumn) throws(ParquetError) -> ColumnChunk {
        switch values {
        case .codes(let codes, let dictionary): try chunk(codes, map: nil, dictionary)
        case .mappedCodes(let codes, let map, let dictionary): try chunk(codes, map: map, dictionary)
        case .runs(let runs, let dictionary): try chunk(runs, dictionary)
        case .int64s(let values): try chunk(values)
        }
    }

    private var pages: [Range<Int>] {
        stride(from: 0, to: rowCount, by: RowGroupEncoder.pageRowLimit).map {
            $0..<min($0 + RowGroupEncoder.pageRowLimit, rowCount)
        }
    }

    private func refused() -> ParquetError {
        ParquetError(.schemaMismatch, "column \(column.name) has a code that means nothing, or a null that it must not")
    }

    private func entries(_ codes: [UInt32], _ dictionary: CodeDictionary) -> [UInt8] {
        var entries: [UInt8] = []
        dictionary.append(codes, to: &entries)
        return entries
    }

    private func chunk(
        _ codes: [UInt32], map: [UInt32]?, _ dictionary: CodeDictionary
    ) throws(ParquetError) -> ColumnChunk {
        guard let used = UsedCodes(codes, map: map, below: dictionary.count), column.isOptional || used.nullCount == 0
        else { throw refused() }
        let entries = entries(used.codes, dictionary)
        let order = ValueOrder(used.codes, dictionary)
        let bitWidth = RLEBitPackedHybrid.bitWidth(maximum: max(0, used.codes.count - 1))
        let isPlainSmaller =
            used.codes.count > 0
            && entries.count + codes.count * bitWidth / 8 > (codes.count - used.nullCount) * entries.count
                / used.codes.count
        return try encode(
            ColumnStatistics(nullCount: used.nullCount, bounds: order.bounds),
            entries: isPlainSmaller ? nil : (entries, used.codes.count),
            byteCountOfValues: codes.count * bitWidth / 8
        ) { rows, page in
            let (numbers, nullCount) = used.span(of: rows)
            if column.isOptional { DefinitionLevels.append(used.rows[rows], used, nullCount: nullCount, to: &page) }
            if isPlainSmaller {
                dictionary.append(used.rows[rows].lazy.map { used.code($0) }, to: &page)
            } else {
                page.append(UInt8(bitWidth))
                BitPacking.append(
                    used.rows[rows], numbered: used, nullCount: nullCount, bitWidth: bitWidth, to: &page)
            }
            return (order.bounds(numbers), nullCount)
        }
    }

    private func chunk(_ runs: [CodeRun], _ dictionary: CodeDictionary) throws(ParquetError) -> ColumnChunk {
        // Short runs take more room than codes by themselves.
        guard !column.isOptional, runs.count * 4 < rowCount else {
            var codes: [UInt32] = []
            codes.reserveCapacity(rowCount)
            for run in runs { codes.append(contentsOf: repeatElement(run.code, count: Int(run.count))) }
            return try chunk(codes, map: nil, dictionary)
        }
        guard let used = UsedCodes(runs.map(\.code), map: nil, below: dictionary.count), used.nullCount == 0 else {
            throw refused()
        }
        let order = ValueOrder(used.codes, dictionary)
        let bitWidth = RLEBitPackedHybrid.bitWidth(maximum: max(0, used.codes.count - 1))
        var index = 0
        var left = runs.first.map { Int($0.count) } ?? 0
        return try encode(
            ColumnStatistics(bounds: order.bounds),
            entries: (entries(used.codes, dictionary), used.codes.count), byteCountOfValues: runs.count * 3
        ) { rows, page in
            page.append(UInt8(bitWidth))
            var room = rows.count
            var (least, greatest) = (UInt32.max, UInt32.min)
            while room > 0 {
                let count = min(room, left)
                let number = used.number(used.rows[index])
                (least, greatest) = (min(least, number), max(greatest, number))
                RLEBitPackedHybrid.appendRun(number, count: count, bitWidth: bitWidth, to: &page)
                room -= count
                left -= count
                if left == 0, index + 1 < runs.count {
                    index += 1
                    left = Int(runs[index].count)
                }
            }
            return (order.bounds(least...greatest), 0)
        }
    }

    private func chunk(_ values: [Int64]) throws(ParquetError) -> ColumnChunk {
        try encode(
            ColumnStatistics(bounds: ColumnStatistics.bounds(values)), entries: nil, byteCountOfValues: rowCount * 8
        ) { rows, page in
            page.reserveCapacity(rows.count * 8)
            for value in values[rows] { PlainEncoding.append(value, to: &page) }
            return (nil, 0)
        }
    }

    /// Makes the chunk of a dictionary, if there is one, and pages.
    ///
    /// - Parameters:
    ///   - byteCountOfValues: What the values of all pages take, more or less.
    ///   - append: Appends the levels and values of rows, page after page, and says what is known of them.
    private func encode(
        _ statistics: ColumnStatistics, entries: (bytes: [UInt8], count: Int)?, byteCountOfValues: Int,
        _ append: (Range<Int>, inout [UInt8]) -> (bounds: PageBounds?, nullCount: Int)
    ) throws(ParquetError) -> ColumnChunk {
        let encoding: Encoding = entries == nil ? .plain : .rleDictionary
        var page: [UInt8] = []
        var chunk: ColumnChunk?
        for rows in pages {
            page.removeAll(keepingCapacity: true)
            let (bounds, nullCount) = append(rows, &page)
            if chunk == nil {
                chunk = try begin(statistics, entries, page, byteCountOfValues)
            }
            try chunk?.appendData(
                page, valueCount: rows.count, encoding: encoding, nullCount: nullCount, bounds: bounds)
        }
        if let chunk { return chunk }
        return try begin(statistics, entries, [], 0)
    }

    /// A chunk with its dictionary page, compressed if that makes it smaller.
    private func begin(
        _ statistics: ColumnStatistics, _ entries: (bytes: [UInt8], count: Int)?, _ firstPage: [UInt8],
        _ byteCountOfValues: Int
    ) throws(ParquetError) -> ColumnChunk {
        var parts = [(bytes: firstPage, byteCount: byteCountOfValues)]
        if let entries { parts.append((entries.bytes, entries.bytes.count)) }
        var chunk = ColumnChunk(
            codec: try codec.ifWorthIt(for: parts), valueCount: rowCount, statistics: statistics,
            byteCount: byteCountOfValues + (entries?.bytes.count ?? 0))
        if let entries { try chunk.appendDictionary(entries.bytes, entryCount: entries.count) }
        return chunk
    }
}

/// The values that a column uses, and whether their numbers are in their order: then numbers stand for bounds.
private struct ValueOrder {
    let bounds: (minimum: [UInt8], maximum: [UInt8])?
    private let codes: [UInt32]
    private let dictionary: CodeDictionary
    private let isAscending: Bool

    /// - Parameter codes: Ascending.
    init(_ codes: [UInt32], _ dictionary: CodeDictionary) {
        self.codes = codes
        self.dictionary = dictionary
        isAscending = dictionary.isAscending(codes)
        if isAscending, let first = codes.first, let last = codes.last {
            let bounds = (dictionary.bound(first), dictionary.bound(last))
            self.bounds = ValueOrder.isShort(bounds) ? bounds : nil
        } else {
            bounds = dictionary.bounds(codes)
        }
    }

    private static func isShort(_ bounds: (minimum: [UInt8], maximum: [UInt8])) -> Bool {
        max(bounds.minimum.count, bounds.maximum.count) <= ColumnStatistics.maximumBoundByteCount
    }

    /// The bounds of values by their numbers; nil when these say nothing of the order.
    func bounds(_ numbers: ClosedRange<UInt32>?) -> PageBounds? {
        guard isAscending, let numbers else { return nil }
        let bounds = PageBounds(
            minimum: dictionary.bound(codes[Int(numbers.lowerBound)]),
            maximum: dictionary.bound(codes[Int(numbers.upperBound)]), least: numbers.lowerBound,
            greatest: numbers.upperBound)
        return ValueOrder.isShort((bounds.minimum, bounds.maximum)) ? bounds : nil
    }
}
