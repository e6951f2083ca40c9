import Storage
import TestSupport
import Testing

@Suite("Table contract: batches and transactions")
struct TableBatchTests {
    @Test("a batch of reads keeps the order of its keys and says what is missing", arguments: TableFactory.all)
    func batchGet(factory: TableFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let table = world.table
        for number in 0..<5 { try await table.put(item("p", "\(number)")) }
        let found = try await table.batchGet(["3", "none", "0"].map { key("p", $0) })
        #expect(found == [item("p", "3"), nil, item("p", "0")])
        let empty = try await table.batchGet([])
        #expect(empty == [])
        let many = (0..<101).map { key("p", "\($0)") }
        let most = try await table.batchGet(Array(many.prefix(100)))
        #expect(most.count == 100)
        let codes = [
            await tableCode { try await table.batchGet(many) },
            await tableCode { try await table.batchGet([key("p", "1"), key("p", "1")]) },
        ]
        #expect(codes == [.invalidRequest, .invalidRequest])
    }

    @Test("a batch of writes takes 25 puts and deletes without conditions", arguments: TableFactory.all)
    func batchWrite(factory: TableFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let table = world.table
        try await table.put(item("p", "old"))
        let puts = (0..<24).map { TableWrite.put(item("p", "\($0)")) }
        try await table.batchWrite(puts + [.delete(key("p", "old"))])
        let sorts = try await table.sorts("p")
        #expect(sorts.count == 24)
        let codes = [
            await tableCode { try await table.batchWrite(puts + [.put(item("p", "x")), .put(item("p", "y"))]) },
            await tableCode { try await table.batchWrite([.put(item("p", "a")), .delete(key("p", "a"))]) },
            await tableCode { try await table.batchWrite([.update(key("p", "a"), add: ["n": 1])]) },
            await tableCode { try await table.batchWrite([.put(item("p", "a"), condition: .attributeExists("pk"))]) },
            await tableCode { try await table.batchWrite([.check(key("p", "a"), condition: .attributeExists("pk"))]) },
        ]
        #expect(codes.allSatisfy { $0 == .invalidRequest }, "\(codes)")
    }

    @Test("a transaction writes all or, naming the write whose condition fails, nothing", arguments: TableFactory.all)
    func transact(factory: TableFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let table = world.table
        try await table.put(item("p", "a", ["n": 1]))
        try await table.put(item("p", "gone"))
        try await table.transact([
            .put(item("p", "b", ["date": "d", "rank": 1]), condition: .attributeNotExists("pk")),
            .update(key("p", "a"), set: ["date": "d", "rank": 2], add: ["n": 1], condition: .equals("n", 1)),
            .delete(key("p", "gone"), condition: .attributeExists("pk")),
            .check(key("p", "none"), condition: .attributeNotExists("pk")),
        ])
        let before = try await table.scan(limit: 100, after: nil)
        #expect(before.items.count == 2)
        let code = await tableCode {
            try await table.transact([
                .put(item("p", "c", ["date": "d", "rank": 3])),
                .delete(key("p", "a")),
                .check(key("p", "b"), condition: .equals("rank", 7)),
            ])
        }
        #expect(code == .conditionFailed(index: 2))
        let after = try await table.scan(limit: 100, after: nil)
        #expect(after == before)
        let indexed = try await table.sorts("d", index: "by-date")
        #expect(indexed == ["b", "a"])
    }

    @Test("a transaction takes a hundred writes, each of another item", arguments: TableFactory.all)
    func transactLimits(factory: TableFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let table = world.table
        let writes = (0..<101).map { TableWrite.put(item("p", "\($0)")) }
        try await table.transact(Array(writes.prefix(100)))
        let codes = [
            await tableCode { try await table.transact(writes) },
            await tableCode { try await table.transact([.put(item("p", "x")), .delete(key("p", "x"))]) },
        ]
        #expect(codes == [.invalidRequest, .invalidRequest])
        let sorts = try await table.sorts("p", pageSize: 7)
        #expect(sorts.count == 100)
    }

    @Test("whoever transfers in transactions never makes or loses anything", arguments: TableFactory.all)
    func transfers(factory: TableFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let table = world.table
        let names = ["a", "b", "c"]
        for name in names { try await table.put(item("p", name, ["n": 20])) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<6 {
                group.addTask {
                    for round in 0..<20 {
                        let from = names[(task + round) % 3]
                        let to = names[(task + round + 1 + task % 2) % 3]
                        let code = await tableCode {
                            try await table.transact([
                                .update(key("p", from), add: ["n": -1], condition: .greaterThan("n", 0)),
                                .update(key("p", to), add: ["n": 1]),
                            ])
                        }
                        #expect(code == nil || code == .conditionFailed(index: 0))
                        let sum = try await table.query("p").items.reduce(0) { $0 + ($1["n"]?.intValue ?? 0) }
                        #expect(sum == 60)
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
