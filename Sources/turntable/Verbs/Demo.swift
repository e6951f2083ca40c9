import Clocks
import EventRouter
import FileSystem
import JSON
import MusicPipeline
import Storage

/// Shows the main job on a month of made-up files, some of them broken.
struct Demo: Verb {
    static let name = "demo"
    static let summary = "shows the main job: a month of files, some broken, through a fresh router"
    static let options = [
        Option.value("data", "DIR", "the data folder, made anew (.turntable-demo)"), .template,
        .value("files", "N", "stream files of the month (30)"), .value("rows", "N", "rows of each (11000)"),
    ]
    static let details = "Exit status 0 only if every file ended as it should."

    /// How long the demonstration waits for its files.
    static let patience = Duration.seconds(300)

    private let data: DataFolder
    private let template: String
    private let generator: MusicDataGenerator
    private let clock: any WallClock = SystemClock()

    init(_ arguments: Arguments) throws {
        data = try DataFolder(arguments.value("data") ?? ".turntable-demo")
        template = arguments.templateFile
        generator = MusicDataGenerator(
            .init(
                rows: try arguments.integer("rows", in: 10...10_000_000, default: 11_000),
                files: try arguments.integer("files", in: 4...1_000, default: 30), days: 30, seed: 2_024))
    }

    func run() async throws -> Bool {
        try DemoFolder.renew(data)
        Console.print("Making a month of input in \(data.root)/input")
        let input = "\(data.root)/input"
        try generate(to: input)
        let files = try demoFiles(input)

        let router = try DemoRouter(
            executable: try FileSystem.realPath("/proc/self/exe"), data: data.root, template: template)
        do {
            let address = try await wait("the router to be ready") { try router.address() }
            Console.print("The router is ready at \(address)")
            let isGood = try await play(files, input)
            guard router.stop() else { throw CommandError("the router did not end cleanly:\n\(router.output)") }
            return isGood
        } catch {
            _ = router.stop()
            throw error
        }
    }

    private func generate(to folder: String) throws {
        try FileSystem.createDirectories(folder)
        try generator.write { name, bytes in try File("\(folder)/\(name)", .append).write(bytes) }
    }

    /// The month's files, with special ones among them.
    private func demoFiles(_ input: String) throws -> [DemoFile] {
        var files = try generator.streamFiles.map { file in
            DemoFile(
                name: file.name, bytes: try FileSystem.readFile("\(input)/\(file.name)"), expectation: .archived,
                remark: "")
        }
        let (second, third, fourth) = (files[1], files[2], files[3])
        files[0] = DemoFile(
            name: files[0].name, bytes: files[0].bytes, expectation: .archived, remark: "before its reference files")
        files[1] = .withBadRows(second.bytes, name: second.name)
        files[2] = DemoFile(
            name: "Été + Überraschung (雨).csv", bytes: third.bytes, expectation: .archived,
            remark: "blanks, + and letters of all kinds in its name")
        files.insert(.withoutListenTime(fourth.bytes, name: "no-listen-time.csv"), at: 3)
        return files
    }

    private func play(_ files: [DemoFile], _ input: String) async throws -> Bool {
        let store = try await ExecutionStore(path: data.executions, mode: .readOnly)
        let raw = "\(data.buckets)/rds.data"
        for folder in ["songs", "users", "streams"] { try FileSystem.createDirectories("\(raw)/\(folder)") }

        try drop(files[0], into: raw)
        try await wait("the first file to find that its references are missing") { () -> Void? in
            let first = try await store.executions(limit: 1).executions.first
            guard let record = first else { return nil }
            let events = try await store.history(of: record).events
            return events.contains { $0.text().contains("ReferenceMissing") } ? () : nil
        }
        Console.print("  it waits; songs and users arrive now")
        for (name, folder) in [("songs.csv", "songs"), ("users.csv", "users")] {
            try FileSystem.copyFile("\(input)/\(name)", to: "\(raw)/\(folder)/\(name)")
        }
        for file in files.dropFirst() { try drop(file, into: raw) }
        try await settled(files.count, store)

        // The same content again under the same name: nothing may change.
        let again = DemoFile(
            name: files[4].name, bytes: files[4].bytes, expectation: .alreadyProcessed,
            remark: "delivered a second time")
        try drop(again, into: raw)
        try await settled(files.count + 1, store)
        return try await report(files + [again], store)
    }

    private func drop(_ file: DemoFile, into bucket: String) throws {
        Console.print("  cp \(file.name)\(file.remark.isEmpty ? "" : "   (\(file.remark))")")
        try File("\(bucket)/streams/\(file.name)", .write).write(file.bytes)
    }

    private func settled(_ count: Int, _ store: ExecutionStore) async throws {
        var shown = -1
        try await wait("\(count) executions to end") { () -> Void? in
            let counts = try await store.counts()
            let ended = counts.filter { $0.key != .running }.reduce(0) { $0 + $1.value }
            if ended != shown, ended % 5 == 0 || ended >= count {
                Console.print("  \(ended) of \(count) executions have ended")
            }
            shown = ended
            return ended >= count && (counts[.running] ?? 0) == 0 ? () : nil
        }
    }

    /// Asks again and again: the router is another process.
    private func wait<Value>(_ what: String, _ probe: () async throws -> Value?) async throws -> Value {
        let deadline = clock.now + Demo.patience
        while true {
            if let value = try await probe() { return value }
            guard clock.now < deadline else { throw CommandError("waited \(Demo.patience) for \(what)") }
            try await clock.sleep(for: .milliseconds(20))
        }
    }

    private func report(_ files: [DemoFile], _ store: ExecutionStore) async throws -> Bool {
        let executions = Array(try await ExecutionSummary.latest(10_000, in: store).reversed())
        Console.print("\nExecutions")
        Console.write(TextTable(executions.map(\.row), header: ExecutionSummary.header, rightAligned: [4]).text)
        let kpis = try await KPIReport.read(from: data.stores.table(PipelineNames().kpiSchema), date: nil, genre: nil)
        Console.print("\nTop genres of each day")
        Console.write(TextTable(kpis.topGenreRows, header: ["DATE", "GENRES (LISTENS)"]).text)
        if let genre = kpis.songRows.first?[1] {
            Console.print("\nTop songs: \(genre)")
            Console.write(
                TextTable(
                    kpis.songRows.filter { $0[1] == genre }.prefix(9).map { $0 },
                    header: ["DATE", "GENRE", "RANK", "TRACK", "ARTISTS", "LISTENS"], rightAligned: [2, 5]
                ).text)
        }
        let summary = DemoSummary(data: data, executions: executions)
        Console.print("\nWhere everything is")
        Console.write(try summary.places().text)
        let complaints = try summary.complaints(about: files)
        for complaint in complaints { Console.note("NOT AS IT SHOULD BE: \(complaint)") }
        if complaints.isEmpty { Console.print("\nEvery one of \(files.count) deliveries ended as it should.") }
        return complaints.isEmpty
    }
}
