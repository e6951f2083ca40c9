import CSV
import Clocks
import MusicKPIs
import Parquet
import Storage
import Synchronization
import TestSupport
import Testing

@testable import MusicPipeline

/// Bytes in blocks of random sizes.
final class RandomBlocks: BlockSource {
    private let rest: Mutex<ArraySlice<UInt8>>
    private let sizes: ClosedRange<Int>

    init(_ bytes: [UInt8], sizes: ClosedRange<Int>) {
        rest = Mutex(bytes[...])
        self.sizes = sizes
    }

    func next() async throws -> [UInt8] {
        rest.withLock { rest in
            let block = Array(rest.prefix(Int.random(in: sizes)))
            rest = rest.dropFirst(block.count)
            return block
        }
    }
}

@Suite("The pass over a stream file", .timeLimit(.minutes(10)))
struct EnrichmentRunTests {
    private static func tables(_ world: NaivePipeline) async throws -> ReferenceTables {
        var tracks = TrackTable.Builder()
        var users = UserTable.Builder()
        for (bytes, columns) in [(world.songsCSV, TrackTable.columns), (world.usersCSV, UserTable.columns)] {
            var reader = CSVReader(columns: columns)
            reader.append(bytes)
            reader.finish()
            while let batch = try reader.nextBatch() {
                if columns == TrackTable.columns { tracks.add(batch) } else { users.add(batch) }
            }
        }
        return await ReferenceTables(tracks: tracks.table(), users: users.table())
    }

    private struct Outcome: Hashable {
        var counts = EnrichmentCounts()
        var partials: [[UInt8]] = []
        var kpis: [[GenreKPIs]] = []
        var parquet: [[UInt8]] = []
    }

    private static let source = StreamSource(bucket: "b", key: "k", eTag: "e")

    private static func run(
        _ text: [UInt8], _ tables: ReferenceTables, _ settings: EnrichmentRun.Settings, blocks: ClosedRange<Int>
    ) async throws -> Outcome {
        let objects = InMemoryObjectStore(buckets: ["out"], clock: ManualClock())
        var files: DayFiles? = DayFiles(objects: objects, bucket: "out") { "\($0)/\($1)" }
        let result = try await EnrichmentRun(tracks: tables.tracks, users: tables.users, settings: settings).run(
            RandomBlocks(text, sizes: blocks), files: &files)
        try await files?.finish()
        var outcome = Outcome(counts: result.counts)
        for (day, aggregate) in result.days.sorted(by: { $0.key < $1.key }) {
            let date = DayFiles.date(of: day)
            let partial = aggregate.partial(
                source: source, date: date, tracks: tables.tracks, users: tables.users,
                unknownUsers: result.unknownUsers)
            var merge = DayMerge(date: date)
            try merge.add(partial)
            outcome.partials.append(partial)
            outcome.kpis.append(try merge.kpis().genres)
            #expect(aggregate.genres(tables.tracks) == outcome.kpis.last, "without a partial in between")
        }
        for object in try await objects.list("out").objects {
            outcome.parquet.append(try await objects.get(object.key, in: "out", maximumByteCount: 1 << 24).bytes)
        }
        return outcome
    }

    @Test("random tables come to what the plainest way comes to, however they are spelled and cut")
    func equalsNaive() async throws {
        for _ in 0..<15 {
            let world = NaivePipeline.random(rows: Int.random(in: 0..<600))
            let tables = try await Self.tables(world)
            let text = world.streamsCSV
            var settings = EnrichmentRun.Settings(
                threads: Int.random(in: 1...4), gatheredRowLimit: [1, 50, 1 << 20].randomElement() ?? 1)
            settings.rowBits = [64, 64, 30, 25, 20].randomElement() ?? 64
            let outcome = try await Self.run(
                text, tables, settings, blocks: 1...([40, 2_000, 1 << 20].randomElement() ?? 40))
            let rows = world.rows
            #expect(outcome.counts.rows == world.streams.count)
            #expect(outcome.counts.bad == world.streams.count - world.goodStreams.count)
            #expect(outcome.counts.enriched == rows.count)
            let days = Set(rows.map { NaivePipeline.day($0.time) }).sorted()
            #expect(outcome.kpis == days.map { world.kpis(source: Self.source, day: $0) })
        }
    }

