/// A part of a file's rows, in the file's order.
package enum CSVPiece: Sendable {
    /// Whole lines of plain text, not yet taken apart.
    case lines(PlainLines)
    /// Rows that were read one by one, for the sake of their quotes or faults.
    case batch(CSVBatch)
}

/// Whole lines of plain text (``TextTraits``), the last one ending in LF.
package struct PlainLines: Sendable {
    /// The block that the lines are in.
    package let bytes: [UInt8]
    package let range: Range<Int>
    package let lineCount: Int
    /// Where in the file `bytes[0]` is.
    package let blockOffset: Int
    /// The number of the first line; the header's is 1.
    package let firstLine: Int
}
