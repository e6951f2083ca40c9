/// Some rows of a file, column by column.
///
/// How rows fall into batches depends on the file and the options, not on the blocks that the bytes came in.
package struct CSVBatch: Sendable, Hashable {
    /// The chosen columns in the order they were asked for; each has ``rowCount`` fields.
    package let columns: [CSVColumn]
    /// For each row the line it begins on; line 1 is the header's.
    package let lines: [Int]
    /// For each row where in the file it begins.
    package let byteOffsets: [Int]
    /// For each row its bytes up to the line break.
    package let byteCounts: [Int32]
    /// The records between the batch's first and last that are not rows, in the file's order.
    package let defects: [CSVDefect]

    package var rowCount: Int { lines.count }
}
