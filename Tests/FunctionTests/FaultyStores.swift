import Clocks
import MusicPipeline
import Storage
import Synchronization

/// Makes one call of all those made on stores fail: before it did anything, or after it was done and its answer lost.
final class FaultPlan: Sendable {
    enum Moment: String, Sendable, CaseIterable { case before, after }

    private struct State {
        var callCount = 0
        var failing: Int?
        var isSpent = false
    }

    private let state: Mutex<State>
    private let moment: Moment

    /// - Parameter failing: The place of the call that fails, from 0; nil for none.
    init(failing: Int?, _ moment: Moment = .before) {
        state = Mutex(State(failing: failing))
        self.moment = moment
    }

    var callCount: Int { state.withLock { $0.callCount } }
    var isSpent: Bool { state.withLock { $0.isSpent } }

    func call<Result>(_ error: any Error, _ body: () async throws -> Result) async throws -> Result {
        let fails = state.withLock { state in
            defer { state.callCount += 1 }
            guard state.callCount == state.failing else { return false }
            state.isSpent = true
            return true
        }
        guard fails else { return try await body() }
        if moment == .after { _ = try await body() }
        throw error
    }
}

extension Stores {
    func failing(by plan: FaultPlan) -> Stores {
        Stores(objects: FaultyObjectStore(base: objects, plan: plan)) { FaultyTable(base: table($0), plan: plan) }
    }
}

struct FaultyObjectStore: ObjectStore {
    let base: any ObjectStore
    let plan: FaultPlan

    func error(_ operation: String, _ key: String?, _ bucket: String) -> ObjectStoreError {
        ObjectStoreError(.io, operation: operation, bucket: bucket, key: key, detail: "planned")
    }

    func head(_ key: String, in bucket: String) async throws -> ObjectMetadata {
        try await plan.call(error("head", key, bucket)) { try await base.head(key, in: bucket) }
    }

    func get(_ key: String, in bucket: String, maximumByteCount: Int) async throws -> Object {
        try await plan.call(error("get", key, bucket)) {
            try await base.get(key, in: bucket, maximumByteCount: maximumByteCount)
        }
    }

    func get(_ key: String, in bucket: String, range: Range<Int>, ifMatch: String?) async throws -> [UInt8] {
        try await plan.call(error("get", key, bucket)) {
            try await base.get(key, in: bucket, range: range, ifMatch: ifMatch)
        }
    }

    func openReader(_ key: String, in bucket: String, ifMatch: String?) async throws -> any ObjectReader {
        let failure = error("read", key, bucket)
        return try await plan.call(failure) {
            FaultyReader(
                base: try await base.openReader(key, in: bucket, ifMatch: ifMatch), plan: plan, failure: failure)
        }
    }

    func put(
        _ bytes: [UInt8], as key: String, in bucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata {
        try await plan.call(error("put", key, bucket)) {
            try await base.put(bytes, as: key, in: bucket, condition: condition)
        }
    }

    func openWriter(_ key: String, in bucket: String) async throws -> any ObjectWriter {
        let failure = error("write", key, bucket)
        return try await plan.call(failure) {
            FaultyWriter(base: try await base.openWriter(key, in: bucket), plan: plan, failure: failure)
        }
    }

    func list(_ bucket: String, prefix: String, after: String?, limit: Int) async throws -> ObjectPage {
        try await plan.call(error("list", nil, bucket)) {
            try await base.list(bucket, prefix: prefix, after: after, limit: limit)
        }
    }

    func copy(
        _ key: String, in bucket: String, to newKey: String, in newBucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata {
        try await plan.call(error("copy", key, bucket)) {
            try await base.copy(key, in: bucket, to: newKey, in: newBucket, condition: condition)
        }
    }

    func move(
        _ key: String, in bucket: String, to newKey: String, in newBucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata {
        try await plan.call(error("move", key, bucket)) {
            try await base.move(key, in: bucket, to: newKey, in: newBucket, condition: condition)
        }
    }

    func delete(_ key: String, in bucket: String) async throws {
        try await plan.call(error("delete", key, bucket)) { try await base.delete(key, in: bucket) }
    }
}

private struct FaultyReader: ObjectReader {
    let base: any ObjectReader
    let plan: FaultPlan
    let failure: ObjectStoreError

    var metadata: ObjectMetadata { base.metadata }
    func read(upTo count: Int) async throws -> [UInt8] {
        try await plan.call(failure) { try await base.read(upTo: count) }
    }
    func close() async { await base.close() }
}

private struct FaultyWriter: ObjectWriter {
    let base: any ObjectWriter
    let plan: FaultPlan
    let failure: ObjectStoreError

    func write(_ bytes: [UInt8]) async throws { try await plan.call(failure) { try await base.write(bytes) } }
    func finish(condition: PutCondition) async throws -> ObjectMetadata {
        try await plan.call(failure) { try await base.finish(condition: condition) }
    }
    func abort() async { await base.abort() }
}

struct FaultyTable: Table {
    let base: any Table
    let plan: FaultPlan

    var schema: TableSchema { base.schema }

    func error(_ operation: String) -> TableError {
        TableError(.io, operation: operation, table: schema.name, detail: "planned")
    }

    func get(_ key: TableKey) async throws -> Item? {
        try await plan.call(error("get")) { try await base.get(key) }
    }

    func put(_ item: Item, condition: Condition?) async throws {
        try await plan.call(error("put")) { try await base.put(item, condition: condition) }
    }

    func update(
        _ key: TableKey, set: Item, add: [String: Int], remove: [String], condition: Condition?
    ) async throws -> Item {
        try await plan.call(error("update")) {
            try await base.update(key, set: set, add: add, remove: remove, condition: condition)
        }
    }

    func delete(_ key: TableKey, condition: Condition?) async throws {
        try await plan.call(error("delete")) { try await base.delete(key, condition: condition) }
    }

    func query(
        _ partition: AttributeValue, sortPrefix: String?, index: String?, limit: Int, after: TableCursor?,
        ascending: Bool
    ) async throws -> ItemPage {
        try await plan.call(error("query")) {
            try await base.query(
                partition, sortPrefix: sortPrefix, index: index, limit: limit, after: after, ascending: ascending)
        }
    }

    func batchGet(_ keys: [TableKey]) async throws -> [Item?] {
        try await plan.call(error("batchGet")) { try await base.batchGet(keys) }
    }

    func batchWrite(_ writes: [TableWrite]) async throws {
        try await plan.call(error("batchWrite")) { try await base.batchWrite(writes) }
    }

    func transact(_ writes: [TableWrite]) async throws {
        try await plan.call(error("transact")) { try await base.transact(writes) }
    }

    func scan(limit: Int, after: TableCursor?) async throws -> ItemPage {
        try await plan.call(error("scan")) { try await base.scan(limit: limit, after: after) }
    }
}
