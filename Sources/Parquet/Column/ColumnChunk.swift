/// A column chunk as it goes into the file: its pages one after the other.
struct ColumnChunk: Sendable {
    /// Rows of a data page at most.
    static let pageRowLimit = 20_000
    /// Entries beyond which a dictionary is given up for plain values.
    static let dictionaryEntryLimit = 1 << 17

    private(set) var bytes: [UInt8] = []
    /// Offsets are those within the chunk.
    private(set) var metaData: ColumnChunkMetaData
    private let codec: ParquetCodec

    /// - Parameter byteCount: Bytes that will be appended, more or less.
    init(codec: ParquetCodec, valueCount: Int, statistics: ColumnStatistics, byteCount: Int = 0) {
        self.codec = codec
        bytes.reserveCapacity(byteCount + byteCount / 16)
        metaData = ColumnChunkMetaData(
            codec: codec, encodings: [.rle], valueCount: valueCount, uncompressedByteCount: 0, compressedByteCount: 0,
            dictionaryPageOffset: nil, dataPageOffset: 0, statistics: statistics)
    }

    /// What the file's end says of the chunk once it begins at `offset`.
    func metaData(at offset: Int) -> ColumnChunkMetaData {
        var metaData = metaData
        metaData.dataPageOffset += offset
        for page in metaData.pages.indices { metaData.pages[page].offset += offset }
        metaData.dictionaryPageOffset = metaData.dictionaryPageOffset.map { $0 + offset }
        return metaData
    }

    /// Makes a chunk of plain values.
    ///
    /// - Parameter encode: Appends the values of a range of rows, nulls left out.
    static func plain(
        rowCount: Int, definitions: [Int32]?, statistics: ColumnStatistics, codec: ParquetCodec,
        encode: (Range<Int>, inout [UInt8]) -> Void
    ) throws(ParquetError) -> ColumnChunk {
        var chunk = ColumnChunk(codec: codec, valueCount: rowCount, statistics: statistics)
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
    ///   - definitions: For an optional column 1 for each value that is there and 0 for each null.
    ///   - indices: One for each value that is there; nulls have none.
    static func dictionary(
        entries: [UInt8], entryCount: Int, indices: [Int32], rowCount: Int, definitions: [Int32]?,
        statistics: ColumnStatistics, codec: ParquetCodec
    ) throws(ParquetError) -> ColumnChunk {
        var chunk = ColumnChunk(codec: codec, valueCount: rowCount, statistics: statistics)
        try chunk.appendDictionary(entries, entryCount: entryCount)
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

    /// Adds the dictionary page, which comes before all others.
    ///
    /// - Parameter entries: The dictionary's values in plain encoding.
    mutating func appendDictionary(_ entries: [UInt8], entryCount: Int) throws(ParquetError) {
        note(.plain)
        let compressed = try codec.compressed(entries)
        metaData.dictionaryPageOffset = 0
        append(
            PageHeader.dictionary(
                uncompressedByteCount: entries.count, compressedByteCount: compressed.count, valueCount: entryCount),
            compressed, uncompressedByteCount: entries.count)
        metaData.dataPageOffset = bytes.count
    }

    private mutating func note(_ encoding: Encoding) {
        if !metaData.encodings.contains(encoding) { metaData.encodings.append(encoding) }
    }

    /// Adds a data page.
    mutating func appendData(
        _ page: [UInt8], valueCount: Int, encoding: Encoding, nullCount: Int = 0, bounds: PageBounds? = nil
    ) throws(ParquetError) {
        note(encoding)
        let compressed = try codec.compressed(page)
        let start = bytes.count
        defer {
            metaData.pages.append(
                PageEntry(
                    offset: start, byteCount: bytes.count - start,
                    firstRow: metaData.pages.last.map { $0.firstRow + $0.rowCount } ?? 0, rowCount: valueCount,
                    nullCount: nullCount, bounds: bounds))
        }
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
