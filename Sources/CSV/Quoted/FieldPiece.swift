/// A part of a file whose fields can be placed (``FieldRows``) while others' are.
package struct FieldPiece: Sendable {
    /// At most 1 GiB.
    let bytes: [UInt8]
    /// Begins where a record does, or so it is guessed; or within the record that `open` is in.
    let range: Range<Int>
    /// The reader of what came before, when it is not at a record's beginning or has rows.
    let open: CSVReader?
    /// Rows that come before those of the piece.
    let early: [CSVBatch]

    init(bytes: [UInt8], range: Range<Int>, open: CSVReader? = nil, early: [CSVBatch] = []) {
        precondition(bytes.count <= 1 << 30, "a piece of CSV is too large")
        self.bytes = bytes
        self.range = range
        self.open = open
        self.early = early
    }
}

/// Cuts a file into pieces at line feeds, taking each for a record's end.
///
/// That is a guess: a line feed may be within quotes. Whether it was right is known when the piece before has been taken
/// apart: it has an ``FieldRows/open`` reader if not, and the next piece has to be taken apart with that.
///
/// In memory is the line that reaches over the end of a block.
package struct FieldPieceCutter: Sendable {
    private var reader: CSVReader
    private var rest: [UInt8] = []
    /// How records are read, once the header has been.
    package private(set) var layout: RecordLayout?

    package init(columns: [String], options: CSVOptions = CSVOptions()) {
        reader = CSVReader(columns: columns, options: options)
    }

    /// The pieces that the file's next bytes complete.
    ///
    /// - Throws: ``CSVError`` if the file can't be read as a whole.
    package mutating func append(_ block: [UInt8]) throws(CSVError) -> [FieldPiece] {
        var pieces: [FieldPiece] = []
        var start = 0
        if layout == nil {
            var early: [CSVBatch] = []
            while layout == nil {
                guard start < block.count else { return [] }
                let end = FieldPieceCutter.lineEnd(block, start) ?? block.count
                reader.append(Array(block[start..<end]))
                start = end
                while let batch = try reader.nextBatch() { early.append(batch) }
                noteHeader()
            }
            // After a header with a line feed there is nothing left in its reader.
            if reader.isBetweenRecords, let batch = reader.takePartialBatch() { early.append(batch) }
            if !reader.isBetweenRecords || !early.isEmpty {
                let open = reader.isBetweenRecords ? nil : reader
                pieces.append(FieldPiece(bytes: [], range: 0..<0, open: open, early: early))
            }
        }
        if !rest.isEmpty {
            let end = FieldPieceCutter.lineEnd(block, start) ?? block.count
            rest += block[start..<end]
            start = end
            guard rest.last == Byte.lineFeed || rest.count > reader.options.maximumRecordBytes else { return pieces }
            pieces.append(FieldPiece(bytes: rest, range: rest.indices))
            rest = []
        }
        let end = block[start...].lastIndex(of: Byte.lineFeed).map { $0 + 1 } ?? start
        if end > start { pieces.append(FieldPiece(bytes: block, range: start..<end)) }
        rest = Array(block[end...])
        return pieces
    }

    /// What is left at the end of the file.
    ///
    /// - Throws: ``CSVError`` if the file can't be read as a whole.
    package mutating func finish() throws(CSVError) -> [FieldPiece] {
        guard layout == nil else { return rest.isEmpty ? [] : [FieldPiece(bytes: rest, range: rest.indices)] }
        var early: [CSVBatch] = []
        reader.finish()
        while let batch = try reader.nextBatch() { early.append(batch) }
        noteHeader()
        return [FieldPiece(bytes: [], range: 0..<0, early: early)]
    }

    private mutating func noteHeader() {
        layout = reader.header.map {
            RecordLayout(slots: reader.slots, header: $0, columns: reader.columns, options: reader.options)
        }
    }

    private static func lineEnd(_ block: [UInt8], _ start: Int) -> Int? {
        block[start...].firstIndex(of: Byte.lineFeed).map { $0 + 1 }
    }
}
