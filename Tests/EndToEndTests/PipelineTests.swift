import FileSystem
import Glibc
import JSON
import TestSupport
import Testing

@Suite("The main job on a real router", .serialized, .timeLimit(.minutes(10)))
struct PipelineTests {
    @Test("a dropped file is validated, processed and archived, and its numbers are right")
    func drop() async throws {
        try await withRouter { router in
            try router.drop(SampleData.streams, as: "streams/day.csv")
            let executions = try await router.endedExecutions(of: "day.csv")
            #expect(executions.map { $0["status"] } == ["SUCCEEDED"])
            #expect(router.holds("rds.data", "archive/streams/day.csv"))
            #expect(!router.holds("rds.data", "streams/day.csv"))
            let kpis = try await router.lines(["kpis", "--date", "2024-06-25"])
            #expect(kpis.contains(try JSONValue(parsing: SampleData.rock)))
            let top = try #require(kpis.first { $0["kind"] == "top_songs" && $0["genre"] == "rock" })
            #expect(top["songs"]?.arrayValue?.map { $0["track_id"] } == ["t1", "t2", "t3"])
            #expect(top["songs"]?[0]?["track_name"] == "First, of them")
            #expect(try await router.lines(["kpis"]).contains { $0["date"] == "2024-06-26" })
            let parquet = try FileSystem.list(router.path("trial.data", "processed/date=2024-06-25"))
            #expect(parquet.count == 1)
            #expect(parquet.allSatisfy { $0.hasSuffix(".parquet") })
        }
    }

    @Test("a name with blanks, + and letters of any kind goes through")
    func names() async throws {
        try await withRouter { router in
            let name = "été + 100% möglich (数).csv"
            try router.drop(SampleData.streams, as: "streams/\(name)")
            let executions = try await router.endedExecutions(of: name)
            #expect(executions.map { $0["status"] } == ["SUCCEEDED"])
            #expect(router.holds("rds.data", "archive/streams/\(name)"))
        }
    }

    @Test("a file delivered twice counts once, and the second copy stays where it is")
    func twice() async throws {
        try await withRouter { router in
            try router.drop(SampleData.streams, as: "streams/day.csv")
            _ = try await router.endedExecutions(of: "day.csv")
            let before = try await router.lines(["kpis"])
            try router.drop(SampleData.streams, as: "streams/day.csv")
            let executions = try await router.endedExecutions(of: "day.csv", count: 2)
            #expect(executions.allSatisfy { $0["status"] == "SUCCEEDED" })
            #expect(try await router.lines(["kpis"]) == before)
            #expect(router.holds("rds.data", "streams/day.csv"))
        }
    }

    @Test(
        "what is no stream file is quarantined beside its report, and the router stays up",
        arguments: [
            ("empty.csv", [UInt8]()), ("header.csv", Array("user_id,track_id,listen_time\n".utf8)),
            ("semicolons.csv", Array("user_id;track_id;listen_time\n1;t1;2024-06-25 10:00:00\n".utf8)),
            ("missing.csv", Array("user_id,listen_time\n1,2024-06-25 10:00:00\n".utf8)),
            ("duplicate.csv", Array("user_id,user_id,track_id,listen_time\n1,1,t1,2024-06-25 10:00:00\n".utf8)),
            ("utf16.csv", [0xFF, 0xFE, 0x75, 0x00, 0x73, 0x00]), ("gzip.csv", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0]),
            ("zip.csv", Array("PK\u{3}\u{4}xxxx".utf8)),
            ("dates.csv", Array("user_id,track_id,listen_time\n1,t1,2024-02-30 10:00:00\n".utf8)),
            ("overflow.csv", Array("user_id,track_id,listen_time\n99999999999999999999,t1,2024-06-25 10:00:00\n".utf8)),
        ])
    func broken(name: String, bytes: [UInt8]) async throws {
        try await withRouter { router in
            try router.drop(bytes, as: "streams/\(name)")
            let executions = try await router.endedExecutions(of: name)
            #expect(executions.map { $0["status"] } == ["FAILED"])
            #expect(executions.map { $0["error"] } == ["ValidationFailed"])
            #expect(router.holds("warehouse.bucket", "quarantine/streams/\(name)"))
            #expect(!router.holds("rds.data", "streams/\(name)"))
            #expect(try await router.lines(["kpis"]).isEmpty)
            try router.drop(SampleData.streams, as: "streams/good.csv")
            #expect(try await router.endedExecutions(of: "good.csv").map { $0["status"] } == ["SUCCEEDED"])
        }
    }

    @Test("a file that arrives before its references waits for them")
    func lateReferences() async throws {
        try await withRouter(references: false) { router in
            try router.drop(SampleData.streams, as: "streams/early.csv")
            _ = try await eventually("a first attempt that found no references") {
                let history = try await router.turntable(["history", "latest", "--json"])
                return history.output.contains("ReferenceMissing") ? () : nil
            }
            #expect(router.holds("rds.data", "streams/early.csv"))
            try router.drop(SampleData.songs, as: "songs/songs.csv")
            try router.drop(SampleData.users, as: "users/users.csv")
            let executions = try await router.endedExecutions(of: "early.csv")
            #expect(executions.map { $0["status"] } == ["SUCCEEDED"])
        }
    }

    @Test("a router killed at any moment goes on where it was, and the numbers are those of one clean run")
    func killed() async throws {
        try await withTemporaryDirectory { folder in
            let router = try await RouterUnderTest(data: "\(folder)/data")
            try router.drop(SampleData.songs, as: "songs/songs.csv")
            try router.drop(SampleData.users, as: "users/users.csv")
            for index in 0..<6 {
                let text = SampleData.streams.replacing("2024-06-25", with: "2024-07-0\(index + 1)")
                try router.drop(text, as: "streams/f\(index).csv")
                if index % 2 == 0 { try await router.killAndRestart() }
            }
            for index in 0..<6 {
                let executions = try await router.endedExecutions(of: "f\(index).csv")
                #expect(executions.allSatisfy { $0["status"] == "SUCCEEDED" })
                #expect(router.holds("rds.data", "archive/streams/f\(index).csv"))
            }
            // Each file's last row is of 2024-06-26, the others of a day of its own: 4 listens to rock, then 6 to t1.
            let genres = try await router.lines(["kpis"]).filter { $0["kind"] == "genre" && $0["genre"] == "rock" }
            #expect(genres.map { $0["listen_count"]?.intValue } == [6, 4, 4, 4, 4, 4, 4])
            try await router.stop()
        }
    }

    @Test("a second router on the same data refuses and says who holds it")
    func twoRouters() async throws {
        try await withRouter { router in
            let second = try await runProcess(
                RouterUnderTest.turntable,
                ["serve", "--port", "0", "--data", router.data, "--template", router.template],
                directory: Repository.root)
            #expect(second.status == 1)
            #expect(second.errorOutput.contains(String(router.process.identifier)))
        }
    }

    @Test("a port in use is named, with what to do")
    func portInUse() async throws {
        try await withRouter { router in
            let port = try #require(router.endpoint.split(separator: ":").last.map(String.init))
            try await withTemporaryDirectory { folder in
                let second = try await runProcess(
                    RouterUnderTest.turntable,
                    ["serve", "--port", port, "--data", "\(folder)/other", "--template", router.template],
                    directory: Repository.root)
                #expect(second.status == 1)
                #expect(second.errorOutput.contains(port))
                #expect(second.errorOutput.contains("--port"))
            }
        }
    }
}
