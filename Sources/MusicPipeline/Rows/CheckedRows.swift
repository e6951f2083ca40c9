import CSV

/// A row of a stream file that is no good: where it is and what is wrong, never what it holds.
package struct BadStreamRow: Sendable, Hashable {
    package let line: Int
    package let column: String?
    package let reason: String
    /// Where in the file the record lies, its line break left out.
    package let byteRange: Range<Int>
}

/// Rows read one by one, with the reasons of those that are no good.
enum CheckedRows {
    /// Reads records that were no good row at first sight: the exact reader has the last word.
    static func batches(
        of records: [TypedRows.Rejected], in lines: PlainLines, _ layout: RecordLayout
    ) -> [CSVBatch] {
        var batches: [CSVBatch] = []
        var index = 0
        while index < records.count {
            // Records that follow one another are read together.
            var range = records[index].range
            let line = lines.firstLine + records[index].line
            index += 1
            while index < records.count, records[index].range.lowerBound <= range.upperBound + 2 {
                range = range.lowerBound..<records[index].range.upperBound
                index += 1
            }
            batches += layout.read(lines.bytes[range], offset: lines.blockOffset + range.lowerBound, line: line)
        }
        return batches
    }

    static func badRows(of batch: CSVBatch) -> [BadStreamRow] {
        var bad = batch.defects.map { defect in
            BadStreamRow(
                line: defect.line, column: defect.columnName, reason: defect.reason.description,
                byteRange: defect.byteOffset..<(defect.byteOffset + defect.byteCount))
        }
        for row in 0..<batch.rowCount {
            if case .failure(let problem) = StreamRow.check(batch, row) {
                let start = batch.byteOffsets[row]
                bad.append(
                    BadStreamRow(
                        line: batch.lines[row], column: problem.column, reason: problem.rawValue,
                        byteRange: start..<(start + Int(batch.byteCounts[row]))))
            }
        }
        return bad
    }
}

/// The check of a piece by itself.
struct CheckedPiece: Sendable {
    private(set) var rowCount = 0
    /// Ascending by line.
    private(set) var badRows: [BadStreamRow] = []

    /// - Complexity: For good plain rows that of ``TypedRows``.
    init(_ piece: CSVPiece, _ layout: RecordLayout) {
        let batches: [CSVBatch]
        switch piece {
        case .lines(let lines):
            var rows = TypedRows(lines, layout: layout, kinds: StreamParser.kinds)
            while rows.next() { rowCount += rows.rowCount }
            batches = CheckedRows.batches(of: rows.rejected, in: lines, layout)
        case .batch(let batch): batches = [batch]
        }
        for batch in batches {
            rowCount += batch.rowCount + batch.defects.count
            badRows += CheckedRows.badRows(of: batch)
        }
        badRows.sort { ($0.line, $0.byteRange.lowerBound) < ($1.line, $1.byteRange.lowerBound) }
    }
}
