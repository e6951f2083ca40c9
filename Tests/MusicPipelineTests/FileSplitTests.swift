import CSV
import Clocks
import JSON
import MusicKPIs
import Parquet
import Storage
import TestSupport
import Testing

@testable import MusicPipeline

/// A file in a store of its own, processed whole or in parts.
struct SplitWorld {
    let objects: InMemoryObjectStore
    let names = PipelineNames()
    let source: StreamSource
    let byteCount: Int

    static func put(
        _ streams: [UInt8], songs: [UInt8], users: [UInt8], key: String = "streams/huge.csv"
    ) async throws -> SplitWorld {
        let objects = InMemoryObjectStore(buckets: PipelineNames().buckets, clock: ManualClock())
        try await objects.put(songs, as: "songs/songs.csv", in: "rds.data")
        try await objects.put(users, as: "users/users.csv", in: "rds.data")
        let eTag = try await objects.put(streams, as: key, in: "rds.data").eTag
        return SplitWorld(
            objects: objects, source: StreamSource(bucket: "rds.data", key: key, eTag: eTag),
            byteCount: streams.count)
    }

    static func put(_ world: NaivePipeline, _ streams: [UInt8]) async throws -> SplitWorld {
        try await put(streams, songs: world.songsCSV, users: world.usersCSV)
    }

    var enrichment: Enrichment {
        Enrichment(
            objects: objects, references: ReferenceLoader(objects: objects, bucket: "rds.data"),
            trialBucket: names.trialBucket)
    }
    func split(_ thresholds: StreamValidation.Thresholds = .init(maximumBadRowPercent: 100)) -> FileSplit {
        var settings = FileSplit.Settings()
        settings.thresholds = thresholds
        return FileSplit(objects: objects, names: names, settings: settings)
    }

    func note(_ key: String) async throws -> JSONValue {
        try JSONValue(parsing: try await objects.get(key, in: names.trialBucket, maximumByteCount: 1 << 24).bytes)
    }
    var parts: [FilePart] {
        get async throws {
            try await note(PipelineNames.splitPartsKey(source)).arrayValue?.map { try FilePart($0) } ?? []
        }
    }

    /// All steps as the state machine takes them, each `times` times and in any order where they are taken together.
    func process(rangeByteCount: Int, times: Int = 1) async throws -> (plan: JSONValue, collected: JSONValue?) {
        let split = split()
        var plan = JSONValue.null
        for _ in 0..<times {
            plan = try await split.plan(source, byteCount: byteCount, rangeByteCount: rangeByteCount)
        }
        guard plan["status"] == "SPLIT" else { return (plan, nil) }
        for _ in 0..<times {
            for index in (0..<(plan["range_count"]?.intValue ?? 0)).shuffled() {
                _ = try await split.scan(source, index: index)
            }
        }
        for _ in 0..<times { _ = try await split.align(source) }
        for _ in 0..<times {
            for part in try await parts.shuffled() {
                _ = try await enrichment.process(source, part: part, split: split)
            }
        }
        var collected = JSONValue.null
        for _ in 0..<times { collected = try await split.collect(source) }
        let dates = try await note(PipelineNames.splitDatesKey(source)).arrayValue?.compactMap(\.stringValue) ?? []
        for _ in 0..<times { for date in dates.shuffled() { _ = try await split.merge(source, date: date) } }
        for _ in 0..<times { _ = try await split.finish(source) }
        return (plan, collected)
    }

    /// What a run leaves that counts: KPIs by date, rows in Parquet by date, counts, the report's and the rejects' bytes.
    struct Outcome: Equatable {
        var kpis: [String: [GenreKPIs]] = [:]
        var rows: [String: [String: Int]] = [:]
        var counts: [Int?] = []
    }

