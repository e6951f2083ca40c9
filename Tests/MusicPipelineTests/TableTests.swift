import Parquet
import Testing

@testable import MusicPipeline

@Suite("Tables, sorts and sets of the pass")
struct TableTests {
    private static func texts(_ count: Int) -> [[UInt8]] {
        (0..<count).map { _ in
            let length = [0, 1, 7, 8, 9, 16, 22, 40].randomElement() ?? 0
            return (0..<length).map { _ in [UInt8(0x61), 0x62, 0xFF, 0].randomElement() ?? 0 }
        }
    }

    @Test("a table of texts finds what a dictionary finds, one by one and many at once, also in its order")
    func keys() {
        for count in [0, 1, 30, 3_000] {
            var table = KeyTable()
            var numbers: [[UInt8]: UInt32] = [:]
            for text in Self.texts(count) {
                let (number, isNew) = text.withUnsafeBufferPointer { table.insert($0) }
                #expect(isNew == (numbers[text] == nil))
                #expect(numbers[text, default: number] == number)
                numbers[text] = number
            }
            let probes = Array(numbers.keys) + Self.texts(500)
            var places: [Int64] = []
            var bytes: [UInt8] = []
            for probe in probes {
                places.append(Int64(bytes.count) << 32 | Int64(probe.count))
                bytes += probe
            }
            bytes.append(0)
            var found = [UInt32](repeating: 0, count: probes.count)
            places.withUnsafeBufferPointer { places in
                bytes.withUnsafeBufferPointer { bytes in
                    found.withUnsafeMutableBufferPointer { table.find(places, in: bytes, $0) }
                }
            }
            for (probe, number) in zip(probes, found) {
                #expect(table.number(of: probe) == numbers[probe])
                #expect(number == numbers[probe] ?? .max)
            }
            let (sorted, moved) = table.sorted()
            let order = numbers.keys.sorted { $0.lexicographicallyPrecedes($1) }
            #expect((0..<sorted.count).map { Array(sorted.keys[$0]) } == order)
            for (text, number) in numbers { #expect(sorted.number(of: text) == moved[Int(number)]) }
        }
    }

    @Test("rows are ordered by pair, those of one pair as they came")
    func pairSort() {
        for pairCount in [1, 2, 511, 512, 513, 300_000] {
            let rows = (0..<2_000).map { index in
                EnrichedRow(pair: UInt32.random(in: 0..<UInt32(pairCount)), user: UInt32(index), time: 0)
            }
            let expected = rows.sorted { ($0.pair, $0.user) < ($1.pair, $1.user) }
            #expect(PairSort.sort(rows, pairCount: pairCount) == expected)
        }
        #expect(PairSort.sort([], pairCount: 5) == [])
    }

    @Test("sets of listeners unite as sets do, in either form")
    func listeners() {
        func make(_ numbers: Set<UInt32>, _ range: Int, asBits: Bool) -> ListenerSet {
            guard asBits else { return ListenerSet(sorted: numbers.sorted()) }
            var bits = [UInt64](repeating: 0, count: (range + 63) / 64)
            for number in numbers { bits[Int(number >> 6)] |= 1 << UInt64(number & 63) }
            return ListenerSet(bits: bits, count: numbers.count)
        }
        for _ in 0..<400 {
            let range = [64, 100, 5_000].randomElement() ?? 64
            func numbers() -> Set<UInt32> {
                Set((0..<Int.random(in: 0..<300)).map { _ in UInt32.random(in: 0..<UInt32(range)) })
            }
            let (a, b) = (numbers(), numbers())
            var set = make(a, range, asBits: .random())
            set.formUnion(make(b, range + Int.random(in: 0..<200), asBits: .random()))
            var all: [UInt32] = []
            set.forEach { all.append($0) }
            #expect(all == a.union(b).sorted() && set.count == all.count)
            let first = Int64.random(in: -200...200)
            if let ids = set.bits(from: first, below: range) {
                #expect(ids.ids == all.map { first + Int64($0) })
            }
        }
    }
}
