package import CSV

/// Works on the pieces of a CSV file at the same time, and gives the results in the file's order.
///
/// In memory are the pieces in work, their results that wait for an earlier one, and a block that is read ahead.
package struct PieceStream: Sendable {
    private let reader: CSVBlockReader
    /// Pieces in work or waiting at once.
    private let pieceLimit: Int

    /// - Parameter threads: How many pieces are worked on at a time.
    package init(columns: [String], threads: Int) {
        self.init(CSVBlockReader(columns: columns), threads: threads)
    }

    /// The pieces of what comes after a record's start; the source begins there, too.
    package init(layout: RecordLayout, from start: RecordStart, threads: Int) {
        self.init(CSVBlockReader(layout: layout, from: start), threads: threads)
    }

    private init(_ reader: CSVBlockReader, threads: Int) {
        self.reader = reader
        pieceLimit = threads > 1 ? 4 * threads : 1
    }

    /// Gives each piece to `work` and the results, one after the other, to `collect`.
    ///
    /// - Throws: `CSVError` when the file as a whole can't be read, and what the source or `collect` throws.
    package func forEach<Result: Sendable>(
        of source: some BlockSource, work: @escaping @Sendable (CSVPiece, RecordLayout) throws -> Result,
        collect: (Result) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            var reader = reader
            var isFinished = false
            var (begun, collected) = (0, 0)
            var waiting: [Int: Result] = [:]
            while true {
                while begun - collected < pieceLimit {
                    if let piece = reader.nextPiece(), let layout = reader.layout {
                        let number = begun
                        begun += 1
                        group.addTask { (number, try work(piece, layout)) }
                    } else if isFinished {
                        break
                    } else {
                        let block = try await source.next()
                        isFinished = block.isEmpty
                        if isFinished { try reader.finish() } else { try reader.append(block) }
                    }
                }
                guard let (number, result) = try await group.next() else { return }
                waiting[number] = result
                while let result = waiting.removeValue(forKey: collected) {
                    collected += 1
                    try await collect(result)
                }
            }
        }
    }
}
