import CSV
package import JSON
package import MusicKPIs
package import Storage

/// The check of a stream file: counts, the first bad rows, and what follows from them.
package struct StreamValidation: Sendable {
    package enum Status: String, Sendable {
        case passed = "PASSED"
        case passedWithRejects = "PASSED_WITH_REJECTS"
        case failed = "FAILED"
    }

    /// What is still good enough.
    package struct Thresholds: Sendable, Hashable {
        /// Share of bad rows, in percent, up to which the good ones count.
        package var maximumBadRowPercent: Double
        /// Bad rows that a report lists.
        package var reportedRowLimit: Int

        package init(maximumBadRowPercent: Double = 5, reportedRowLimit: Int = 100) {
            self.maximumBadRowPercent = maximumBadRowPercent
            self.reportedRowLimit = reportedRowLimit
        }
    }

    /// A bad row: where it is and what is wrong, never what it holds.
    package struct BadRow: Sendable, Hashable {
        package let line: Int
        package let column: String?
        package let reason: String
    }

    package let source: StreamSource
    package private(set) var rowCount = 0
    package private(set) var badRowCount = 0
    package private(set) var badRows: [BadRow] = []
    /// What is wrong with the file as a whole.
    package private(set) var fault: String?
    /// Where bad rows lie, ascending: what is set aside.
    private(set) var rejectedRanges: [Range<Int>] = []
    private let thresholds: Thresholds

    package var goodRowCount: Int { rowCount - badRowCount }

    /// Reads the whole file in bounded memory (16 bytes for each bad row).
    ///
    /// - Throws: What the store throws; a file that is no CSV is a result, not an error.
    package init(
        _ source: StreamSource, from objects: any ObjectStore, thresholds: Thresholds = Thresholds()
    ) async throws {
        self.source = source
        self.thresholds = thresholds
        do {
            try await StreamFile.read(source, from: objects) { add($0) }
        } catch let error as CSVError {
            fault = "\(error)"
        }
    }

    private mutating func add(_ batch: CSVBatch) {
        rowCount += batch.rowCount + batch.defects.count
        for row in 0..<batch.rowCount {
            if case .failure(let problem) = StreamRow.check(batch, row) {
                reject(
                    BadRow(line: batch.lines[row], column: problem.column, reason: problem.rawValue),
                    batch.byteOffsets[row], Int(batch.byteCounts[row]))
            }
        }
        for defect in batch.defects {
            reject(
                BadRow(line: defect.line, column: defect.columnName, reason: defect.reason.description),
                defect.byteOffset, defect.byteCount)
        }
    }

    private mutating func reject(_ row: BadRow, _ offset: Int, _ byteCount: Int) {
        badRowCount += 1
        rejectedRanges.append(offset..<(offset + byteCount))
        if badRows.count < thresholds.reportedRowLimit { badRows.append(row) }
    }

    package var status: Status {
        if reason != nil { return .failed }
        return badRowCount == 0 ? .passed : .passedWithRejects
    }

    /// Why the file fails; nil when it does not.
    package var reason: String? {
        if let fault { return fault }
        if rowCount == 0 { return "the file has a header and no rows" }
        if goodRowCount == 0 { return "none of the \(rowCount) rows is good" }
        if Double(badRowCount) * 100 > thresholds.maximumBadRowPercent * Double(rowCount) {
            return "\(badRowCount) of \(rowCount) rows are bad, more than \(thresholds.maximumBadRowPercent) percent"
        }
        return nil
    }

    /// The report that goes into the bucket.
    package var report: JSONValue {
        [
            "status": .string(status.rawValue), "reason": reason.map { .string($0) } ?? .null,
            "bucket": .string(source.bucket), "key": .string(source.key), "etag": .string(source.eTag),
            "row_count": .int(rowCount), "good_row_count": .int(goodRowCount), "bad_row_count": .int(badRowCount),
            "bad_rows": .array(
                badRows.sorted { $0.line < $1.line }.map { row in
                    [
                        "line": .int(row.line), "column": row.column.map { .string($0) } ?? .null,
                        "reason": .string(row.reason),
                    ]
                }),
        ]
    }
}
