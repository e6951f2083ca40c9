import FileSystem
import Glibc
import JSON
import SQLite
import TestSupport
import Testing

/// What a router gives its users when the disk, the data or the files under it fail: an end that says so, the file in its
/// place, and the next file as if nothing had been.
@Suite("A real router whose disk or files fail", .serialized, .timeLimit(.minutes(10)))
struct RouterFaultTests {
    private static func expectGood(_ router: RouterUnderTest, _ name: String) async throws {
        try router.drop(SampleData.streams.replacing("2024-06-25", with: "2024-05-01"), as: "streams/\(name)")
        let executions = try await router.endedExecutions(of: name)
        #expect(executions.map { $0["status"] } == ["SUCCEEDED"], "\(router.process.errorOutput)")
        #expect(router.holds("rds.data", "archive/streams/\(name)"))
    }

    private static func waitForError(_ type: String, _ router: RouterUnderTest) async throws {
        var history = ""
        do {
            _ = try await eventually("an attempt that failed with \(type)") {
                history = try await router.turntable(["history", "latest", "--json"]).output
                return history.contains(type) ? () : nil
            }
        } catch {
            throw NeverHappened(description: "\(error); router: \(router.process.errorOutput); history: \(history)")
        }
    }

    @Test("a bucket that turns read-only: each attempt says so, and once it can be written again the file goes through")
    func readOnlyBucket() async throws {
        try await withRouter { router in
            guard let mount = try await ScratchMount.readOnly("\(router.data)/buckets/trial.data") else { return }
            do {
                try router.drop(SampleData.streams, as: "streams/day.csv")
                try await Self.waitForError("StoreFailed", router)
                let history = try await router.turntable(["history", "latest", "--json"]).output
                #expect(history.contains("readOnly on "))
                #expect(history.contains("mount it for writing"))
                #expect(router.holds("rds.data", "streams/day.csv"))
            } catch {
                await mount.unmount()
                throw error
            }
            await mount.unmount()
            #expect(try await router.endedExecutions(of: "day.csv").map { $0["status"] } == ["SUCCEEDED"])
            #expect(try await router.lines(["kpis"]).contains(try JSONValue(parsing: SampleData.rock)))
            try await Self.expectGood(router, "next.csv")
        }
    }

    @Test("a full disk under the buckets: nothing is lost, and with room again the file goes through")
    func fullBucketDisk() async throws {
        try await withTemporaryDirectory { folder in
            try FileSystem.createDirectories("\(folder)/data/buckets/trial.data")
            guard
                let disk = try await ScratchMount.tmpfs(at: "\(folder)/data/buckets/trial.data", size: "1m")
            else { return }
            let result = await Self.runOnFullDisk("\(folder)/data", ballast: "\(disk.path)/ballast")
            await disk.unmount()
            try result.get()
        }
    }

    @Test("a full disk under all data: the router says what to do and stays up; with room again nothing is missing")
    func fullDisk() async throws {
        try await withTemporaryDirectory { folder in
            guard let disk = try await ScratchMount.tmpfs(at: "\(folder)/data", size: "8m") else { return }
            let result = await Self.runOnFullDisk(disk.path, ballast: "\(disk.path)/ballast")
            await disk.unmount()
            try result.get()
        }
    }

