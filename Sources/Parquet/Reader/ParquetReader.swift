/// Reads flat columns of a Parquet file, row group by row group.
///
/// In memory are the metadata, one column chunk as it is in the file, and the values of the chosen columns of one row group.
/// What a file claims is held against its bytes and against ``Limits`` before anything is allocated for it.
///
/// Read are all physical types; the encodings PLAIN, PLAIN_DICTIONARY, RLE_DICTIONARY, RLE, DELTA_BINARY_PACKED,
/// DELTA_LENGTH_BYTE_ARRAY, DELTA_BYTE_ARRAY and BYTE_STREAM_SPLIT; pages of both versions; uncompressed, snappy, gzip and
/// zstd. Nested and repeated columns, encryption and other codecs are refused by name. Source: parquet-format 2.11.
package struct ParquetReader: Sendable {
    package struct Limits: Sendable, Hashable {
        /// Bytes of a page, uncompressed.
        package var pageByteCount = 256 << 20
        /// Bytes of a column chunk in the file.
        package var chunkByteCount = 1 << 30
        /// Rows of a row group.
        package var rowCount = 1 << 24

        package init() {}
    }

    private static let tailByteCount = 8

    private let source: any ParquetSource
    private let limits: Limits
    package let fields: [ParquetField]
    package let rowGroups: [ParquetRowGroup]
    package let rowCount: Int
    /// The program that wrote the file.
    package let createdBy: String?

    /// Reads the file's metadata.
    ///
    /// - Throws: ``ParquetError`` `.malformed`, `.unsupported`, `.tooLarge`, and what the source throws.
    package init(_ source: any ParquetSource, limits: Limits = Limits()) async throws {
        self.source = source
        self.limits = limits
        let end = source.byteCount
        guard end >= FileFooter.magic.count + ParquetReader.tailByteCount else {
            throw ParquetError.malformed("a file of \(end) bytes is too short for Parquet")
        }
        let head = try await source.read(0..<FileFooter.magic.count)
        let tail = try await source.read((end - ParquetReader.tailByteCount)..<end)
        if tail.suffix(4) == Array("PARE".utf8)[...] { throw ParquetError.unsupported("the file is encrypted") }
        guard head == FileFooter.magic, Array(tail.suffix(4)) == FileFooter.magic else {
            throw ParquetError.malformed("it does not begin and end with PAR1: it is no Parquet file, or cut off")
        }
        var cursor = ByteCursor(tail)
        let byteCount = Int(try cursor.integer(UInt32.self))
        guard byteCount <= end - ParquetReader.tailByteCount - FileFooter.magic.count else {
            throw ParquetError.malformed("metadata of \(byteCount) bytes in a file of \(end)")
        }
        guard byteCount <= FileFooter.maximumByteCount else {
            throw ParquetError(.tooLarge, "metadata of \(byteCount) bytes; \(FileFooter.maximumByteCount) are read")
        }
        let start = end - ParquetReader.tailByteCount - byteCount
        let footer = try FileFooter(try await source.read(start..<(start + byteCount)), fileByteCount: end)
        fields = footer.fields
        rowGroups = footer.rowGroups
        rowCount = footer.rowCount
        createdBy = footer.createdBy
    }

    /// Reads columns of one row group.
    ///
    /// - Parameters:
    ///   - index: From 0 to below the number of ``rowGroups``.
    ///   - columns: Names, in any order; nil for all that are flat.
    /// - Returns: The columns in the order asked for, each of the row group's rows.
    /// - Throws: ``ParquetError``: `.noSuchColumn` names those that there are; `.unsupported`; `.malformed`; `.tooLarge`.
    package func readRowGroup(_ index: Int, columns: [String]? = nil) async throws -> [ParquetColumnValues] {
        let group = rowGroups[index]
        guard group.rowCount <= limits.rowCount else {
            throw ParquetError(
                .tooLarge, "row group \(index) has \(group.rowCount) rows; \(limits.rowCount) are read at a time")
        }
        var result: [ParquetColumnValues] = []
        for name in columns ?? fields.filter({ !$0.isNested }).map(\.name) {
            guard let place = fields.firstIndex(where: { $0.name == name }) else {
                throw ParquetError(
                    .noSuchColumn, "there is no column \(name); there are \(fields.map(\.name).joined(separator: ", "))"
                )
            }
            let (field, chunk) = (fields[place], group.chunks[place])
            let location = "column \(name) of row group \(index)"
            guard !field.isNested else { throw ParquetError.unsupported("\(location) is nested or repeated") }
            guard chunk.compressedByteCount <= limits.chunkByteCount else {
                throw ParquetError(.tooLarge, "\(location) has \(chunk.compressedByteCount) bytes")
            }
            guard chunk.valueCount == group.rowCount else {
                throw ParquetError.malformed("\(location) has \(chunk.valueCount) values for \(group.rowCount) rows")
            }
            let bytes = try await source.read(chunk.offset..<(chunk.offset + chunk.compressedByteCount))
            do throws(ParquetError) {
                var decoder = ChunkDecoder(field, chunk, pageByteLimit: limits.pageByteCount)
                result.append(try decoder.decode(bytes))
            } catch {
                throw error.located(location)
            }
        }
        return result
    }
}
