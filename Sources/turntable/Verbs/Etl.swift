import CLinux
import Glibc
import JSON
import MusicPipeline

/// Runs the ETL job over plain folders.
struct Etl: Verb {
    static let name = "etl"
    static let summary =
        "runs the ETL job over plain folders: what the etl and write-kpis functions do, without buckets"
    static let options = [
        Option.value("in", "DIR", "the folder with songs.csv, users.csv and streams.csv"),
        .value("out", "DIR", "the folder to write to"),
        .flag("kpi-only", "KPIs alone, no Parquet"),
        .value("threads", "N", "pieces of the file that are worked on at a time (2)"),
        .value("memory-limit", "MIB", "memory to stay within, for gathered rows (64)"),
        .value(
            "cache", "DIR", "where compiled references are kept from run to run (~/.cache/turntable; none for nowhere)"),
        .json,
    ]
    static let details =
        "Writes enriched/date=YYYY-MM-DD/*.parquet, genre_kpis.jsonl, top_tracks.jsonl, top_genres.jsonl and summary.json."

    /// Bytes for each gathered row: itself, and half of them once more while they are ordered and encoded.
    private static let byteCountOfRow = 16

    private static let arenaMaximum: Int32 = 2

    private let job: FolderJob
    private let isJSON: Bool

    init(_ arguments: Arguments) throws {
        guard let input = arguments.value("in") else {
            throw UsageError("--in is missing: the folder with the CSV files")
        }
        guard let output = arguments.value("out") else { throw UsageError("--out is missing: the folder to write to") }
        let memory = try arguments.integer("memory-limit", in: 16...(1 << 20), default: 64)
        let threads = try arguments.integer("threads", in: 1...64, default: 2)
        job = FolderJob(
            input: input, output: output, isParquetWanted: !arguments.has("kpi-only"),
            snapshotFolder: Etl.cacheFolder(arguments.value("cache")),
            settings: EnrichmentRun.Settings(
                threads: threads, gatheredRowLimit: (memory << 20) / Etl.byteCountOfRow))
        isJSON = arguments.has("json")
    }

    /// The folder that is named, or the user's own for such things (XDG Base Directory Specification).
    private static func cacheFolder(_ name: String?) -> String? {
        if let name { return name == "none" ? nil : name }
        let base = unsafe getenv("XDG_CACHE_HOME").map { unsafe String(cString: $0) }
        let home = unsafe getenv("HOME").map { unsafe String(cString: $0) }
        guard let folder = base ?? home.map({ "\($0)/.cache" }), folder.hasPrefix("/") else { return nil }
        return "\(folder)/turntable"
    }

    func run() async throws -> Bool {
        // Blocks are freed by other threads than those that made them: each arena more keeps some of them.
        turntable_set_arena_maximum(Etl.arenaMaximum)
        let summary = try await job.run()
        if isJSON {
            Console.print(summary.text())
        } else {
            let rows = summary["rows_in"]?.intValue ?? 0
            Console.print("\(rows) rows read, \(summary["rows_enriched"]?.intValue ?? 0) rows with their genres")
        }
        return true
    }
}
