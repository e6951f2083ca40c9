/// What ``CSVBlockReader`` and ``RecordLayout`` need of a reader.
extension CSVReader {
    /// Whether all that was appended has been read and no record is open.
    var isBetweenRecords: Bool { phase == .recordStart && position == block.count && !isAfterCarriageReturn }

    /// Moves on past whole lines that someone else reads.
    mutating func pass(byteCount: Int, lineCount: Int) {
        blockOffset += block.count + byteCount
        block = []
        position = 0
        line += lineCount
    }

    /// The rows read so far, if there are any.
    mutating func takePartialBatch() -> CSVBatch? { lines.isEmpty && defects.isEmpty ? nil : takeBatch() }

    /// A reader in the midst of a file, where a record begins.
    init(layout: RecordLayout, offset: Int, line: Int) {
        self.init(columns: layout.columns, options: layout.options)
        slots = layout.slots
        slotBeyond = -1
        filling = layout.columns.map { CSVColumn(name: $0) }
        header = layout.header
        expectedFieldCount = layout.header.count
        phase = .recordStart
        blockOffset = offset
        self.line = line
    }
}
