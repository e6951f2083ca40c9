import Clocks
import FileSystem
import Glibc
import JSON
import SQLite
import StatesLanguage
import TestSupport
import Testing

@testable import EventRouter

@Suite("ExecutionStore")
struct ExecutionStoreTests {
    static let time = Timestamp(secondsSinceEpoch: 1_719_309_600)

    func start(_ number: Int64, machine: String = "m", name: String? = nil, delivery: Int64? = nil) -> StepRecord {
        StepRecord(
            execution: number, time: Self.time + .seconds(number),
            start: StepRecord.Start(
                stateMachineARN: "arn:aws:states:us-east-1:0:stateMachine:\(machine)", name: name ?? "n\(number)",
                arn: "arn:aws:states:us-east-1:0:execution:\(machine):\(name ?? "n\(number)")", roleARN: "role",
                definitionDigest: "digest", input: Array(#"{"a": 1}"#.utf8), seed: .max),
            events: [.foreign(id: 1, ["id": 1]), .foreign(id: 2, ["id": 2])], deliveryID: delivery)
    }

    func end(_ number: Int64, _ status: ExecutionStatus = .succeeded) -> StepRecord {
        StepRecord(
            execution: number, time: Self.time + .seconds(number + 1_000), input: (1, .stop(error: nil, cause: nil)),
            events: [.foreign(id: 3, ["id": 3])],
            end: StepRecord.End(status: status, output: Array("{}".utf8), error: "E", cause: "C"))
    }

    @Test("Steps come back as executions, histories and inputs")
    func roundTrip() async throws {
        try await withTemporaryDirectory { folder in
            let store = try await ExecutionStore(path: "\(folder)/e.sqlite")
            try await store.record([start(1), start(2), end(2, .failed), start(3, machine: "other", name: "früh")])
            let page = try await store.executions()
            #expect(page.executions.map(\.number) == [3, 2, 1])
            #expect(page.next == nil)
            let second = try #require(try await store.execution("n2"))
            #expect(second.status == .failed)
            #expect(second.input == #"{"a": 1}"#)
            #expect(second.output == "{}")
            #expect(second.error == "E")
            #expect(second.cause == "C")
            #expect(second.eventCount == 3)
            #expect(second.startedAt == Self.time + .seconds(2))
            #expect(second.stoppedAt == Self.time + .seconds(1_002))
            #expect(try await store.execution("arn:aws:states:us-east-1:0:execution:other:früh")?.number == 3)
            #expect(try await store.execution("fr")?.number == 3)
            #expect(try await store.execution("n") == nil)
            #expect(try await store.execution("") == nil)
            #expect(try await store.execution("none") == nil)
            #expect(try await store.counts() == [.running: 2, .failed: 1])

            let running = try await store.runningExecutions(after: 0, limit: 10)
            #expect(running.map(\.record.number) == [1, 3])
            #expect(running.first?.seed == .max)
            #expect(running.first?.definitionDigest == "digest")
            #expect(try await store.lastExecutionNumber() == 3)
        }
    }

    @Test("Lists are filtered and paged")
    func paging() async throws {
        try await withTemporaryDirectory { folder in
            let store = try await ExecutionStore(path: "\(folder)/e.sqlite")
            try await store.record((1...25).map { start($0, machine: $0.isMultiple(of: 5) ? "five" : "other") })
            try await store.record([end(10), end(11)])
            var found: [Int64] = []
            var before: Int64?
            repeat {
                let page = try await store.executions(before: before, limit: 10)
                found += page.executions.map(\.number)
                before = page.next
            } while before != nil
            #expect(found == (1...25).reversed().map(Int64.init))
            let five = ExecutionFilter(
                stateMachineARN: "arn:aws:states:us-east-1:0:stateMachine:five", status: .running)
            #expect(try await store.executions(matching: five).executions.map(\.number) == [25, 20, 15, 5])
            #expect(try await store.executions(matching: ExecutionFilter(status: .aborted)).executions.isEmpty)
        }
    }

    @Test("Histories are read forward and in reverse, page by page")
    func history() async throws {
        try await withTemporaryDirectory { folder in
            let store = try await ExecutionStore(path: "\(folder)/e.sqlite")
            try await store.record([start(1), end(1)])
            let execution = try #require(try await store.execution("n1"))
            func read(_ isReversed: Bool) async throws -> [Int?] {
                var ids: [Int?] = []
                var after: Int?
                repeat {
                    let page = try await store.history(of: execution, isReversed: isReversed, after: after, limit: 2)
                    ids += page.events.map { $0["id"]?.intValue }
                    after = page.next
                } while after != nil
                return ids
            }
            #expect(try await read(false) == [1, 2, 3])
            #expect(try await read(true) == [3, 2, 1])
        }
    }

    @Test("A batch is recorded as a whole or not at all")
    func batchIsAtomic() async throws {
        try await withTemporaryDirectory { folder in
            let store = try await ExecutionStore(path: "\(folder)/e.sqlite")
            try await store.record([start(1)])
            await #expect(throws: ExecutionError.self) { try await store.record([start(2), start(1)]) }
            #expect(try await store.executions().executions.map(\.number) == [1])
        }
    }

    @Test("A record removes the delivery it answers, and an arrival is remembered with its deliveries")
    func deliveries() async throws {
        try await withTemporaryDirectory { folder in
            let store = try await ExecutionStore(path: "\(folder)/e.sqlite")
            let name = ObjectName(bucket: "raw", key: "a.csv")
            let identity = ObjectIdentity(inode: .max, byteCount: 3, modifiedNanoseconds: 4)
            func delivery(_ target: QueuedDelivery.Target, due: Int64) -> QueuedDelivery {
                QueuedDelivery(
                    target: target, origin: "rule", name: "n", payload: [1, 2], acceptedAt: Self.time,
                    due: Self.time + .seconds(due))
            }
            let change = AcceptedChange(
                change: ObjectChange(name: name, kind: .put, time: Self.time, identity: identity, eTag: "e"),
                sequencer: "s")
            try await store.accept(
                [change],
                deliveries: [
                    delivery(.stateMachine(arn: "m"), due: 5), delivery(.stateMachine(arn: "m"), due: 0),
                    delivery(.function(arn: "f"), due: 0),
                ], lastSequencer: 77)
            #expect(
                try await store.seen([name, ObjectName(bucket: "raw", key: "b")]) == [
                    name: SeenObject(identity: identity, eTag: "e")
                ])
            #expect(try await store.lastSequencer() == 77)
            #expect(try await store.dueDeliveries(.execution, at: Self.time, limit: 10).map(\.id) == [2])
            #expect(try await store.dueDeliveries(.invocation, at: Self.time, limit: 10).map(\.id) == [3])
            #expect(try await store.nextDue(after: Self.time) == Self.time + .seconds(5))
            #expect(
                try await store.dueDeliveries(.execution, at: Self.time + .seconds(9), limit: 10).map(\.id) == [2, 1])
            try await store.record([start(1, delivery: 2)])
            var postponed = try #require(try await store.dueDeliveries(.invocation, at: Self.time, limit: 1).first)
            #expect(postponed.payload == [1, 2])
            postponed.due = Self.time + .seconds(60)
            postponed.attempts = 1
            try await store.postpone(postponed)
            #expect(try await store.dueDeliveries(.invocation, at: Self.time, limit: 1).isEmpty)
            #expect(try await store.dueDeliveries(.invocation, at: Self.time + .seconds(60), limit: 1) == [postponed])
            #expect(try await store.deliveryCount() == 2)

            let removal = AcceptedChange(
                change: ObjectChange(name: name, kind: .removed, time: Self.time), sequencer: "t")
            try await store.accept([removal], deliveries: [], lastSequencer: 78)
            #expect(try await store.seen([name]).isEmpty)
        }
    }

