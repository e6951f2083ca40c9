import FileSystem
import Glibc
import JSON
import TestSupport

/// A real router on a data folder of its own, with the project's template.
final class RouterUnderTest {
    let data: String
    let template: String
    private(set) var process: LivingProcess
    private(set) var endpoint: String
    private let options: [String]

    static var turntable: String { "\(Repository.products)/turntable" }

    init(data: String, template: String = "\(Repository.root)/infra/template.yaml", options: [String] = []) async throws
    {
        self.data = data
        self.template = template
        self.options = options
        (process, endpoint) = try await Self.start(data, template, options)
    }

    private static func start(
        _ data: String, _ template: String, _ options: [String]
    ) async throws -> (LivingProcess, String) {
        let process = try LivingProcess(
            turntable, ["serve", "--port", "0", "--data", data, "--template", template] + options)
        let endpoint = try await eventually("a router that is ready") { () -> String? in
            if !process.isRunning { throw NeverHappened(description: "a router that is ready: \(process.errorOutput)") }
            let line = process.output.split(separator: "\n").first { $0.hasPrefix("ready ") }
            return line.map { String($0.dropFirst("ready ".count)) }
        }
        return (process, endpoint)
    }

    /// Copies the project's template and its state machines, with other words in them.
    static func copyTemplate(to folder: String, replacing words: [(String, String)]) throws -> String {
        let machines = "infra/statemachines"
        try FileSystem.createDirectories("\(folder)/\(machines)")
        var missing = Set(words.map(\.0))
        let definitions = try FileSystem.list("\(Repository.root)/\(machines)").map { "\(machines)/\($0)" }
        for name in definitions + ["infra/template.yaml"] {
            var text = String(decoding: try FileSystem.readFile("\(Repository.root)/\(name)"), as: UTF8.self)
            for (old, new) in words where text.contains(old) {
                missing.remove(old)
                text = text.replacing(old, with: new)
            }
            try FileSystem.writeFileAtomically("\(folder)/\(name)", Array(text.utf8))
        }
        guard missing.isEmpty else { throw NeverHappened(description: "\(missing) in the template") }
        return "\(folder)/infra/template.yaml"
    }

    /// Ends the router as a person would, and checks that it ended well.
    func stop() async throws {
        process.signal(SIGTERM)
        let status = try await process.waitForEnd()
        if status != 0 { throw NeverHappened(description: "a clean end (status \(status)): \(process.errorOutput)") }
    }

    /// Kills the router without any notice and starts another on the same data.
    func killAndRestart() async throws {
        process.signal(SIGKILL)
        _ = try await process.waitForEnd()
        (process, endpoint) = try await Self.start(data, template, options)
    }

    /// Runs a verb on the router's data folder.
    func turntable(_ arguments: [String], timeout: Duration = .seconds(60)) async throws -> FinishedProcess {
        try await runProcess(
            Self.turntable, arguments + ["--data", data], environment: ["TURNTABLE_DATA": data],
            directory: Repository.root, timeout: timeout)
    }

    /// The objects that a verb prints with `--json`.
    func lines(_ arguments: [String]) async throws -> [JSONValue] {
        let finished = try await turntable(arguments + ["--json"])
        guard finished.status == 0 else {
            throw NeverHappened(description: "turntable \(arguments): \(finished.errorOutput)")
        }
        return try finished.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }

    /// Executions on files with this name, once `count` of them have ended.
    func endedExecutions(of name: String, count: Int = 1, timeout: Duration = .seconds(60)) async throws -> [JSONValue]
    {
        try await eventually("\(count) ended executions of \(name)", timeout: timeout) {
            let all = try await lines(["executions"]).filter { $0["key"]?.stringValue?.hasSuffix(name) == true }
            let ended = all.filter { $0["status"] != "RUNNING" }
            return ended.count >= count && ended.count == all.count ? ended : nil
        }
    }

    func path(_ bucket: String, _ key: String) -> String { "\(data)/buckets/\(bucket)/\(key)" }
    func holds(_ bucket: String, _ key: String) -> Bool { (try? FileSystem.status(path(bucket, key))) != nil }

    /// Copies a file into a bucket as `cp` does: the name is there before the content is.
    func drop(_ bytes: [UInt8], as key: String, in bucket: String = "rds.data") throws {
        let target = path(bucket, key)
        try FileSystem.createDirectories(FileSystem.parent(of: target) ?? "/")
        let file = try File(target, .write)
        for start in stride(from: 0, to: bytes.count, by: 4_096) {
            try file.write(bytes[start..<min(start + 4_096, bytes.count)])
        }
    }

    func drop(_ text: String, as key: String) throws { try drop(Array(text.utf8), as: key) }
}

/// Small input whose numbers can be worked out by hand.
enum SampleData {
    static let songs = """
        track_id,track_genre,track_name,artists,ignored
        t1,rock,"First, of them",Anna;Bob,1
        t2,rock,Second,Cleo,2
        t3,jazz,Third,Dora,3
        t3,rock,Third,Dora,3
        t4,jazz,"Fo""urth",Émile,4

        """
    static let users = """
        user_id,user_name,user_age,user_country
        1,Ann,31,Ghana
        2,Ben,42,"Korea, Republic of"
        3,Cat,,Japan

        """
    static let streams = """
        user_id,track_id,listen_time
        1,t1,2024-06-25 10:00:00
        1,t1,2024-06-25 11:00:00
        2,t2,2024-06-25 12:00:00
        3,t3,2024-06-25 13:00:00
        9,t4,2024-06-25 23:59:59
        1,unknown,2024-06-25 00:00:00
        2,t1,2024-06-26 00:00:00

        """
    /// What `turntable kpis --date 2024-06-25 --json` says of genre rock: t1 twice, t2 and t3 once; users 1, 2, 3.
    static let rock =
        #"{"kind":"genre","date":"2024-06-25","genre":"rock","listen_count":4,"unique_listeners":3,"#
        + #""total_listening_time":720,"avg_listening_time_per_user":240}"#
}

/// Gives `body` a router with the references in place, and ends it cleanly.
func withRouter(
    references: Bool = true, options: [String] = [], _ body: (RouterUnderTest) async throws -> Void
) async throws {
    try await withTemporaryDirectory { folder in
        let router = try await RouterUnderTest(data: "\(folder)/data", options: options)
        if references {
            try router.drop(SampleData.songs, as: "songs/songs.csv")
            try router.drop(SampleData.users, as: "users/users.csv")
        }
        try await body(router)
        try await router.stop()
    }
}
