import Storage

/// An object store that gives Parquet files a name of their own at each attempt, or does not see what lies in a folder.
struct MutantObjects: ObjectStore {
    private let objects: any ObjectStore
    private let hidden: (bucket: String, prefix: String)?
    private let suffix: (@Sendable () -> String)?

    init(
        _ objects: any ObjectStore, hidden: (bucket: String, prefix: String)? = nil,
        renamesParquet suffix: (@Sendable () -> String)? = nil
    ) {
        self.objects = objects
        self.hidden = hidden
        self.suffix = suffix
    }

    private func renamed(_ key: String) -> String {
        guard let suffix, key.hasSuffix(".parquet") else { return key }
        return "\(key.dropLast(8))-\(suffix()).parquet"
    }

    func head(_ key: String, in bucket: String) async throws -> ObjectMetadata {
        if let hidden, bucket == hidden.bucket, key.hasPrefix(hidden.prefix) {
            throw ObjectStoreError(.notFound, operation: "head", bucket: bucket, key: key, detail: "it is not seen")
        }
        return try await objects.head(key, in: bucket)
    }

    func get(_ key: String, in bucket: String, maximumByteCount: Int) async throws -> Object {
        try await objects.get(key, in: bucket, maximumByteCount: maximumByteCount)
    }

    func get(_ key: String, in bucket: String, range: Range<Int>, ifMatch: String?) async throws -> [UInt8] {
        try await objects.get(key, in: bucket, range: range, ifMatch: ifMatch)
    }

    func openReader(_ key: String, in bucket: String, ifMatch: String?) async throws -> any ObjectReader {
        try await objects.openReader(key, in: bucket, ifMatch: ifMatch)
    }

    func put(
        _ bytes: [UInt8], as key: String, in bucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata {
        try await objects.put(bytes, as: renamed(key), in: bucket, condition: condition)
    }

    func openWriter(_ key: String, in bucket: String) async throws -> any ObjectWriter {
        try await objects.openWriter(renamed(key), in: bucket)
    }

    func list(_ bucket: String, prefix: String, after: String?, limit: Int) async throws -> ObjectPage {
        try await objects.list(bucket, prefix: prefix, after: after, limit: limit)
    }

    func copy(
        _ key: String, in bucket: String, to newKey: String, in newBucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata {
        try await objects.copy(key, in: bucket, to: newKey, in: newBucket, condition: condition)
    }

    func move(
        _ key: String, in bucket: String, to newKey: String, in newBucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata {
        try await objects.move(key, in: bucket, to: newKey, in: newBucket, condition: condition)
    }

    func delete(_ key: String, in bucket: String) async throws { try await objects.delete(key, in: bucket) }
}
