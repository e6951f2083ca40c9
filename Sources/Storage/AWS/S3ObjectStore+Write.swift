import AWSClient
import Digest

extension S3ObjectStore {
    @discardableResult
    package func put(
        _ bytes: [UInt8], as key: String, in bucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata {
        try check(key, bucket, "put")
        guard bytes.count < options.multipartByteCount else {
            let writer = S3ObjectWriter(self, key, bucket)
            do {
                try await writer.write(bytes)
                return try await writer.finish(condition: condition)
            } catch {
                await writer.abort()
                throw error
            }
        }
        return try await putWhole(bytes, "put", key, bucket, condition)
    }

    /// Writes an object in one request.
    func putWhole(
        _ bytes: [UInt8], _ operation: String, _ key: String, _ bucket: String, _ condition: PutCondition
    ) async throws -> ObjectMetadata {
        try await explaining(operation, key, bucket) {
            do {
                let written = try await client.putObject(bytes, as: key, in: bucket, S3Condition(condition))
                return metadata(written, bytes.count, key, bucket)
            } catch let error as AWSError {
                if let own = try await ownWrite(bytes, error, key, bucket) { return own }
                try refuseMissing(condition, error, operation, key, bucket)
                throw error
            }
        }
    }

    /// The object that an earlier attempt of this very write left, although no answer came of it: the condition that held
    /// then no longer holds.
    private func ownWrite(
        _ bytes: [UInt8], _ error: AWSError, _ key: String, _ bucket: String
    ) async throws -> ObjectMetadata? {
        guard error.status == 412, error.mayHaveHappened else { return nil }
        let found = try await client.headObject(key, in: bucket)
        return found.eTag == md5(bytes) ? metadata(found, bucket) : nil
    }

    /// `If-Match` on a key that isn't there is answered with 404: for whoever asked, the condition doesn't hold.
    func refuseMissing(
        _ condition: PutCondition, _ error: AWSError, _ operation: String, _ key: String, _ bucket: String
    ) throws(ObjectStoreError) {
        if case .ifMatch = condition, error.code == "NoSuchKey" {
            try ObjectStoreError.check(condition, nil, operation, bucket, key)
        }
    }

    package func openWriter(_ key: String, in bucket: String) async throws -> any ObjectWriter {
        try check(key, bucket, "open writer")
        // An error now rather than after a file's worth of work.
        try await requireBucket(bucket, "open writer", key)
        return S3ObjectWriter(self, key, bucket)
    }

    /// Throws `.noSuchBucket` unless the bucket is there; asks once for each bucket.
    func requireBucket(_ bucket: String, _ operation: String, _ key: String) async throws {
        guard !isKnown(bucket) else { return }
        do {
            try await client.headBucket(bucket)
            saw(bucket)
        } catch let error as AWSError {
            if error.status == 404 { throw ObjectStoreError.noSuchBucket(operation, bucket, key, error) }
            // Whoever may write to a bucket may still not be allowed to ask for it; the write will tell.
            guard error.status == 403 else {
                throw ObjectStoreError(error, operation: operation, bucket: bucket, key: key)
            }
        }
    }
}

extension S3Condition {
    init(_ condition: PutCondition) {
        self =
            switch condition {
            case .none: .none
            case .ifAbsent: .absent
            case .ifMatch(let eTag): .matches(ETag.bare(eTag))
            }
    }
}
