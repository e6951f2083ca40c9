/// Rows of a piece of CSV text by the places of their chosen fields, in the file's order.
///
/// Text as most files have it, quoted fields among it, is taken apart without a copy. Every record that is not clearly
/// good (`FieldScanner`) goes to a ``CSVReader``, which alone says what it means; its rows are in ``CSVBatch``es between
/// the others.
package struct FieldRows: Sendable {
    /// The text that places are in.
    @usableFromInline let bytes: [UInt8]
    /// Fields in which quotes were doubled, as they are meant, end to end; they lie behind `bytes`.
    @usableFromInline let undoubled: [UInt8]
    /// Row by row, `columnCount` of each: where the field begins and, in the low 32 bits, its bytes.
    @usableFromInline let places: [UInt64]
    @usableFromInline let columnCount: Int
    /// Rows that are known by their places.
    package let rowCount: Int
    /// What the exact reader read, each with the number of placed rows before it.
    private let batches: [(rowsBefore: Int, batch: CSVBatch)]
    /// Bytes of the piece.
    package let byteCount: Int
    /// The reader in whose midst of a record the piece ends; nil when the piece ends where a record does.
    package let open: CSVReader?

    /// Takes apart a piece of a file.
    ///
    /// - Parameter open: The reader in whose midst of a record the piece before ended.
    /// - Complexity: Some 50 ns for a row of seven fields.
    package init(_ piece: FieldPiece, layout: RecordLayout, open: CSVReader? = nil) {
        let (bytes, range) = (piece.bytes, piece.range)
        var batches = piece.early.map { (0, $0) }
        var undoubled: [UInt8] = []
        var reader = open ?? piece.open
        let columnCount = layout.columns.count
        (places, rowCount) = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe layout.slots.withUnsafeBufferPointer { slots in
                var scanner = unsafe FieldScanner(
                    UnsafeBufferPointer(rebasing: buffer[..<range.upperBound]), blockByteCount: bytes.count,
                    slots: slots, layout.options, columnCount)
                var position = range.lowerBound
                var stretch = ExactStretch()
                while true {
                    if reader == nil {
                        position = scanner.scan(from: position)
                        guard position < range.upperBound else { break }
                        reader = CSVReader(layout: layout, offset: 0, line: 0)
                    }
                    guard var exact = reader.take() else { break }
                    let rowsBefore = scanner.rowCount
                    let isAtRecord = stretch.read(bytes[..<range.upperBound], &position, &exact) {
                        batches.append((rowsBefore, $0))
                    }
                    guard isAtRecord else {
                        reader = exact
                        break
                    }
                }
                undoubled = scanner.undoubled
                return (scanner.takePlaces(), scanner.rowCount)
            }
        }
        self.bytes = bytes
        self.undoubled = undoubled
        self.columnCount = columnCount
        self.batches = batches
        byteCount = range.count
        self.open = reader
    }

    /// What is left in a reader at the end of the file.
    package init(finishing reader: CSVReader) {
        var reader = reader
        var batches: [(Int, CSVBatch)] = []
        reader.finish()
        // A reader that has its header throws no more.
        while let batch = try? reader.nextBatch() { batches.append((0, batch)) }
        (bytes, undoubled, places, columnCount, rowCount) = ([], [], [], reader.columns.count, 0)
        self.batches = batches
        byteCount = 0
        open = nil
    }

    /// Gives all rows in the file's order: ranges of those that are placed to `placed`, others to `read`.
    package func forEach(placed: (Range<Int>) -> Void, read: (CSVBatch) -> Void) {
        var row = 0
        for (rowsBefore, batch) in batches {
            if rowsBefore > row { placed(row..<rowsBefore) }
            row = rowsBefore
            read(batch)
        }
        if row < rowCount { placed(row..<rowCount) }
    }

    /// The placed rows' fields, while `body` runs.
    @inlinable
    package func withFields<Result>(_ body: (Fields) throws -> Result) rethrows -> Result {
        try unsafe bytes.withUnsafeBufferPointer { bytes in
            try unsafe undoubled.withUnsafeBufferPointer { undoubled in
                try unsafe places.withUnsafeBufferPointer { places in
                    try unsafe body(
                        Fields(bytes: bytes, undoubled: undoubled, places: places, columnCount: columnCount))
                }
            }
        }
    }

    /// A view of the fields that costs no reference counts; good as long as the rows are.
    @safe
    @frozen
    package struct Fields {
        @usableFromInline let bytes: UnsafeBufferPointer<UInt8>
        @usableFromInline let undoubled: UnsafeBufferPointer<UInt8>
        @usableFromInline let places: UnsafeBufferPointer<UInt64>
        @usableFromInline let columnCount: Int

        @inlinable
        init(
            bytes: UnsafeBufferPointer<UInt8>, undoubled: UnsafeBufferPointer<UInt8>,
            places: UnsafeBufferPointer<UInt64>, columnCount: Int
        ) {
            unsafe self.bytes = bytes
            unsafe self.undoubled = undoubled
            unsafe self.places = places
            self.columnCount = columnCount
        }

        /// A placed row's field.
        @inlinable
        @inline(__always)
        package subscript(row: Int, column: Int) -> UnsafeBufferPointer<UInt8> {
            precondition(unsafe row >= 0 && row * columnCount + column < places.count, "there is no such field")
            // SAFETY: the scanner gives places within the two texts, the second behind the first.
            let place = unsafe places[row * columnCount + column]
            let (start, count) = (Int(place >> 32), Int(place & 0xFFFF_FFFF))
            let base =
                unsafe start < bytes.count
                ? bytes.baseAddress.map { unsafe $0 + start }
                : undoubled.baseAddress.map { unsafe $0 + start - bytes.count }
            return unsafe UnsafeBufferPointer(start: base, count: base == nil ? 0 : count)
        }

        /// A placed row's field as a 64-bit integer, or nil; see ``FieldParser/int64(_:)``.
        @inlinable
        package func int64(_ row: Int, _ column: Int) -> Int64? {
            unsafe FieldParser.int64(Span(_unsafeElements: self[row, column]))
        }
    }

    /// Text that a ``CSVReader`` reads: a line more than it must, the closer such stretches follow one another, the more.
    private struct ExactStretch {
        private static let nearByteCount = 4 << 10
        private static let maximumByteCount = 64 << 10

        private var end = Int.min / 2
        private var byteCount = 0

        /// Reads on from `position`, to where a record begins.
        ///
        /// - Returns: False if none begins before the end.
        mutating func read(
            _ bytes: ArraySlice<UInt8>, _ position: inout Int, _ reader: inout CSVReader,
            _ body: (CSVBatch) -> Void
        ) -> Bool {
            byteCount =
                position - end > ExactStretch.nearByteCount
                ? 0 : min(ExactStretch.maximumByteCount, max(256, byteCount * 2))
            var next = min(bytes.endIndex, position + byteCount)
            repeat {
                guard position < bytes.endIndex else { return false }
                next = bytes[next...].firstIndex(of: Byte.lineFeed).map { $0 + 1 } ?? bytes.endIndex
                reader.append(Array(bytes[position..<next]))
                // A reader that has its header throws no more.
                while let batch = try? reader.nextBatch() { body(batch) }
                position = next
            } while !reader.isBetweenRecords
            if let batch = reader.takePartialBatch() { body(batch) }
            end = position
            return true
        }
    }
}
