/// The rows of plain lines as numbers, some thousands at a time, and the records that have to be read one by one.
///
/// ```swift
/// var rows = TypedRows(lines, layout: layout, kinds: [.integer, .text, .timestamp])
/// while rows.next() { rows.withColumn(0) { ids in /* rows.rowCount of them */ } }
/// for record in rows.rejected { /* for the exact reader */ }
/// ```
@safe
package struct TypedRows: ~Copyable {
    /// Rows that are given at once: their columns fit a core's own cache together with their text.
    package static let rowLimit = 2_048

    /// A record that is no good row as plain text goes, or not known to be.
    package struct Rejected: Sendable, Hashable {
        /// Where in the block it lies, without its line break.
        package let range: Range<Int>
        /// How many of the lines come before it.
        package let line: Int
    }

    private let lines: PlainLines
    private let layout: RecordLayout
    private let kinds: [RecordLayout.Kind]
    /// Column by column, ``rowLimit`` values each: an integer; a time in microseconds since 1970; of a text where in the
    /// block it begins and, in the low 32 bits, how long it is.
    private let values: UnsafeMutableBufferPointer<Int64>
    private let dates: UnsafeMutableBufferPointer<RecordScanner.KnownDate>
    private var position: Int
    private var lineCount = 0

    /// Rows that ``next()`` found.
    package private(set) var rowCount = 0
    /// Ascending; those of all rows so far.
    package private(set) var rejected: [Rejected] = []

    /// - Parameter kinds: What is wanted of each chosen column.
    package init(_ lines: PlainLines, layout: RecordLayout, kinds: [RecordLayout.Kind]) {
        precondition(kinds.count == layout.columns.count)
        self.lines = lines
        self.layout = layout
        self.kinds = kinds
        unsafe values = .allocate(capacity: kinds.count * TypedRows.rowLimit)
        unsafe values.initialize(repeating: 0)
        unsafe dates = .allocate(capacity: RecordScanner.KnownDate.count)
        unsafe dates.initialize(repeating: RecordScanner.KnownDate())
        position = lines.range.lowerBound
    }

    deinit {
        unsafe values.deallocate()
        unsafe dates.deallocate()
    }

    /// Takes the next lines apart; false when there are no more.
    ///
    /// - Complexity: Some 10 ns for a row of three fields.
    package mutating func next() -> Bool {
        guard position < lines.range.upperBound else { return false }
        let progress = unsafe lines.bytes.withUnsafeBufferPointer { bytes in
            unsafe layout.slots.withUnsafeBufferPointer { slots in
                unsafe kinds.withUnsafeBufferPointer { kinds in
                    let scanner = unsafe RecordScanner(
                        bytes: bytes, slots: slots, kinds: kinds, output: values, dates: dates, options: layout.options)
                    return scanner.scan(position..<lines.range.upperBound, lines: lineCount, &rejected)
                }
            }
        }
        (rowCount, position, lineCount) = (progress.rows, progress.end, progress.lines)
        return true
    }

    /// The values of a column.
    package borrowing func withColumn<Result>(
        _ column: Int, _ body: (UnsafeBufferPointer<Int64>) throws -> Result
    ) rethrows -> Result {
        precondition(column < kinds.count)
        let start = column * TypedRows.rowLimit
        return try unsafe body(UnsafeBufferPointer(rebasing: values[start..<(start + rowCount)]))
    }
}