    @Test("Remembered keys are listed by prefix, in the order of their bytes")
    func seenKeys() async throws {
        try await withTemporaryDirectory { folder in
            let store = try await ExecutionStore(path: "\(folder)/e.sqlite")
            let keys = ["a", "a/b", "a/z", "a0", "ä/1", "b/c"]
            try await store.accept(
                keys.map { key in
                    AcceptedChange(
                        change: ObjectChange(
                            name: ObjectName(bucket: "raw", key: key), kind: .put, time: Self.time,
                            identity: ObjectIdentity(inode: 1, byteCount: 1, modifiedNanoseconds: 1), eTag: "e"),
                        sequencer: "s")
                }, deliveries: [], lastSequencer: 1)
            func list(_ prefix: String, _ after: String? = nil, limit: Int = 10) async throws -> [String] {
                try await store.seenKeys(in: "raw", prefix: prefix, after: after, limit: limit)
            }
            #expect(try await list("") == ["a", "a/b", "a/z", "a0", "b/c", "ä/1"])
            #expect(try await list("a/") == ["a/b", "a/z"])
            #expect(try await list("a/", "a/b") == ["a/z"])
            #expect(try await list("", limit: 2) == ["a", "a/b"])
            #expect(try await list("ä") == ["ä/1"])
            #expect(try await store.seenKeys(in: "other", prefix: "", after: nil, limit: 1).isEmpty)
        }
    }

