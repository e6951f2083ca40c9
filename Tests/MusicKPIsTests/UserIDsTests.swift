import Testing

@testable import MusicKPIs

@Suite("Sets of user ids")
struct UserIDsTests {
    private static func random() -> Set<Int64> {
        let spreads: [Int64] = [10, 1_000, 100_000, .max / 4]
        let centers: [Int64] = [0, -70, 1 << 40, .max / 2]
        let spread = spreads.randomElement() ?? 10
        let center = centers.randomElement() ?? 0
        return Set((0..<Int.random(in: 0..<400)).map { _ in center + Int64.random(in: -spread...spread) })
    }

    @Test("either form holds the same ids, and a union holds those of both")
    func union() {
        for _ in 0..<500 {
            let (a, b) = (Self.random(), Self.random())
            let (left, right) = (UserIDs(a.sorted()), UserIDs(b.sorted()))
            #expect(left.ids == a.sorted() && left.count == a.count)
            #expect(left.union(right).ids == a.union(b).sorted())
            #expect(left.union(right).count == a.union(b).count)
        }
    }

    @Test("both forms survive the encoding; the ends of the numbers, too")
    func encoding() throws {
        let source = StreamSource(bucket: "b", key: "k", eTag: "e")
        let dense = Array(Int64(-100)...5_000)
        let all: [[Int64]] = [
            [], [.min], [.max], [.min, .max], [.min, -1, 0, 1, .max], dense, [.max - 1, .max],
        ]
        for ids in all {
            var encoder = PartialEncoder(source: source, date: "2024-06-25", genreCount: 1)
            encoder.beginGenre([1, 2], listenCount: 3)
            encoder.append(listeners: UserIDs(ids))
            encoder.beginTracks(count: 0)
            let partial = try PartialAggregate(decoding: encoder.finish())
            #expect(partial.genres[ByteText([1, 2])]?.listeners == ids)
        }
        guard case .bits = UserIDs(dense) else {
            Issue.record("dense ids are a list")
            return
        }
    }
}