    @Test("the bytes are the same with any number of threads, the counts with any blocks")
    func deterministic() async throws {
        for _ in 0..<3 {
            let world = NaivePipeline.random(rows: 800)
            let tables = try await Self.tables(world)
            let text = world.streamsCSV
            var first: Outcome?
            for threads in [1, 2, 4] {
                let settings = EnrichmentRun.Settings(threads: threads, gatheredRowLimit: 300)
                let outcome = try await Self.run(text, tables, settings, blocks: text.count...text.count)
                #expect(outcome == first ?? outcome, "\(threads) threads")
                first = outcome
            }
            // Where blocks end, batches of rows may: other blocks give other row groups, and the same counts.
            let cut = try await Self.run(text, tables, .init(threads: 2, gatheredRowLimit: 300), blocks: 1...64)
            #expect(cut.partials == first?.partials && cut.counts == first?.counts)
        }
    }

    @Test("a source that fails ends the pass with its error, and nothing is left open")
    func failingSource() async throws {
        struct Failing: BlockSource {
            let blocks: RandomBlocks
            let left = FailAfter(3)
            func next() async throws -> [UInt8] {
                try left.count()
                return try await blocks.next()
            }
        }
        final class FailAfter: Sendable {
            private let left: Mutex<Int>
            init(_ count: Int) { left = Mutex(count) }
            func count() throws {
                try left.withLock { left in
                    left -= 1
                    if left < 0 { throw NeverHappened(description: "planned") }
                }
            }
        }
        let world = NaivePipeline.random(rows: 500)
        let tables = try await Self.tables(world)
        var files: DayFiles?
        await #expect(throws: NeverHappened.self) {
            _ = try await EnrichmentRun(tracks: tables.tracks, users: tables.users).run(
                Failing(blocks: RandomBlocks(world.streamsCSV, sizes: 1...100)), files: &files)
        }
    }

    @Test("listeners and tracks beyond the limit are refused with the number, before memory runs out")
    func tooManyListeners() async throws {
        var world = NaivePipeline.random(rows: 0)
        world.songs = [.init(id: "t", genre: "g", name: "n", artists: "a")]
        world.users = []
        world.streams = (0..<5_000).map { ("\($0 * 1_000_003)", "t", "2024-06-25 10:00:00") }
        let tables = try await Self.tables(world)
        let settings = EnrichmentRun.Settings(gatheredRowLimit: 100, aggregateByteLimit: 500)
        let text = world.streamsCSV
        let error = await #expect(throws: PipelineError.self) {
            try await Self.run(text, tables, settings, blocks: 1...5_000)
        }
        #expect(error?.code == .tooManyListeners && error?.message.contains("more than 500") == true)
    }

    @Test("a snapshot is the tables again; torn, flipped, foreign or older bytes are none")
    func snapshot() async throws {
        let world = NaivePipeline.random(rows: 0)
        let tables = try await Self.tables(world)
        let identity = ReferenceSnapshot.identity(["songs", "1"])
        let bytes = try #require(ReferenceSnapshot.encode(tables, identity: identity))
        func decode(_ bytes: [UInt8], _ identity: [UInt8]) async -> ReferenceTables? {
            await ReferenceSnapshot.decode(.bytes(bytes), identity: identity)
        }
        let again = try #require(await decode(bytes, identity))
        #expect(ReferenceSnapshot.encode(again, identity: identity) == bytes)
        for song in world.songs {
            #expect(
                again.tracks.label(of: Array(song.id.utf8))?.name == tables.tracks.label(of: Array(song.id.utf8))?.name)
        }
        for user in world.users { #expect(again.users.number(of: user.id) == tables.users.number(of: user.id)) }
        #expect(await decode(bytes, ReferenceSnapshot.identity(["songs1"])) == nil)
        #expect(await decode(bytes + [0], identity) == nil)
        for length in 0..<bytes.count where length % 7 == 0 || length + 40 > bytes.count {
            #expect(await decode(Array(bytes[..<length]), identity) == nil)
        }
        for index in stride(from: 0, to: bytes.count, by: 11) {
            var flipped = bytes
            flipped[index] ^= 1 << UInt8(index % 8)
            #expect(await decode(flipped, identity) == nil)
        }
        try await withTemporaryDirectory { folder in
            let file = SnapshotFile(path: "\(folder)/a/snapshot", identity: identity)
            #expect(await file.tables() == nil)
            file.keep(tables)
            let again = try #require(await file.tables())
            #expect(ReferenceSnapshot.encode(again, identity: identity) == bytes)
            file.keep(bytes.dropLast())
            #expect(await file.tables() == nil)
        }
    }

    @Test("tables that no references give are none, whatever their checksums say")
    func hostileSnapshot() async throws {
        var world = NaivePipeline.random(rows: 0)
        world.songs = (0..<20).map { .init(id: "t\($0)", genre: "g\($0 % 3)", name: "n", artists: "a") }
        world.users = [(1, "31", "Ghana"), (2, "", "Peru")]
        let tables = try await Self.tables(world)
        let (tracks, users) = (tables.tracks, tables.users)
        func isTaken(
            slots: [UInt32]? = nil, names: UTF8Values? = nil, trackOfPair: [UInt32]? = nil,
            genreOfPair: [UInt32]? = nil,
            pairStarts: [UInt32]? = nil, pairs: [UInt32]? = nil, ages: [UInt32]? = nil, countries: [UInt32]? = nil
        ) async -> Bool {
            let tables = ReferenceTables(
                tracks: TrackTable(
                    tracks: KeyTable(keys: tracks.tracks.keys, slots: slots ?? tracks.tracks.slots),
                    names: names ?? tracks.names, artists: tracks.artists, genres: tracks.genres,
                    trackOfPair: trackOfPair ?? tracks.trackOfPair, genreOfPair: genreOfPair ?? tracks.genreOfPair,
                    pairStarts: pairStarts ?? tracks.pairStarts, pairs: pairs ?? tracks.pairs),
                users: UserTable(
                    ids: users.ids, ages: ages ?? users.ages, ageValues: users.ageValues,
                    countries: countries ?? users.countries, countryValues: users.countryValues))
            guard let bytes = ReferenceSnapshot.encode(tables, identity: Self.identity) else { return false }
            return await ReferenceSnapshot.decode(.bytes(bytes), identity: Self.identity) != nil
        }
        func changed<Value>(_ values: [Value], _ value: Value, at index: Int = 1) -> [Value] {
            var values = values
            values[index] = value
            return values
        }
        let used = try #require(tracks.tracks.slots.firstIndex { $0 != 0 })
        #expect(await isTaken())
        #expect(await !isTaken(slots: changed(tracks.tracks.slots, tracks.tracks.slots[used] | 63, at: used)))
        #expect(await !isTaken(slots: changed(tracks.tracks.slots, 1 << 31, at: used)))
        #expect(await !isTaken(slots: tracks.tracks.slots.map { $0 == 0 ? 1 : $0 }))
        #expect(await !isTaken(slots: []))
        #expect(await !isTaken(slots: tracks.tracks.slots.dropLast()))
        #expect(await !isTaken(names: UTF8Values([[1]])))
        var descending = tracks.names.offsets
        descending.swapAt(1, 2)
        #expect(await !isTaken(names: UTF8Values(bytes: tracks.names.bytes, offsets: descending)))
        #expect(await !isTaken(trackOfPair: changed(tracks.trackOfPair, 20)))
        #expect(await !isTaken(genreOfPair: changed(tracks.genreOfPair, 3)))
        #expect(await !isTaken(pairStarts: changed(tracks.pairStarts, 19)))
        #expect(await !isTaken(pairStarts: tracks.pairStarts + [20]))
        #expect(await !isTaken(pairs: changed(tracks.pairs, 20)))
        #expect(await !isTaken(ages: changed(users.ages, 1)))
        #expect(await !isTaken(countries: changed(users.countries, 2)))
        #expect(await !isTaken(countries: []))
    }

    private static let identity = ReferenceSnapshot.identity(["hostile"])

    @Test("XXH64 is as its specification says, in one piece or many")
    func xxh64() {
        func hash(_ text: String) -> UInt64 { Array(text.utf8).withUnsafeBytes { XXH64.hash($0) } }
        #expect(hash("") == 0xEF46_DB37_51D8_E999)
        #expect(hash("abc") == 0x44BC_2CF5_AD77_0999)
        #expect(hash("Nobody inspects the spammish repetition") == 0xFBCE_A83C_8A37_8BF1)
        let bytes = (0..<1_000).map { _ in UInt8.random(in: .min ... .max) }
        bytes.withUnsafeBytes { bytes in
            var pieces = XXH64()
            pieces.update(UnsafeRawBufferPointer(rebasing: bytes[..<320]))
            pieces.update(UnsafeRawBufferPointer(rebasing: bytes[320..<352]))
            #expect(pieces.finish(UnsafeRawBufferPointer(rebasing: bytes[352...])) == XXH64.hash(bytes))
        }
    }
}
