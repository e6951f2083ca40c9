import Clocks
import Storage
import TestSupport
import Testing

@Suite("Table contract: queries and scans")
struct TableQueryTests {
    static let sorts = [
        "\u{1}", "DATE#2024-06-25", "DATE#2024-06-26", "DATE$", "TOP", "a", "a\u{0}", "ab", "b", "e\u{301}", "é",
        "\u{FFFF}",
        "\u{FFFF}x", "😀", "\u{10FFFF}", "\u{10FFFF}\u{10FFFF}",
    ]

    @Test(
        "a partition comes in the order of its sort keys' bytes, both ways and in any pages",
        arguments: TableFactory.all,
        [1, 3, 100])
    func strings(factory: TableFactory, pageSize: Int) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let table = world.table
        for sort in Self.sorts.reversed() { try await table.put(item("p", sort)) }
        for partition in ["o", "p\u{0}", "pp"] { try await table.put(item(partition, "other")) }
        let ascending = try await table.sorts("p", pageSize: pageSize)
        #expect(ascending.map { Array($0.utf8) } == Self.sorts.map { Array($0.utf8) })
        let descending = try await table.sorts("p", pageSize: pageSize, ascending: false)
        #expect(descending == ascending.reversed())
        for prefix in ["", "DATE#", "DATE", "a", "\u{FFFF}", "\u{10FFFF}", "x", "e"] {
            let found = try await table.sorts("p", prefix: prefix, pageSize: pageSize)
            #expect(found == Self.sorts.filter { $0.utf8.starts(with: prefix.utf8) }, "prefix \(prefix)")
        }
        let all = try await table.queryAll("p", sortPrefix: "DATE#")
        #expect(all.count == 2)
        let tooMany = await tableCode { try await table.queryAll("p", maximumCount: 3) }
        #expect(tooMany == .tooLarge)
    }

    @Test("numbers are ordered by value, binary values by bytes", arguments: TableFactory.all, [1, 100])
    func numbersAndBinary(factory: TableFactory, pageSize: Int) async throws {
        let numbers = [
            "-9.9e125", "-1000", "-999.5", "-10", "-9", "-1", "-0.5", "-0.05", "-1e-130", "0", "1e-130", "0.05", "0.5",
            "0.50000000000000000000000000000000000001", "1", "1.5", "2", "9", "10", "99", "100", "12345678901234567890",
            "9.9e125",
        ]
        let world = try await factory.open(
            TableSchema(name: "numbers", partitionKey: "pk", sortKey: "n", keyTypes: ["pk": .binary, "n": .number]))
        defer { world.remove() }
        let table = world.table
        for (place, number) in numbers.enumerated().shuffled() {
            try await table.put(["pk": .binary([0, 255]), "n": .number(number), "place": .int(place)])
        }
        var places: [Int] = []
        var cursor: TableCursor?
        repeat {
            let page = try await table.query(.binary([0, 255]), limit: pageSize, after: cursor)
            places += page.items.compactMap { $0["place"]?.intValue }
            cursor = page.next
        } while cursor != nil
        #expect(places == Array(numbers.indices))
    }

    @Test(
        "an index holds the items that have its attributes, ties and all, and follows every write",
        arguments: TableFactory.all)
    func indexes(factory: TableFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let table = world.table
        for (partition, sort, rank) in [("p", "a", 2), ("q", "b", 1), ("p", "c", 2), ("q", "d", 10), ("p", "e", 2)] {
            try await table.put(item(partition, sort, ["date": "d", "rank": .int(rank)]))
        }
        try await table.put(item("p", "sparse", ["date": "d"]))
        try await table.put(item("p", "other", ["date": "e", "rank": 1]))
        for pageSize in [1, 2, 100] {
            let found = try await table.sorts("d", index: "by-date", pageSize: pageSize)
            #expect(found.first == "b" && found.last == "d")
            #expect(found.sorted() == ["a", "b", "c", "d", "e"])
            let backwards = try await table.sorts("d", index: "by-date", pageSize: pageSize, ascending: false)
            #expect(backwards == found.reversed())
        }
        try await table.update(key("p", "a"), set: ["rank": 99])
        try await table.update(key("p", "c"), remove: ["rank"])
        try await table.put(item("q", "d", ["date": "e", "rank": 1]))
        try await table.delete(key("p", "e"))
        let found = try await table.sorts("d", index: "by-date")
        #expect(found == ["b", "a"])
        let items = try await table.queryAll("e", index: "by-date")
        #expect(items.count == 2)
        let codes = [
            await tableCode { try await table.query("d", index: "none") },
            await tableCode { try await table.query("d", sortPrefix: "1", index: "by-date") },
            await tableCode { try await table.query("d", limit: 0) },
            await tableCode { try await table.scan(limit: 0, after: nil) },
        ]
        #expect(codes.allSatisfy { $0 == .invalidRequest }, "\(codes)")
    }

    @Test("a page ends after a megabyte", arguments: TableFactory.all)
    func pageBytes(factory: TableFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let table = world.table
        let text = AttributeValue.string(String(repeating: "x", count: 300_000))
        for number in 0..<6 { try await table.put(item("p", "\(number)", ["v": text])) }
        let page = try await table.query("p", limit: 100)
        let count = factory.exactPages ? 4 : 3
        #expect(table.sorts(page) == Array(["0", "1", "2", "3"].prefix(count)))
        let all = try await table.queryAll("p")
        #expect(all.compactMap { $0["sk"]?.stringValue } == ["0", "1", "2", "3", "4", "5"])
        let scanned = try await table.scan(limit: 100, after: nil)
        #expect(scanned.items.count == count)
    }

    @Test("a scan meets every item once", arguments: TableFactory.all, [1, 4, 1_000])
    func scan(factory: TableFactory, pageSize: Int) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let table = world.table
        var expected: Set<TableKey> = []
        for partition in ["a", "aa", "b"] {
            for sort in ["x", "y", "z"] {
                try await table.put(item(partition, sort))
                expected.insert(key(partition, sort))
            }
        }
        var found: [TableKey] = []
        var cursor: TableCursor?
        repeat {
            let page = try await table.scan(limit: pageSize, after: cursor)
            for item in page.items {
                if let partition = item["pk"], let sort = item["sk"] {
                    found.append(TableKey(partition: partition, sort: sort))
                }
            }
            cursor = page.next
        } while cursor != nil
        #expect(found.count == 9)
        #expect(Set(found) == expected)
    }

    @Test(
        "any sequence of calls gives what the table in memory gives", arguments: TableFactory.all,
        [1, 2, 3] as [UInt64])
    func model(factory: TableFactory, seed: UInt64) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let (table, model) = (world.table, InMemoryTable(TableFactory.schema))
        let entropy = SeededEntropy(seed: seed)
        func pick(_ count: Int) -> Int { Int(entropy.next() % UInt64(count)) }
        func randomItem() -> Item {
            var made = item("p\(pick(2))", "s\(pick(6))", ["n": .int(pick(4))])
            if pick(3) > 0 { made["date"] = .string("d\(pick(2))") }
            if pick(3) > 0 { made["rank"] = .int(pick(3) - 1) }
            return made
        }
        let conditions: [Condition?] = [
            nil, .attributeExists("pk"), .attributeNotExists("rank"), .lessThan("n", 2), .not(.equals("date", "d0")),
        ]
        for _ in 0..<200 {
            let key = key("p\(pick(2))", "s\(pick(6))")
            let condition = conditions[pick(conditions.count)]
            let write: TableWrite =
                switch pick(4) {
                case 0: .put(randomItem(), condition: condition)
                case 1: .update(key, set: ["date": "d1"], add: ["n": 1], remove: ["rank"], condition: condition)
                case 2: .update(key, set: ["rank": .int(pick(9))], condition: condition)
                default: .delete(key, condition: condition)
                }
            let code = await tableCode { try await table.transact([write]) }
            let expected = await tableCode { try await model.transact([write]) }
            #expect(code == expected)
        }
        for partition in ["p0", "p1"] as [AttributeValue] {
            let (found, expected) = (try await table.query(partition), try await model.query(partition))
            #expect(found == expected)
        }
        for date in ["d0", "d1"] as [AttributeValue] {
            let found = try await table.queryAll(date, index: "by-date")
            let expected = try await model.queryAll(date, index: "by-date")
            #expect(Set(found) == Set(expected) && found.count == expected.count)
            #expect(found.map { $0["rank"] } == expected.map { $0["rank"] })
        }
    }
}
