import Clocks
import JSON
import StatesLanguage
import Storage

/// S3's actions over the router's buckets.
struct ObjectService: Sendable {
    static let actions: Set<String> = [
        "s3:getObject", "s3:listObjectsV2", "s3:putObject", "aws-sdk:s3:getObject", "aws-sdk:s3:putObject",
        "aws-sdk:s3:listObjectsV2", "aws-sdk:s3:headObject", "aws-sdk:s3:deleteObject", "aws-sdk:s3:copyObject",
    ]
    /// Bytes of an object that a Map reads at most: it is kept with the execution.
    static let maximumItemByteCount = 64 << 20
    /// Bytes of an object that a state gets at most: more would not fit its output anyway.
    static let maximumObjectByteCount = 1 << 20
    /// Objects of a list that a Map reads at most.
    static let maximumListCount = 100_000

    let objects: any ObjectStore

    /// What a distributed Map reads.
    func read(_ integration: ServiceIntegration, _ parameters: JSONValue) async throws(StateError) -> ServiceAnswer {
        let bucket = try text("Bucket", parameters)
        if integration.action == "listObjectsV2" {
            let list = try await list(
                bucket, parameters["Prefix"]?.stringValue ?? "", limit: ObjectService.maximumListCount)
            return .success(["Contents": .array(list.contents)])
        }
        let key = try text("Key", parameters)
        let object = try await reporting {
            try await objects.get(key, in: bucket, maximumByteCount: Self.maximumItemByteCount)
        }
        guard let text = String(validating: object.bytes, as: UTF8.self) else {
            throw StateError("States.ItemReaderFailed", cause: "The object \(key) in \(bucket) is no text in UTF-8")
        }
        return .text(text)
    }

    func write(_ written: [TaskRequest.WrittenObject], in bucket: String) async throws(StateError) {
        for object in written {
            _ = try await reporting {
                try await objects.put(Array(object.text.utf8), as: object.key, in: bucket, condition: .none)
            }
        }
    }

    func answer(
        _ integration: ServiceIntegration, _ parameters: JSONValue, requestID: String
    ) async throws(StateError) -> JSONValue {
        let bucket = try text("Bucket", parameters)
        switch integration.action {
        case "listObjectsV2":
            let limit = min(max(parameters["MaxKeys"]?.intValue ?? 1_000, 1), 1_000)
            let list = try await list(bucket, parameters["Prefix"]?.stringValue ?? "", limit: limit)
            return [
                "Contents": .array(list.contents), "IsTruncated": .bool(list.isTruncated),
                "KeyCount": .int(list.contents.count), "MaxKeys": .int(limit), "Name": .string(bucket),
                "Prefix": .string(parameters["Prefix"]?.stringValue ?? ""),
            ]
        case "putObject":
            let key = try text("Key", parameters)
            let body = parameters["Body"] ?? ""
            let bytes = Array((body.stringValue ?? body.text()).utf8)
            let put = try await reporting { try await objects.put(bytes, as: key, in: bucket, condition: .none) }
            return ["ETag": .string("\"\(put.eTag)\"")]
        case "getObject":
            let key = try text("Key", parameters)
            let object = try await reporting {
                try await objects.get(key, in: bucket, maximumByteCount: Self.maximumObjectByteCount)
            }
            return [
                "AcceptRanges": "bytes", "Body": .string(String(decoding: object.bytes, as: UTF8.self)),
                "ContentLength": .int(object.bytes.count), "ETag": .string("\"\(object.metadata.eTag)\""),
                "LastModified": .string(object.metadata.lastModified.iso8601), "Metadata": [:],
            ]
        case "headObject":
            let key = try text("Key", parameters)
            let head = try await reporting { try await objects.head(key, in: bucket) }
            return [
                "AcceptRanges": "bytes", "ContentLength": .int(head.byteCount), "ETag": .string("\"\(head.eTag)\""),
                "LastModified": .string(head.lastModified.iso8601), "Metadata": [:],
            ]
        case "deleteObject":
            let key = try text("Key", parameters)
            try await reporting { try await objects.delete(key, in: bucket) }
            return [:]
        default:
            let key = try text("Key", parameters)
            let parts = try text("CopySource", parameters).drop { $0 == "/" }.split(separator: "/", maxSplits: 1)
            guard parts.count == 2 else { throw invalid("CopySource must be BUCKET/KEY") }
            let (from, source) = (String(parts[0]), String(parts[1]))
            let copied = try await reporting {
                try await objects.copy(source, in: from, to: key, in: bucket, condition: .none)
            }
            return ["CopyObjectResult": ["ETag": .string("\"\(copied.eTag)\"")]]
        }
    }

    private func list(
        _ bucket: String, _ prefix: String, limit: Int
    ) async throws(StateError) -> (contents: [JSONValue], isTruncated: Bool) {
        var contents: [JSONValue] = []
        var after: String?
        repeat {
            let (start, count) = (after, min(1_000, limit - contents.count))
            let page = try await reporting {
                try await objects.list(bucket, prefix: prefix, after: start, limit: count)
            }
            contents += page.objects.map { object in
                [
                    "Etag": .string("\"\(object.eTag)\""), "Key": .string(object.key),
                    "LastModified": .int(Int(object.lastModified.secondsSinceEpoch)), "Size": .int(object.byteCount),
                    "StorageClass": "STANDARD",
                ]
            }
            after = page.next
        } while after != nil && contents.count < limit
        return (contents, after != nil)
    }

    private func text(_ name: String, _ parameters: JSONValue) throws(StateError) -> String {
        guard let text = parameters[name]?.stringValue else {
            throw invalid("The parameter \(name) is missing or no string")
        }
        return text
    }

    private func invalid(_ message: String) -> StateError { .service("S3", "InvalidRequestException", message) }

    private func reporting<Result: Sendable>(
        _ body: @Sendable () async throws -> Result
    ) async throws(StateError) -> Result {
        do {
            return try await body()
        } catch let error as ObjectStoreError {
            switch error.code {
            case .notFound:
                throw .service("S3", "NoSuchKeyException", "The specified key does not exist.", statusCode: 404)
            case .noSuchBucket:
                throw .service("S3", "NoSuchBucketException", "The specified bucket does not exist", statusCode: 404)
            default: throw .service("S3", "S3Exception", "\(error)", statusCode: 500)
            }
        } catch {
            throw .service("S3", "S3Exception", "\(error)", statusCode: 500)
        }
    }
}
