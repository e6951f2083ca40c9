import AWSClient
import HTTPClient

extension S3ObjectStore {
    /// The beginning of an object, at most one part of it, and what is known of the whole.
    private func beginning(
        _ operation: String, _ key: String, _ bucket: String, ifMatch: String?, maximumByteCount: Int
    ) async throws -> (metadata: ObjectMetadata, bytes: [UInt8]) {
        try check(key, bucket, operation)
        let eTag = ifMatch.map { ETag.bare($0) }
        return try await explaining(operation, key, bucket) {
            do {
                let (info, bytes) = try await client.getObject(
                    key, in: bucket, range: 0..<max(1, min(maximumByteCount, options.partByteCount)), ifMatch: eTag,
                    maximumByteCount: options.partByteCount)
                return (metadata(info, bucket), bytes)
            } catch let error as AWSError where error.status == 416 {
                // An empty object has no byte that a range could begin at.
                let (info, bytes) = try await client.getObject(
                    key, in: bucket, range: nil, ifMatch: eTag, maximumByteCount: options.partByteCount)
                return (metadata(info, bucket), bytes)
            }
        }
    }

    package func get(_ key: String, in bucket: String, maximumByteCount: Int) async throws -> Object {
        let (metadata, first) = try await beginning(
            "get", key, bucket, ifMatch: nil, maximumByteCount: maximumByteCount)
        guard metadata.byteCount <= maximumByteCount else {
            throw ObjectStoreError.tooLarge("get", bucket, key, metadata.byteCount, maximumByteCount)
        }
        if first.count == metadata.byteCount { return Object(metadata: metadata, bytes: first) }
        let rest = first.count..<metadata.byteCount
        let bytes = try await parts(of: rest, metadata, "get")
        return Object(metadata: metadata, bytes: first + bytes)
    }

    package func get(
        _ key: String, in bucket: String, range: Range<Int>, ifMatch: String?
    ) async throws -> [UInt8] {
        try check(key, bucket, "get range")
        guard range.lowerBound >= 0, range.count > 0 else {
            // What can't be asked for on the wire: an empty range, or one that begins before the object.
            let metadata = try await beginning("get range", key, bucket, ifMatch: ifMatch, maximumByteCount: 1).metadata
            try ObjectStoreError.check(range, of: metadata.byteCount, "get range", bucket, key)
            return []
        }
        let wanted = range.lowerBound..<min(range.upperBound, range.lowerBound + options.partByteCount)
        let (metadata, first) = try await explaining("get range", key, bucket) {
            let (info, bytes) = try await client.getObject(
                key, in: bucket, range: wanted, ifMatch: ifMatch.map { ETag.bare($0) },
                maximumByteCount: options.partByteCount)
            return (self.metadata(info, bucket), bytes)
        }
        let end = min(range.upperBound, metadata.byteCount)
        if range.lowerBound + first.count >= end { return first }
        return first + (try await parts(of: (range.lowerBound + first.count)..<end, metadata, "get range"))
    }

    /// Reads one part of the version that `metadata` describes.
    ///
    /// - Throws: ``ObjectStoreError`` `.changed` when the object is another one meanwhile, or gone.
    func part(_ range: Range<Int>, _ metadata: ObjectMetadata, _ operation: String) async throws -> [UInt8] {
        let (key, bucket) = (metadata.key, metadata.bucket)
        return try await explaining(operation, key, bucket) {
            do {
                let (info, bytes) = try await client.getObject(
                    key, in: bucket, range: range, ifMatch: metadata.eTag, maximumByteCount: range.count)
                guard info.eTag == metadata.eTag, bytes.count == range.count else {
                    throw changed(metadata, operation, "its ETag is now \(info.eTag)", nil)
                }
                return bytes
            } catch let error as AWSError where [404, 412, 416].contains(error.status) {
                throw changed(
                    metadata, operation, error.status == 404 ? "it is gone" : "another has taken its place", error)
            }
        }
    }

    private func changed(
        _ metadata: ObjectMetadata, _ operation: String, _ what: String, _ cause: AWSError?
    ) -> ObjectStoreError {
        ObjectStoreError(
            .changed, operation: operation, bucket: metadata.bucket, key: metadata.key,
            detail: "the object with the ETag \(metadata.eTag) was written to while it was read: \(what)", cause: cause)
    }

    /// Reads the parts of a range, several at a time, and puts them together.
    private func parts(of range: Range<Int>, _ metadata: ObjectMetadata, _ operation: String) async throws -> [UInt8] {
        let starts = Array(stride(from: range.lowerBound, to: range.upperBound, by: options.partByteCount))
        return try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
            var parts = [[UInt8]](repeating: [], count: starts.count)
            var next = 0
            func add() {
                guard next < starts.count else { return }
                let (index, start) = (next, starts[next])
                next += 1
                let end = min(start + options.partByteCount, range.upperBound)
                group.addTask { (index, try await self.part(start..<end, metadata, operation)) }
            }
            for _ in 0..<options.parallelPartCount { add() }
            while let (index, bytes) = try await group.next() {
                parts[index] = bytes
                add()
            }
            return Array(parts.joined())
        }
    }

    package func openReader(_ key: String, in bucket: String, ifMatch: String?) async throws -> any ObjectReader {
        let (metadata, first) = try await beginning(
            "open", key, bucket, ifMatch: ifMatch, maximumByteCount: options.partByteCount)
        return S3ObjectReader(self, metadata, first)
    }
}
