import Parquet
import Testing

@testable import MusicPipeline

@Suite("Tables, sorts and sets of the pass")
struct TableTests {
    private static func texts(_ count: Int, commonByteCount: Int? = nil) -> [[UInt8]] {
        (0..<count).map { _ in
            let length = commonByteCount ?? [0, 1, 7, 8, 9, 16, 22, 40].randomElement() ?? 0
            return (0..<length).map { _ in [UInt8(0x61), 0x62, 0xFF, 0].randomElement() ?? 0 }
        }
    }

    @Test("a table of texts finds what a dictionary finds, one by one and many at once, also in its order")
    func keys() {
        for (count, commonByteCount) in [(0, nil), (1, nil), (30, nil), (3_000, nil), (3_000, 22), (500, 7), (1, 0)] {
            let numbering = TextNumbering()
            var numbers: [[UInt8]: UInt32] = [:]
            for text in Self.texts(count, commonByteCount: commonByteCount) {
                let (number, isNew) = text.withUnsafeBufferPointer { numbering.insert($0, KeyTable.hash($0)) }
                #expect(isNew == (numbers[text] == nil))
                #expect(numbers[text, default: number] == number)
                numbers[text] = number
            }
            let table = numbering.table(Array(0..<UInt32(numbering.count)))
            let probes = Array(numbers.keys) + Self.texts(500) + Self.texts(500, commonByteCount: commonByteCount)
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
            let sortedOrder = numbering.sortedOrder()
            let (sorted, moved) = (numbering.table(sortedOrder), TextNumbering.inverse(sortedOrder))
            let order = numbers.keys.sorted { $0.lexicographicallyPrecedes($1) }
            #expect((0..<sorted.count).map { Array(sorted.keys[$0]) } == order)
            for (text, number) in numbers { #expect(sorted.number(of: text) == moved[Int(number)]) }
        }
    }

    @Test("texts are numbered as they come and then by their bytes, whatever all of them begin with")
    func numbering() {
        for (count, prefix) in [(0, ""), (1, "spotify:track:"), (40, "x"), (3_000, ""), (3_000, "spotify:track:")] {
            let numbering = TextNumbering()
            var numbers: [[UInt8]: UInt32] = [:]
            for text in Self.texts(count).map({ Array(prefix.utf8) + $0 }) {
                let (number, isNew) = text.withUnsafeBufferPointer { numbering.insert($0, KeyTable.hash($0)) }
                #expect(isNew == (numbers[text] == nil) && number == numbers[text] ?? UInt32(numbers.count))
                numbers[text] = number
            }
            let order = numbering.sortedOrder()
            let table = numbering.table(order)
            let expected = numbers.keys.sorted { $0.lexicographicallyPrecedes($1) }
            #expect((0..<table.count).map { Array(table.keys[$0]) } == expected)
            #expect(order == expected.map { numbers[$0] })
            for (number, text) in expected.enumerated() { #expect(table.number(of: text) == UInt32(number)) }
            #expect(table.number(of: Array("nothing of the kind".utf8)) == nil)
        }
    }

    /// Rows of one day, in segments.
    private static func dayRows(
        _ rows: [(pair: UInt32, user: UInt32, microsecond: Int64)], _ packing: RowPacking
    ) -> DayRows {
        var all = DayRows(day: 19_900)
        for start in stride(from: 0, to: rows.count, by: 700) {
            var sorter = DaySorter(packing)
            let index = sorter.index(of: all.day)
            for row in rows[start..<min(start + 700, rows.count)] {
                if let packed = packing.packed(user: row.user, microsecondOfDay: row.microsecond) {
                    sorter.add(packing.adding(pair: row.pair, to: packed), dayIndex: index)
                } else {
                    let time = Int64(all.day) * DayRows.microsecondsPerDay + row.microsecond
                    sorter.add(wide: EnrichedRow(pair: row.pair, user: row.user, time: time), dayIndex: index)
                }
            }
            for (_, segment) in sorter.takeDays() { all.append(segment) }
        }
        return all
    }

    @Test("rows are ordered by pair, those of one pair as they came, in whatever bits they are kept")
    func sort() {
        for pairCount in [1, 2, 511, 512, 513, 300_000] {
            for bits in [64, 40, 20] {
                let packing = RowPacking(pairCount: pairCount, bits: bits)
                let rows = (0..<2_000).map { index in
                    (
                        pair: UInt32.random(in: 0..<UInt32(pairCount)), user: UInt32(index),
                        microsecond: Int64.random(in: 0..<86_400) * 1_000_000
                    )
                }
                // The wide rows of a piece come after its others.
                let isWide = { (user: UInt32) in UInt64(user) >= packing.userLimit }
                let expected = rows.sorted {
                    ($0.pair, $0.user / 700, isWide($0.user) ? 1 : 0, $0.user) < (
                        $1.pair, $1.user / 700, isWide($1.user) ? 1 : 0, $1.user
                    )
                }
                let sorted = SortedRows(Self.dayRows(rows, packing), packing)
                #expect(sorted.users == expected.map(\.user))
                #expect(
                    sorted.counts.flatMap { repeatElement($0.code, count: Int($0.count)) } == expected.map(\.pair))
                switch sorted.times {
                case .seconds(let seconds):
                    #expect(seconds.map { Int64($0) * 1_000_000 } == expected.map(\.microsecond))
                case .microseconds(let times):
                    #expect(times.map { $0 % DayRows.microsecondsPerDay } == expected.map(\.microsecond))
                }
            }
        }
        #expect(SortedRows(DayRows(day: 0), RowPacking(pairCount: 5)).users == [])
    }

    @Test("a user found late gets its rows, also where it has no room in them")
    func lateUsers() {
        let packing = RowPacking(pairCount: 8, bits: 23)  // three bits for users
        for user in [7, 8, 900] as [UInt32] {
            let rows = Self.dayRows((0..<6).map { ($0, 1, $0 == 4 ? 5 : Int64($0) * 1_000_000) }, packing)
            let segment = rows.segments[0]
            // Row 4 is no whole second: it is the first wide one, and row 5 the fifth packed one.
            segment.set(user: user, rows: 1..<3, isWide: false, packing, day: rows.day)
            segment.set(user: user, rows: 0..<1, isWide: true, packing, day: rows.day)
            segment.set(user: user, rows: 4..<5, isWide: false, packing, day: rows.day)
            let all = segment.unpacked(packing, day: rows.day).sorted { $0.pair < $1.pair }
            #expect(all.map(\.user) == [1, user, user, 1, user, user])
            #expect(
                all.map { $0.time % DayRows.microsecondsPerDay } == [0, 1_000_000, 2_000_000, 3_000_000, 5, 5_000_000])
            #expect(segment.count == 6)
        }
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
