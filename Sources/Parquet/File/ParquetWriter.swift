/// Writes a Parquet file of a flat schema, batch by batch, in the memory of one row group.
///
/// The file's bytes collect in the writer until ``takeBytes()``; the caller puts them wherever the file goes. The same
/// batches give the same bytes.
///
/// ```swift
/// var writer = ParquetWriter(columns: [ParquetColumn("id", .int64), ParquetColumn("genre", .utf8)], dictionaries: [1: genres])
/// try writer.append([.int64([1, 2]), .indices([0, 0])])
/// try writer.finish()
/// let bytes = writer.takeBytes()
/// ```
package struct ParquetWriter {
    /// Rows after which a row group is closed.
    package static let defaultRowGroupRowLimit = 122_880

    private static let magic = Array("PAR1".utf8)
    private static let smallPieceByteCount = 128 << 10

    private let columns: [ParquetColumn]
    private let codec: ParquetCodec
    private let rowGroupRowLimit: Int
    private var buffers: [ColumnBuffer]
    private var pieces: [[UInt8]] = [magic]
    private var fileOffset = magic.count
    private var rowGroups: [RowGroupMetaData] = []
    private var bufferedRowCount = 0
    private var isFinished = false

    /// Rows appended so far.
    package private(set) var rowCount = 0

    /// - Parameter dictionaries: For text columns that are given as indices (by position): what the indices mean.
    package init(
        columns: [ParquetColumn], dictionaries: [Int: UTF8Values] = [:], codec: ParquetCodec = .snappy,
        rowGroupRowLimit: Int = defaultRowGroupRowLimit
    ) {
        self.columns = columns
        self.codec = codec
        self.rowGroupRowLimit = max(1, rowGroupRowLimit)
        buffers = columns.enumerated().map { ColumnBuffer($1, dictionary: dictionaries[$0]) }
    }

    /// Adds rows: one element a column, all of the same length.
    ///
    /// - Throws: ``ParquetError`` `.schemaMismatch` when they don't fit the schema; nothing is added then.
    package mutating func append(_ batch: [ColumnValues]) throws(ParquetError) {
        guard !isFinished else { throw ParquetError(.finished, "rows after the end of the file") }
        guard batch.count == columns.count, Set(batch.map(\.count)).count <= 1 else {
            throw ParquetError(
                .schemaMismatch,
                "a batch of \(batch.count) columns with \(batch.map(\.count)) rows, for \(columns.count) columns")
        }
        for (buffer, values) in zip(buffers, batch) where !buffer.accepts(values) {
            throw ParquetError(
                .schemaMismatch, "values of another kind than column \(buffer.column.name) has, or a null")
        }
        for index in buffers.indices { buffers[index].append(batch[index]) }
        bufferedRowCount += batch.first?.count ?? 0
        rowCount += batch.first?.count ?? 0
        if bufferedRowCount >= rowGroupRowLimit { try closeRowGroup() }
    }

    private mutating func closeRowGroup() throws(ParquetError) {
        guard bufferedRowCount > 0 else { return }
        var chunks: [ColumnChunk] = []
        for index in buffers.indices { chunks.append(try buffers[index].takeChunk(codec: codec)) }
        write(chunks, rowCount: bufferedRowCount, sortingColumns: [])
        bufferedRowCount = 0
    }

    /// Adds a row group that was encoded for the same columns and codec, after the rows so far.
    ///
    /// - Throws: ``ParquetError`` `.schemaMismatch` when it has another number of columns; `.finished`.
    package mutating func append(_ group: EncodedRowGroup) throws(ParquetError) {
        guard !isFinished else { throw ParquetError(.finished, "rows after the end of the file") }
        guard group.chunks.count == columns.count else {
            throw ParquetError(
                .schemaMismatch, "a row group of \(group.chunks.count) columns, for \(columns.count) columns")
        }
        guard group.rowCount > 0 else { return }
        try closeRowGroup()
        write(group.chunks, rowCount: group.rowCount, sortingColumns: group.sortingColumns)
        rowCount += group.rowCount
    }

    private mutating func write(_ chunks: [ColumnChunk], rowCount: Int, sortingColumns: [Int]) {
        var group = RowGroupMetaData(rowCount: rowCount, chunks: [], offset: fileOffset, sortingColumns: sortingColumns)
        for chunk in chunks {
            group.chunks.append(chunk.metaData(at: fileOffset))
            add(chunk.bytes)
        }
        rowGroups.append(group)
    }

    private mutating func writePageIndex() {
        for group in rowGroups.indices {
            for chunk in rowGroups[group].chunks.indices {
                rowGroups[group].chunks[chunk].columnIndex = write(
                    PageIndex.columnIndex(rowGroups[group].chunks[chunk].pages))
            }
        }
        for group in rowGroups.indices {
            for chunk in rowGroups[group].chunks.indices {
                rowGroups[group].chunks[chunk].offsetIndex = write(
                    PageIndex.offsetIndex(rowGroups[group].chunks[chunk].pages))
            }
        }
    }

    private mutating func write(_ index: [UInt8]?) -> Range<Int>? {
        guard let index else { return nil }
        add(index)
        return (fileOffset - index.count)..<fileOffset
    }

    /// Small pieces become one: each is written by itself.
    private mutating func add(_ bytes: [UInt8]) {
        fileOffset += bytes.count
        if let last = pieces.last, last.count + bytes.count <= ParquetWriter.smallPieceByteCount {
            pieces[pieces.count - 1] += bytes
        } else {
            pieces.append(bytes)
        }
    }

    /// Writes the last row group and the file's end; nothing can be appended then.
    package mutating func finish() throws(ParquetError) {
        guard !isFinished else { return }
        try closeRowGroup()
        writePageIndex()
        var end = FileMetaData.encoded(columns, rowGroups)
        PlainEncoding.append(Int32(end.count), to: &end)
        add(end + ParquetWriter.magic)
        isFinished = true
    }

    /// The file's next bytes; the writer forgets them.
    package mutating func takeBytes() -> [UInt8] { takePieces().flatMap { $0 } }

    /// The file's next bytes, without copying them into one array.
    package mutating func takePieces() -> [[UInt8]] {
        defer { pieces = [] }
        return pieces
    }
}
