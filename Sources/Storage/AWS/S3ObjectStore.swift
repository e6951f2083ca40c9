package import AWSClient
import Clocks
import Digest
import HTTPClient
import Synchronization

/// Buckets of Amazon S3, or of what speaks its protocol.
///
/// What S3 does otherwise than a folder:
/// - Times are whole seconds; what a write returns is the answer's time, some seconds after the object's at most. A moved
///   object has a new time.
/// - A move is a copy and then a delete of the version that was copied, so the object is complete under one key or both at
///   every moment. Of several who move it under one key all but one fail with `.notFound`; if they want different keys,
///   one succeeds all the same, and copies of the others may stay.
/// - ETags are the MD5 of the content for objects written in one piece under S3's own encryption; else they are opaque, and
///   name a version all the same. Copies of objects in parts are made in the same parts and keep the ETag.
/// - Keys with `.` or `..` between slashes, which S3 takes in some places only, are refused.
package final class S3ObjectStore: ObjectStore {
    /// How large things are done.
    package struct Options: Sendable {
        /// Bytes of one part, read or written; S3 takes parts from 5 MiB on.
        package var partByteCount = 8 << 20
        /// Bytes from which an object is written in parts.
        package var multipartByteCount = 32 << 20
        /// Parts of one object that are on their way at the same time, each in memory.
        package var parallelPartCount = 4
        /// Bytes from which a copy is made in parts: the most that CopyObject takes.
        package var multipartCopyByteCount = 5 << 30
        /// Bytes of a part of such a copy.
        package var copyPartByteCount = 512 << 20

        package init() {}
    }

    let client: S3Client
    let options: Options
    /// Buckets that were seen, so that a missing key needs no question for the bucket.
    private let knownBuckets = Mutex<Set<String>>([])

    package init(_ client: S3Client, options: Options = Options()) {
        self.client = client
        self.options = options
    }

    // MARK: Errors

    /// Runs calls of S3 for one operation, and says in this module's terms what went wrong.
    func explaining<Result>(
        _ operation: String, _ key: String?, _ bucket: String, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            let result = try await body()
            saw(bucket)
            return result
        } catch let error as AWSError {
            if error.status == 404, error.code == "NotFound", key != nil, !isKnown(bucket) {
                // HEAD has no body that would say whether it is the key or the bucket that isn't there.
                do {
                    try await client.headBucket(bucket)
                    saw(bucket)
                } catch let second as AWSError where second.status == 404 {
                    throw ObjectStoreError.noSuchBucket(operation, bucket, key, second)
                } catch is AWSError {
                    // The bucket can't be asked for; the key is missing all the same.
                }
            }
            throw ObjectStoreError(error, operation: operation, bucket: bucket, key: key)
        } catch let error as HTTPTransportError {
            // The one failure that AWSClient hands on: an answer longer than what was asked for.
            throw ObjectStoreError(
                .io, operation: operation, bucket: bucket, key: key,
                detail: "the server sent more than the range that was asked for; it does not act like S3", cause: error)
        }
    }

    func isKnown(_ bucket: String) -> Bool { knownBuckets.withLock { $0.contains(bucket) } }
    func saw(_ bucket: String) { _ = knownBuckets.withLock { $0.insert(bucket) } }

    func check(_ key: String, _ bucket: String, _ operation: String) throws(ObjectStoreError) {
        try ObjectKey.check(key, in: bucket, operation)
        let isRelative = key.split(separator: "/", omittingEmptySubsequences: false).contains {
            $0 == "." || $0 == ".."
        }
        guard !isRelative, !key.utf8.contains(0) else {
            throw ObjectStoreError(
                .invalidKey, operation: operation, bucket: bucket, key: key,
                detail: "the key has `.` or `..` between slashes, or a zero byte; use another key")
        }
    }

    func metadata(_ info: S3ObjectInfo, _ bucket: String) -> ObjectMetadata {
        ObjectMetadata(
            bucket: bucket, key: info.key, byteCount: info.byteCount, eTag: info.eTag, lastModified: info.lastModified)
    }

    func metadata(_ written: S3Written, _ byteCount: Int, _ key: String, _ bucket: String) -> ObjectMetadata {
        ObjectMetadata(
            bucket: bucket, key: key, byteCount: byteCount, eTag: written.eTag, lastModified: written.date)
    }

    // MARK: The rest of the protocol

    package func head(_ key: String, in bucket: String) async throws -> ObjectMetadata {
        try check(key, bucket, "head")
        return try await explaining("head", key, bucket) {
            metadata(try await client.headObject(key, in: bucket), bucket)
        }
    }

    package func list(_ bucket: String, prefix: String, after: String?, limit: Int) async throws -> ObjectPage {
        let limit = try ObjectStoreError.checkedLimit(limit, bucket)
        try ObjectKey.checkBucket(bucket, "list")
        return try await explaining("list", nil, bucket) {
            let page = try await client.listObjects(in: bucket, prefix: prefix, startAfter: after, limit: limit)
            return ObjectPage(
                objects: page.objects.map { metadata($0, bucket) },
                next: page.isTruncated ? page.objects.last?.key : nil)
        }
    }

    package func delete(_ key: String, in bucket: String) async throws {
        try check(key, bucket, "delete")
        try await explaining("delete", key, bucket) { try await client.deleteObject(key, in: bucket) }
    }
}

extension ObjectStoreError {
    static func noSuchBucket(_ operation: String, _ bucket: String, _ key: String?, _ cause: AWSError)
        -> ObjectStoreError
    {
        ObjectStoreError(
            .noSuchBucket, operation: operation, bucket: bucket, key: key,
            detail: "there is no such bucket; deploy the template, or check the name and the account", cause: cause)
    }

    /// The meaning of S3's errors (Amazon S3 API Reference, "Error responses").
    init(_ error: AWSError, operation: String, bucket: String, key: String?) {
        let code: Code
        let detail: String
        switch (error.code, error.status) {
        case ("NoSuchBucket", _): self = .noSuchBucket(operation, bucket, key, error); return
        case ("NoSuchKey", _), (_, 404):
            (code, detail) = (.notFound, "there is no such object")
        case ("PreconditionFailed", _), (_, 412):
            (code, detail) = (.preconditionFailed, "the object there is not the one that the condition asks for")
        case ("InvalidRange", _), (_, 416): (code, detail) = (.invalidRange, "the range begins after the object's end")
        case ("KeyTooLongError", _), ("InvalidObjectName", _), ("InvalidBucketName", _), ("InvalidURI", _):
            (code, detail) = (.invalidKey, "S3 does not take this name")
        case ("EntityTooLarge", _): (code, detail) = (.tooLarge, "S3 does not take so many bytes at once")
        case ("PermanentRedirect", _), ("AuthorizationHeaderMalformed", _):
            (code, detail) = (.io, "the bucket is in another region; set AWS_REGION to it")
        case (_, 403), (_, 401):
            code = .accessDenied
            detail =
                "AWS refused; of an object that isn't there it also says so to whoever may not list the bucket (s3:ListBucket)"
        default: (code, detail) = (.io, error.kind == .service ? "S3 failed" : "S3 could not be asked")
        }
        self.init(code, operation: operation, bucket: bucket, key: key, detail: detail, cause: error)
    }
}
