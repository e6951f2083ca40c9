import CSV
import Compression
import FileSystem
package import JSON
import Storage

/// The whole ETL job over plain folders: `songs.csv`, `users.csv` and `streams.csv` in one, Parquet by day and KPIs as
/// JSON lines in another. What works on them is what the `etl` and `write-kpis` functions run.
package struct FolderJob: Sendable {
    /// The folder of the Parquet files in the output.
    static let parquetFolder = "enriched"

    private let input: String
    private let output: String
    private let isParquetWanted: Bool
    private let snapshotFolder: String?
    private let settings: EnrichmentRun.Settings

    /// - Parameter snapshotFolder: Where compiled references are kept between runs; nil for nowhere.
    package init(
        input: String, output: String, isParquetWanted: Bool, snapshotFolder: String?, settings: EnrichmentRun.Settings
    ) {
        self.snapshotFolder = snapshotFolder
        self.input = input
        self.output = output
        self.isParquetWanted = isParquetWanted
        self.settings = settings
    }

    /// Runs the job; an output folder that is there is written into.
    ///
    /// - Returns: The summary: `{rows_in, rows_bad, rows_unknown_track, rows_unknown_user, rows_enriched}`.
    /// - Throws: `FileSystemError`, `CSVError` with the file's name before it, and what the store throws.
    package func run() async throws -> JSONValue {
        let (tables, unkept) = try await tables()
        // While the rows are worked on: the results don't wait for it.
        async let isKept: Void = unkept?.keep(tables) ?? ()
        try FileSystem.createDirectories(output)
        var files: DayFiles?
        if isParquetWanted {
            let folder = "\(output)/\(FolderJob.parquetFolder)"
            files = DayFiles { date, part in
                "date=\(date)/part-\(part).parquet"
            } open: { key in
                try LocalDayFile("\(folder)/\(key)")
            }
        }
        do {
            let summary = try await run(tables, &files)
            await isKept
            return summary
        } catch {
            await files?.abort()
            throw error
        }
    }

    private func run(_ tables: ReferenceTables, _ files: inout DayFiles?) async throws -> JSONValue {
        let (tracks, users) = (tables.tracks, tables.users)
        let result = try await reading("streams.csv") { path in
            try await EnrichmentRun(tracks: tracks, users: users, settings: settings).run(
                DecompressedBlocks(try FileBlocks(path)), files: &files)
        }
        async let lines = KPILines.lines(of: result.days, tracks)
        try await files?.finish()
        try await lines.write(to: output)
        let summary: JSONValue = .object(JSONObject(result.counts.members))
        try FileSystem.writeFileAtomically("\(output)/summary.json", summary.bytes() + [0x0A])
        return summary
    }

    /// The tables, from a snapshot if there is one of these very files; if not, the one that they should be kept as.
    private func tables() async throws -> (ReferenceTables, unkept: SnapshotFile?) {
        let identity = try ReferenceSnapshot.identity(
            ["songs.csv", "users.csv"].flatMap { name in
                let path = "\(input)/\(name)"
                // A file that isn't there is named when it is read.
                guard let status = try FileSystem.status(path) else { return [path] }
                return [path, "\(status.byteCount)", "\(status.modifiedNanoseconds)", "\(status.inode)"]
            })
        let snapshot = snapshotFolder.map {
            SnapshotFile(path: "\($0)/\(PipelineNames.snapshotKey(identity))", identity: identity)
        }
        if let tables = await snapshot?.tables() { return (tables, nil) }
        async let tracks = loadTracks()
        async let users = loadUsers()
        return (ReferenceTables(tracks: try await tracks, users: try await users), snapshot)
    }

    private func loadTracks() async throws -> TrackTable {
        try await reading("songs.csv") { path in
            var builder = TrackTable.Builder()
            try await ReferenceRows.forEach(
                of: DecompressedBlocks(try FileBlocks(path, blockByteCount: ReferenceRows.blockByteCount)),
                columns: TrackTable.columns, work: { TrackRows($0) }
            ) { builder.add($0) }
            return await builder.table()
        }
    }

    private func loadUsers() async throws -> UserTable {
        try await reading("users.csv") { path in
            var builder = UserTable.Builder()
            try await ReferenceRows.forEach(
                of: DecompressedBlocks(try FileBlocks(path, blockByteCount: ReferenceRows.blockByteCount)),
                columns: UserTable.columns, work: { UserRows($0) }
            ) { builder.add($0) }
            return builder.table()
        }
    }

    private func reading<Result>(_ name: String, _ body: (String) async throws -> Result) async throws -> Result {
        let path = "\(input)/\(name)"
        do {
            return try await body(path)
        } catch let error as CSVError {
            throw PipelineError(.referenceInvalid, "\(path): \(error)")
        } catch let error as CompressionError {
            throw PipelineError(.referenceInvalid, "\(path): \(error)")
        }
    }
}
