import FileSystem
import Glibc
import HTTPClient
import JSON
import TestSupport
import Testing

/// Many files by a backfill, and one huge file in parts, on a real router with real processes.
@Suite("Scale-out on a real router", .serialized, .timeLimit(.minutes(10)))
struct ScaleOutTests {
    /// Files over several days; some are broken.
    struct Files {
        let good: [(name: String, text: String)]
        let broken: [(name: String, text: String)]

        init(count: Int, broken: Int) {
            good = (0..<count).map { index in
                let day = "2024-05-0\(index % 6 + 1)"
                var lines = ["user_id,track_id,listen_time"]
                for row in 0..<(20 + index) {
                    let time = "\(day) 1\(row % 10):00:0\(index % 10)"
                    lines.append("\(row % 7 + index % 3),t\((row + index) % 4 + 1),\(time)")
                }
                // Each file's last row is of a day that all share.
                lines.append("1,t1,2024-05-09 00:00:0\(index % 10)")
                return ("day \(index).csv", lines.joined(separator: "\n") + "\n")
            }
            self.broken = (0..<broken).map { ("broken\($0).csv", "user_id;track_id\n\($0)\n") }
        }
    }

    static let machine = "arn:aws:states:us-east-1:000000000000:stateMachine:"

    static func start(_ router: RouterUnderTest, _ machine: String, _ name: String, _ input: JSONValue) async throws {
        let port = try #require(router.endpoint.split(separator: ":").last.flatMap { UInt16($0) })
        let body: JSONValue = [
            "stateMachineArn": .string(Self.machine + machine), "name": .string(name), "input": .string(input.text()),
        ]
        let response = try await HTTPClient(HTTPAddress(port: port)).response(
            to: HTTPClient.Request(
                "POST", "/",
                headers: [
                    ("X-Amz-Target", "AWSStepFunctions.StartExecution"), ("Content-Type", "application/x-amz-json-1.0"),
                ], body: body.bytes()))
        try #require(response.status == 200, "\(String(decoding: response.body, as: UTF8.self))")
    }

    static func ended(_ router: RouterUnderTest, _ name: String) async throws -> JSONValue {
        try await eventually("the end of \(name)", timeout: .seconds(240)) {
            let all = try await router.lines(["executions"])
            return all.first { $0["name"]?.stringValue == name && $0["status"] != "RUNNING" }
        }
    }

    static func withRouter(
        replacing words: [(String, String)] = [], _ body: (RouterUnderTest) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { folder in
            let template = try RouterUnderTest.copyTemplate(to: folder, replacing: words)
            let router = try await RouterUnderTest(data: "\(folder)/data", template: template)
            try router.drop(SampleData.songs, as: "songs/songs.csv")
            try router.drop(SampleData.users, as: "users/users.csv")
            try await body(router)
            try await router.stop()
        }
    }

    /// What the normal pipeline makes of the same files.
    static func expected(_ files: Files) async throws -> [JSONValue] {
        var kpis: [JSONValue] = []
        try await withRouter { router in
            for file in files.good { try router.drop(file.text, as: "streams/\(file.name)") }
            for file in files.good { _ = try await router.endedExecutions(of: file.name, timeout: .seconds(120)) }
            kpis = try await router.lines(["kpis"])
        }
        return kpis
    }

    static func drop(_ files: Files, _ router: RouterUnderTest) throws {
        for file in files.good + files.broken { try router.drop(file.text, as: "backlog/\(file.name)") }
    }

