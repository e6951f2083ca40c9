import CSV
import Compression
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

    package let source: StreamSource
    package private(set) var rowCount = 0
    package private(set) var badRowCount = 0
    package private(set) var badRows: [BadStreamRow] = []
    /// What is wrong with the file as a whole.
    package private(set) var fault: String?
    /// Where bad rows lie, ascending: what is set aside.
    private(set) var rejectedRanges: [Range<Int>] = []
    private let thresholds: Thresholds

    package var goodRowCount: Int { rowCount - badRowCount }

    /// Bad rows that can be set aside at most; a file with more of them fails.
    static let rejectedRowLimit = 1 << 22

    /// Reads the whole file in bounded memory: a few blocks, and 16 bytes for each bad row.
    ///
    /// - Parameter threads: Pieces of the file that are looked at at a time.
    /// - Throws: What the store throws; a file that is no CSV is a result, not an error.
    package init(
        _ source: StreamSource, from objects: any ObjectStore, thresholds: Thresholds = Thresholds(), threads: Int = 2
    ) async throws {
        self.source = source
        self.thresholds = thresholds
        do {
            try await StreamFile.withBlocks(of: source, in: objects) { blocks in
                try await PieceStream(columns: StreamFile.columns, threads: threads).forEach(of: blocks) {
                    piece, layout in
                    CheckedPiece(piece, layout)
                } collect: {
                    add($0)
                }
            }
        } catch let error as CSVError {
            fault = "\(error)"
        } catch let error as CompressionError {
            fault = "\(error)"
        }
    }

    private mutating func add(_ piece: CheckedPiece) {
        rowCount += piece.rowCount
        badRowCount += piece.badRows.count
        badRows += piece.badRows.prefix(max(0, thresholds.reportedRowLimit - badRows.count))
        if badRowCount <= StreamValidation.rejectedRowLimit {
            rejectedRanges += piece.badRows.map(\.byteRange)
        } else {
            rejectedRanges = []
        }
    }

    package var status: Status {
        if reason != nil { return .failed }
        return badRowCount == 0 ? .passed : .passedWithRejects
    }

    /// Why the file fails; nil when it does not.
    package var reason: String? {
        fault ?? StreamValidation.reason(rowCount: rowCount, badRowCount: badRowCount, thresholds)
    }

    /// Why a file with so many rows fails.
    static func reason(rowCount: Int, badRowCount: Int, _ thresholds: Thresholds) -> String? {
        if badRowCount > StreamValidation.rejectedRowLimit {
            return
                "\(badRowCount) rows are bad, more than the \(StreamValidation.rejectedRowLimit) that can be set aside"
        }
        if rowCount == 0 { return "the file has a header and no rows" }
        if badRowCount == rowCount { return "none of the \(rowCount) rows is good" }
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
            "bad_rows": .array(badRows.map(\.json)),
        ]
    }
}

extension BadStreamRow {
    /// As reports list it.
    var json: JSONValue {
        ["line": .int(line), "column": column.map { .string($0) } ?? .null, "reason": .string(reason)]
    }
}
