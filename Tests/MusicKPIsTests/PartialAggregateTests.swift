import Testing

@testable import MusicKPIs

@Suite("Partial aggregates and their merge")
struct PartialAggregateTests {
    struct Row {
        let user: Int64
        let track: Int32
        let genre: Int32
    }

    static func name(_ number: Int32) -> ByteText { ByteText("name \(number) é") }

    static func rows(_ count: Int) -> [Row] {
        (0..<count).map { _ in
            Row(
                user: [.min, .max, Int64.random(in: 0..<20)].randomElement() ?? 0, track: .random(in: 0..<9),
                genre: .random(in: 0..<4))
        }
    }

    static func partial(_ rows: [Row], key: String) -> PartialAggregate {
        var builder = PartialBuilder()
        for row in rows { builder.add(user: row.user, track: row.track, genre: row.genre) }
        return builder.partial(
            source: StreamSource(bucket: "b", key: key, eTag: "e"), date: "2024-06-25", trackName: name, genreName: name
        )
    }

    @Test("an aggregate survives its encoding, and the same one gives the same bytes")
    func encoding() throws {
        for count in [0, 1, 5_000] {
            let partial = Self.partial(Self.rows(count), key: "k é +")
            let bytes = partial.encoded()
            #expect(try PartialAggregate(decoding: bytes) == partial)
            #expect(partial.encoded() == bytes)
        }
    }

    @Test("bytes that are cut, flipped or foreign are refused")
    func hostile() {
        let bytes = Self.partial(Self.rows(300), key: "k").encoded()
        for length in 0..<bytes.count {
            #expect(throws: PartialError.self) { try PartialAggregate(decoding: Array(bytes[..<length])) }
        }
        for index in bytes.indices {
            var flipped = bytes
            flipped[index] ^= 1 << UInt8(index % 8)
            #expect(throws: PartialError.self) { try PartialAggregate(decoding: flipped) }
        }
        #expect(throws: PartialError.self) { try PartialAggregate(decoding: bytes + [0]) }
    }

    @Test("a merge in any order and with repeats is one pass over all rows")
    func merge() throws {
        for _ in 0..<30 {
            let all = (0..<Int.random(in: 1..<6)).map { _ in Self.rows(Int.random(in: 0..<400)) }
            let partials = all.enumerated().map { Self.partial($1, key: "file\($0)") }
            var merges: [DayMerge] = []
            for _ in 0..<3 {
                var merge = DayMerge(date: "2024-06-25")
                for partial in (partials + partials.filter { _ in Bool.random() }).shuffled() {
                    try merge.add(partial.encoded())
                }
                merges.append(merge)
            }
            let kpis = try merges[0].kpis()
            #expect(try merges.allSatisfy { try $0.kpis() == kpis })
            #expect(kpis.partialCount == partials.count)
            let rows = all.flatMap { $0 }
            #expect(Set(kpis.genres.map(\.genre)) == Set(rows.map { Self.name($0.genre) }))
            for genre in kpis.genres {
                let own = rows.filter { Self.name($0.genre) == genre.genre }
                #expect(genre.listenCount == own.count)
                #expect(genre.uniqueListeners == Set(own.map(\.user)).count)
                #expect(genre.totalListeningTime == own.count * 180)
                let counts = Dictionary(grouping: own, by: { Self.name($0.track) }).mapValues(\.count)
                let top = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(3)
                #expect(genre.topTracks.map(\.id) == top.map(\.key))
                #expect(genre.topTracks.map(\.listenCount) == top.map(\.value))
            }
        }
    }

    @Test("more partials than are held at once merge like a few, and two of one file version that differ are refused")
    func many() throws {
        let all = (0..<100).map { _ in Self.rows(40) }
        var merge = DayMerge(date: "2024-06-25")
        for (index, rows) in all.enumerated().shuffled() {
            try merge.add(Self.partial(rows, key: "file\(index)").encoded())
            if index % 7 == 0 { try merge.add(Self.partial(all[0], key: "file0").encoded()) }
        }
        var whole = DayMerge(date: "2024-06-25")
        try whole.add(Self.partial(all.flatMap { $0 }, key: "whole").encoded())
        #expect(try merge.kpis().genres == whole.kpis().genres)
        #expect(merge.partialCount == 100)
        #expect(throws: PartialError.self) { try merge.add(Self.partial(all[1], key: "file0").encoded()) }
    }

    @Test("items have the keys and attributes that the design names")
    func items() throws {
        var merge = DayMerge(date: "2024-06-25")
        try merge.add(
            Self.partial([Row(user: 1, track: 1, genre: 1), Row(user: 2, track: 2, genre: 1)], key: "k").encoded())
        let items = try merge.kpis().items { _ in ("Song", "Artist") }
        #expect(items.count == 3)
        #expect(items[0]["pk"] == "GENRE#name 1 é")
        #expect(items[0]["sk"] == "DATE#2024-06-25")
        #expect(items[0]["avg_listening_time_per_user"] == 180)
        #expect(items[1]["sk"] == "TOP_SONGS#2024-06-25")
        #expect(items[1]["songs"]?[0]?["track_id"] == "name 1 é")
        #expect(items[2]["pk"] == "DATE#2024-06-25")
        #expect(items.allSatisfy { $0["partials"] == 1 && $0["partials_digest"]?.stringValue?.count == 64 })
    }
}
