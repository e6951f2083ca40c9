/// Finds the first record that begins at or after an offset.
///
/// It reads as ``CSVReader`` does, from a record's start or from anywhere on an assumption about what the bytes there are a
/// part of. From a record's start it is never wrong: what comes after it does not depend on what came before. On an
/// assumption it is a guess, which someone who knows where a record begins may take or not.
package struct RecordStartFinder: Sendable {
    /// What the byte at the first offset is taken to be.
    package enum Assumption: Sendable, Hashable, CaseIterable {
        /// The first of a field: after a delimiter.
        case fieldStart
        /// In a field without quotes.
        case unquoted
        /// In a field with quotes.
        case quoted
        /// Right after a quote in a field with quotes.
        case afterQuote
        /// After a line break that ends a record.
        case recordStart

        /// What the byte may be, by the one before it.
        package static func after(_ previous: UInt8, delimiter: UInt8 = CSVOptions().delimiter) -> [Assumption] {
            switch previous {
            case delimiter: [.fieldStart, .quoted]
            case Byte.lineFeed, Byte.carriageReturn: [.recordStart, .quoted]
            case Byte.quote: [.afterQuote, .quoted, .unquoted]
            default: [.unquoted, .quoted]
            }
        }
    }

    private var reader: CSVBlockReader
    private let target: Int
    /// The record start, once it is known.
    package private(set) var found: RecordStart?

    /// Rows that are looked at together: few, so that the finder hardly reads beyond its target.
    private static let batchRowLimit = 256

    private static var options: CSVOptions { CSVOptions(batchRowLimit: batchRowLimit) }

    /// A finder that begins with the file: what it finds is a row, never the header.
    package init(target: Int) {
        reader = CSVBlockReader(columns: [], options: RecordStartFinder.options)
        self.target = target
    }

    /// A finder that begins where a record does.
    package init(from start: RecordStart, target: Int) {
        reader = CSVBlockReader(layout: RecordStartFinder.layout, from: start)
        self.target = target
    }

    /// A finder that begins anywhere; its lines count from 0.
    ///
    /// - Parameter previous: The byte before `offset`.
    package init(at offset: Int, after previous: UInt8, assuming assumption: Assumption) {
        reader = CSVBlockReader(
            CSVReader(layout: RecordStartFinder.layout, offset: offset, assuming: assumption, after: previous))
        // Of a record in whose midst it begins the start is elsewhere.
        target = assumption == .recordStart ? offset : offset + 1
    }

    private static var layout: RecordLayout {
        RecordLayout(slots: [], header: [""], columns: [], options: options)
    }

    /// Adds the next bytes.
    ///
    /// - Throws: ``CSVError`` from the file's beginning alone.
    package mutating func append(_ block: [UInt8]) throws(CSVError) {
        guard found == nil else { return }
        try reader.append(block)
        reader.takeOpenRows()
        look()
    }

    /// Says that the file ends at `end`, which is what is found when no record begins before it.
    package mutating func finish(at end: Int) throws(CSVError) {
        guard found == nil else { return }
        try reader.finish()
        look()
        if found == nil { found = RecordStart(byteOffset: end, line: reader.line) }
    }

    private mutating func look() {
        while found == nil, let piece = reader.nextPiece() {
            switch piece {
            case .batch(let batch): look(batch)
            case .lines(let lines): look(lines)
            }
        }
    }

    private mutating func look(_ batch: CSVBatch) {
        let rows = zip(batch.byteOffsets, batch.lines).first { $0.0 >= target }
        let defect = batch.defects.first { $0.byteOffset >= target }
        let starts = [
            rows.map { RecordStart(byteOffset: $0.0, line: $0.1) },
            defect.map { RecordStart(byteOffset: $0.byteOffset, line: $0.recordLine) },
        ]
        found = starts.compactMap(\.self).min { $0.byteOffset < $1.byteOffset }
    }

    private mutating func look(_ lines: PlainLines) {
        var position = max(lines.range.lowerBound, target - lines.blockOffset)
        guard position < lines.range.upperBound else { return }
        if position > lines.range.lowerBound {
            // The line that reaches over the target is another's.
            guard let lineFeed = lines.bytes[(position - 1)..<lines.range.upperBound].firstIndex(of: Byte.lineFeed)
            else { return }
            position = lineFeed + 1
        }
        // Of blank lines nothing begins.
        while position < lines.range.upperBound, [Byte.lineFeed, Byte.carriageReturn].contains(lines.bytes[position]) {
            position += 1
        }
        guard position < lines.range.upperBound else { return }
        let before = lines.bytes[lines.range.lowerBound..<position].count { $0 == Byte.lineFeed }
        found = RecordStart(byteOffset: lines.blockOffset + position, line: lines.firstLine + before)
    }
}

extension CSVReader {
    /// A reader in the midst of a record of unknown beginning.
    init(layout: RecordLayout, offset: Int, assuming assumption: RecordStartFinder.Assumption, after previous: UInt8) {
        self.init(layout: layout, offset: offset, line: 0)
        isAfterCarriageReturn = previous == Byte.carriageReturn
        guard assumption != .recordStart else { return }
        recordOffset = offset
        recordLine = 0
        switch assumption {
        case .fieldStart, .recordStart: phase = .fieldStart
        case .unquoted: beginField(in: .unquoted)
        case .quoted: beginField(in: .quoted)
        case .afterQuote: beginField(in: .quoteInQuoted)
        }
    }
}
