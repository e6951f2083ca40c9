public import Clocks
import Digest
import Synchronization

/// Objects in this process's memory, for tests: a faithful store of every key that S3 takes.
public final class InMemoryObjectStore: ObjectStore {
    private struct Entry {
        let bytes: [UInt8]
        let metadata: ObjectMetadata
    }

    /// A bucket's objects, ascending by key.
    private struct Bucket {
        private var entries: [(key: [UInt8], entry: Entry)] = []

        /// The place of the first key that is not less than `key`.
        func position(of key: [UInt8]) -> Int {
            var low = 0
            var high = entries.count
            while low < high {
                let middle = (low + high) / 2
                if entries[middle].key.lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
            }
            return low
        }

        subscript(key: String) -> Entry? {
            get {
                let bytes = Array(key.utf8)
                let position = position(of: bytes)
                return position < entries.count && entries[position].key == bytes ? entries[position].entry : nil
            }
            set {
                let bytes = Array(key.utf8)
                let position = position(of: bytes)
                let isThere = position < entries.count && entries[position].key == bytes
                switch (newValue, isThere) {
                case (let entry?, true): entries[position].entry = entry
                case (let entry?, false): entries.insert((bytes, entry), at: position)
                case (nil, true): entries.remove(at: position)
                case (nil, false): break
                }
            }
        }

        func page(prefix: String, after: String?, limit: Int) -> ObjectPage {
            let prefix = Array(prefix.utf8)
            var position = position(of: prefix)
            if let after = after.map({ Array($0.utf8) }) {
                let next = self.position(of: after)
                position = max(position, next < entries.count && entries[next].key == after ? next + 1 : next)
            }
            let rest = entries[position...].prefix { $0.key.starts(with: prefix) }
            let objects = rest.prefix(limit).map(\.entry.metadata)
            return ObjectPage(objects: objects, next: rest.count > limit ? objects.last?.key : nil)
        }
    }

    private let clock: any WallClock
    private let buckets: Mutex<[String: Bucket]>

    /// Makes a store with empty buckets.
    ///
    /// - Parameter clock: Stamps the objects.
    public init(buckets: [String], clock: any WallClock) {
        self.clock = clock
        self.buckets = Mutex(Dictionary(buckets.map { ($0, Bucket()) }, uniquingKeysWith: { first, _ in first }))
    }

    /// Makes a bucket; one that is there is fine.
    ///
    /// - Throws: ``ObjectStoreError`` `.invalidKey` for a name that S3 doesn't take.
    public func createBucket(_ bucket: String) throws {
        try ObjectKey.checkBucket(bucket, "create bucket")
        buckets.withLock { $0[bucket] = $0[bucket] ?? Bucket() }
    }

    private func withBucket<Result>(
        _ operation: String, _ key: String?, _ bucket: String,
        _ body: (inout sending Bucket) throws(ObjectStoreError) -> sending Result
    ) throws(ObjectStoreError) -> Result {
        if let key {
            try ObjectKey.check(key, in: bucket, operation)
        } else {
            try ObjectKey.checkBucket(bucket, operation)
        }
        return try buckets.withLock { (buckets) throws(ObjectStoreError) in
            guard var content = buckets[bucket] else {
                throw ObjectStoreError(
                    .noSuchBucket, operation: operation, bucket: bucket, key: key, detail: "there is no such bucket")
            }
            // Out of the dictionary while it changes, so that the bucket's array is not copied.
            buckets[bucket] = nil
            defer { buckets[bucket] = content }
            return try body(&content)
        }
    }

    private func entry(
        _ operation: String, _ key: String, _ bucket: String, ifMatch: String? = nil
    ) throws(ObjectStoreError) -> Entry {
        try withBucket(operation, key, bucket) { (content) throws(ObjectStoreError) in
            guard let entry = content[key] else {
                throw ObjectStoreError(
                    .notFound, operation: operation, bucket: bucket, key: key, detail: "there is no such object")
            }
            if let ifMatch, !ETag.matches(ifMatch, entry.metadata.eTag) {
                throw ObjectStoreError(
                    .preconditionFailed, operation: operation, bucket: bucket, key: key,
                    detail: "the object's ETag is \(entry.metadata.eTag), not \(ifMatch)")
            }
            return entry
        }
    }

    public func head(_ key: String, in bucket: String) async throws -> ObjectMetadata {
        try entry("head", key, bucket).metadata
    }

    public func get(_ key: String, in bucket: String, maximumByteCount: Int) async throws -> Object {
        let entry = try entry("get", key, bucket)
        guard entry.bytes.count <= maximumByteCount else {
            throw ObjectStoreError.tooLarge("get", bucket, key, entry.bytes.count, maximumByteCount)
        }
        return Object(metadata: entry.metadata, bytes: entry.bytes)
    }

    public func get(_ key: String, in bucket: String, range: Range<Int>, ifMatch: String?) async throws -> [UInt8] {
        let entry = try entry("get range", key, bucket, ifMatch: ifMatch)
        try ObjectStoreError.check(range, of: entry.bytes.count, "get range", bucket, key)
        return Array(entry.bytes[range.lowerBound..<min(range.upperBound, entry.bytes.count)])
    }

