/// A data page of a column chunk, as the page index tells of it.
struct PageEntry: Sendable {
    /// Where its header begins: in its chunk, and in the file once that is there.
    var offset: Int
    /// With the header.
    var byteCount: Int
    /// The number of its first row in the row group.
    var firstRow: Int
    var rowCount: Int
    var nullCount: Int
    /// Nil where they aren't known, or where all values are null.
    var bounds: PageBounds?
}

/// The least and greatest value of a page, and their places among the chunk's values in order.
struct PageBounds: Sendable, Hashable {
    var minimum: [UInt8]
    var maximum: [UInt8]
    var least: UInt32
    var greatest: UInt32
}

/// What lets a reader skip pages (parquet-format, PageIndex.md): before the file's end, for each chunk its pages' bounds and
/// where they are.
enum PageIndex {
    /// `ColumnIndex` of parquet.thrift; nil when some page's bounds aren't known.
    static func columnIndex(_ pages: [PageEntry]) -> [UInt8]? {
        guard !pages.isEmpty, pages.allSatisfy({ $0.bounds != nil || $0.nullCount == $0.rowCount }) else { return nil }
        let bounds = pages.compactMap(\.bounds)
        let isAscending = zip(bounds, bounds.dropFirst()).allSatisfy {
            $0.least <= $1.least && $0.greatest <= $1.greatest
        }
        var writer = CompactWriter()
        writer.structure { writer in
            writer.field(1, bools: pages.map { $0.bounds == nil })
            writer.field(2, binaries: pages.map { $0.bounds?.minimum ?? [] })
            writer.field(3, binaries: pages.map { $0.bounds?.maximum ?? [] })
            writer.field(4, int32: isAscending ? 1 : 0)
            writer.field(5, int64s: pages.map(\.nullCount))
        }
        return writer.bytes
    }

    /// `OffsetIndex` of parquet.thrift.
    static func offsetIndex(_ pages: [PageEntry]) -> [UInt8]? {
        guard !pages.isEmpty else { return nil }
        var writer = CompactWriter()
        writer.structure { writer in
            writer.field(1, list: pages) { writer, page in
                writer.field(1, int64: page.offset)
                writer.field(2, int32: page.byteCount)
                writer.field(3, int64: page.firstRow)
            }
        }
        return writer.bytes
    }
}
