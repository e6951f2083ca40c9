/// Reads CSV from blocks of bytes and hands out batches of columns.
///
/// The caller owns the input: it appends blocks as they come and takes batches until there is none.
///
/// ```swift
/// var reader = CSVReader(columns: ["track_id", "user_id"])
/// while true {
///     let block = try await source.read(upTo: 256 << 10)
///     if block.isEmpty { reader.finish() } else { reader.append(block) }
///     while let batch = try reader.nextBatch() { use(batch) }
///     if block.isEmpty { break }
/// }
/// ```
///
/// In memory are the last block and one batch. Results don't depend on how the input is cut into blocks.
///
/// What the text means (RFC 4180, and where it leaves a choice):
/// - A record ends at LF, CR LF, a CR alone, or the end of the file. Each counts as one line, inside quotes, too.
/// - A line without any byte is skipped; one of spaces is a record. The first record is the header, also after blank
///   lines. A header alone gives no batch.
/// - A field is quoted if its very first byte is a quote. Anywhere else in an unquoted field a quote is itself.
/// - Fields are kept byte for byte; spaces and line breaks within quotes are content.
/// - A byte order mark of UTF-8 at the start is not part of the first name.
/// - A record with more or fewer fields than the header, or broken otherwise, is a ``CSVDefect``.
package struct CSVReader: Sendable {
    /// The names of the chosen columns, in the order of a batch's columns.
    package let columns: [String]
    package let options: CSVOptions

    /// All names in the header, once it has been read.
    package internal(set) var header: [String]?
    /// Rows read so far.
    package internal(set) var rowCount = 0
    /// Records read so far that are not rows.
    package internal(set) var defectCount = 0

    var phase = Phase.signature
    var isInputFinished = false
    var failure: CSVError?

    // The input. The block's first byte is at `blockOffset` in the file.
    var block: [UInt8] = []
    var position = 0
    var blockOffset = 0
    /// The line that the byte at `position` is on.
    var line = 1
    /// The byte before `position` was a CR that counted as a line break, so that an LF belongs to it.
    var isAfterCarriageReturn = false

    // The record that is open.
    var recordOffset = 0
    var recordLine = 1
    var fieldIndex = 0
    var fieldLine = 1
    var fieldByteCount = 0
    /// The chosen column that the open field goes to, or -1.
    var slot = -1
    /// All of the open field's bytes, or-ed together.
    var fieldBits: UInt8 = 0
    var fieldHasNUL = false
    /// The open record has a defect. A flag of its own, as looking into the optional costs a call for each field.
    var isRejected = false
    var defect: CSVDefect?

    // The batch that is being filled.
    var filling: [CSVColumn]
    var lines: [Int] = []
    var byteOffsets: [Int] = []
    var byteCounts: [Int32] = []
    var defects: [CSVDefect] = []
    var isBatchFull = false

    /// The header's fields, or -1 until it has been read.
    var expectedFieldCount = -1
    /// For each field of a record the chosen column it goes to, or -1. Empty until the header has been read.
    var slots: [Int] = []
    /// Where fields beyond `slots` go: those of the header to the only column there is then, later ones nowhere.
    var slotBeyond = 0
    /// No byte above this one ends a run of ordinary text.
    let highestSpecialByte: UInt8

    /// Where the reader is in a record.
    enum Phase: Sendable, Hashable {
        case signature, recordStart, fieldStart, unquoted, quoted, quoteInQuoted, skippingLine
    }

    /// - Parameters:
    ///   - columns: Header names of the wanted columns, compared byte for byte; other columns are skipped. Wherever
    ///     they stand in the file, batches have them in this order.
    ///   - options: Delimiter, limits and the size of a batch.
    /// - Precondition: No name occurs twice in `columns`.
    package init(columns: [String], options: CSVOptions = CSVOptions()) {
        precondition(
            Set(columns.map { Array($0.utf8) }).count == columns.count, "a column is asked for twice: \(columns)")
        self.columns = columns
        self.options = options
        highestSpecialByte = max(options.delimiter, Byte.carriageReturn)
        filling = [CSVColumn(name: "")]
    }

    /// Adds the file's next bytes.
    ///
    /// Take all batches first: what hasn't been read of earlier blocks is copied.
    ///
    /// - Precondition: ``finish()`` has not been called.
    package mutating func append(_ bytes: [UInt8]) {
        precondition(!isInputFinished, "bytes were appended to a CSV reader after its input had been finished")
        guard position < block.count else {
            blockOffset += block.count
            block = bytes
            position = 0
            return
        }
        blockOffset += position
        block = Array(block[position...]) + bytes
        position = 0
    }

    /// Says that the file has no more bytes, so that its last record and batch come out.
    package mutating func finish() { isInputFinished = true }

    /// The next batch, if the bytes so far fill one or are all there are.
    ///
    /// - Returns: Nil when more bytes are needed or, after ``finish()``, when everything has been handed out.
    /// - Throws: ``CSVError`` if the file can't be read as a whole; every later call throws the same again.
    /// - Complexity: O(*n*) in the bytes of the batch.
    package mutating func nextBatch() throws(CSVError) -> CSVBatch? {
        if let failure { throw failure }
        do throws(CSVError) {
            if phase == .signature, try !readSignature() { return nil }
            if try scan() { return takeBatch() }
            guard isInputFinished else { return nil }
            try endInput()
            return lines.isEmpty && defects.isEmpty ? nil : takeBatch()
        } catch {
            failure = error
            throw error
        }
    }

    /// The file's offset of the byte at `position`.
    var offset: Int { blockOffset + position }

    /// - Returns: False if more bytes are needed to tell.
    private mutating func readSignature() throws(CSVError) -> Bool {
        guard block.count >= CSVSignature.byteCount || isInputFinished else { return false }
        switch CSVSignature(block.prefix(CSVSignature.byteCount)) {
        case .text(let byteOrderMarkBytes):
            position = byteOrderMarkBytes
            phase = .recordStart
            return true
        case .utf16:
            throw CSVError(
                code: .utf16, line: 1, byteOffset: 0, detail: "the file is UTF-16 or UTF-32; save it as UTF-8")
        case .compressed(let kind):
            throw CSVError(
                code: .compressed(kind), line: 1, byteOffset: 0,
                detail: "the file is compressed (\(kind.rawValue)); upload the CSV text itself")
        }
    }

    /// Ends what is open at the end of the file.
    private mutating func endInput() throws(CSVError) {
        switch phase {
        case .signature, .recordStart: break
        case .fieldStart: beginField(in: .unquoted); endField(); try endRecord()
        case .unquoted, .quoteInQuoted: endField(); try endRecord()
        case .skippingLine: try endRecord()
        case .quoted: note(.unterminatedQuote); try endRecord()
        }
        if header == nil {
            throw CSVError(
                code: .empty, line: 1, byteOffset: 0,
                detail: "the file is empty; expected a header with \(HeaderNames.list(columns))")
        }
    }

    mutating func takeBatch() -> CSVBatch {
        let batch = CSVBatch(
            columns: filling, lines: lines, byteOffsets: byteOffsets, byteCounts: byteCounts, defects: defects)
        // The next batch will be about as large; growing by doubling would copy each column several times.
        for index in filling.indices {
            var column = CSVColumn(name: filling[index].name)
            column.bytes.reserveCapacity(filling[index].bytes.count + filling[index].bytes.count / 8)
            column.offsets.reserveCapacity(filling[index].offsets.count)
            filling[index] = column
        }
        let capacity = lines.count
        lines = []
        byteOffsets = []
        byteCounts = []
        defects = []
        isBatchFull = false
        lines.reserveCapacity(capacity)
        byteOffsets.reserveCapacity(capacity)
        byteCounts.reserveCapacity(capacity)
        return batch
    }
}