    public func openReader(_ key: String, in bucket: String, ifMatch: String?) async throws -> any ObjectReader {
        let entry = try entry("open", key, bucket, ifMatch: ifMatch)
        return InMemoryReader(metadata: entry.metadata, bytes: entry.bytes)
    }

    @discardableResult
    public func put(
        _ bytes: [UInt8], as key: String, in bucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata {
        try place(bytes, "put", key, bucket, condition)
    }

    fileprivate func place(
        _ bytes: [UInt8], _ operation: String, _ key: String, _ bucket: String, _ condition: PutCondition
    ) throws(ObjectStoreError) -> ObjectMetadata {
        let metadata = ObjectMetadata(
            bucket: bucket, key: key, byteCount: bytes.count, eTag: md5(bytes), lastModified: clock.now)
        try withBucket(operation, key, bucket) { (content) throws(ObjectStoreError) in
            try ObjectStoreError.check(condition, content[key]?.metadata.eTag, operation, bucket, key)
            content[key] = Entry(bytes: bytes, metadata: metadata)
        }
        return metadata
    }

    public func openWriter(_ key: String, in bucket: String) async throws -> any ObjectWriter {
        try withBucket("open writer", key, bucket) { _ in }
        return InMemoryWriter(store: self, key: key, bucket: bucket)
    }

    public func list(_ bucket: String, prefix: String, after: String?, limit: Int) async throws -> ObjectPage {
        let limit = try ObjectStoreError.checkedLimit(limit, bucket)
        return try withBucket("list", nil, bucket) { $0.page(prefix: prefix, after: after, limit: limit) }
    }

    @discardableResult
    public func copy(
        _ key: String, in bucket: String, to newKey: String, in newBucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata {
        try ObjectKey.check(newKey, in: newBucket, "copy")
        return try place(entry("copy", key, bucket).bytes, "copy", newKey, newBucket, condition)
    }

    @discardableResult
    public func move(
        _ key: String, in bucket: String, to newKey: String, in newBucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata {
        try ObjectKey.check(key, in: bucket, "move")
        try ObjectKey.check(newKey, in: newBucket, "move")
        return try buckets.withLock { (buckets) throws(ObjectStoreError) in
            for (name, itsKey) in [(bucket, key), (newBucket, newKey)] where buckets[name] == nil {
                throw ObjectStoreError(
                    .noSuchBucket, operation: "move", bucket: name, key: itsKey, detail: "there is no such bucket")
            }
            guard let entry = buckets[bucket]?[key] else {
                throw ObjectStoreError(
                    .notFound, operation: "move", bucket: bucket, key: key, detail: "there is no such object")
            }
            try ObjectStoreError.check(condition, buckets[newBucket]?[newKey]?.metadata.eTag, "move", newBucket, newKey)
            let metadata = ObjectMetadata(
                bucket: newBucket, key: newKey, byteCount: entry.bytes.count, eTag: entry.metadata.eTag,
                lastModified: entry.metadata.lastModified)
            buckets[bucket]?[key] = nil
            buckets[newBucket]?[newKey] = Entry(bytes: entry.bytes, metadata: metadata)
            return metadata
        }
    }

    public func delete(_ key: String, in bucket: String) async throws {
        try withBucket("delete", key, bucket) { $0[key] = nil }
    }
}

private final class InMemoryReader: ObjectReader {
    let metadata: ObjectMetadata
    private let bytes: [UInt8]
    /// The bytes read, or nil once closed.
    private let position = Mutex<Int?>(0)

    init(metadata: ObjectMetadata, bytes: [UInt8]) {
        self.metadata = metadata
        self.bytes = bytes
    }

    func read(upTo count: Int) async throws -> [UInt8] {
        precondition(count > 0, "a read takes at least one byte")
        let range: Range<Int>? = position.withLock { position in
            guard let start = position else { return nil }
            position = min(start + count, bytes.count)
            return start..<min(start + count, bytes.count)
        }
        guard let range else { throw ObjectStoreError.closed("read", metadata.bucket, metadata.key) }
        return Array(bytes[range])
    }

    func close() async { position.withLock { $0 = nil } }
}

private final class InMemoryWriter: ObjectWriter {
    private let store: InMemoryObjectStore
    private let key: String
    private let bucket: String
    private let bytes = Mutex<[UInt8]?>([])

    init(store: InMemoryObjectStore, key: String, bucket: String) {
        self.store = store
        self.key = key
        self.bucket = bucket
    }

    func write(_ bytes: [UInt8]) async throws {
        let isOpen = self.bytes.withLock { content in
            content?.append(contentsOf: bytes)
            return content != nil
        }
        guard isOpen else { throw ObjectStoreError.closed("write", bucket, key) }
    }

    func finish(condition: PutCondition) async throws -> ObjectMetadata {
        guard let content = take() else { throw ObjectStoreError.closed("finish", bucket, key) }
        return try store.place(content, "finish", key, bucket, condition)
    }

    func abort() async { _ = take() }

    private func take() -> [UInt8]? {
        bytes.withLock { content in
            defer { content = nil }
            return content
        }
    }
}
