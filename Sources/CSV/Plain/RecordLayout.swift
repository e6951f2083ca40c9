/// What the fields of a file's records are, and how a record is read by itself.
package struct RecordLayout: Sendable, Hashable {
    /// What is wanted of a column's fields.
    package enum Kind: Sendable, Hashable {
        /// ``FieldParser/int64(_:)``.
        case integer
        /// Bytes as they are, at least one.
        case text
        /// ``FieldParser/timestampMicroseconds(_:)``.
        case timestamp
    }

    /// For each field of a record the chosen column it goes to, or -1.
    let slots: [Int]
    let header: [String]
    let columns: [String]
    let options: CSVOptions

    /// Reads bytes that begin and end with a record, as they would be read in the file.
    ///
    /// - Parameters:
    ///   - offset: Where in the file the bytes begin.
    ///   - line: The line on which they begin.
    package func read(_ bytes: ArraySlice<UInt8>, offset: Int, line: Int) -> [CSVBatch] {
        var reader = CSVReader(layout: self, offset: offset, line: line)
        reader.append(Array(bytes))
        reader.finish()
        var batches: [CSVBatch] = []
        // A reader that has its header throws no more.
        while let batch = try? reader.nextBatch() { batches.append(batch) }
        return batches
    }
}
