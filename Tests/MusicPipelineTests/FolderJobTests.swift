import FileSystem
import TestSupport
import Testing

@testable import MusicPipeline

@Suite("The job over plain folders")
struct FolderJobTests {
    /// The files below a folder, by path.
    private static func files(_ folder: String) throws -> [String] {
        try FileSystem.list(folder).flatMap { name -> [String] in
            let path = "\(folder)/\(name)"
            return try FileSystem.status(path)?.kind == .directory ? try files(path) : [path]
        }
    }

    private static func run(_ folder: String) async throws {
        let settings = EnrichmentRun.Settings(threads: 2, gatheredRowLimit: 3)
        _ = try await FolderJob(
            input: "\(folder)/in", output: "\(folder)/out", isParquetWanted: true, snapshotFolder: nil,
            settings: settings
        ).run()
    }

    private static func put(_ folder: String) throws {
        try FileSystem.createDirectories("\(folder)/in")
        let rows = (0..<40).map { "\($0 % 3),t\($0 % 2),2024-06-\(10 + $0 % 4) 10:00:0\($0 % 10)\n" }.joined()
        for (name, text) in [
            ("songs", "track_id,track_genre,track_name,artists\nt0,rock,a,b\nt1,jazz,c,d\n"),
            ("users", "user_id,user_age,user_country\n1,20,Ghana\n"),
            ("streams", "user_id,track_id,listen_time\n\(rows)"),
        ] { try FileSystem.writeFileAtomically("\(folder)/in/\(name).csv", Array(text.utf8)) }
    }

    @Test("files of days are there once they are whole, and a run that fails leaves no halves")
    func halves() async throws {
        try await withTemporaryDirectory { folder in
            try Self.put(folder)
            try await Self.run(folder)
            let written = try Self.files("\(folder)/out/enriched")
            #expect(written.count == 4 && written.allSatisfy { $0.hasSuffix("/part-0.parquet") })

            // Something that no file can replace is in the way of the second day's.
            let way = "\(folder)/out/enriched/date=2024-06-11/part-0.parquet"
            _ = try FileSystem.removeFile(way)
            try FileSystem.createDirectories("\(way)/full")
            let error = await #expect(throws: FileSystemError.self) { try await Self.run(folder) }
            #expect(error?.path.contains("date=2024-06-11") == true)
            #expect(try Self.files("\(folder)/out/enriched").allSatisfy { $0.hasSuffix("/part-0.parquet") })
        }
    }
}
