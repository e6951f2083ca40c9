import CSV

/// Takes a reference file apart in pieces, several at a time, and gives what they come to in the file's order.
///
/// In memory are the pieces in work, their results that wait for an earlier one, and a block that is read ahead.
enum ReferenceRows {
    /// Pieces in work or waiting at once: for each core one and one to come, and the lines between blocks.
    private static let pieceLimit = 6

    /// Bytes to read of a file at a time: what stays near to a core, and is allocated again without new pages.
    static let blockByteCount = 256 << 10

    /// - Parameters:
    ///   - work: Called for pieces that begin where a record does, and for some that turn out not to; the result of
    ///     those is not used.
    ///   - collect: Called with the result of each piece, one after the other.
    /// - Throws: `CSVError` when the file as a whole can't be read, and what the source throws.
    static func forEach<Result: Sendable>(
        of source: some BlockSource, columns: [String], work: @escaping @Sendable (FieldRows) -> Result,
        collect: (Result) -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Done<Result>.self) { group in
            var cutter = FieldPieceCutter(columns: columns)
            var pieces: ArraySlice<FieldPiece> = []
            var isFinished = false
            var (begun, collected) = (0, 0)
            var waiting: [Int: Done<Result>] = [:]
            var open: CSVReader?
            while true {
                while begun - collected < pieceLimit {
                    if let layout = cutter.layout, let piece = pieces.popFirst() {
                        let number = begun
                        begun += 1
                        group.addTask { Done(number, piece, layout, nil, work) }
                    } else if isFinished {
                        break
                    } else {
                        let block = try await source.next()
                        isFinished = block.isEmpty
                        pieces = try isFinished ? cutter.finish()[...] : cutter.append(block)[...]
                    }
                }
                guard let done = try await group.next() else { break }
                waiting[done.number] = done
                while var done = waiting.removeValue(forKey: collected) {
                    collected += 1
                    // The piece does not begin where a record does, after all.
                    if open != nil, let layout = cutter.layout {
                        done = Done(done.number, done.piece, layout, open, work)
                    }
                    open = done.open
                    collect(done.result)
                }
            }
            if let open { collect(work(FieldRows(finishing: open))) }
        }
    }

    private struct Done<Result: Sendable>: Sendable {
        let number: Int
        let piece: FieldPiece
        let result: Result
        let open: CSVReader?

        init(
            _ number: Int, _ piece: FieldPiece, _ layout: RecordLayout, _ open: CSVReader?,
            _ work: (FieldRows) -> Result
        ) {
            let rows = FieldRows(piece, layout: layout, open: open)
            self.number = number
            self.piece = piece
            self.open = rows.open
            result = work(rows)
        }
    }
}