    private static func text(_ column: ParquetColumnValues, _ row: Int) -> String {
        if column.isPresent?[row] == false { return "null" }
        return switch column.values {
        case .booleans(let values): "\(values[row])"
        case .int32s(let values): "\(values[row])"
        case .int64s(let values), .int96Micros(let values): "\(values[row])"
        case .floats(let values): "\(values[row])"
        case .doubles(let values): "\(values[row])"
        case .byteArrays(let values): "\(values[row])"
        }
    }

    func outcome() async throws -> Outcome {
        var outcome = Outcome()
        for object in try await objects.list("trial.data", prefix: "partials/date=").objects {
            let date = String(object.key.dropFirst("partials/date=".count).prefix { $0 != "/" })
            var merge = DayMerge(date: date)
            try merge.add(try await objects.get(object.key, in: "trial.data", maximumByteCount: 1 << 24).bytes)
            #expect(outcome.kpis[date] == nil, "two partials of \(date)")
            outcome.kpis[date] = try merge.kpis().genres
        }
        for object in try await objects.list("trial.data", prefix: "processed/date=").objects {
            let date = String(object.key.dropFirst("processed/date=".count).prefix { $0 != "/" })
            let bytes = try await objects.get(object.key, in: "trial.data", maximumByteCount: 1 << 26).bytes
            let reader = try await ParquetReader(ParquetBytes(bytes))
            for group in reader.rowGroups.indices {
                let columns = try await reader.readRowGroup(group)
                for row in 0..<(columns.first?.values.count ?? 0) {
                    let text = columns.map { Self.text($0, row) }.joined(separator: "|")
                    outcome.rows[date, default: [:]][text, default: 0] += 1
                }
            }
        }
        let summary = try await note(PipelineNames.summaryKey(source))
        outcome.counts = ["rows_in", "rows_bad", "rows_unknown_track", "rows_unknown_user", "rows_enriched"].map {
            summary[$0]?.intValue
        }
        return outcome
    }
}

@Suite("A file processed in parts", .timeLimit(.minutes(5)))
struct FileSplitTests {
    /// Text in which everything occurs that CSV can be made of, right and wrong.
    private static func noise(_ count: Int) -> [UInt8] {
        let style = Int.random(in: 0..<4)
        let plain = ["1", "t1", "2024-06-25 10:00:00", ",", ",", "\n", "é", "日本", " "]
        let quoted = ["\"a\"", "\"a,b\"", "\"x\ny\"", "\"x\r\ny\"", "\"\"\"\"", "\"\"", "\",\"", "\"\n\""]
        let odd = ["\"", "\r", "\r\n", "\n\n", "x\"y", "\0", "\"a\"b", "\"open"]
        let pieces = plain + (style > 0 ? quoted : []) + (style > 1 ? odd : []) + (style > 2 ? odd + odd : [])
        var bytes: [UInt8] = Bool.random() ? [0xEF, 0xBB, 0xBF] : []
        bytes += Array(
            ["user_id,track_id,listen_time\n", "\"user_id\",track_id,\"listen_time\"\r\n"].randomElement()!.utf8)
        while bytes.count < count {
            if style > 2, Int.random(in: 0..<200) == 0 { bytes.append(0xFF) }
            bytes += Array((pieces.randomElement() ?? "").utf8)
        }
        return bytes
    }

    private struct Record: Hashable {
        let offset: Int
        let line: Int
        let isRow: Bool
    }

    private static func records(_ reader: CSVReader, _ bytes: [UInt8]) throws -> [Record] {
        var reader = reader
        reader.append(bytes)
        reader.finish()
        var records: [Record] = []
        while let batch = try reader.nextBatch() {
            records += zip(batch.byteOffsets, batch.lines).map { Record(offset: $0.0, line: $0.1, isRow: true) }
            records += batch.defects.map { Record(offset: $0.byteOffset, line: $0.recordLine, isRow: false) }
        }
        return records.sorted { $0.offset < $1.offset }
    }

