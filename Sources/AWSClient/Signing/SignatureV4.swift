package import Clocks
import Digest

/// AWS Signature Version 4 in the `Authorization` header (AWS General Reference, "Create a signed AWS API request").
package struct SignatureV4: Sendable {
    /// What is said of the body in `x-amz-content-sha256`.
    package enum Payload: Sendable, Hashable {
        /// Its SHA-256.
        case signed
        /// Nothing: TLS and a checksum vouch for it (S3 over HTTPS).
        case unsigned
        /// It goes in chunks, each signed by ``ChunkSigner``.
        case signedChunks
    }

    /// A request as it will go on the wire, but for the headers that signing adds.
    package struct Request: Sendable {
        package var method: String
        /// Encoded, from the slash on.
        package var path: String
        /// Names and values, not encoded.
        package var query: [(String, String)]
        /// `Host` among them.
        package var headers: [(String, String)]
        package var body: [UInt8]

        package init(
            _ method: String, _ path: String, query: [(String, String)] = [], headers: [(String, String)],
            body: [UInt8] = []
        ) {
            self.method = method
            self.path = path
            self.query = query
            self.headers = headers
            self.body = body
        }
    }

    package let region: String
    /// As it is signed: `s3`, `dynamodb`, `sts`.
    package let service: String

    package init(region: String, service: String) {
        self.region = region
        self.service = service
    }

    /// The headers to add to `request`; every header of it is signed.
    ///
    /// S3's paths are signed as they go on the wire, other services' encoded once more; none is normalised.
    package func headers(
        for request: Request, _ credentials: AWSCredentials, at time: Timestamp, payload: Payload = .signed
    ) -> [(String, String)] {
        signed(request, credentials, at: time, payload: payload).headers
    }

    /// The headers, and the signature that ``ChunkSigner`` begins with.
    package func signed(
        _ request: Request, _ credentials: AWSCredentials, at time: Timestamp, payload: Payload
    ) -> (headers: [(String, String)], signature: String) {
        let hash =
            switch payload {
            case .signed: sha256(request.body)
            case .unsigned: "UNSIGNED-PAYLOAD"
            case .signedChunks: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
            }
        let stamp = SignatureV4.stamp(time)
        var added = [("X-Amz-Date", stamp)]
        if service == "s3" { added.append(("X-Amz-Content-SHA256", hash)) }
        if let token = credentials.sessionToken { added.append(("X-Amz-Security-Token", token)) }
        let canonical = canonicalRequest(request, request.headers + added, hash)
        let signature = hex(
            hmacSHA256(
                key: key(credentials, stamp),
                Array("AWS4-HMAC-SHA256\n\(stamp)\n\(scope(stamp))\n\(sha256(Array(canonical.text.utf8)))".utf8)))
        let authorization =
            "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope(stamp)),"
            + " SignedHeaders=\(canonical.names), Signature=\(signature)"
        return (added + [("Authorization", authorization)], signature)
    }

    /// The canonical request and the names of its headers.
    func canonicalRequest(
        _ request: Request, _ headers: [(String, String)], _ hash: String
    ) -> (text: String, names: String) {
        var values: [String: [String]] = [:]
        for (name, value) in headers {
            // Blanks around a value don't count, runs of them count as one.
            let words = value.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
            values[name.lowercased(), default: []].append(words)
        }
        let sorted = values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        let names = sorted.map(\.key).joined(separator: ";")
        let lines = sorted.map { "\($0.key):\($0.value.joined(separator: ","))\n" }.joined()
        let path = service == "s3" ? request.path : PercentEncoding.encode(request.path, keepsSlash: true)
        let query = SignatureV4.canonicalQuery(request.query)
        return ("\(request.method)\n\(path)\n\(query)\n\(lines)\n\(names)\n\(hash)", names)
    }

    /// The query encoded and in order, which is also how it goes on the wire.
    package static func canonicalQuery(_ query: [(String, String)]) -> String {
        query.map { (PercentEncoding.encode($0.0), PercentEncoding.encode($0.1)) }
            .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
            .map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    func key(_ credentials: AWSCredentials, _ stamp: String) -> [UInt8] {
        var key = Array("AWS4\(credentials.secretAccessKey)".utf8)
        for part in [String(stamp.prefix(8)), region, service, "aws4_request"] {
            key = hmacSHA256(key: key, Array(part.utf8))
        }
        return key
    }

    func scope(_ stamp: String) -> String { "\(stamp.prefix(8))/\(region)/\(service)/aws4_request" }

    /// `YYYYMMDDTHHMMSSZ`.
    static func stamp(_ time: Timestamp) -> String {
        time.spelled(fractionDigits: 0).filter { $0 != "-" && $0 != ":" }
    }
}
