import FileSystem
import JSON
import Synchronization
import TestSupport
import Testing

/// Zips, unpacked and started as on Lambda. Those of `make package` take a release build, so `make soak` runs their tests, with
/// the folders of the zips in the environment; without them the tests say that they did not run.
@Suite("Packaged functions as Lambda starts them", .serialized, .timeLimit(.minutes(10)))
struct PackagedFunctionTests {
    /// The variable with the folder of the zips, and whether the system under them has libraries.
    @Test(
        "the four functions process a file, from their zips, without rights, on a root that can't be written",
        arguments: [("TURNTABLE_PACKAGES", true), ("TURNTABLE_BUNDLED_PACKAGES", false)])
    func pipeline(variable: String, hasLibraries: Bool) async throws {
        guard let zips = ProcessEnvironment[variable] else {
            print("NOT RUN: \(variable) names no folder with packages ('make soak' makes them and runs this)")
            return
        }
        guard try await LambdaRoot.isPossible() else { return }
        try await withTemporaryDirectory { folder in
            let data = "\(folder)/data"
            for (key, text) in [
                ("songs/songs.csv", SampleData.songs), ("users/users.csv", SampleData.users),
                ("streams/streams-2024-06-25.csv", SampleData.streams),
            ] {
                let path = "\(data)/buckets/rds.data/\(key)"
                try FileSystem.createDirectories(FileSystem.parent(of: path) ?? "/")
                try FileSystem.writeFileAtomically(path, Array(text.utf8))
            }
            let event = try FileSystem.readFile("\(Repository.root)/events/s3-object-created.json")
            for function in ["validate-file", "etl", "write-kpis", "archive"] {
                try FileSystem.createDirectories("\(folder)/\(function)")
                let root = try LambdaRoot(
                    "\(zips)/\(function).zip", folder: "\(folder)/\(function)", hasLibraries: hasLibraries)
                try FileSystem.rename(data, to: "\(root.temporaryFolder)/data")
                let answer = try await Self.invoke(function, event: event, in: root)
                #expect(answer.path.hasSuffix("/response"), "\(function): \(answer.body)")
                try FileSystem.rename("\(root.temporaryFolder)/data", to: data)
            }
            #expect(try FileSystem.list("\(data)/buckets/rds.data/archive/streams") == ["streams-2024-06-25.csv"])
            let kpis = try await runProcess(
                RouterUnderTest.turntable, ["kpis", "--date", "2024-06-25", "--json", "--data", data],
                directory: Repository.root)
            #expect(kpis.output.split(separator: "\n").contains { $0 == SampleData.rock }, "\(kpis)")
        }
    }

    /// The build of the tests needs Swift's libraries, so they are bundled; everything else is as for a release build.
    @Test("a function of this build, with its libraries, answers from its zip")
    func bundled() async throws {
        guard try await LambdaRoot.isPossible() else { return }
        try await withTemporaryDirectory { folder in
            let packaged = try await runProcess(
                RouterUnderTest.turntable,
                ["package", "archive", "--bundle", "--out", "\(folder)/zips", "--json"], directory: Repository.root)
            #expect(packaged.status == 0, "\(packaged.output)\(packaged.errorOutput)")
            let root = try LambdaRoot("\(folder)/zips/archive.zip", folder: folder)
            let answer = try await Self.invoke("archive", event: Array("{}".utf8), in: root)
            #expect(answer.path.hasSuffix("/error") && answer.body.contains("MalformedEvent"), "\(answer.body)")
        }
    }

    @Test("a program that needs a library which is not there does not start: the root holds what it should")
    func control() async throws {
        guard let zips = ProcessEnvironment["TURNTABLE_PACKAGES"] else {
            print("NOT RUN: TURNTABLE_PACKAGES names no folder with packages ('make soak' makes them and runs this)")
            return
        }
        guard try await LambdaRoot.isPossible() else { return }
        try await withTemporaryDirectory { folder in
            let root = try LambdaRoot("\(zips)/archive.zip", folder: folder, hasLibraries: false)
            let process = try root.start(function: "archive", runtimeAPI: "127.0.0.1:1")
            #expect(try await process.waitForEnd() != 0)
        }
    }

    /// Gives one event to the function over a Runtime API of the test's own, and returns what it posted.
    private static func invoke(
        _ function: String, event: [UInt8], in root: LambdaRoot
    ) async throws -> (path: String, body: String) {
        let wasGiven = Mutex(false)
        let peer = try SocketPeer { request in
            switch (request.method, request.target) {
            case ("GET", "/2018-06-01/runtime/invocation/next"):
                let isFirst = wasGiven.withLock { given in
                    defer { given = true }
                    return !given
                }
                guard isFirst else { return [.hang] }
                return [
                    .respond(
                        200, String(decoding: event, as: UTF8.self),
                        headers: "Content-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: request-1\r\n"
                            + "Lambda-Runtime-Deadline-Ms: 4102444800000\r\n"
                            + "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:1:function:\(function)\r\n"
                    )
                ]
            case ("POST", "/2020-01-01/extension/register"):
                return [.respond(200, "{}", headers: "Lambda-Extension-Identifier: extension-1\r\n")]
            case ("GET", "/2020-01-01/extension/event/next"): return [.hang]
            default: return [.respond(202, #"{"status":"OK"}"#)]
            }
        }
        defer { peer.stop() }
        let process = try root.start(
            function: function, runtimeAPI: "127.0.0.1:\(peer.port)", variables: ["TURNTABLE_DATA": "/tmp/data"])
        defer { process.signal(9) }
        let answer = try await eventually("an answer of \(function)") { () -> (path: String, body: String)? in
            if let answer = peer.requests.first(where: {
                $0.method == "POST" && $0.target.hasPrefix("/2018-06-01/runtime/")
            }) {
                return (answer.target, answer.text)
            }
            if !process.isRunning {
                throw NeverHappened(description: "an answer of \(function): \(process.output)\(process.errorOutput)")
            }
            return nil
        }
        // It waits for another event now, and can be looked at.
        let (user, mounts) = try LambdaRoot.confinement(of: process)
        #expect(user == "993")
        #expect(mounts["/"] == "ro" && mounts["/var/task"] == "ro" && mounts["/tmp"] == "rw", "\(mounts)")
        #expect(Set(mounts.keys) == ["/", "/var/task", "/tmp", "/proc", "/dev/null", "/dev/urandom"])
        return answer
    }
}
