package import Clocks
import Digest
import HTTPClient

/// The calls of Amazon S3 that the object store is made of (Amazon S3 API Reference, 2006-03-01).
///
/// Every call throws ``AWSError`` with S3's code, or `CancellationError`.
package struct S3Client: Sendable {
    /// Time for one attempt of what S3 may work on for minutes: copies, and putting parts together.
    static let longTimeout = Duration.seconds(600)

    package let connection: AWSConnection
    private let configuration: AWSConfiguration

    init(_ connection: AWSConnection, _ configuration: AWSConfiguration) {
        self.connection = connection
        self.configuration = configuration
    }

    package var clock: any WallClock { connection.clock }
    var sendsChecksums: Bool { configuration.sendsChecksums }

    func request(_ operation: String, _ method: String, _ bucket: String, _ key: String? = nil) -> AWSRequest {
        var request = AWSRequest(operation, key.map { "\(bucket)/\($0)" } ?? bucket, method)
        let path = key.map { "/" + PercentEncoding.encode($0, keepsSlash: true) } ?? ""
        if configuration.usesPathStyle(for: bucket, at: connection.endpoint) {
            request.path = "/\(bucket)\(path)"
        } else {
            request.host = "\(bucket).\(connection.endpoint.host)"
            request.path = path.isEmpty ? "/" : path
        }
        return request
    }

    /// Adds a body with its checksum; over TLS the checksum vouches for it, so that it needn't be digested twice.
    func give(_ body: [UInt8], to request: inout AWSRequest) -> String? {
        request.body = body
        guard configuration.sendsChecksums else { return nil }
        let checksum = S3Client.checksum(of: body)
        request.headers += [("x-amz-sdk-checksum-algorithm", "CRC32"), ("x-amz-checksum-crc32", checksum)]
        if connection.endpoint.isSecure { request.payload = .unsigned }
        return checksum
    }

    /// The CRC-32 of bytes as S3 spells it: big-endian, in base64.
    static func checksum(of bytes: [UInt8]) -> String {
        let value = crc32(bytes)
        return Base64.encode((0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) })
    }

    func malformed(_ request: AWSRequest, _ detail: String) -> AWSError {
        AWSError(
            .malformedResponse, code: "ResponseMalformed", operation: request.operation, resource: request.resource,
            detail: detail)
    }

    // MARK: Reading

    package func headObject(_ key: String, in bucket: String) async throws -> S3ObjectInfo {
        let request = request("HeadObject", "HEAD", bucket, key)
        let response = try await connection.send(request).http
        return try info(response, key, request)
    }

    /// Bytes of one part of an object that was written in parts.
    package func headPart(_ number: Int, of key: String, in bucket: String) async throws -> Int {
        var request = request("HeadObject", "HEAD", bucket, key)
        request.query = [("partNumber", String(number))]
        let response = try await connection.send(request).http
        guard let count = response.headers["Content-Length"].flatMap({ Int($0) }) else {
            throw malformed(request, "the answer doesn't say how long the part is")
        }
        return count
    }

    /// Throws `NotFound` when there is no such bucket.
    package func headBucket(_ bucket: String) async throws {
        _ = try await connection.send(request("HeadBucket", "HEAD", bucket))
    }

    /// Reads an object or a part of one.
    ///
    /// - Parameters:
    ///   - range: Not empty; its end may be beyond the object's.
    ///   - ifMatch: The ETag that the object must have, without quotes; else the code is `PreconditionFailed`.
    /// - Throws: ``HTTPTransportError`` `.bodyTooLarge` when the answer is longer than `maximumByteCount`.
    package func getObject(
        _ key: String, in bucket: String, range: Range<Int>?, ifMatch: String?, maximumByteCount: Int
    ) async throws -> (info: S3ObjectInfo, bytes: [UInt8]) {
        var request = request("GetObject", "GET", bucket, key)
        if let range {
            request.headers.append(("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)"))
        } else {
            // Of a whole object only: a range has no checksum but where it is just one part's.
            request.headers.append(("x-amz-checksum-mode", "ENABLED"))
        }
        if let ifMatch { request.headers.append(("If-Match", "\"\(ifMatch)\"")) }
        // Room for an error's text.
        request.maximumBodyByteCount = max(maximumByteCount, 64 << 10)
        let response = try await connection.send(request).http
        if let range, range.lowerBound > 0 || response.status == 206 {
            // Bytes from elsewhere would be taken for those that were asked for.
            guard response.headers["Content-Range"]?.hasPrefix("bytes \(range.lowerBound)-") == true else {
                throw malformed(request, "the answer is not the range that begins at byte \(range.lowerBound)")
            }
        }
        return (try info(response, key, request), response.body)
    }

    /// Reads the headers of an object's answer.
    private func info(
        _ response: HTTPClient.Response, _ key: String, _ request: AWSRequest
    ) throws(AWSError) -> S3ObjectInfo {
        // bytes FIRST-LAST/TOTAL
        let total = response.headers["Content-Range"]?.split(separator: "/").last ?? ""
        guard let count = Int(total) ?? response.headers["Content-Length"].flatMap({ Int($0) }) else {
            throw malformed(request, "the answer doesn't say how long the object is")
        }
        guard let eTag = response.headers["ETag"] else { throw malformed(request, "the answer has no ETag") }
        guard let time = response.headers["Last-Modified"].flatMap({ HTTPDate.read($0) }) else {
            throw malformed(request, "the answer has no Last-Modified that is a date")
        }
        return S3ObjectInfo(key: key, byteCount: count, eTag: S3Client.bare(eTag), lastModified: time)
    }

    /// An ETag without its quotes.
    static func bare(_ eTag: String) -> String { eTag.filter { $0 != "\"" } }

    // MARK: Writing

    package func putObject(
        _ bytes: [UInt8], as key: String, in bucket: String, _ condition: S3Condition
    ) async throws -> S3Written {
        var request = request("PutObject", "PUT", bucket, key)
        request.headers = condition.headers
        _ = give(bytes, to: &request)
        let response = try await connection.send(request)
        return try written(response, response.http.headers["ETag"], request)
    }

    func written(_ response: AWSResponse, _ eTag: String?, _ request: AWSRequest) throws(AWSError) -> S3Written {
        guard let eTag else { throw malformed(request, "the answer has no ETag") }
        let date = response.http.headers["Date"].flatMap { HTTPDate.read($0) } ?? clock.now
        return S3Written(eTag: S3Client.bare(eTag), date: date, attemptCount: response.attemptCount)
    }

    /// Removes an object; one that isn't there is fine unless `ifMatch` is given, which then fails with status 404 or 412.
    package func deleteObject(_ key: String, in bucket: String, ifMatch: String? = nil) async throws {
        var request = request("DeleteObject", "DELETE", bucket, key)
        if let ifMatch { request.headers = [("If-Match", "\"\(ifMatch)\"")] }
        _ = try await connection.send(request)
    }

    /// Copies an object of at most 5 GiB if it still has the ETag `ifMatch`.
    package func copyObject(
        _ key: String, in bucket: String, ifMatch: String, to newKey: String, in newBucket: String,
        _ condition: S3Condition
    ) async throws -> S3Written {
        var request = request("CopyObject", "PUT", newBucket, newKey)
        request.headers = condition.headers
        request.headers += S3Client.copySource(key, bucket, ifMatch)
        request.mayFailLate = true
        request.attemptTimeout = S3Client.longTimeout
        let response = try await connection.send(request)
        let result = try? XMLElement(parsing: response.http.body)
        return try written(response, result?.text("ETag"), request)
    }

    static func copySource(_ key: String, _ bucket: String, _ eTag: String) -> [(String, String)] {
        [
            ("x-amz-copy-source", "/\(bucket)/\(PercentEncoding.encode(key, keepsSlash: true))"),
            ("x-amz-copy-source-if-match", "\"\(eTag)\""),
        ]
    }

    // MARK: Listing

    /// Lists a bucket (ListObjectsV2), ascending by the keys' UTF-8 bytes.
    ///
    /// - Parameter limit: At most 1,000.
    package func listObjects(
        in bucket: String, prefix: String, startAfter: String?, limit: Int
    ) async throws -> S3Page {
        var request = request("ListObjectsV2", "GET", bucket)
        if request.path != "/" { request.path += "/" }
        // Keys encoded, since XML has no spelling for some characters that keys may have.
        request.query = [("list-type", "2"), ("encoding-type", "url"), ("max-keys", String(limit))]
        if !prefix.isEmpty { request.query.append(("prefix", prefix)) }
        if let startAfter, !startAfter.isEmpty { request.query.append(("start-after", startAfter)) }
        let response = try await connection.send(request).http
        guard let root = try? XMLElement(parsing: response.body), root.name == "ListBucketResult" else {
            throw malformed(request, "the answer is no list")
        }
        var objects: [S3ObjectInfo] = []
        for content in root.all("Contents") {
            guard let key = content.text("Key").flatMap({ PercentEncoding.decode($0, plusIsBlank: true) }),
                let count = content.text("Size").flatMap({ Int($0) }), let eTag = content.text("ETag"),
                let time = content.text("LastModified").flatMap({ Timestamp(iso8601: $0) })
            else { throw malformed(request, "an entry of the list lacks its key, size, ETag or time") }
            let seconds = time.millisecondsSinceEpoch / 1_000
            objects.append(
                S3ObjectInfo(
                    key: key, byteCount: count, eTag: S3Client.bare(eTag),
                    lastModified: Timestamp(millisecondsSinceEpoch: seconds * 1_000)))
        }
        return S3Page(objects: objects, isTruncated: root.text("IsTruncated") == "true")
    }
}
