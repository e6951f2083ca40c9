/// One column of a batch: the fields' bytes end to end, quotes taken off.
///
/// Field *i* is `bytes[offsets[i]..<offsets[i + 1]]`, so three fields `ab`, empty and `c` are bytes `abc` and offsets
/// 0, 2, 2, 3. The same layout goes into Parquet as it is. Every field is valid UTF-8 without NUL.
package struct CSVColumn: Sendable, Hashable {
    /// The column's name in the header.
    package let name: String
    package internal(set) var bytes: [UInt8] = []
    /// One more than there are fields; the first is 0.
    package internal(set) var offsets: [Int32] = [0]

    package var count: Int { offsets.count - 1 }

    /// Where field `row` lies in ``bytes``.
    @inlinable
    package func range(_ row: Int) -> Range<Int> { Int(offsets[row])..<Int(offsets[row + 1]) }

    /// Field `row`, without copying it.
    @inlinable
    package subscript(row: Int) -> ArraySlice<UInt8> { bytes[range(row)] }

    /// Field `row` as a string; for messages and small tables, as it allocates.
    package func string(_ row: Int) -> String { String(decoding: self[row], as: UTF8.self) }

    /// Field `row` as a 64-bit integer, or nil; see ``FieldParser/int64(_:)``.
    package func int64(_ row: Int) -> Int64? { FieldParser.int64(bytes.span.extracting(range(row))) }

    /// Field `row` as microseconds since 1970, or nil; see ``FieldParser/timestampMicroseconds(_:)``.
    package func timestampMicroseconds(_ row: Int) -> Int64? {
        FieldParser.timestampMicroseconds(bytes.span.extracting(range(row)))
    }
}

extension CSVColumn {
    /// Field `row` as a buffer that lives as long as `body` runs.
    @inlinable
    package func withField<Result>(_ row: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result
    {
        try unsafe bytes.withUnsafeBufferPointer { buffer in
            try unsafe body(UnsafeBufferPointer(rebasing: buffer[range(row)]))
        }
    }
}
