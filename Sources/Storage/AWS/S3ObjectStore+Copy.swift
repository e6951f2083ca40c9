import AWSClient

extension S3ObjectStore {
    @discardableResult
    package func copy(
        _ key: String, in bucket: String, to newKey: String, in newBucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata {
        try await copy("copy", key, bucket, newKey, newBucket, condition).copied
    }

    @discardableResult
    package func move(
        _ key: String, in bucket: String, to newKey: String, in newBucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata {
        let (source, copied) = try await copy("move", key, bucket, newKey, newBucket, condition)
        if isSame(key, bucket, newKey, newBucket) { return copied }
        try await explaining("move", key, bucket) {
            do {
                // Only the version that was copied goes: what was written since stays where it is.
                try await client.deleteObject(key, in: bucket, ifMatch: source.eTag)
            } catch let error as AWSError where error.status == 412 {
                // Someone has put another version there meanwhile; this one is under its new key.
            } catch let error as AWSError where error.status == 404 && error.mayHaveHappened {
                // An earlier attempt of this delete, of which no answer came.
            }
        }
        return copied
    }

    private func isSame(_ key: String, _ bucket: String, _ newKey: String, _ newBucket: String) -> Bool {
        bucket == newBucket && key.utf8.elementsEqual(newKey.utf8)
    }

    /// Copies the version of an object that is there now; onto itself it does nothing, as S3 would refuse.
    private func copy(
        _ operation: String, _ key: String, _ bucket: String, _ newKey: String, _ newBucket: String,
        _ condition: PutCondition
    ) async throws -> (source: ObjectMetadata, copied: ObjectMetadata) {
        try check(key, bucket, operation)
        try check(newKey, newBucket, operation)
        try await requireBucket(newBucket, operation, newKey)
        let source = try await explaining(operation, key, bucket) {
            metadata(try await client.headObject(key, in: bucket), bucket)
        }
        if condition != .none {
            // S3 takes conditions on copies since 2025, products like it often don't: they hold unless someone writes right
            // now.
            let there = try await headIfPresent(newKey, in: newBucket)
            try ObjectStoreError.check(condition, there?.eTag, operation, newBucket, newKey)
        }
        if isSame(key, bucket, newKey, newBucket) { return (source, source) }
        let written = try await explaining(operation, newKey, newBucket) {
            do {
                return try await write(source, to: newKey, newBucket, condition)
            } catch let error as AWSError {
                if error.code == "NoSuchKey" {
                    throw ObjectStoreError(error, operation: operation, bucket: bucket, key: key)
                }
                throw error
            }
        }
        return (source, metadata(written, source.byteCount, newKey, newBucket))
    }

    private func write(
        _ source: ObjectMetadata, to key: String, _ bucket: String, _ condition: PutCondition
    ) async throws -> S3Written {
        let partByteCount = try await partByteCount(of: source)
        guard let partByteCount else {
            return try await client.copyObject(
                source.key, in: source.bucket, ifMatch: source.eTag, to: key, in: bucket, S3Condition(condition))
        }
        let upload = try await client.createMultipartUpload(key, in: bucket)
        do {
            let parts = try await copyParts(of: source, partByteCount, upload, key, bucket)
            return try await client.completeMultipartUpload(
                upload, parts: parts, as: key, in: bucket, S3Condition(condition))
        } catch {
            let client = client
            // In a task of its own, awaited here: the task that failed may be a cancelled one.
            await Task { try? await client.abortMultipartUpload(upload, of: key, in: bucket) }.value
            throw error
        }
    }

    /// Bytes of the parts that a copy is made in; nil for one piece.
    ///
    /// An object that was written in parts (its ETag ends in their number) is copied in the same: its ETag, by which others
    /// know this version, is made of theirs.
    private func partByteCount(of source: ObjectMetadata) async throws -> Int? {
        if let dash = source.eTag.lastIndex(of: "-"), let count = Int(source.eTag[source.eTag.index(after: dash)...]),
            count > 0, source.byteCount > 0
        {
            let first = try await client.headPart(1, of: source.key, in: source.bucket)
            if first > 0, (source.byteCount + first - 1) / first == count { return first }
        }
        return source.byteCount > options.multipartCopyByteCount ? options.copyPartByteCount : nil
    }

    private func copyParts(
        of source: ObjectMetadata, _ partByteCount: Int, _ upload: String, _ key: String, _ bucket: String
    ) async throws -> [S3Part] {
        let starts = Array(stride(from: 0, to: source.byteCount, by: partByteCount))
        return try await withThrowingTaskGroup(of: S3Part.self) { group in
            var parts: [S3Part] = []
            var next = 0
            func add() {
                guard next < starts.count else { return }
                let range = starts[next]..<min(starts[next] + partByteCount, source.byteCount)
                next += 1
                let number = next
                group.addTask { [client] in
                    try await client.uploadPartCopy(
                        source.key, in: source.bucket, range: range, ifMatch: source.eTag, number: number, of: upload,
                        as: key, in: bucket)
                }
            }
            for _ in 0..<options.parallelPartCount { add() }
            while let part = try await group.next() {
                parts.append(part)
                add()
            }
            return parts.sorted { $0.number < $1.number }
        }
    }
}
