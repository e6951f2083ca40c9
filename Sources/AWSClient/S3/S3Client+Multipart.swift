import HTTPClient

/// Objects in parts (Amazon S3 User Guide, "Uploading and copying objects using multipart upload"): 1 to 10,000 parts of 5 MiB
/// to 5 GiB, the last of any length.
extension S3Client {
    /// Begins an upload and returns its identifier.
    package func createMultipartUpload(_ key: String, in bucket: String) async throws -> String {
        var request = request("CreateMultipartUpload", "POST", bucket, key)
        request.query = [("uploads", "")]
        if sendsChecksums { request.headers = [("x-amz-checksum-algorithm", "CRC32")] }
        let response = try await connection.send(request).http
        let root = try? XMLElement(parsing: response.body)
        guard let identifier = root?.text("UploadId"), !identifier.isEmpty else {
            throw malformed(request, "the answer has no UploadId")
        }
        return identifier
    }

    package func uploadPart(
        _ bytes: [UInt8], number: Int, of upload: String, as key: String, in bucket: String
    ) async throws -> S3Part {
        var request = request("UploadPart", "PUT", bucket, key)
        request.query = [("partNumber", String(number)), ("uploadId", upload)]
        let checksum = give(bytes, to: &request)
        let response = try await connection.send(request)
        let eTag = try written(response, response.http.headers["ETag"], request).eTag
        return S3Part(number: number, eTag: eTag, checksum: checksum)
    }

    /// Makes a part of a part of another object, if that still has the ETag `ifMatch`.
    package func uploadPartCopy(
        _ source: String, in sourceBucket: String, range: Range<Int>, ifMatch: String, number: Int, of upload: String,
        as key: String, in bucket: String
    ) async throws -> S3Part {
        var request = request("UploadPartCopy", "PUT", bucket, key)
        request.query = [("partNumber", String(number)), ("uploadId", upload)]
        request.headers = S3Client.copySource(source, sourceBucket, ifMatch)
        request.headers.append(("x-amz-copy-source-range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)"))
        request.mayFailLate = true
        request.attemptTimeout = S3Client.longTimeout
        let response = try await connection.send(request)
        let result = try? XMLElement(parsing: response.http.body)
        return S3Part(
            number: number, eTag: try written(response, result?.text("ETag"), request).eTag,
            checksum: result?.text("ChecksumCRC32"))
    }

    /// Makes the object of its parts, which are given in their order.
    package func completeMultipartUpload(
        _ upload: String, parts: [S3Part], as key: String, in bucket: String, _ condition: S3Condition
    ) async throws -> S3Written {
        var request = request("CompleteMultipartUpload", "POST", bucket, key)
        request.query = [("uploadId", upload)]
        var text = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        for part in parts {
            text += "<Part>"
            if let checksum = part.checksum { text += "<ChecksumCRC32>\(checksum)</ChecksumCRC32>" }
            text += "<ETag>&quot;\(part.eTag)&quot;</ETag><PartNumber>\(part.number)</PartNumber></Part>"
        }
        request.body = Array((text + "</CompleteMultipartUpload>").utf8)
        request.headers = [("Content-Type", "application/xml")] + condition.headers
        request.mayFailLate = true
        request.attemptTimeout = S3Client.longTimeout
        let response = try await connection.send(request)
        let result = try? XMLElement(parsing: response.http.body)
        return try written(response, result?.text("ETag"), request)
    }

    /// Drops an upload and its parts.
    package func abortMultipartUpload(_ upload: String, of key: String, in bucket: String) async throws {
        var request = request("AbortMultipartUpload", "DELETE", bucket, key)
        request.query = [("uploadId", upload)]
        _ = try await connection.send(request)
    }
}
