/// What the end of a file says of its row groups (parquet.thrift, FileMetaData and what it is made of).
struct ColumnChunkMetaData: Sendable {
    var codec: ParquetCodec
    var encodings: [Encoding]
    var valueCount: Int
    var uncompressedByteCount: Int
    var compressedByteCount: Int
    var dictionaryPageOffset: Int?
    var dataPageOffset: Int
    var statistics: ColumnStatistics
    var pages: [PageEntry] = []
    /// Where in the file the page index has been put; known once it is.
    var columnIndex: Range<Int>?
    var offsetIndex: Range<Int>?
}

struct RowGroupMetaData {
    var rowCount: Int
    var chunks: [ColumnChunkMetaData]
    var offset: Int
    var sortingColumns: [Int]
}

/// `Encoding` of parquet.thrift.
enum Encoding: Int {
    case plain = 0
    case rle = 3
    case rleDictionary = 8
}

/// `CompressionCodec` of parquet.thrift.
package enum ParquetCodec: Int, Sendable, Hashable {
    case uncompressed = 0
    case snappy = 1
}

enum FileMetaData {
    /// Named by readers that work around bugs of certain writers.
    static let createdBy = "turntable version 0.1.0"

    static func encoded(_ columns: [ParquetColumn], _ rowGroups: [RowGroupMetaData]) -> [UInt8] {
        var writer = CompactWriter()
        writer.structure { writer in
            writer.field(1, int32: 1)
            writer.field(2, list: [nil] + columns.map(Optional.some)) { writer, column in
                schemaElement(&writer, column, rootChildren: columns.count)
            }
            writer.field(3, int64: rowGroups.reduce(0) { $0 + $1.rowCount })
            writer.field(4, list: Array(rowGroups.enumerated())) { writer, element in
                rowGroup(&writer, element.element, ordinal: element.offset, columns)
            }
            writer.field(6, text: createdBy)
            // Each column is in its type's own order: without this, readers ignore min_value and max_value.
            writer.field(7, list: columns) { writer, _ in writer.field(1) { _ in } }
        }
        return writer.bytes
    }

    private static func schemaElement(_ writer: inout CompactWriter, _ column: ParquetColumn?, rootChildren: Int) {
        guard let column else {
            writer.field(4, text: "schema")
            writer.field(5, int32: rootChildren)
            return
        }
        writer.field(1, int32: column.physicalType)
        writer.field(3, int32: column.isOptional ? 1 : 0)
        writer.field(4, text: column.name)
        switch column.kind {
        case .utf8:
            writer.field(6, int32: 0)
            writer.field(10) { $0.field(1) { _ in } }
        case .timestampMicros:
            writer.field(10) { logicalType in
                logicalType.field(8) { timestamp in
                    timestamp.field(1, bool: false)
                    timestamp.field(2) { unit in unit.field(2) { _ in } }
                }
            }
        case .int32, .int64, .double: break
        }
    }

    private static func rowGroup(
        _ writer: inout CompactWriter, _ group: RowGroupMetaData, ordinal: Int, _ columns: [ParquetColumn]
    ) {
        writer.field(1, list: Array(zip(group.chunks, columns))) { writer, element in
            let (chunk, column) = element
            writer.field(2, int64: chunk.dictionaryPageOffset ?? chunk.dataPageOffset)
            writer.field(3) { columnMetaData(&$0, chunk, column) }
            if let index = chunk.offsetIndex {
                writer.field(4, int64: index.lowerBound)
                writer.field(5, int32: index.count)
            }
            if let index = chunk.columnIndex {
                writer.field(6, int64: index.lowerBound)
                writer.field(7, int32: index.count)
            }
        }
        writer.field(2, int64: group.chunks.reduce(0) { $0 + $1.uncompressedByteCount })
        writer.field(3, int64: group.rowCount)
        if !group.sortingColumns.isEmpty {
            writer.field(4, list: group.sortingColumns) { writer, column in
                writer.field(1, int32: column)
                writer.field(2, bool: false)
                writer.field(3, bool: false)
            }
        }
        writer.field(5, int64: group.offset)
        writer.field(6, int64: group.chunks.reduce(0) { $0 + $1.compressedByteCount })
        if ordinal <= Int16.max { writer.field(7, int16: ordinal) }
    }

    private static func columnMetaData(
        _ writer: inout CompactWriter, _ chunk: ColumnChunkMetaData, _ column: ParquetColumn
    ) {
        writer.field(1, int32: column.physicalType)
        writer.field(2, int32s: chunk.encodings.map(\.rawValue))
        writer.field(3, texts: [column.name])
        writer.field(4, int32: chunk.codec.rawValue)
        writer.field(5, int64: chunk.valueCount)
        writer.field(6, int64: chunk.uncompressedByteCount)
        writer.field(7, int64: chunk.compressedByteCount)
        writer.field(9, int64: chunk.dataPageOffset)
        if let offset = chunk.dictionaryPageOffset { writer.field(11, int64: offset) }
        writer.field(12) { statistics in
            statistics.field(3, int64: chunk.statistics.nullCount)
            if let bounds = chunk.statistics.bounds {
                statistics.field(5, binary: bounds.maximum)
                statistics.field(6, binary: bounds.minimum)
            }
        }
    }
}
