import CSV
import Compression
import FileSystem
package import JSON
import MusicKPIs
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
        let tables = try await tables()
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
            return try await run(tables, &files)
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
        try await files?.finish()
        try write(try await kpis(of: result, tracks, users))
        let summary: JSONValue = .object(JSONObject(result.counts.members))
        try FileSystem.writeFileAtomically("\(output)/summary.json", summary.bytes() + [0x0A])
        return summary
    }

    /// The tables, from a snapshot if there is one of these very files.
    private func tables() async throws -> ReferenceTables {
        let identity = try ReferenceSnapshot.identity(
            ["songs.csv", "users.csv"].flatMap { name in
                let path = "\(input)/\(name)"
                // A file that isn't there is named when it is read.
                guard let status = try FileSystem.status(path) else { return [path] }
                return [path, "\(status.byteCount)", "\(status.modifiedNanoseconds)", "\(status.inode)"]
            })
        let path = snapshotFolder.map { "\($0)/\(PipelineNames.snapshotKey(identity))" }
        if let path, let bytes = try? FileSystem.readFile(path),
            let tables = ReferenceSnapshot.decode(bytes, identity: identity)
        {
            return tables
        }
        async let tracks = loadTracks()
        async let users = loadUsers()
        let tables = ReferenceTables(tracks: try await tracks, users: try await users)
        if let path, let folder = FileSystem.parent(of: path) {
            // A snapshot that can't be kept costs the next run its time.
            try? FileSystem.createDirectories(folder)
            try? FileSystem.writeFileAtomically(path, ReferenceSnapshot.encode(tables, identity: identity))
        }
        return tables
    }

    private func loadTracks() async throws -> TrackTable {
        try await reading("songs.csv") { path in
            var builder = TrackTable.Builder()
            try await read(path, TrackTable.columns) { builder.add($0) }
            return builder.table()
        }
    }

    private func loadUsers() async throws -> UserTable {
        try await reading("users.csv") { path in
            var builder = UserTable.Builder()
            try await read(path, UserTable.columns) { builder.add($0) }
            return builder.table()
        }
    }

    private func read(_ path: String, _ columns: [String], _ body: (CSVBatch) -> Void) async throws {
        let blocks = DecompressedBlocks(try FileBlocks(path))
        var reader = CSVReader(columns: columns)
        while true {
            let block = try await blocks.next()
            if block.isEmpty { reader.finish() } else { reader.append(block) }
            while let batch = try reader.nextBatch() { body(batch) }
            if block.isEmpty { return }
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

    /// The KPIs by day, each day's through the partial aggregate that it would be merged from.
    private func kpis(of result: EnrichmentRun.Result, _ tracks: TrackTable, _ users: UserTable) async throws
        -> [DayKPIs]
    {
        let source = StreamSource(bucket: "local", key: "streams.csv", eTag: "")
        return try await withThrowingTaskGroup(of: DayKPIs.self) { group in
            for (day, aggregate) in result.days {
                group.addTask {
                    let date = DayFiles.date(of: day)
                    var merge = DayMerge(date: date)
                    try merge.add(
                        aggregate.partial(
                            source: source, date: date, tracks: tracks, users: users,
                            unknownUsers: result.unknownUsers))
                    return try merge.kpis()
                }
            }
            var days: [DayKPIs] = []
            for try await day in group { days.append(day) }
            return days.sorted { $0.date < $1.date }
        }
    }

    private func write(_ days: [DayKPIs]) throws {
        var genres: [UInt8] = []
        var tracks: [UInt8] = []
        var tops: [UInt8] = []
        func add(_ line: JSONObject, to bytes: inout [UInt8]) { bytes += JSONValue.object(line).bytes() + [0x0A] }
        for day in days {
            let date = JSONValue.string(day.date)
            for genre in day.genres {
                let name = JSONValue.string("\(genre.genre)")
                add(
                    [
                        "date": date, "genre": name, "listen_count": .int(genre.listenCount),
                        "unique_listeners": .int(genre.uniqueListeners),
                        "total_listening_time": .int(genre.totalListeningTime),
                        "avg_listening_time_per_user": .double(genre.averageListeningTimePerUser),
                    ], to: &genres)
                for (index, track) in genre.topTracks.enumerated() {
                    add(
                        [
                            "date": date, "genre": name, "rank": .int(index + 1), "track_id": .string("\(track.id)"),
                            "listen_count": .int(track.listenCount),
                        ], to: &tracks)
                }
            }
            for (index, genre) in day.topGenres.enumerated() {
                add(
                    [
                        "date": date, "rank": .int(index + 1), "genre": .string("\(genre.genre)"),
                        "listen_count": .int(genre.listenCount),
                    ], to: &tops)
            }
        }
        for (name, bytes) in [("genre_kpis", genres), ("top_tracks", tracks), ("top_genres", tops)] {
            try FileSystem.writeFileAtomically("\(output)/\(name).jsonl", bytes)
        }
    }
}
