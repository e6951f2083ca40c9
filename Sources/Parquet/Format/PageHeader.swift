/// What stands before each page (parquet.thrift, PageHeader).
enum PageHeader {
    static func data(
        uncompressedByteCount: Int, compressedByteCount: Int, valueCount: Int, encoding: Encoding
    ) -> [UInt8] {
        encoded(type: 0, uncompressedByteCount, compressedByteCount) { writer in
            writer.field(5) { page in
                page.field(1, int32: valueCount)
                page.field(2, int32: encoding.rawValue)
                page.field(3, int32: Encoding.rle.rawValue)
                page.field(4, int32: Encoding.rle.rawValue)
            }
        }
    }

    static func dictionary(uncompressedByteCount: Int, compressedByteCount: Int, valueCount: Int) -> [UInt8] {
        encoded(type: 2, uncompressedByteCount, compressedByteCount) { writer in
            writer.field(7) { page in
                page.field(1, int32: valueCount)
                page.field(2, int32: Encoding.plain.rawValue)
            }
        }
    }

    private static func encoded(
        type: Int, _ uncompressed: Int, _ compressed: Int, _ rest: (inout CompactWriter) -> Void
    ) -> [UInt8] {
        var writer = CompactWriter()
        writer.structure { writer in
            writer.field(1, int32: type)
            writer.field(2, int32: uncompressed)
            writer.field(3, int32: compressed)
            rest(&writer)
        }
        return writer.bytes
    }
}
