import Storage
import TestSupport
import Testing

/// What every table must do with single items.
@Suite("Table contract")
struct TableContractTests {
    static let everyType: Item = [
        "s": "text \u{0} e\u{301}é 🎵", "empty": "", "n": .number("-12.50"), "b": true, "f": false, "null": .null,
        "l": .list([.int(1), "two", .list([]), .map([:])]), "m": .map(["a": .binary([0, 255]), "": .null]),
        "bin": .binary([1, 2, 3, 4]),
        "ss": .set(["b", "a", "é", "e\u{301}"]), "ns": .set([1, .number("-2.5")]),
        "bs": .set([.binary([2]), .binary([1, 0])]),
        "nested": .map(["l": .list([.set([3])])]),
    ]

    @Test("an item comes back with every type of value", arguments: TableFactory.all)
    func roundTrip(factory: TableFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let table = world.table
        var everyType = Self.everyType
        if factory.emulatorGaps.contains(.emptyNamesInMaps) {
            EmulatorGap.emptyNamesInMaps.isLeftOut(factory.testDescription)
            everyType["m"] = .map(["a": .binary([0, 255]), "x": .null])
        }
        let put = item("p", "s", everyType)
        try await table.put(put)
        let found = try await table.get(key("p", "s"))
        #expect(found == put)
        #expect(found?["n"]?.doubleValue == -12.5)
        let other = try await table.get(key("p", "t"))
        #expect(other == nil)
        try await table.put(item("p", "s", ["x": 1]))
        let replaced = try await table.get(key("p", "s"))
        #expect(replaced == item("p", "s", ["x": 1]))
        try await table.delete(key("p", "s"))
        try await table.delete(key("p", "s"))
        let gone = try await table.get(key("p", "s"))
        #expect(gone == nil)
    }

