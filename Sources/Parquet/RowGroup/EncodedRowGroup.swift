/// A row group as bytes, before its place in a file is known: row groups can be encoded at the same time.
package struct EncodedRowGroup: Sendable {
    package let rowCount: Int
    let chunks: [ColumnChunk]
    /// Columns by which the rows are ordered, ascending, the most significant first.
    let sortingColumns: [Int]

    /// Encodes rows.
    ///
    /// - Parameters:
    ///   - values: For each column its values, all of `rowCount` rows.
    ///   - sortingColumns: Positions of the columns by which the rows are ordered.
    ///   - codec: For columns that get smaller by it; the others stay as they are.
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
            guard values.rowCount == rowCount else {
                throw ParquetError(
                    .schemaMismatch, "column \(column.name) has \(values.rowCount) rows, the row group \(rowCount)")
            }
            chunks.append(try RowGroupEncoder(column: column, rowCount: rowCount, codec: codec).chunk(values))
        }
        self.rowCount = rowCount
        self.chunks = chunks
        self.sortingColumns = sortingColumns
    }
}

extension RowGroupColumn {
    fileprivate var rowCount: Int {
        switch self {
        case .codes(let codes, _), .mappedCodes(let codes, _, _): codes.count
        case .runs(let runs, _): runs.reduce(0) { $0 + Int($1.count) }
        case .int64s(let values): values.count
        }
    }
}