    @Test("parts begin and end where the records of one pass do, whatever the text and wherever the ranges end")
    func alignment() async throws {
        for _ in 0..<400 {
            let bytes = Self.noise(Int.random(in: 0..<3_000))
            let whole = try Self.records(CSVReader(columns: StreamFile.columns), bytes)
            let objects = InMemoryObjectStore(buckets: ["raw"], clock: ManualClock())
            let eTag = try await objects.put(bytes, as: "f", in: "raw").eTag
            let source = StreamSource(bucket: "raw", key: "f", eTag: eTag)
            let scanning = RecordScanning(source, byteCount: bytes.count, in: objects)
            let plan = SplitPlan(
                byteCount: bytes.count, rangeByteCount: Int.random(in: 1...(Bool.random() ? 60 : 2_000)),
                firstRow: try await scanning.firstRow())
            let isSpeculative = Int.random(in: 0..<4) > 0
            let parts = try await scanning.parts(plan) { index in
                isSpeculative ? try await scanning.scan(plan.ranges[index], comparedByteCount: 50) : nil
            }
            #expect(parts.first.map { $0.start == plan.firstRow } != false)
            #expect(parts.last.map { $0.end == bytes.count } != false)
            for (part, next) in zip(parts, parts.dropFirst()) { #expect(part.end == next.start.byteOffset) }
            var found: [Record] = []
            for part in parts {
                #expect(part.start.byteOffset < part.end)
                let layout = try RecordLayout(
                    head: Array(bytes[..<plan.firstRow.byteOffset]), columns: StreamFile.columns)
                for batch in layout.read(
                    bytes[part.start.byteOffset..<part.end], offset: part.start.byteOffset, line: part.start.line)
                {
                    found += zip(batch.byteOffsets, batch.lines).map {
                        Record(offset: $0.0, line: $0.1, isRow: true)
                    }
                    found += batch.defects.map {
                        Record(offset: $0.byteOffset, line: $0.recordLine, isRow: false)
                    }
                }
            }
            found.sort { $0.offset < $1.offset }
            #expect(
                found == whole,
                "ranges of \(plan.rangeByteCount): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
            if found != whole { return }
        }
    }

    @Test("in real text the guesses come true: hardly a range is read twice")
    func guesses() async throws {
        for always in [false, true] {
            let row = always ? "\"7\",\"t\n1\",\"2024-06-25 10:00:00\"\n" : "7,t1,2024-06-25 10:00:00\n"
            let bytes = Array(("user_id,track_id,listen_time\n" + String(repeating: row, count: 20_000)).utf8)
            let objects = InMemoryObjectStore(buckets: ["raw"], clock: ManualClock())
            let eTag = try await objects.put(bytes, as: "f", in: "raw").eTag
            let scanning = RecordScanning(
                StreamSource(bucket: "raw", key: "f", eTag: eTag), byteCount: bytes.count, in: objects)
            let plan = SplitPlan(
                byteCount: bytes.count, rangeByteCount: 9_973, firstRow: try await scanning.firstRow())
            var start = plan.firstRow
            for (index, range) in plan.ranges.enumerated() {
                let scan = try await scanning.scan(range)
                #expect(index == 0 || scan.candidates.contains { $0.start.byteOffset == start.byteOffset })
                start = try await scanning.next(after: start, target: range.upperBound)
            }
        }
    }

    @Test("random tables, spelled in any way and cut anywhere, come to the same KPIs, rows and counts as in one pass")
    func equalsOnePass() async throws {
        for round in 0..<25 {
            var world = NaivePipeline.random(rows: Int.random(in: 1..<500))
            world.streams.append(("1", world.songs.first?.id ?? "t", "2024-06-25 10:00:00"))
            var text = world.streamsCSV
            if round % 3 == 1 { text = Array(String(decoding: text, as: UTF8.self).replacing("\n", with: "\r\n").utf8) }
            let whole = try await SplitWorld.put(world, text)
            _ = try await whole.enrichment.process(whole.source)
            let validation = try await StreamValidation(
                whole.source, from: whole.objects, thresholds: .init(maximumBadRowPercent: 100))
            let cut = try await SplitWorld.put(world, text)
            let size = max(1, text.count / Int.random(in: 1...30))
            let result = try await cut.process(rangeByteCount: size, times: round % 4 == 0 ? 2 : 1)
            #expect(result.collected?["row_count"]?.intValue == validation.rowCount)
            #expect(try await cut.outcome() == whole.outcome(), "ranges of \(size) of \(text.count)")
            #expect(try await cut.note(PipelineNames.reportKey(cut.source)) == validation.report)
            if validation.status == .passedWithRejects {
                try await validation.setRejectsAside(in: "trial.data", objects: whole.objects)
                let key = PipelineNames.rejectsKey(whole.source)
                let expected = try await whole.objects.get(key, in: "trial.data", maximumByteCount: 1 << 24).bytes
                #expect(try await cut.objects.get(key, in: "trial.data", maximumByteCount: 1 << 24).bytes == expected)
            }
        }
    }

    static let songs = Array("track_id,track_genre,track_name,artists\nt1,rock,One,A\n".utf8)
    static let users = Array("user_id,user_name,user_age,user_country\n1,Ann,31,Ghana\n".utf8)
    static let row = "1,t1,2024-06-25 10:00:00"

    @Test(
        "a header longer than a range, ranges smaller than a record, no line break at the end, blank lines, line breaks over borders",
        arguments: [
            "user_id,track_id,listen_time\n\(row)\n\(row)", "user_id,track_id,listen_time\r\n\(row)\r\n\(row)\r\n",
            "user_id,track_id,listen_time,\(String(repeating: "x", count: 500))\n\(row),1\n\(row),2\n",
            "\n\nuser_id,track_id,listen_time\n\n\n\(row)\n\n\n\n\n\n\n\n\n\n\(row)\n\n",
            "user_id,track_id,listen_time,note\n\(row),\"\(String(repeating: "a\r\nb,\"\"\n", count: 60))\"\n\(row),é\n",
            "user_id,track_id,listen_time\r\(row)\r\(row)\r", "\u{FEFF}user_id,track_id,listen_time\n\(row)\n\(row)\n",
        ], [1, 2, 3, 7, 40, 10_000])
    func edges(text: String, size: Int) async throws {
        let bytes = Array(text.utf8)
        let whole = try await SplitWorld.put(bytes, songs: Self.songs, users: Self.users)
        _ = try await whole.enrichment.process(whole.source)
        let cut = try await SplitWorld.put(bytes, songs: Self.songs, users: Self.users)
        let result = try await cut.process(rangeByteCount: size)
        #expect(result.collected?["row_count"] == 2)
        #expect(try await cut.outcome() == whole.outcome())
        #expect(try await cut.outcome().rows["2024-06-25"]?.values.reduce(0, +) == 2)
    }

    @Test("a record of the largest size, and one beyond it, over many ranges")
    func longRecords() async throws {
        for length in [200_000, 300_000, 1_200_000] {
            let long = "1,t1,2024-06-25 10:00:00,\"" + String(repeating: "x\n", count: length / 2) + "\""
            let bytes = Array(
                "user_id,track_id,listen_time,n\n\(Self.row),1\n\(long)\n\(Self.row),2\n\(Self.row),3\n".utf8)
            let whole = try await SplitWorld.put(bytes, songs: Self.songs, users: Self.users)
            _ = try await whole.enrichment.process(whole.source)
            let cut = try await SplitWorld.put(bytes, songs: Self.songs, users: Self.users)
            _ = try await cut.process(rangeByteCount: 50_000)
            #expect(try await cut.outcome() == whole.outcome(), "\(length) bytes")
        }
    }

    @Test(
        "a compressed file is refused before any work begins",
        arguments: [[UInt8]([0x1F, 0x8B, 8, 0]), [0x28, 0xB5, 0x2F, 0xFD, 1]])
    func compressed(bytes: [UInt8]) async throws {
        let cut = try await SplitWorld.put(bytes, songs: Self.songs, users: Self.users)
        let error = await #expect(throws: PipelineError.self) {
            try await cut.split().plan(cut.source, byteCount: bytes.count, rangeByteCount: 2)
        }
        #expect(error?.code == .notSplittable && error?.message.contains("compressed") == true)
        #expect(try await cut.objects.list("trial.data").objects.isEmpty)
    }

    @Test(
        "what is no stream file as a whole fails with its reason, beside its report",
        arguments: [("", "empty"), ("user_id;track_id;listen_time\n1;2;3\n", "semicolons"), ("a,b\n", "listen_time")])
    func faults(text: String, reason: String) async throws {
        let cut = try await SplitWorld.put(Array(text.utf8), songs: Self.songs, users: Self.users)
        let plan = try await cut.process(rangeByteCount: 5).plan
        #expect(plan["status"] == "FAILED" && plan["reason"]?.stringValue?.contains(reason) == true)
        #expect(
            try await cut.note(PipelineNames.reportKey(cut.source))["reason"]?.stringValue?.contains(reason) == true)
    }

    @Test("a header alone fails as it does in one pass")
    func noRows() async throws {
        let cut = try await SplitWorld.put(
            Array("user_id,track_id,listen_time\n".utf8), songs: Self.songs, users: Self.users)
        #expect(try await cut.process(rangeByteCount: 5).collected?["status"] == "FAILED")
    }

    @Test("a file version is processed cut or whole, never both; a plan once written down stays")
    func never() async throws {
        let bytes = Array("user_id,track_id,listen_time\n\(Self.row)\n\(Self.row)\n".utf8)
        let cut = try await SplitWorld.put(bytes, songs: Self.songs, users: Self.users)
        let split = cut.split()
        let first = try await split.plan(cut.source, byteCount: cut.byteCount, rangeByteCount: 30)
        #expect(first["range_count"] == 3)
        #expect(try await split.plan(cut.source, byteCount: cut.byteCount, rangeByteCount: 7) == first)
        let error = await #expect(throws: PipelineError.self) { try await cut.enrichment.process(cut.source) }
        #expect(error?.code == .splitBegun)
        // What an earlier pass over the whole file left goes when the parts are put together.
        let left = PipelineNames.parquetKey(cut.source, date: "2024-06-25")
        try await cut.objects.put([1], as: left, in: "trial.data")
        _ = try await cut.process(rangeByteCount: 7)
        #expect(try await cut.objects.headIfPresent(left, in: "trial.data") == nil)

        let whole = try await SplitWorld.put(bytes, songs: Self.songs, users: Self.users)
        _ = try await whole.enrichment.process(whole.source)
        #expect(
            try await whole.split().plan(whole.source, byteCount: bytes.count, rangeByteCount: 7)["status"] == "WHOLE")
    }

    @Test("no merge sees half a file: before all parts are put together no day has a partial")
    func invisible() async throws {
        let bytes = Array("user_id,track_id,listen_time\n\(Self.row)\n\(Self.row)\n".utf8)
        let cut = try await SplitWorld.put(bytes, songs: Self.songs, users: Self.users)
        let split = cut.split()
        _ = try await split.plan(cut.source, byteCount: cut.byteCount, rangeByteCount: 25)
        _ = try await split.align(cut.source)
        let parts = try await cut.parts
        #expect(parts.count == 2)
        _ = try await cut.enrichment.process(cut.source, part: parts[0], split: split)
        #expect(try await cut.objects.list("trial.data", prefix: "partials/date=").objects.isEmpty)
        let error = await #expect(throws: PipelineError.self) { try await split.collect(cut.source) }
        #expect(error?.code == .objectMissing && error?.message.contains("part") == true)
    }
}
