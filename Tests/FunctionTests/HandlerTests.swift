import Events
import FileSystem
import JSON
import MusicPipeline
import Storage
import TestSupport
import Testing

@Suite("The four handlers")
struct HandlerTests {
    static let header = "user_id,track_id,listen_time\n"
    static let good =
        header
        + "1,t1,2024-06-25 10:00:00\n2,t2,2024-06-25 11:00:00\n1,t2,2024-06-26 00:00:00\n3,none,2024-06-25 00:00:00\n"

    @Test("the pipeline gives the same numbers on any store, and each step may run twice", arguments: [1, 2])
    func wholePipeline(times: Int) async throws {
        try await withTemporaryDirectory { folder in
            let embedded = InProcessPipeline(stores: .embedded(in: folder))
            try embedded.stores.createLocalBuckets(embedded.names.buckets)
            var seen: [[String]] = []
            for pipeline in [InProcessPipeline.inMemory(), embedded] {
                try await pipeline.putReferences()
                try await pipeline.put(Self.good, "streams/a b.csv")
                try await pipeline.run("streams/a b.csv", times: times)
                seen.append(try await pipeline.kpis())
                #expect(
                    try await pipeline.keys("rds.data") == [
                        "archive/streams/a b.csv", "songs/songs.csv", "users/users.csv",
                    ])
                #expect(try await pipeline.keys("trial.data").count { $0.hasPrefix("processed/") } == 2)
            }
            #expect(seen[0] == seen[1])
            #expect(
                seen[0].contains(
                    #"{"kind":"genre","date":"2024-06-25","genre":"rock","listen_count":2,"unique_listeners":2,"total_listening_time":360,"avg_listening_time_per_user":180}"#
                ))
            #expect(
                seen[0].contains(
                    #"{"kind":"top_genres","date":"2024-06-26","genres":[{"rank":1,"genre":"jazz","listen_count":1},{"rank":2,"genre":"rock","listen_count":1}]}"#
                ))
        }
    }

    static let brokenFiles: [(bytes: [UInt8], reason: String)] = [
        ([], "empty"), (text(header), "no rows"), (text("user_id;track_id;listen_time\n1;t;x\n"), "semicolons"),
        (text("user_id,listen_time\n"), "track_id"), (text("user_id,user_id,track_id,listen_time\n"), "twice"),
        ([0xFF, 0xFE, 0x61, 0], "UTF-16"), ([0x1F, 0x8B, 8, 0, 0], "gzip"), ([0x50, 0x4B, 3, 4], "zip"),
        (text(header + "1,t1,2024-02-30 10:00:00\n"), "none of the 1 rows"),
        (text(header + "99999999999999999999,t1,2024-06-25 10:00:00\n"), "none of the 1 rows"),
        (text(header) + [UInt8](repeating: 0x31, count: 10 << 20), "none of the 1 rows"),
    ]

    static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test("what is no stream file fails validation with its reason", arguments: brokenFiles)
    func broken(bytes: [UInt8], reason: String) async throws {
        let pipeline = InProcessPipeline.inMemory()
        try await pipeline.putReferences()
        try await pipeline.put(bytes, "streams/x.csv")
        var state = pipeline.state("streams/x.csv")
        let result = try await pipeline.validate(state)
        #expect(result["status"] == "FAILED")
        #expect(result["reason"]?.stringValue?.contains(reason) == true, "\(result["reason"]?.text() ?? "")")
        state["validation"] = result
        for _ in 0..<2 { _ = try await pipeline.settle(state, "QUARANTINED") }
        #expect(
            try await pipeline.keys("warehouse.bucket")
                == ["quarantine/streams/x.csv", "quarantine/streams/x.csv.report.json"])
    }

    @Test("bad rows up to the threshold are set aside byte for byte, and the others count")
    func rejects() async throws {
        let pipeline = InProcessPipeline.inMemory()
        try await pipeline.putReferences()
        let rows = String(repeating: "1,t1,2024-06-25 10:00:00\n", count: 99)
        try await pipeline.put(Self.header + rows + "x,t1,\"a\nb\"\n", "streams/r.csv")
        let result = try await pipeline.validate(pipeline.state("streams/r.csv"))
        #expect(result["status"] == "PASSED_WITH_REJECTS")
        let key = try #require(try await pipeline.keys("trial.data").first { $0.hasSuffix(".rejects.csv") })
        let object = try await pipeline.stores.objects.get(key, in: "trial.data", maximumByteCount: 1_000)
        #expect(String(decoding: object.bytes, as: UTF8.self) == Self.header + "x,t1,\"a\nb\"\n")
    }

    @Test("gzip and zstd files go through by their content, bad rows set aside included", arguments: ["gzip", "zstd"])
    func compressed(format: String) async throws {
        let rows = Self.good + String(repeating: "2,t1,2024-06-25 12:00:00\n", count: 30) + "x,t1,2024-06-25 10:00:00\n"
        let plain = InProcessPipeline.inMemory()
        let compressed = InProcessPipeline.inMemory()
        try await withTemporaryDirectory { folder in
            try FileSystem.writeFileAtomically("\(folder)/f", Array(rows.utf8))
            let script =
                "import sys, gzip, pyarrow as pa; t = open(sys.argv[1], 'rb').read(); open(sys.argv[1] + 'z', 'wb').write("
                + "gzip.compress(t) if sys.argv[2] == 'gzip' else pa.compress(t, 'zstd', asbytes=True))"
            let made = try await runProcess(Repository.python, ["-c", script, "\(folder)/f", format])
            #expect(made.status == 0, "\(made.errorOutput)")
            for (pipeline, name) in [(plain, "f"), (compressed, "fz")] {
                try await pipeline.putReferences()
                try await pipeline.put(FileSystem.readFile("\(folder)/\(name)"), "streams/a.csv")
                try await pipeline.run("streams/a.csv")
            }
        }
        #expect(try await compressed.kpis() == plain.kpis())
        for pipeline in [plain, compressed] {
            let key = try #require(try await pipeline.keys("trial.data").first { $0.hasSuffix(".rejects.csv") })
            let rejects = try await pipeline.stores.objects.get(key, in: "trial.data", maximumByteCount: 1_000).bytes
            #expect(String(decoding: rejects, as: UTF8.self) == Self.header + "x,t1,2024-06-25 10:00:00\n")
        }
    }

    @Test("compiled references are found in the temporary folder, then in the store; what is torn there is made anew")
    func compiledReferences() async throws {
        try await withTemporaryDirectory { folder in
            let pipeline = InProcessPipeline.inMemory()
            try await pipeline.putReferences()
            func load(_ bucket: String?, _ temporary: String?) async throws -> Int {
                let plan = FaultPlan(failing: nil)
                let loader = ReferenceLoader(
                    objects: pipeline.stores.failing(by: plan).objects, bucket: "rds.data", snapshotBucket: bucket,
                    temporaryFolder: temporary)
                #expect(try await loader.load().tracks.label(of: Array("t2".utf8))?.name == "Two")
                return plan.callCount
            }
            // Two lists; and for each reference an opening and two reads; and an attempt at the snapshot and its put.
            #expect(try await load("trial.data", "\(folder)/tmp") == 10)
            #expect(try await load(nil, "\(folder)/tmp") == 2)
            #expect(try await load("trial.data", nil) == 3)
            let name = try #require(try FileSystem.list("\(folder)/tmp/references").first)
            try FileSystem.writeFileAtomically("\(folder)/tmp/references/\(name)", [1, 2, 3])
            #expect(try await load("trial.data", "\(folder)/tmp") == 3)
            #expect(try await load(nil, "\(folder)/tmp") == 2)
            try await pipeline.put("track_id,track_genre,track_name,artists\nt2,x,Two,B\n", "songs/more.csv")
            #expect(try await load("trial.data", "\(folder)/tmp") > 10)
        }
        #expect(ReferenceLoader.temporaryFolder(["LAMBDA_TASK_ROOT": "/var/task"]) == "/tmp")
        #expect(ReferenceLoader.temporaryFolder(["LAMBDA_TASK_ROOT": "/home/me/build"]) == nil)
    }

    @Test("a warm process adds a day's files one by one to what a cold one merges from all of them")
    func warmMerges() async throws {
        let warm = InProcessPipeline.inMemory()
        try await warm.putReferences()
        let writing = warm.writing
        var cold: [String] = []
        for index in 0..<6 {
            let rows = (0...index).map { "\($0 % 3),t\($0 % 2 + 1),2024-06-25 1\($0):00:00\n" }.joined()
            try await warm.put(Self.header + rows, "streams/f\(index).csv")
            var state = warm.state("streams/f\(index).csv")
            state["validation"] = try await warm.validate(state)
            state["etl"] = try await warm.enrich(state)
            let written = try await writing.write(date: "2024-06-25")
            #expect(written["partials"]?.intValue == index + 1)
            let kept = try await warm.kpis()
            // Written again by a process that has seen nothing: the same items, or the condition would refuse them.
            let again = try await warm.writing.write(date: "2024-06-25")
            #expect(again["digest"] == written["digest"])
            cold = try await warm.kpis()
            #expect(kept == cold)
        }
        #expect(cold.contains { $0.contains(#""genre":"rock""#) && $0.contains(#""listen_count":21"#) })
    }

    @Test("errors have the types that the state machine matches")
    func errors() async throws {
        let pipeline = InProcessPipeline.inMemory()
        func code(_ body: () async throws -> JSONValue) async -> PipelineError.Code? {
            do { _ = try await body() } catch { return (error as? PipelineError)?.code }
            return nil
        }
        #expect(await code { try await pipeline.validate(pipeline.state("streams/gone.csv")) } == .objectMissing)
        try await pipeline.put(Self.good, "streams/a.csv")
        #expect(await code { try await pipeline.validate(pipeline.state("streams/a.csv")) } == .referenceMissing)
        try await pipeline.putReferences()
        _ = try await pipeline.validate(pipeline.state("streams/a.csv", execution: "one"))
        _ = try await pipeline.validate(pipeline.state("streams/a.csv", execution: "one"))
        #expect(
            await code { try await pipeline.validate(pipeline.state("streams/a.csv", execution: "two")) } == .leaseHeld)
        pipeline.clock.advance(by: FileTracker.leaseDuration + .seconds(1))
        _ = try await pipeline.validate(pipeline.state("streams/a.csv", execution: "two"))
        #expect(await code { try await pipeline.validate([:]) } == .malformedEvent)
    }

    @Test("a processed file changes nothing, be it there again or gone; another version gets a name of its own")
    func again() async throws {
        let pipeline = InProcessPipeline.inMemory()
        try await pipeline.putReferences()
        try await pipeline.put(Self.good, "streams/a.csv")
        try await pipeline.run("streams/a.csv")
        let before = try await pipeline.kpis()
        #expect(
            try await pipeline.validate(pipeline.state("streams/a.csv", execution: "x"))["status"]
                == "ALREADY_PROCESSED")
        try await pipeline.put(Self.good, "streams/a.csv")
        #expect(
            try await pipeline.validate(pipeline.state("streams/a.csv", execution: "y"))["status"]
                == "ALREADY_PROCESSED")
        #expect(try await pipeline.kpis() == before)
        try await pipeline.put(Self.header + "9,t1,2024-06-25 10:00:00\n", "streams/a.csv")
        try await pipeline.run("streams/a.csv")
        #expect(try await pipeline.keys("rds.data").count { $0.hasPrefix("archive/streams/a.") } == 2)
        #expect(try await pipeline.kpis() != before)
    }

    @Test("an execution that fails late does not say that of a file which another has quarantined")
    func lateFailure() async throws {
        let pipeline = InProcessPipeline.inMemory()
        try await pipeline.putReferences()
        try await pipeline.put("user_id,track_id\n1,t1\n", "streams/broken.csv")
        let eTag = try await pipeline.stores.objects.head("streams/broken.csv", in: pipeline.names.rawBucket).eTag
        func state(_ execution: String) -> JSONObject {
            let object = ArrivedObject(
                bucket: pipeline.names.rawBucket, key: "streams/broken.csv", byteCount: 20, eTag: eTag, versionID: nil,
                sequencer: nil)
            let event = EventBridgeEvent.objectCreated(
                object, id: "1", time: pipeline.clock.now, requestID: "2", reason: "PutObject")
            return ["execution": .string(execution), "arrival": event]
        }
        func status() async throws -> String? {
            let table = pipeline.stores.table(pipeline.names.trackerSchema)
            return try await table.scan(limit: 9, after: nil).items.first?["status"]?.stringValue
        }
        #expect(try await pipeline.validate(state("one"))["status"] == "FAILED")
        _ = try await pipeline.settle(state("one"), "FAILED")
        #expect(try await status() == "FAILED")
        _ = try await pipeline.validate(state("two"))
        _ = try await pipeline.settle(state("two"), "QUARANTINED")
        _ = try await pipeline.settle(state("three"), "FAILED")
        #expect(try await status() == "QUARANTINED")
    }

    @Test("a file over more days than are open at once gives each of them once")
    func manyDays() async throws {
        let pipeline = InProcessPipeline.inMemory()
        try await pipeline.putReferences()
        var text = Self.header
        for month in 1...12 {
            for day in 1...28 {
                let date = ["2023", String(String(100 + month).suffix(2)), String(String(100 + day).suffix(2))].joined(
                    separator: "-")
                text += "1,t1,\(date) 10:00:00\n"
            }
        }
        try await pipeline.put(text, "streams/year.csv")
        try await pipeline.run("streams/year.csv")
        #expect(
            try await pipeline.kpis().count { $0.contains(#""kind":"genre""#) && $0.contains(#""listen_count":1,"#) }
                == 336)
    }
}
