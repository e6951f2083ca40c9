import MusicPipeline
import Storage
import Synchronization

/// A call of AWS that a function would make: the action that its role must allow, on what.
struct CloudCall: Hashable, CustomStringConvertible {
    let action: String
    let resource: String

    var description: String { "\(action) on \(resource)" }
}

/// The calls of AWS that calls on stores come to.
///
/// What S3 asks for: HeadObject and GetObject take `s3:GetObject`, and `s3:ListBucket` where the object is not there (else
/// the answer is 403 and not 404); CopyObject takes `s3:GetObject` and `s3:PutObject`; parts of uploads take
/// `s3:PutObject`. Of DynamoDB, a transaction takes the actions of its writes.
final class CallRecord: Sendable {
    static let account = "us-east-1:000000000000"

    private let seen = Mutex<Set<CloudCall>>([])

    var calls: Set<CloudCall> { seen.withLock { $0 } }

    func add(_ action: String, _ resource: String) {
        _ = seen.withLock { $0.insert(CloudCall(action: action, resource: resource)) }
    }
    func object(_ action: String, _ key: String, _ bucket: String) {
        add("s3:\(action)", "arn:aws:s3:::\(bucket)/\(key)")
    }
    func bucket(_ bucket: String) { add("s3:ListBucket", "arn:aws:s3:::\(bucket)") }
    func table(_ action: String, _ table: String, index: String? = nil) {
        let suffix = index.map { "/index/\($0)" } ?? ""
        add("dynamodb:\(action)", "arn:aws:dynamodb:\(CallRecord.account):table/\(table)\(suffix)")
    }

    /// Notes a read of an object, and what is needed to be told that it is not there.
    func reading<Result>(_ key: String, _ bucket: String, _ body: () async throws -> Result) async throws -> Result {
        object("GetObject", key, bucket)
        do {
            return try await body()
        } catch let error as ObjectStoreError where error.code == .notFound {
            self.bucket(bucket)
            throw error
        }
    }

    func writing(_ key: String, _ bucket: String, _ condition: PutCondition) {
        object("PutObject", key, bucket)
        if case .ifMatch = condition { object("GetObject", key, bucket) }
    }
}

extension Stores {
    func recorded(by record: CallRecord) -> Stores {
        Stores(objects: RecordingObjectStore(base: objects, record: record)) {
            RecordingTable(base: table($0), record: record)
        }
    }
}

private struct RecordingObjectStore: ObjectStore {
    let base: any ObjectStore
    let record: CallRecord

    func head(_ key: String, in bucket: String) async throws -> ObjectMetadata {
        try await record.reading(key, bucket) { try await base.head(key, in: bucket) }
    }

    func get(_ key: String, in bucket: String, maximumByteCount: Int) async throws -> Object {
        try await record.reading(key, bucket) {
            try await base.get(key, in: bucket, maximumByteCount: maximumByteCount)
        }
    }

    func get(_ key: String, in bucket: String, range: Range<Int>, ifMatch: String?) async throws -> [UInt8] {
        try await record.reading(key, bucket) {
            try await base.get(key, in: bucket, range: range, ifMatch: ifMatch)
        }
    }

    func openReader(_ key: String, in bucket: String, ifMatch: String?) async throws -> any ObjectReader {
        try await record.reading(key, bucket) { try await base.openReader(key, in: bucket, ifMatch: ifMatch) }
    }

    func put(
        _ bytes: [UInt8], as key: String, in bucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata {
        record.writing(key, bucket, condition)
        return try await base.put(bytes, as: key, in: bucket, condition: condition)
    }

    func openWriter(_ key: String, in bucket: String) async throws -> any ObjectWriter {
        record.writing(key, bucket, .none)
        return RecordingWriter(
            base: try await base.openWriter(key, in: bucket), record: record, key: key, bucket: bucket)
    }

    func list(_ bucket: String, prefix: String, after: String?, limit: Int) async throws -> ObjectPage {
        record.bucket(bucket)
        return try await base.list(bucket, prefix: prefix, after: after, limit: limit)
    }

    func copy(
        _ key: String, in bucket: String, to newKey: String, in newBucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata {
        record.writing(newKey, newBucket, condition)
        return try await record.reading(key, bucket) {
            try await base.copy(key, in: bucket, to: newKey, in: newBucket, condition: condition)
        }
    }

    func move(
        _ key: String, in bucket: String, to newKey: String, in newBucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata {
        record.writing(newKey, newBucket, condition)
        record.object("DeleteObject", key, bucket)
        return try await record.reading(key, bucket) {
            try await base.move(key, in: bucket, to: newKey, in: newBucket, condition: condition)
        }
    }

    func delete(_ key: String, in bucket: String) async throws {
        record.object("DeleteObject", key, bucket)
        try await base.delete(key, in: bucket)
    }
}

private struct RecordingWriter: ObjectWriter {
    let base: any ObjectWriter
    let record: CallRecord
    let key: String
    let bucket: String

    func write(_ bytes: [UInt8]) async throws { try await base.write(bytes) }
    func finish(condition: PutCondition) async throws -> ObjectMetadata {
        record.writing(key, bucket, condition)
        return try await base.finish(condition: condition)
    }
    func abort() async {
        record.object("AbortMultipartUpload", key, bucket)
        await base.abort()
    }
}

private struct RecordingTable: Table {
    let base: any Table
    let record: CallRecord

    var schema: TableSchema { base.schema }
    private var name: String { base.schema.name }

    func get(_ key: TableKey) async throws -> Item? {
        record.table("GetItem", name)
        return try await base.get(key)
    }

    func put(_ item: Item, condition: Condition?) async throws {
        record.table("PutItem", name)
        try await base.put(item, condition: condition)
    }

    func update(
        _ key: TableKey, set: Item, add: [String: Int], remove: [String], condition: Condition?
    ) async throws -> Item {
        record.table("UpdateItem", name)
        return try await base.update(key, set: set, add: add, remove: remove, condition: condition)
    }

    func delete(_ key: TableKey, condition: Condition?) async throws {
        record.table("DeleteItem", name)
        try await base.delete(key, condition: condition)
    }

    func query(
        _ partition: AttributeValue, sortPrefix: String?, index: String?, limit: Int, after: TableCursor?,
        ascending: Bool
    ) async throws -> ItemPage {
        record.table("Query", name, index: index)
        return try await base.query(
            partition, sortPrefix: sortPrefix, index: index, limit: limit, after: after, ascending: ascending)
    }

    func batchGet(_ keys: [TableKey]) async throws -> [Item?] {
        record.table("BatchGetItem", name)
        return try await base.batchGet(keys)
    }

    func batchWrite(_ writes: [TableWrite]) async throws {
        record.table("BatchWriteItem", name)
        try await base.batchWrite(writes)
    }

    func transact(_ writes: [TableWrite]) async throws {
        for write in writes {
            switch write {
            case .put: record.table("PutItem", name)
            case .update: record.table("UpdateItem", name)
            case .delete: record.table("DeleteItem", name)
            case .check: record.table("ConditionCheckItem", name)
            }
        }
        try await base.transact(writes)
    }

    func scan(limit: Int, after: TableCursor?) async throws -> ItemPage {
        record.table("Scan", name)
        return try await base.scan(limit: limit, after: after)
    }
}