    @Test("What has ended is pruned by count and by age, the oldest first; what runs stays")
    func pruning() async throws {
        try await withTemporaryDirectory { folder in
            let store = try await ExecutionStore(
                path: "\(folder)/e.sqlite", retention: .init(maximumCount: 3, maximumAge: .seconds(100_000)))
            try await store.record((1...8).map { start($0) })
            try await store.record((2...8).map { end($0) })
            #expect(try await store.prune(at: Self.time + .seconds(2_000)) == 4)
            #expect(try await store.executions().executions.map(\.number) == [8, 7, 6, 1])
            #expect(try await store.prune(at: Self.time + .seconds(2_000)) == 0)
            #expect(try await store.prune(at: Self.time + .seconds(200_000)) == 3)
            #expect(try await store.executions().executions.map(\.number) == [1])
        }
        try await withTemporaryDirectory { folder in
            let store = try await ExecutionStore(path: "\(folder)/e.sqlite", retention: .init(maximumCount: 10))
            for number in Int64(1)...600 { try await store.record([start(number), end(number)]) }
            #expect(try await store.executions(limit: 1_000).executions.count < 10 + ExecutionStore.pruningInterval)
        }
    }

    @Test("A file of a later version, and one that is no database, are refused by name")
    func refusals() async throws {
        try await withTemporaryDirectory { folder in
            do {
                let database = try Database("\(folder)/later.sqlite")
                try database.execute("PRAGMA user_version = 99")
            }
            await #expect { _ = try await ExecutionStore(path: "\(folder)/later.sqlite") } throws: { error in
                (error as? ExecutionError)?.code == .newerSchema && "\(error)".contains("layout 99")
            }
            try FileSystem.writeFileAtomically("\(folder)/text.sqlite", Array(repeating: 65, count: 5_000))
            await #expect { _ = try await ExecutionStore(path: "\(folder)/text.sqlite") } throws: { error in
                (error as? ExecutionError)?.code == .storage && "\(error)".contains("text.sqlite")
            }
            await #expect { _ = try await ExecutionStore(path: "\(folder)/none.sqlite", mode: .readOnly) } throws: {
                error in
                "\(error)".contains("no router has run")
            }
            #expect(try FileSystem.status("\(folder)/none.sqlite") == nil)
        }
    }

    @Test("Another process may read while the router writes")
    func reader() async throws {
        try await withTemporaryDirectory { folder in
            let writer = try await ExecutionStore(path: "\(folder)/e.sqlite")
            try await writer.record([start(1)])
            let reader = try await ExecutionStore(path: "\(folder)/e.sqlite", mode: .readOnly)
            #expect(try await reader.executions().executions.count == 1)
            try await writer.record([start(2)])
            #expect(try await reader.executions().executions.count == 2)
            await #expect(throws: ExecutionError.self) { try await reader.record([start(3)]) }
        }
    }

    @Test("A second claim to a data folder is refused with the holder's process id, until the first is given up")
    func folderLock() async throws {
        try await withTemporaryDirectory { folder in
            var first: DataFolderLock? = try DataFolderLock(folder: folder)
            #expect(first != nil)
            #expect { _ = try DataFolderLock(folder: folder) } throws: { error in
                (error as? ExecutionError)?.code == .folderLocked && "\(error)".contains("process \(getpid())")
            }
            first = nil
            _ = try DataFolderLock(folder: folder)
            #expect { _ = try DataFolderLock(folder: "\(folder)/none") } throws: { error in
                (error as? ExecutionError)?.code == .storage
            }
        }
    }
}
