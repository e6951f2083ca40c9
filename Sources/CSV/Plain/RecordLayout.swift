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

    /// The layout of a file, from its first bytes.
    ///
    /// - Parameter head: The header with its line break, and nothing of the first row.
    /// - Throws: ``CSVError`` when the file can't be read as a whole.
    package init(head: [UInt8], columns: [String], options: CSVOptions = CSVOptions()) throws(CSVError) {
        var reader = CSVReader(columns: columns, options: options)
        reader.append(head)
        reader.finish()
        while try reader.nextBatch() != nil {}
        self.init(slots: reader.slots, header: reader.header ?? [], columns: columns, options: options)
    }

    init(slots: [Int], header: [String], columns: [String], options: CSVOptions) {
        self.slots = slots
        self.header = header
        self.columns = columns
        self.options = options
    }

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
