import FileSystem
import JSON
import TestSupport
import Testing

@Suite("The command line", .timeLimit(.minutes(10)))
struct CommandLineTests {
    private func turntable(_ arguments: [String], in folder: String) async throws -> FinishedProcess {
        try await runProcess(RouterUnderTest.turntable, arguments, directory: folder)
    }

    @Test(
        "wrong usage is status 2 and names what was meant",
        arguments: [
            (["executons"], "executions"), (["serve", "--prt", "1"], "--port"),
            (["serve", "--port", "70000"], "65535"),
            (["put", "bucket"], "KEY"), (["history"], "EXECUTION"), (["kpis", "--date", "2024-02-30"], "YYYY-MM-DD"),
            (["executions", "--status", "SUCEEDED"], "SUCCEEDED"), (["generate", "music"], "--out"), ([], "Usage"),
        ])
    func usage(arguments: [String], hint: String) async throws {
        let finished = try await turntable(arguments, in: Repository.root)
        #expect(finished.status == 2)
        #expect(finished.errorOutput.contains(hint))
        #expect(finished.output.isEmpty)
    }

    @Test(
        "every verb has help",
        arguments: [
            "serve", "clock", "simulate", "certify", "demo", "invoke", "put", "kpis", "executions", "history", "queues",
            "generate", "etl", "validate", "coverage", "test-state", "jsonata", "package", "verify", "doctor",
        ])
    func help(verb: String) async throws {
        let finished = try await turntable([verb, "--help"], in: Repository.root)
        #expect(finished.status == 0)
        #expect(finished.output.contains("Usage: turntable \(verb)"))
        #expect(try await turntable(["--help"], in: Repository.root).output.contains("  \(verb) "))
    }