    @Test(
        "numbers are decimals of 38 digits in their shortest spelling", arguments: TableFactory.all,
        [
            ("1", "1"), ("1.0", "1"), ("-0", "0"), ("0.00", "0"), ("1e3", "1000"), ("12.340e-2", "0.1234"), ("+7", "7"),
            ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
            ("0.1", "0.1"), ("1E-130", "0." + String(repeating: "0", count: 129) + "1"),
            ("123456789012345678901234567890123456789", nil), ("1e126", nil), ("1e-131", nil), ("", nil), ("abc", nil),
            ("1,5", nil), ("NaN", nil), ("--1", nil), (".", nil), ("1e", nil), ("1e99999999999", nil),
        ] as [(String, String?)])
    func numbers(factory: TableFactory, spelling: (given: String, stored: String?)) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let table = world.table
        let code = await tableCode { try await table.put(item("p", "s", ["n": .number(spelling.given)])) }
        let found = try await table.get(key("p", "s"))
        #expect(code == (spelling.stored == nil ? .invalidItem : nil))
        if case .number(let stored) = found?["n"] {
            #expect(stored == spelling.stored)
        } else {
            #expect(spelling.stored == nil)
        }
    }

    @Test("keys that can't be are refused by every call", arguments: TableFactory.all)
    func invalidKeys(factory: TableFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let table = world.table
        let keys = [
            TableKey(partition: "p"), key("", "s"), key("p", ""), TableKey(partition: .int(1), sort: "s"),
            TableKey(partition: "p", sort: .null), key(String(repeating: "x", count: 2_049), "s"),
            key("p", String(repeating: "x", count: 1_025)),
        ]
        for key in keys {
            let codes = [
                await tableCode { try await table.get(key) },
                await tableCode { try await table.delete(key) },
                await tableCode { try await table.update(key, set: ["a": 1]) },
                await tableCode { try await table.batchGet([key]) },
                await tableCode { try await table.transact([.check(key, condition: .attributeExists("pk"))]) },
            ]
            #expect(codes.allSatisfy { $0 == .invalidKey }, "\(codes)")
        }
        for bad in [["pk": "p"], ["sk": "s"], ["pk": "p", "sk": 1], [:]] as [Item] {
            let code = await tableCode { try await table.put(bad) }
            #expect(code == .invalidKey)
        }
        let wide = key(String(repeating: "x", count: 2_048), String(repeating: "y", count: 1_024))
        try await table.update(wide, set: ["a": 1])
        let found = try await table.get(wide)
        #expect(found?["a"] == 1)
        let ranked = await tableCode { try await table.put(item("p", "s", ["date": "d", "rank": "first"])) }
        #expect(ranked == .invalidKey)
    }

    @Test("a table without a sort key has one item a partition", arguments: TableFactory.all)
    func withoutSortKey(factory: TableFactory) async throws {
        let world = try await factory.open(TableSchema(name: "plain", partitionKey: "id", keyTypes: ["id": .number]))
        defer { world.remove() }
        let table = world.table
        try await table.put(["id": .number("1.50"), "v": "a"])
        try await table.put(["id": .number("1.5"), "v": "b"])
        let found = try await table.get(TableKey(partition: .number("15e-1")))
        #expect(found == ["id": .number("1.5"), "v": "b"])
        let page = try await table.query(.number("1.5"))
        #expect(page == ItemPage(items: [["id": .number("1.5"), "v": "b"]], next: nil))
        let code = await tableCode { try await table.get(TableKey(partition: 1, sort: "s")) }
        #expect(code == .invalidKey)
        let prefixed = await tableCode { try await table.query(1, sortPrefix: "a") }
        #expect(prefixed == .invalidRequest)
    }

    @Test("an item has 400 KB at most, an update can't make it larger", arguments: TableFactory.all)
    func itemSize(factory: TableFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let table = world.table
        var maximum = 400 * 1_024
        if factory.emulatorGaps.contains(.smallItems) {
            EmulatorGap.smallItems.isLeftOut(factory.testDescription)
            maximum = 405_000
        }
        // pk, p, sk, s, v and the text itself.
        let largest = item("p", "s", ["v": .string(String(repeating: "x", count: maximum - 7))])
        try await table.put(largest)
        let code = await tableCode { try await table.update(key("p", "s"), set: ["w": ""]) }
        #expect(code == .tooLarge)
        let found = try await table.get(key("p", "s"))
        #expect(found == largest)
        var nested = AttributeValue.list([])
        for _ in 0..<40 { nested = .list([nested]) }
        let deep = await tableCode { try await table.put(item("p", "t", ["v": nested])) }
        #expect(deep == .invalidItem)
    }

    // MARK: Conditions and updates

    @Test("a condition is looked at in the item that is there", arguments: TableFactory.all)
    func conditions(factory: TableFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let table = world.table
        let isNew = Condition.attributeNotExists("pk")
        try await table.put(item("p", "s", ["version": 1]), condition: isNew)
        let failed = TableError.Code.conditionFailed(index: 0)
        var codes = [
            await tableCode { try await table.put(item("p", "s"), condition: isNew) },
            await tableCode { try await table.delete(key("p", "s"), condition: .equals("version", 2)) },
            await tableCode {
                try await table.update(
                    key("p", "s"), set: ["x": 1], add: [:], remove: [], condition: .greaterThan("version", 1))
            },
            await tableCode { try await table.delete(key("p", "t"), condition: .attributeExists("pk")) },
            await tableCode {
                try await table.update(
                    key("p", "t"), set: ["x": 1], add: [:], remove: [], condition: .attributeExists("pk"))
            },
        ]
        #expect(codes == [failed, failed, failed, failed, failed])
        let (isOne, isTwo) = (Condition.equals("version", 1), Condition.equals("version", 2))
        for held in [
            .and([isOne]), .or([isOne]), .and([.or([.and([isOne])])]), .not(.and([isTwo])),
            .or([.and([isTwo]), .or([isOne])]),
            .and([]), .not(.or([])),
        ] as [Condition] {
            try await table.put(item("p", "s", ["version": 1]), condition: held)
        }
        let never = Condition.and([.or([isTwo]), .not(.and([isTwo]))])
        codes = [await tableCode { try await table.put(item("p", "s"), condition: never) }]
        #expect(codes == [failed])
        let found = try await table.get(key("p", "s"))
        let absent = try await table.get(key("p", "t"))
        #expect(found == item("p", "s", ["version": 1]))
        #expect(absent == nil)
        codes = [
            await tableCode {
                try await table.put(item("p", "s", ["version": 2]), condition: .equals("version", .number("1.0")))
            },
            await tableCode { try await table.delete(key("p", "t"), condition: .notEquals("version", 1)) },
            await tableCode { try await table.delete(key("p", "s"), condition: .lessOrEqual("version", 2)) },
        ]
        #expect(codes == [nil, nil, nil])
    }

    @Test("an update sets, adds and removes, and makes the item when it isn't there", arguments: TableFactory.all)
    func update(factory: TableFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let table = world.table
        let made = try await table.update(key("p", "s"), set: ["a": "x", "b": "y"], add: ["n": 3])
        #expect(made == item("p", "s", ["a": "x", "b": "y", "n": 3]))
        let changed = try await table.update(key("p", "s"), set: ["a": 1], add: ["n": -5], remove: ["b", "none"])
        #expect(changed == item("p", "s", ["a": 1, "n": -2]))
        let found = try await table.get(key("p", "s"))
        #expect(found == changed)
        let codes = [
            await tableCode { try await table.update(key("p", "s"), set: ["sk": "t"]) },
            await tableCode { try await table.update(key("p", "s"), remove: ["pk"]) },
            await tableCode { try await table.update(key("p", "s"), set: ["a": 1], remove: ["a"]) },
            await tableCode { try await table.update(key("p", "s"), set: ["t": "text"], add: ["t": 1]) },
        ]
        #expect(codes == [.invalidKey, .invalidKey, .invalidRequest, .invalidRequest])
        try await table.put(item("p", "t", ["text": "a", "big": .number(String(repeating: "9", count: 38))]))
        let noNumber = await tableCode { try await table.update(key("p", "t"), add: ["text": 1]) }
        #expect(noNumber == .invalidItem)
        let carried = try await table.update(key("p", "t"), add: ["big": 1])
        #expect(carried["big"] == .number("1" + String(repeating: "0", count: 38)))
        if factory.emulatorGaps.contains(.unboundedSums) {
            return EmulatorGap.unboundedSums.isLeftOut(factory.testDescription)
        }
        let tooLong = await tableCode { try await table.update(key("p", "t"), add: ["big": 1]) }
        #expect(tooLong == .invalidItem)
    }

    @Test("many that add to one number lose nothing", arguments: TableFactory.all)
    func counters(factory: TableFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let table = world.table
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<25 { try await table.update(key("p", "s"), add: ["n": 1]) }
                }
            }
            try await group.waitForAll()
        }
        let found = try await table.get(key("p", "s"))
        #expect(found?["n"] == 200)
    }
}
