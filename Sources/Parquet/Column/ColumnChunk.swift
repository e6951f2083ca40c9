/// A column chunk as it goes into the file: its pages one after the other.
struct ColumnChunk {
    /// Rows of a data page at most.
    static let pageRowLimit = 20_000
    /// Entries beyond which a dictionary is given up for plain values.
    static let dictionaryEntryLimit = 1 << 17

    private(set) var bytes: [UInt8] = []
    private(set) var metaData: ColumnChunkMetaData
    private let codec: ParquetCodec
    private let fileOffset: Int

    /// - Parameters:
    ///   - definitions: For an optional column 1 for each value that is there and 0 for each null.
    ///   - offset: Where in the file the chunk begins.
    private init(codec: ParquetCodec, offset: Int, valueCount: Int, statistics: ColumnStatistics) {
        self.codec = codec
        fileOffset = offset
        metaData = ColumnChunkMetaData(
            encodings: [.rle], valueCount: valueCount, uncompressedByteCount: 0, compressedByteCount: 0,
            dictionaryPageOffset: nil, dataPageOffset: offset, statistics: statistics)
    }

    /// Makes a chunk of plain values.
    ///
    /// - Parameter encode: Appends the values of a range of rows, nulls left out.
    static func plain(
        rowCount: Int, definitions: [Int32]?, statistics: ColumnStatistics, codec: ParquetCodec, offset: Int,
        encode: (Range<Int>, inout [UInt8]) -> Void
    ) throws(ParquetError) -> ColumnChunk {
        var chunk = ColumnChunk(codec: codec, offset: offset, valueCount: rowCount, statistics: statistics)
        chunk.metaData.encodings.append(.plain)
        for rows in pages(rowCount) {
            var page = levels(definitions, rows)
            encode(rows, &page)
            try chunk.appendData(page, valueCount: rows.count, encoding: .plain)
        }
        return chunk
    }

    /// Makes a chunk of indices into a dictionary page.
    ///
    /// - Parameters:
    ///   - entries: The dictionary's values in plain encoding.
    ///   - indices: One for each value that is there; nulls have none.
    static func dictionary(
        entries: [UInt8], entryCount: Int, indices: [Int32], rowCount: Int, definitions: [Int32]?,
        statistics: ColumnStatistics, codec: ParquetCodec, offset: Int
    ) throws(ParquetError) -> ColumnChunk {
        var chunk = ColumnChunk(codec: codec, offset: offset, valueCount: rowCount, statistics: statistics)
        chunk.metaData.encodings += [.plain, .rleDictionary]
        let compressed = try codec.compressed(entries)
        chunk.metaData.dictionaryPageOffset = offset
        chunk.append(
            PageHeader.dictionary(
                uncompressedByteCount: entries.count, compressedByteCount: compressed.count, valueCount: entryCount),
            compressed, uncompressedByteCount: entries.count)
        chunk.metaData.dataPageOffset = offset + chunk.bytes.count
        let bitWidth = RLEBitPackedHybrid.bitWidth(maximum: max(0, entryCount - 1))
        var next = 0
        for rows in pages(rowCount) {
            var page = levels(definitions, rows)
            let present = definitions.map { $0[rows].reduce(0) { $0 + Int($1) } } ?? rows.count
            page.append(UInt8(bitWidth))
            RLEBitPackedHybrid.encode(indices[next..<(next + present)], bitWidth: bitWidth, to: &page)
            next += present
            try chunk.appendData(page, valueCount: rows.count, encoding: .rleDictionary)
        }
        return chunk
    }

    private static func pages(_ rowCount: Int) -> [Range<Int>] {
        stride(from: 0, to: rowCount, by: pageRowLimit).map { $0..<min($0 + pageRowLimit, rowCount) }
    }

    /// The definition levels of a page, with their length before them; nothing for a required column.
    private static func levels(_ definitions: [Int32]?, _ rows: Range<Int>) -> [UInt8] {
        guard let definitions else { return [] }
        var encoded: [UInt8] = []
        RLEBitPackedHybrid.encode(definitions[rows], bitWidth: 1, to: &encoded)
        var page: [UInt8] = []
        PlainEncoding.append(Int32(encoded.count), to: &page)
        return page + encoded
    }

    private mutating func appendData(_ page: [UInt8], valueCount: Int, encoding: Encoding) throws(ParquetError) {
        let compressed = try codec.compressed(page)
        append(
            PageHeader.data(
                uncompressedByteCount: page.count, compressedByteCount: compressed.count, valueCount: valueCount,
                encoding: encoding), compressed, uncompressedByteCount: page.count)
    }

    private mutating func append(_ header: [UInt8], _ page: [UInt8], uncompressedByteCount: Int) {
        bytes += header
        bytes += page
        metaData.uncompressedByteCount += header.count + uncompressedByteCount
        metaData.compressedByteCount += header.count + page.count
    }
}
