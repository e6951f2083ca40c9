import Clocks
import Digest
import FileSystem
import JSON
import TestSupport
import Testing

@testable import AWSClient

@Suite("SigV4")
struct SignatureV4Tests {
    static let credentials = AWSCredentials(
        accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    static let time = Timestamp(year: 2013, month: 5, day: 24)!
    static let host = ("Host", "examplebucket.s3.amazonaws.com")

    struct Vector: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let request: SignatureV4.Request
        let signature: String
    }

    /// The examples of Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring Payload
    /// in a Single Chunk".
    static let vectors = [
        Vector(
            testDescription: "GET of a range",
            request: .init("GET", "/test.txt", headers: [host, ("Range", "bytes=0-9")]),
            signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        Vector(
            testDescription: "PUT with a key that needs encoding",
            request: .init(
                "PUT", "/test%24file.text",
                headers: [
                    host, ("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
                ], body: Array("Welcome to Amazon S3.".utf8)),
            signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
        Vector(
            testDescription: "a query without a value",
            request: .init("GET", "/", query: [("lifecycle", "")], headers: [host]),
            signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        Vector(
            testDescription: "a query out of order",
            request: .init("GET", "/", query: [("prefix", "J"), ("max-keys", "2")], headers: [host]),
            signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ]

    @Test("signatures are those of S3's documentation", arguments: vectors)
    func documented(vector: Vector) {
        let signer = SignatureV4(region: "us-east-1", service: "s3")
        let headers = signer.headers(for: vector.request, Self.credentials, at: Self.time)
        let authorization = headers.first { $0.0 == "Authorization" }?.1
        #expect(authorization?.hasSuffix("Signature=\(vector.signature)") == true, "\(authorization ?? "")")
    }

    @Test("chunks are signed as in S3's documentation, and their length is known before")
    func chunks() {
        let signer = SignatureV4(region: "us-east-1", service: "s3")
        let length = ChunkSigner.byteCount(of: 66_560, chunkByteCount: 65_536)
        #expect(length == 66_824)
        let request = SignatureV4.Request(
            "PUT", "/examplebucket/chunkObject.txt",
            headers: [
                ("Host", "s3.amazonaws.com"), ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
                ("Content-Encoding", "aws-chunked"), ("x-amz-decoded-content-length", "66560"),
                ("Content-Length", String(length)),
            ])
        let signed = signer.signed(request, Self.credentials, at: Self.time, payload: .signedChunks)
        #expect(signed.signature == "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9")
        var chunks = ChunkSigner(signer, Self.credentials, at: Self.time, seed: signed.signature)
        let pieces = [65_536, 1_024, 0].map { chunks.chunk([UInt8](repeating: UInt8(ascii: "a"), count: $0)) }
        let signatures = [
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ]
        for (piece, (size, signature)) in zip(pieces, zip(["10000", "400", "0"], signatures)) {
            #expect(piece.starts(with: Array("\(size);chunk-signature=\(signature)\r\n".utf8)))
        }
        #expect(pieces.reduce(0) { $0 + $1.count } == length)
    }

    @Test("HMAC-SHA256 is RFC 4231's")
    func hmac() {
        let cases = [
            (
                [UInt8](repeating: 0x0B, count: 20), "Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xAA, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
        ]
        for (key, message, digest) in cases { #expect(hex(hmacSHA256(key: key, Array(message.utf8))) == digest) }
        #expect(crc32(Array("123456789".utf8)) == 0xCBF4_3926)
    }

    /// botocore signs what it is given on standard input: a JSON object a line.
    static let peer = """
        import sys, json, datetime, base64
        from types import SimpleNamespace
        from botocore.auth import S3SigV4Auth, SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        for line in sys.stdin:
            case = json.loads(line)
            request = AWSRequest(method=case["method"], url=case["url"], data=base64.b64decode(case["body"]))
            for name, value in case["headers"]: request.headers[name] = value
            keys = Credentials(case["key"], case["secret"], case["token"])
            kind = S3SigV4Auth if case["service"] == "s3" else SigV4Auth
            signer = kind(keys, case["service"], case["region"])
            moment = datetime.datetime.fromisoformat(case["time"])
            request.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
            signs = {"payload_signing_enabled": not case["unsigned"]}
            request.context["client_config"] = SimpleNamespace(s3=signs)
            signer._modify_request_before_signing(request)
            canonical = signer.canonical_request(request)
            text = signer.string_to_sign(request, canonical)
            print(signer.signature(text, request))
        """

    @Test("random requests are signed as botocore signs them", arguments: ["s3", "dynamodb"])
    func againstBotocore(service: String) async throws {
        let entropy = SeededEntropy(seed: 7)
        func pick(_ count: Int) -> Int { Int(entropy.next() % UInt64(count)) }
        let alphabet = Array("abcXYZ019-._~ /+%?&=#:;,!*'()@$€é🎵\u{1}")
        func text(_ maximum: Int) -> String {
            String((0..<pick(maximum + 1)).map { _ in alphabet[pick(alphabet.count)] })
        }
        var lines: [String] = []
        var expected: [String] = []
        for _ in 0..<150 {
            let path = service == "s3" ? "/b" + PercentEncoding.encode("/" + text(20), keepsSlash: true) : "/"
            let query = (0..<pick(4)).map { ("n\($0)\(text(3))", text(10)) }
            let headers = [
                ("Host", "example.com:8000"), ("X-Custom", "a  b " + ["c", "", "d   e"][pick(3)]),
                ("Content-Type", "text/plain"),
            ]
            let body = (0..<pick(50)).map { _ in UInt8(pick(256)) }
            let keys = AWSCredentials(
                accessKeyID: "AK\(pick(100))", secretAccessKey: "s\(pick(9_999))/+",
                sessionToken: pick(2) == 0 ? nil : "tok\(pick(99))==")
            let time = Timestamp(secondsSinceEpoch: Double(1_600_000_000 + pick(200_000_000)))
            let isUnsigned = service == "s3" && pick(2) == 0
            let request = SignatureV4.Request("PUT", path, query: query, headers: headers, body: body)
            let signed = SignatureV4(region: "eu-north-1", service: service).signed(
                request, keys, at: time, payload: isUnsigned ? .unsigned : .signed)
            expected.append(signed.signature)
            let encodedQuery = SignatureV4.canonicalQuery(query)
            let line: JSONValue = [
                "method": "PUT", "service": .string(service), "region": "eu-north-1",
                "url": .string("https://example.com:8000\(path)" + (encodedQuery.isEmpty ? "" : "?\(encodedQuery)")),
                "headers": .array(headers.map { .array([.string($0.0), .string($0.1)]) }),
                "body": .string(Base64.encode(body)), "key": .string(keys.accessKeyID),
                "secret": .string(keys.secretAccessKey), "token": keys.sessionToken.map { .string($0) } ?? .null,
                "time": .string(String(time.spelled(fractionDigits: 0).dropLast())), "unsigned": .bool(isUnsigned),
            ]
            lines.append(line.text())
        }
        let peer = try await runProcess(
            Repository.python, ["-c", Self.peer], input: lines.joined(separator: "\n") + "\n")
        #expect(peer.status == 0, "\(peer.errorOutput)")
        let found = peer.output.split(separator: "\n").map(String.init)
        #expect(found.count == expected.count)
        for (index, pair) in zip(found, expected).enumerated() where pair.0 != pair.1 {
            Issue.record("request \(index) is signed otherwise: \(lines[index])")
        }
    }

    @Test("no text of credentials shows a secret")
    func secrecy() {
        let credentials = AWSCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "sesame", sessionToken: "open")
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), dumped, "\([credentials])"] {
            #expect(!text.contains("sesame") && !text.contains("open"))
        }
    }
}
