package import CSV

/// One pass over a stream file: pieces are taken apart at the same time, their rows gathered by day in the file's order,
/// and each day's rows counted and encoded a batch at a time.
///
/// Which rows make a batch follows from the file and the row limit alone, so the same file gives the same bytes with any
/// number of threads. Memory: the tables, the rows gathered (8 bytes each, and twice as much again for those being encoded),
/// the counts, and a few blocks, whatever the file's size.
package struct EnrichmentRun: Sendable {
    package struct Settings: Sendable, Hashable {
        /// Pieces and batches worked on at a time.
        package var threads: Int
        /// Rows gathered before the largest day's are encoded.
        package var gatheredRowLimit: Int
        /// Bits that rows are kept in; what has no room in them takes sixteen bytes.
        var rowBits = 64
        /// Bytes of all days' counts and listeners, beyond which the file is refused.
        package var aggregateByteLimit: Int

        package init(
            threads: Int = 2, gatheredRowLimit: Int = (64 << 20) / 16, aggregateByteLimit: Int = 256 << 20
        ) {
            self.threads = max(1, threads)
            self.gatheredRowLimit = max(1, gatheredRowLimit)
            self.aggregateByteLimit = aggregateByteLimit
        }
    }

    /// What a pass comes to.
    package struct Result: Sendable {
        package fileprivate(set) var counts = EnrichmentCounts()
        /// By days since 1970.
        package fileprivate(set) var days: [Int32: DayAggregate] = [:]
        /// The ids of users that the reference does not have, in the order of coming.
        package fileprivate(set) var unknownUsers: [Int64] = []
        /// The rows that are no good, ascending; only where they were asked for.
        package fileprivate(set) var badRows: [BadStreamRow] = []
    }

    private let tracks: TrackTable
    private let users: UserTable
    private let settings: Settings

    package init(tracks: TrackTable, users: UserTable, settings: Settings = Settings()) {
        self.tracks = tracks
        self.users = users
        self.settings = settings
    }

    /// - Parameter files: Where Parquet goes; nil when only the counts are wanted. Finished by the caller.
    /// - Throws: `CSVError`, `ParquetError`, ``PipelineError`` `.tooManyListeners`, and what the source or the files' store throws.
    package func run(_ source: some BlockSource, files: inout DayFiles?) async throws -> Result {
        try await run(
            source, PieceStream(columns: StreamFile.columns, threads: settings.threads), badRowLimit: 0, files: &files)
    }

    /// The pass over what is left of a file from a record's start on.
    ///
    /// - Parameters:
    ///   - source: Begins at `start`.
    ///   - badRowLimit: Bad rows that are told at most.
    package func run(
        _ source: some BlockSource, layout: RecordLayout, from start: RecordStart, badRowLimit: Int,
        files: inout DayFiles?
    ) async throws -> Result {
        try await run(
            source, PieceStream(layout: layout, from: start, threads: settings.threads), badRowLimit: badRowLimit,
            files: &files)
    }

    private func run(
        _ source: some BlockSource, _ pieces: PieceStream, badRowLimit: Int, files: inout DayFiles?
    ) async throws -> Result {
        var result = Result()
        var pass = Pass(run: self, isEncoded: files != nil)
        try await withThrowingTaskGroup(of: (Int, DayBatch).self) { group in
            let (tracks, users, packing) = (tracks, users, pass.packing)
            try await pieces.forEach(of: source) { piece, layout in
                StreamParser(layout: layout, tracks: tracks, users: users, packing: packing).parse(piece)
            } collect: { piece in
                if result.badRows.count < badRowLimit {
                    let bad = piece.badRows.sorted { $0.byteRange.lowerBound < $1.byteRange.lowerBound }
                    result.badRows += bad.prefix(badRowLimit - result.badRows.count)
                }
                pass.gather(piece, &result)
                while let rows = pass.buffers.takeFull() { try await pass.encode(rows, &group, &result, &files) }
            }
            while let rows = pass.buffers.takeFirst() { try await pass.encode(rows, &group, &result, &files) }
            try await pass.finish(&group, &result, &files)
        }
        result.unknownUsers = pass.unknownUsers
        return result
    }

    /// What changes while a file is passed over.
    private struct Pass {
        let run: EnrichmentRun
        let isEncoded: Bool
        let packing: RowPacking
        var buffers: DayBuffers
        var unknownUsers: [Int64] = []
        private var numberOfUnknownUser: [Int64: UInt32] = [:]
        private var (begun, written) = (0, 0)
        private var waiting: [Int: DayBatch] = [:]
        private var aggregateByteCount = 0

        init(run: EnrichmentRun, isEncoded: Bool) {
            self.run = run
            self.isEncoded = isEncoded
            packing = RowPacking(pairCount: run.tracks.pairCount, bits: run.settings.rowBits)
            buffers = DayBuffers(rowLimit: run.settings.gatheredRowLimit)
        }

        mutating func gather(_ piece: ParsedPiece, _ result: inout Result) {
            result.counts.add(piece.counts)
            for unknown in piece.unknownUsers {
                let (day, rows) = piece.days[unknown.day]
                rows.set(
                    user: number(of: unknown.id), rows: unknown.rows, isWide: unknown.isWide, packing, day: day)
            }
            for (day, rows) in piece.days { buffers.add(rows, day: day) }
        }

        private mutating func number(of id: Int64) -> UInt32 {
            if let number = numberOfUnknownUser[id] { return number }
            let number = UInt32(run.users.count + unknownUsers.count)
            numberOfUnknownUser[id] = number
            unknownUsers.append(id)
            return number
        }

        mutating func encode(
            _ rows: DayRows, _ group: inout ThrowingTaskGroup<(Int, DayBatch), any Error>, _ result: inout Result,
            _ files: inout DayFiles?
        ) async throws {
            while begun - written >= run.settings.threads { try await takeOne(&group, &result, &files) }
            let number = begun
            begun += 1
            let (tracks, users, unknownUsers, isEncoded) = (run.tracks, run.users, unknownUsers, isEncoded)
            let packing = packing
            group.addTask {
                (
                    number,
                    try DayBatch(
                        rows, packing, tracks: tracks, users: users, unknownUsers: unknownUsers, isEncoded: isEncoded)
                )
            }
        }

        mutating func finish(
            _ group: inout ThrowingTaskGroup<(Int, DayBatch), any Error>, _ result: inout Result,
            _ files: inout DayFiles?
        ) async throws {
            while written < begun { try await takeOne(&group, &result, &files) }
        }

        /// Waits for a batch, and writes those whose turn it is.
        private mutating func takeOne(
            _ group: inout ThrowingTaskGroup<(Int, DayBatch), any Error>, _ result: inout Result,
            _ files: inout DayFiles?
        ) async throws {
            if let (number, batch) = try await group.next() { waiting[number] = batch }
            while let batch = waiting.removeValue(forKey: written) {
                written += 1
                let before = result.days[batch.day]?.byteCount ?? 0
                result.days[batch.day, default: DayAggregate()].add(batch)
                aggregateByteCount += (result.days[batch.day]?.byteCount ?? 0) - before
                let limit = run.settings.aggregateByteLimit
                guard aggregateByteCount <= limit else {
                    throw PipelineError(
                        .tooManyListeners,
                        "the listeners and tracks of \(result.days.count) days take \(aggregateByteCount) bytes, more than"
                            + " \(limit); split the file by day, or by listeners")
                }
                if let rowGroup = batch.rowGroup { try await files?.append(rowGroup, day: batch.day) }
            }
        }
    }
}