    private static func runOnFullDisk(_ data: String, ballast: String) async -> Result<Void, any Error> {
        do {
            let router = try await RouterUnderTest(data: data)
            try router.drop(SampleData.songs, as: "songs/songs.csv")
            try router.drop(SampleData.users, as: "users/users.csv")
            try await expectGood(router, "before.csv")
            // The file itself is there before the disk is full: it is the answer that finds no room.
            try router.drop(SampleData.streams, as: "waiting.csv")
            fill(ballast)
            rename(router.path("rds.data", "waiting.csv"), router.path("rds.data", "streams/day.csv"))
            _ = try await eventually("a word about the full disk") { () -> Void? in
                if router.process.errorOutput.contains("free space on its disk") { return () }
                let history = try await router.turntable(["history", "latest", "--json"])
                return history.output.contains("noSpace") ? () : nil
            }
            let places = ["streams/day.csv", "archive/streams/day.csv"].filter { router.holds("rds.data", $0) }
            #expect(places.count == 1)
            unlink(ballast)
            #expect(router.process.isRunning)
            let ended = try await router.endedExecutions(of: "day.csv", timeout: .seconds(90))
            #expect(ended.map { $0["status"] } == ["SUCCEEDED"], "\(router.process.errorOutput)")
            #expect(try await router.lines(["kpis"]).contains(try JSONValue(parsing: SampleData.rock)))
            try await expectGood(router, "next.csv")
            try await router.stop()
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    /// Writes until not a byte more goes in.
    private static func fill(_ path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
        for size in [65_536, 4_096, 512, 1] {
            let block = [UInt8](repeating: 0, count: size)
            while write(descriptor, block, size) > 0 {}
        }
        close(descriptor)
    }

    @Test("tables locked by a writer elsewhere: the step waits or is tried again; a reader holds up nothing")
    func lockedTables() async throws {
        try await withRouter { router in
            try await Self.expectGood(router, "before.csv")
            let other = try Database("\(router.data)/tables.sqlite")
            try other.execute("BEGIN")
            try other.execute("SELECT count(*) FROM sqlite_master")
            try await Self.expectGood(router, "reader.csv")
            try other.execute("COMMIT")
            try other.execute("BEGIN IMMEDIATE")
            try router.drop(SampleData.streams, as: "streams/day.csv")
            try await Self.waitForError("Throttled", router)
            #expect(router.holds("rds.data", "streams/day.csv"))
            try other.execute("COMMIT")
            #expect(try await router.endedExecutions(of: "day.csv").map { $0["status"] } == ["SUCCEEDED"])
            #expect(try await router.lines(["kpis"]).contains(try JSONValue(parsing: SampleData.rock)))
        }
    }

    @Test("a directory, a dangling link, a pipe with a file's name: no event, and the router stays up")
    func noFiles() async throws {
        try await withRouter { router in
            try FileSystem.createDirectories(router.path("rds.data", "streams/folder.csv"))
            symlink("/nowhere/at/all", router.path("rds.data", "streams/link.csv"))
            mkfifo(router.path("rds.data", "streams/pipe.csv"), 0o600)
            symlink("/etc/hostname", router.path("rds.data", "streams/outside.csv"))
            try await Self.expectGood(router, "good.csv")
            let keys = try await router.lines(["executions"]).compactMap { $0["key"]?.stringValue }
            #expect(keys == ["streams/good.csv"])
        }
    }

    @Test("a file deleted between its event and its reading: the execution fails and says what is gone")
    func deletedFile() async throws {
        try await withRouter(references: false) { router in
            try router.drop(SampleData.streams, as: "streams/gone.csv")
            // Without references the first attempt is sure to wait for a second one.
            try await Self.waitForError("ReferenceMissing", router)
            unlink(router.path("rds.data", "streams/gone.csv"))
            try router.drop(SampleData.songs, as: "songs/songs.csv")
            try router.drop(SampleData.users, as: "users/users.csv")
            let executions = try await router.endedExecutions(of: "gone.csv")
            #expect(executions.map { $0["error"] } == ["ObjectMissing"])
            #expect(executions[0]["cause"]?.stringValue?.contains("rds.data/streams/gone.csv") == true)
            try await Self.expectGood(router, "good.csv")
        }
    }

    @Test("a sensor that polls instead of a watch finds what settles, once, also what came while nothing ran")
    func sensor() async throws {
        try await withTemporaryDirectory { folder in
            let template = try RouterUnderTest.copyTemplate(
                to: folder, replacing: [("IntervalSeconds: 60", "IntervalSeconds: 1")])
            let router = try await RouterUnderTest(
                data: "\(folder)/data", template: template, options: ["--arrivals", "poll"])
            try router.drop(SampleData.songs, as: "songs/songs.csv")
            try router.drop(SampleData.users, as: "users/users.csv")
            try router.drop(SampleData.streams, as: "streams/not-wanted.txt")
            try await Self.expectGood(router, "first.csv")
            router.process.signal(SIGKILL)
            _ = try await router.process.waitForEnd()
            try router.drop(SampleData.streams, as: "streams/meanwhile.csv")
            try await router.killAndRestart()
            #expect(try await router.endedExecutions(of: "meanwhile.csv").map { $0["status"] } == ["SUCCEEDED"])
            let keys = try await router.lines(["executions"]).compactMap { $0["key"]?.stringValue }
            #expect(keys.sorted() == ["streams/first.csv", "streams/meanwhile.csv"])
            try await router.stop()
        }
    }
}
