import SimulationLink

/// An object store whose every call waits for a simulator's word, before and, where others can see what it did, after.
struct HeldObjectStore: ObjectStore {
    let store: any ObjectStore
    let link: SimulationLink

    /// Asks before an act; throws what the simulator has it meet.
    private func hold(
        _ moment: SimulationLink.Moment, _ act: String, _ key: String?, _ bucket: String, isWrite: Bool = false
    ) throws(ObjectStoreError) {
        let verdict = link.hold(moment, act, key.map { "\(bucket)/\($0)" } ?? bucket, isWrite: isWrite)
        guard let error = ObjectStoreError(verdict, act, bucket, key) else { return }
        throw error
    }

    /// Holds the function when an object is complete and not yet to be seen.
    static func holdPlacing(_ bucket: String, _ key: String, _ link: SimulationLink) throws(ObjectStoreError) {
        let verdict = link.hold(.during, "place", "\(bucket)/\(key)", isWrite: true)
        if let error = ObjectStoreError(verdict, "place", bucket, key) { throw error }
    }

    func head(_ key: String, in bucket: String) async throws -> ObjectMetadata {
        try hold(.before, "head", key, bucket)
        return try await store.head(key, in: bucket)
    }

    func get(_ key: String, in bucket: String, maximumByteCount: Int) async throws -> Object {
        try hold(.before, "get", key, bucket)
        return try await store.get(key, in: bucket, maximumByteCount: maximumByteCount)
    }

    func get(_ key: String, in bucket: String, range: Range<Int>, ifMatch: String?) async throws -> [UInt8] {
        try hold(.before, "get range", key, bucket)
        return try await store.get(key, in: bucket, range: range, ifMatch: ifMatch)
    }

    func openReader(_ key: String, in bucket: String, ifMatch: String?) async throws -> any ObjectReader {
        try hold(.before, "open", key, bucket)
        return try await store.openReader(key, in: bucket, ifMatch: ifMatch)
    }

    func put(
        _ bytes: [UInt8], as key: String, in bucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata {
        try hold(.before, "put", key, bucket, isWrite: true)
        let metadata = try await store.put(bytes, as: key, in: bucket, condition: condition)
        try hold(.after, "put", key, bucket, isWrite: true)
        return metadata
    }

    func openWriter(_ key: String, in bucket: String) async throws -> any ObjectWriter {
        try hold(.before, "write", key, bucket)
        return HeldObjectWriter(
            writer: try await store.openWriter(key, in: bucket), key: key, bucket: bucket, link: link)
    }

    func list(_ bucket: String, prefix: String, after: String?, limit: Int) async throws -> ObjectPage {
        try hold(.before, "list", prefix, bucket)
        return try await store.list(bucket, prefix: prefix, after: after, limit: limit)
    }

    func copy(
        _ key: String, in bucket: String, to newKey: String, in newBucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata {
        try hold(.before, "copy", newKey, newBucket, isWrite: true)
        let metadata = try await store.copy(key, in: bucket, to: newKey, in: newBucket, condition: condition)
        try hold(.after, "copy", newKey, newBucket, isWrite: true)
        return metadata
    }

    func move(
        _ key: String, in bucket: String, to newKey: String, in newBucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata {
        try hold(.before, "move", newKey, newBucket, isWrite: true)
        let metadata = try await store.move(key, in: bucket, to: newKey, in: newBucket, condition: condition)
        try hold(.after, "move", newKey, newBucket, isWrite: true)
        return metadata
    }

    func delete(_ key: String, in bucket: String) async throws {
        try hold(.before, "delete", key, bucket, isWrite: true)
        try await store.delete(key, in: bucket)
        try hold(.after, "delete", key, bucket, isWrite: true)
    }
}

struct HeldObjectWriter: ObjectWriter {
    let writer: any ObjectWriter
    let key: String
    let bucket: String
    let link: SimulationLink

    func write(_ bytes: [UInt8]) async throws { try await writer.write(bytes) }

    func finish(condition: PutCondition) async throws -> ObjectMetadata {
        if let error = ObjectStoreError(
            link.hold(.before, "finish", "\(bucket)/\(key)", isWrite: true), "finish", bucket, key)
        {
            await writer.abort()
            throw error
        }
        let metadata = try await writer.finish(condition: condition)
        if let error = ObjectStoreError(
            link.hold(.after, "finish", "\(bucket)/\(key)", isWrite: true), "finish", bucket, key)
        {
            throw error
        }
        return metadata
    }

    func abort() async { await writer.abort() }
}

extension ObjectStoreError {
    /// What a verdict means for a call; nil when it goes on.
    init?(_ verdict: SimulationLink.Verdict, _ act: String, _ bucket: String, _ key: String?) {
        let code: Code
        switch verdict {
        case .go: return nil
        case .throttled, .failed: code = .io
        case .full: code = .noSpace
        }
        self.init(
            code, operation: act, bucket: bucket, key: key, detail: "the simulator has it fail (\(verdict.rawValue))")
    }
}