    static func expectSettled(_ files: Files, _ router: RouterUnderTest) {
        for file in files.good {
            #expect(router.holds("rds.data", "archive/backlog/\(file.name)"))
            #expect(!router.holds("rds.data", "backlog/\(file.name)"))
        }
        for file in files.broken { #expect(router.holds("warehouse.bucket", "quarantine/backlog/\(file.name)")) }
    }

    @Test(
        "a backfill over a prefix comes to what the pipeline does; broken files below the tolerance are set aside; run again it changes nothing"
    )
    func backfill() async throws {
        let files = Files(count: 36, broken: 2)
        let expected = try await Self.expected(files)
        #expect(Set(expected.compactMap { $0["date"]?.stringValue }).count == 7)
        try await Self.withRouter { router in
            try Self.drop(files, router)
            try router.drop("no stream file", as: "backlog/readme.txt")
            let input: JSONValue = ["batch_size": 3, "tolerated_failure_percentage": 20]
            try await Self.start(router, "backfill", "first", input)
            let first = try await Self.ended(router, "first")
            #expect(first["status"] == "SUCCEEDED", "\(first.text()) \(router.process.errorOutput)")
            #expect(try await router.lines(["kpis"]) == expected)
            Self.expectSettled(files, router)
            #expect(router.holds("rds.data", "backlog/readme.txt"))
            let results = try FileSystem.list(router.path("trial.data", "backfills/first/results"))
            #expect(!results.isEmpty)

            try await Self.start(router, "backfill", "second", input)
            #expect(try await Self.ended(router, "second")["status"] == "SUCCEEDED")
            try await Self.start(router, "backfill", "third", ["run": "first"])
            #expect(try await Self.ended(router, "third")["status"] == "SUCCEEDED")
            #expect(try await router.lines(["kpis"]) == expected)
        }
    }

    @Test("a backfill whose router is killed in its middle goes on, and comes to the same")
    func killed() async throws {
        let files = Files(count: 30, broken: 1)
        let expected = try await Self.expected(files)
        try await Self.withRouter { router in
            try Self.drop(files, router)
            try await Self.start(
                router, "backfill", "killed", ["batch_size": 2, "tolerated_failure_percentage": 50])
            for count in [4, 15] {
                _ = try await eventually("\(count) archived files") {
                    files.good.count { router.holds("rds.data", "archive/backlog/\($0.name)") } >= count ? () : nil
                }
                try await router.killAndRestart()
            }
            let end = try await Self.ended(router, "killed")
            #expect(end["status"] == "SUCCEEDED", "\(end.text()) \(router.process.errorOutput)")
            #expect(try await router.lines(["kpis"]) == expected)
            Self.expectSettled(files, router)
        }
    }

    @Test(
        "beyond the tolerance a backfill fails, and what it processed is merged all the same; an inventory takes up the rest"
    )
    func tolerance() async throws {
        let files = Files(count: 12, broken: 4)
        let expected = try await Self.expected(files)
        try await Self.withRouter { router in
            try Self.drop(files, router)
            try await Self.start(router, "backfill", "strict", ["batch_size": 1, "tolerated_failure_percentage": 1])
            let strict = try await Self.ended(router, "strict")
            #expect(strict["status"] == "FAILED" && strict["error"] == "States.ExceedToleratedFailureThreshold")
            let kpis = try await router.lines(["kpis"])
            let archived = files.good.filter { router.holds("rds.data", "archive/backlog/\($0.name)") }
            // A file that was stopped between its days and the archive may be in the KPIs, too.
            #expect(archived.isEmpty || !kpis.isEmpty)

            let lines = (files.good + files.broken).map { file in
                "\"rds.data\",\"backlog/\(file.name.replacing(" ", with: "+"))\",\"\(file.text.utf8.count)\""
            }
            try router.drop(
                Array((lines.joined(separator: "\n") + "\n").utf8), as: "inventory/data/1.csv", in: "trial.data")
            let manifest: JSONValue = [
                "sourceBucket": "rds.data", "destinationBucket": "arn:aws:s3:::trial.data", "fileFormat": "CSV",
                "fileSchema": "Bucket, Key, Size", "files": [["key": "inventory/data/1.csv"]],
            ]
            try router.drop(manifest.bytes(), as: "inventory/manifest.json", in: "trial.data")
            try await Self.start(
                router, "backfill", "rest",
                [
                    "manifest": ["bucket": "trial.data", "key": "inventory/manifest.json"],
                    "run": "strict", "tolerated_failure_percentage": 100,
                ])
            let rest = try await Self.ended(router, "rest")
            #expect(rest["status"] == "SUCCEEDED", "\(rest.text()) \(router.process.errorOutput)")
            #expect(try await router.lines(["kpis"]) == expected)
            Self.expectSettled(files, router)
        }
    }

    /// Some MB in which quotes and line breaks are wherever they may be.
    static func hugeText() -> String {
        var text = "user_id,note,track_id,listen_time\n"
        for row in 0..<60_000 {
            let note = ["", "plain", "\"a, b\"", "\"two\nlines\"", "\"\"\"quoted\"\"\r\n, é\"", "x\"y"][row % 6]
            text += "\(row % 911),\(note),t\(row % 4 + 1),2024-05-0\(row % 3 + 1) 10:00:0\(row % 10)\n"
            if row % 9_000 == 0 { text += "broken,,t1,2024-05-01 00:00:00\n" }
        }
        return text
    }

    @Test("one huge file goes through in parts, and comes to what one pass does; by its arrival and by a backfill")
    func split() async throws {
        let text = Self.hugeText()
        var expected: [JSONValue] = []
        var report = JSONValue.null
        func reportOf(_ router: RouterUnderTest, _ folder: String) throws -> JSONValue {
            let name = try #require(
                FileSystem.list(router.path("trial.data", "validation-reports/\(folder)")).first {
                    $0.hasSuffix(".json")
                })
            return try JSONValue(
                parsing: FileSystem.readFile(router.path("trial.data", "validation-reports/\(folder)/\(name)")))
        }
        try await Self.withRouter { router in
            try router.drop(text, as: "streams/huge.csv")
            _ = try await router.endedExecutions(of: "huge.csv", timeout: .seconds(120))
            expected = try await router.lines(["kpis"])
            report = try reportOf(router, "streams")
        }
        #expect(!expected.isEmpty && report["bad_row_count"] == 7)
        let small = [("4294967296", "1000000"), ("Default: 268435456", "Default: 300000")]
        for isBackfill in [false, true] {
            try await Self.withRouter(replacing: small) { router in
                if isBackfill {
                    try router.drop(text, as: "backlog/huge.csv")
                    try await Self.start(router, "backfill", "huge", [:])
                    let end = try await Self.ended(router, "huge")
                    #expect(end["status"] == "SUCCEEDED", "\(end.text()) \(router.process.errorOutput)")
                    #expect(router.holds("rds.data", "archive/backlog/huge.csv"))
                } else {
                    try router.drop(text, as: "streams/huge.csv")
                    let ends = try await router.endedExecutions(of: "huge.csv", timeout: .seconds(240))
                    #expect(ends.allSatisfy { $0["status"] == "SUCCEEDED" }, "\(ends) \(router.process.errorOutput)")
                    #expect(router.holds("rds.data", "archive/streams/huge.csv"))
                    #expect(try reportOf(router, "streams") == report)
                }
                #expect(try await router.lines(["kpis"]) == expected)
                let plans = try FileSystem.list(router.path("trial.data", "partials/split"))
                let folder = router.path("trial.data", "partials/split/\(try #require(plans.first))")
                let parts = try JSONValue(parsing: FileSystem.readFile("\(folder)/parts.json")).arrayValue ?? []
                #expect(parts.count >= 7)
            }
        }
    }

    @Test("a huge file that is compressed is refused by name, and stays where it is")
    func compressed() async throws {
        try await Self.withRouter(replacing: [("4294967296", "10")]) { router in
            try router.drop([0x1F, 0x8B, 8] + [UInt8](repeating: 0, count: 40), as: "streams/huge.csv")
            let ends = try await router.endedExecutions(of: "huge.csv")
            #expect(ends.allSatisfy { $0["status"] == "FAILED" })
            let history = try await router.turntable(["history", "latest", "--json"]).output
            #expect(history.contains("NotSplittable") && history.contains("uncompressed"), "\(history)")
            #expect(router.holds("rds.data", "streams/huge.csv"))
        }
    }
}
