/// Cuts CSV into pieces that can be taken apart at the same time.
///
/// Plain text is handed on line by line in whole blocks; everything else goes through a ``CSVReader``: the header, quoted
/// fields, records that reach over the end of a block, faults. So what the text means is defined there alone, and the
/// pieces together have the rows that it would have given, in its order.
///
/// In memory is what has been appended and not yet taken, and one open record.
package struct CSVBlockReader: Sendable {
    /// Bytes that are plain together or not: a quote costs the lines around it their speed.
    private static let inspectedByteCount = 128 << 10

    private var reader: CSVReader
    private var pieces: [CSVPiece] = []
    private var takenCount = 0

    package init(columns: [String], options: CSVOptions = CSVOptions()) {
        reader = CSVReader(columns: columns, options: options)
    }

    /// A reader in the midst of a file, where a record begins.
    package init(layout: RecordLayout, from start: RecordStart) {
        self.init(CSVReader(layout: layout, offset: start.byteOffset, line: start.line))
    }

    init(_ reader: CSVReader) { self.reader = reader }

    /// All names in the header, once it has been read.
    package var header: [String]? { reader.header }

    /// The line that the next byte is on.
    var line: Int { reader.line }

    /// How lines of this file are taken apart, once the header has been read.
    package var layout: RecordLayout? {
        reader.header.map {
            RecordLayout(slots: reader.slots, header: $0, columns: reader.columns, options: reader.options)
        }
    }

    /// Adds the file's next bytes.
    ///
    /// - Throws: ``CSVError`` if the file can't be read as a whole.
    package mutating func append(_ block: [UInt8]) throws(CSVError) {
        var position = 0
        while position < block.count {
            guard reader.header != nil, reader.isBetweenRecords else {
                try readOn(block, &position)
                continue
            }
            guard let end = plainEnd(block, position) else {
                let end = min(block.count, position + CSVBlockReader.inspectedByteCount)
                try read(block[position..<end])
                position = end
                continue
            }
            takeBatches()
            let blockOffset = reader.offset - position
            pieces.append(
                .lines(
                    PlainLines(
                        bytes: block, range: position..<end.position, lineCount: end.lineCount,
                        blockOffset: blockOffset,
                        firstLine: reader.line)))
            reader.pass(byteCount: end.position - position, lineCount: end.lineCount)
            position = end.position
        }
    }

    /// Says that the file has no more bytes.
    package mutating func finish() throws(CSVError) {
        reader.finish()
        while let batch = try reader.nextBatch() { pieces.append(.batch(batch)) }
    }

    /// The next piece, or nil when more bytes are needed.
    package mutating func nextPiece() -> CSVPiece? {
        guard takenCount < pieces.count else {
            pieces.removeAll(keepingCapacity: true)
            takenCount = 0
            return nil
        }
        defer { takenCount += 1 }
        return pieces[takenCount]
    }

    /// Reads the open record, or the header, up to the next line break.
    private mutating func readOn(_ block: [UInt8], _ position: inout Int) throws(CSVError) {
        let end = CSVBlockReader.lineEnd(block, position)
        try read(block[position..<end])
        position = end
    }

    private mutating func read(_ bytes: ArraySlice<UInt8>) throws(CSVError) {
        reader.append(Array(bytes))
        while let batch = try reader.nextBatch() { pieces.append(.batch(batch)) }
    }

    /// Hands out the rows that have been read, few as they may be.
    mutating func takeOpenRows() { takeBatches() }

    /// Hands out the rows that wait in the reader, so that the order stays the file's.
    private mutating func takeBatches() {
        if let batch = reader.takePartialBatch() { pieces.append(.batch(batch)) }
    }

    /// The end of the plain lines from `position` on; nil when there is none or something else comes first.
    private func plainEnd(_ block: [UInt8], _ position: Int) -> (position: Int, lineCount: Int)? {
        var start = position
        var lineCount = 0
        while start < block.count {
            let limit = min(block.count, start + CSVBlockReader.inspectedByteCount)
            guard let end = CSVBlockReader.lastLineEnd(block, start..<limit) else { break }
            let traits = TextTraits(of: block, in: start..<end)
            guard traits.isPlain else { break }
            lineCount += traits.lineFeedCount
            start = end
        }
        return start > position ? (start, lineCount) : nil
    }

    private static func lineEnd(_ block: [UInt8], _ start: Int) -> Int {
        block[start...].firstIndex(of: Byte.lineFeed).map { $0 + 1 } ?? block.count
    }

    private static func lastLineEnd(_ block: [UInt8], _ range: Range<Int>) -> Int? {
        block[range].lastIndex(of: Byte.lineFeed).map { $0 + 1 }
    }
}
