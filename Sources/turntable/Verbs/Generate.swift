import FileSystem
import MusicPipeline

/// Makes input.
struct Generate: Verb {
    static let name = "generate"
    static let summary = "makes input for the music pipeline: the same bytes for the same seed, on any machine"
    static let positionals = ["music"]
    static let options = [
        Option.value("rows", "N", "rows of each stream file (11000)"), .value("files", "N", "stream files (30)"),
        .value("days", "N", "days that the files are spread over, from 2024-06-25 on (30)"),
        .value("seed", "N", "what the bytes depend on (1)"), .value("out", "DIR", "the folder to write to"),
    ]
    static let details = "Writes songs.csv, users.csv and streams-YYYY-MM-DD.csv."

    private let settings: MusicDataGenerator.Settings
    private let folder: String

    init(_ arguments: Arguments) throws {
        guard arguments.positionals[0] == "music" else {
            throw UsageError("there is no input '\(arguments.positionals[0])' to generate; there is music")
        }
        guard let folder = arguments.value("out") else { throw UsageError("--out is missing: the folder to write to") }
        self.folder = folder
        settings = MusicDataGenerator.Settings(
            rows: try arguments.integer("rows", in: 0...1_000_000_000, default: 11_000),
            files: try arguments.integer("files", in: 0...100_000, default: 30),
            days: try arguments.integer("days", in: 1...36_500, default: 30),
            seed: UInt64(try arguments.integer("seed", in: 0...Int.max, default: 1)))
    }

    func run() async throws -> Bool {
        try FileSystem.createDirectories(folder)
        var open: (name: String, file: File)?
        try MusicDataGenerator(settings).write { name, bytes in
            if open?.name != name { open = (name, try File("\(folder)/\(name)", .write)) }
            try open?.file.write(bytes)
        }
        Console.print("\(folder): songs.csv, users.csv and \(settings.files) stream files of \(settings.rows) rows")
        return true
    }
}