    @Test("the list of verbs above is that of the program")
    func verbs() async throws {
        let help = try await turntable(["--help"], in: Repository.root).output
        #expect(
            help.split(separator: "\n").count { $0.hasPrefix("  ") && $0.dropFirst(2).first?.isLetter == true } == 20)
    }

    @Test("the project's template has no findings, and a broken one is told with file and line")
    func validate() async throws {
        #expect(try await turntable(["validate"], in: Repository.root).status == 0)
        try await withTemporaryDirectory { folder in
            let text = """
                AWSTemplateFormatVersion: "2010-09-09"
                Transform: AWS::Serverless-2016-10-31
                Resources:
                  Machine:
                    Type: AWS::Serverless::StateMachine
                    Properties:
                      DefinitionUri: missing.asl.json
                  Worker:
                    Type: AWS::Serverless::Function
                    Properties: {Runtime: python3.12, Handler: a.b, CodeUri: .}

                """
            try FileSystem.writeFileAtomically("\(folder)/t.yaml", Array(text.utf8))
            let finished = try await turntable(["validate", "--template", "t.yaml", "--json"], in: folder)
            #expect(finished.status == 1)
            let findings = try finished.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
            #expect(findings.contains { $0["code"] == "missingDefinitionFile" && $0["line"] == 7 })
            #expect(findings.contains { $0["code"] == "unsupportedRuntime" && $0["line"]?.intValue ?? 0 >= 9 })
            #expect(try await turntable(["serve", "--template", "t.yaml"], in: folder).status == 1)
        }
    }

    @Test("generated input is the same for the same seed, and another for another")
    func generate() async throws {
        try await withTemporaryDirectory { folder in
            for (seed, out) in [("7", "a"), ("7", "b"), ("8", "c")] {
                let finished = try await turntable(
                    [
                        "generate", "music", "--rows", "100", "--files", "3", "--days", "2", "--seed", seed, "--out",
                        out,
                    ],
                    in: folder)
                #expect(finished.status == 0)
            }
            let names = try FileSystem.list("\(folder)/a")
            #expect(
                names == [
                    "songs.csv", "streams-2024-06-25-2.csv", "streams-2024-06-25.csv", "streams-2024-06-26.csv",
                    "users.csv",
                ])
            for name in names {
                #expect(try FileSystem.readFile("\(folder)/a/\(name)") == FileSystem.readFile("\(folder)/b/\(name)"))
                #expect(try FileSystem.readFile("\(folder)/a/\(name)") != FileSystem.readFile("\(folder)/c/\(name)"))
            }
        }
    }

    /// The rival's program and the checker are those of the benchmark beside the checkout.
    @Test("etl over folders comes to what DuckDB comes to, row by row, with any threads and memory")
    func etl() async throws {
        guard let peer = Repository.shared("bench/peer_duckdb.py"), let checker = Repository.shared("bench/check.py")
        else {
            Repository.sharedIsMissing("bench")
            return
        }
        try await withTemporaryDirectory { folder in
            let made = try await turntable(
                ["generate", "music", "--rows", "4000", "--files", "5", "--days", "5", "--out", "in"], in: folder)
            #expect(made.status == 0)
            var streams: [UInt8] = []
            for name in try FileSystem.list("\(folder)/in") where name.hasPrefix("streams-") {
                let bytes = try FileSystem.readFile("\(folder)/in/\(name)")
                streams += streams.isEmpty ? bytes[...] : bytes[((bytes.firstIndex(of: 0x0A) ?? 0) + 1)...]
            }
            try FileSystem.writeFileAtomically("\(folder)/in/streams.csv", streams)
            let reference = try await runProcess(
                Repository.python, [peer, "--in", "\(folder)/in", "--out", "\(folder)/duck"])
            #expect(reference.status == 0, "\(reference.errorOutput)")
            // The second run finds the compiled references of the first.
            for options in [["--threads", "1"], ["--threads", "3", "--memory-limit", "16"], ["--kpi-only"]] {
                let ours = try await turntable(
                    ["etl", "--in", "in", "--out", "out", "--cache", "cache"] + options, in: folder)
                #expect(ours.status == 0, "\(ours.errorOutput)")
                let check = try await runProcess(
                    Repository.python,
                    [checker, "\(folder)/duck", "\(folder)/out"] + options.filter { $0 == "--kpi-only" })
                #expect(check.status == 0, "\(options): \(check.output)\(check.errorOutput)")
            }
            #expect(try FileSystem.list("\(folder)/cache/references").count == 1)
        }
    }

    @Test("etl names a file that is missing, or is no such table")
    func etlErrors() async throws {
        try await withTemporaryDirectory { folder in
            try FileSystem.createDirectories("\(folder)/in")
            let missing = try await turntable(["etl", "--in", "in", "--out", "out", "--cache", "none"], in: folder)
            #expect(missing.status == 1 && missing.errorOutput.contains("in/songs.csv"))
            try FileSystem.writeFileAtomically("\(folder)/in/songs.csv", Array(SampleData.songs.utf8))
            try FileSystem.writeFileAtomically("\(folder)/in/users.csv", Array(SampleData.users.utf8))
            try FileSystem.writeFileAtomically("\(folder)/in/streams.csv", Array("a,b\n1,2\n".utf8))
            let wrong = try await turntable(["etl", "--in", "in", "--out", "out", "--cache", "none"], in: folder)
            #expect(
                wrong.status == 1 && wrong.errorOutput.contains("in/streams.csv")
                    && wrong.errorOutput.contains("user_id"))
            #expect(try await turntable(["etl", "--out", "out"], in: folder).status == 2)
        }
    }

    @Test("handlers run by themselves on an empty data folder, from a file and from standard input, again and again")
    func handlers() async throws {
        try await withTemporaryDirectory { folder in
            let data = "\(folder)/data"
            let raw = "\(data)/buckets/rds.data"
            for kind in ["songs", "users", "streams"] { try FileSystem.createDirectories("\(raw)/\(kind)") }
            try FileSystem.writeFileAtomically("\(raw)/songs/songs.csv", Array(SampleData.songs.utf8))
            try FileSystem.writeFileAtomically("\(raw)/users/users.csv", Array(SampleData.users.utf8))
            try FileSystem.writeFileAtomically(
                "\(raw)/streams/streams-2024-06-25.csv", Array(SampleData.streams.utf8))
            let event = "\(Repository.root)/events/s3-object-created.json"
            let text = String(decoding: try FileSystem.readFile(event), as: UTF8.self)
            let environment = ["TURNTABLE_DATA": data]
            for (arguments, input) in [([event], ""), ([], text), (["-"], text)] {
                let finished = try await runProcess(
                    "\(Repository.products)/validate-file", arguments, input: input, environment: environment)
                #expect(finished.status == 0)
                #expect(try JSONValue(parsing: finished.output)["status"] == "PASSED")
            }
            let invoked = try await turntable(
                ["invoke", "validate-file", "--event", event, "--data", data], in: Repository.root)
            #expect(invoked.status == 0)
            #expect(try JSONValue(parsing: invoked.output)["status"] == "PASSED")
            for function in ["etl", "write-kpis", "archive"] {
                let finished = try await runProcess(
                    "\(Repository.products)/\(function)", [event], environment: environment)
                #expect(finished.status == 0, "\(function): \(finished.errorOutput)")
            }
            let kpis = try await turntable(["kpis", "--data", data, "--json"], in: Repository.root)
            #expect(kpis.output.split(separator: "\n").contains { $0 == SampleData.rock })
        }
    }

    @Test(
        "bad events are status 1 with an error that a machine can match",
        arguments: [
            ("{bad", "MalformedEvent"), ("{}", "MalformedEvent"), ("{\"Records\": []}", "MalformedEvent"),
        ])
    func badEvents(input: String, type: String) async throws {
        try await withTemporaryDirectory { folder in
            let finished = try await runProcess(
                "\(Repository.products)/etl", input: input, environment: ["TURNTABLE_DATA": "\(folder)/data"])
            #expect(finished.status == 1)
            #expect(finished.output.isEmpty)
            let error = try #require(finished.errorOutput.split(separator: "\n").last)
            #expect(try JSONValue(parsing: String(error))["errorType"] == .string(type))
        }
    }

    @Test("the demonstration ends well and never touches a folder that it did not make")
    func demo() async throws {
        try await withTemporaryDirectory { folder in
            let finished = try await runProcess(
                RouterUnderTest.turntable, ["demo", "--data", "\(folder)/demo", "--files", "5", "--rows", "200"],
                directory: Repository.root)
            #expect(finished.status == 0, "\(finished.output)\(finished.errorOutput)")
            #expect(finished.output.contains("Every one of 7 deliveries ended as it should."))
            try FileSystem.createDirectories("\(folder)/own")
            try FileSystem.writeFileAtomically("\(folder)/own/precious", [1])
            let refused = try await turntable(["demo", "--data", "\(folder)/own"], in: Repository.root)
            #expect(refused.status == 1)
            #expect(try FileSystem.list("\(folder)/own") == ["precious"])
        }
    }

    @Test("doctor passes here, and names a data folder that is no folder")
    func doctor() async throws {
        try await withTemporaryDirectory { folder in
            let healthy = try await turntable(
                ["doctor", "--data", "\(folder)/data", "--port", "0", "--json"], in: Repository.root)
            let checks = try healthy.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
            #expect(checks.count >= 9)
            #expect(healthy.status == 0, "\(healthy.output)")
            try FileSystem.writeFileAtomically("\(folder)/file", [])
            let broken = try await turntable(
                ["doctor", "--data", "\(folder)/file", "--port", "0"], in: Repository.root)
            #expect(broken.status == 1)
            #expect(broken.output.contains("failure  data folder"))
        }
    }
}
