import AWSClient
import Clocks
import Digest
import FileSystem
import HTTPClient
import Storage
import TestSupport
import Testing

/// What only S3 has: objects in parts, and what can be left of them.
@Suite("S3ObjectStore on moto")
struct S3ObjectStoreTests {
    /// Runs `body` with a store whose parts are as small as S3 takes them.
    func withStore(_ body: (S3ObjectStore, AWSClients) async throws -> Void) async throws {
        let server = try await MotoServer.take()
        defer { server.giveBack() }
        let clients = try AWSClients.on(server)
        for bucket in ObjectStoreFactory.buckets { try await clients.makeBucket(bucket) }
        var options = S3ObjectStore.Options()
        options.partByteCount = 5 << 20
        options.multipartByteCount = 6 << 20
        options.parallelPartCount = 3
        try await body(S3ObjectStore(clients.s3, options: options), clients)
    }

    static func content(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
    }

    /// The keys of uploads that were begun and neither completed nor aborted.
    func uploads(_ clients: AWSClients) async throws -> [String] {
        var request = AWSRequest("ListMultipartUploads", first, "GET")
        request.path = "/\(first)/"
        request.query = [("uploads", "")]
        let root = try XMLElement(parsing: try await clients.s3.connection.send(request).http.body)
        return root.all("Upload").compactMap { $0.text("Key") }
    }

    @Test("a large object goes in parts and comes back by parts, whole, in ranges and as a stream")
    func parts() async throws {
        try await withStore { store, clients in
            let content = Self.content(17 << 20)
            let put = try await store.put(content, as: "large", in: first, condition: .ifAbsent)
            #expect(put.eTag.hasSuffix("-4"))
            let head = try await store.head("large", in: first)
            #expect(head.eTag == put.eTag && head.byteCount == content.count)
            let object = try await store.get("large", in: first, maximumByteCount: 1 << 30)
            #expect(object.bytes == content)
            let range = 1_000..<(12 << 20)
            let part = try await store.get("large", in: first, range: range, ifMatch: put.eTag)
            #expect(part == Array(content[range]))
            let reader = try await store.openReader("large", in: first)
            var read: [UInt8] = []
            while true {
                let bytes = try await reader.read(upTo: 700_001)
                if bytes.isEmpty { break }
                read += bytes
            }
            #expect(read == content)
            await reader.close()
            let again = await objectCode { try await store.put(content, as: "large", in: first, condition: .ifAbsent) }
            #expect(again == .preconditionFailed)
            #expect(try await uploads(clients) == [])
        }
    }

    @Test("a copy of an object in parts keeps its ETag, by which others know the version")
    func copies() async throws {
        try await withStore { store, clients in
            let content = Self.content(11 << 20)
            let put = try await store.put(content, as: "large", in: first)
            let moved = try await store.move("large", in: first, to: "away/large", in: second, condition: .ifAbsent)
            #expect(moved.eTag == put.eTag)
            let head = try await store.head("away/large", in: second)
            #expect(head.eTag == put.eTag && head.byteCount == content.count)
            let code = await objectCode { try await store.head("large", in: first) }
            #expect(code == .notFound)
            #expect(try await uploads(clients) == [])
        }
    }

    @Test("a writer in parts that is aborted, dropped or refused leaves no upload")
    func ends() async throws {
        try await withStore { store, clients in
            let content = Self.content(7 << 20)
            try await store.put([1], as: "there", in: first)
            let aborted = try await store.openWriter("a", in: first)
            try await aborted.write(content)
            #expect(try await uploads(clients) == ["a"])
            await aborted.abort()
            #expect(try await uploads(clients) == [])
            let refused = try await store.openWriter("there", in: first)
            try await refused.write(content)
            let code = await objectCode { try await refused.finish(condition: .ifAbsent) }
            #expect(code == .preconditionFailed)
            #expect(try await uploads(clients) == [])
            do {
                let dropped = try await store.openWriter("b", in: first)
                try await dropped.write(content)
            }
            try await eventually("the end of a dropped upload") { try await uploads(clients).isEmpty ? () : nil }
            #expect(try await store.keys(in: first) == ["there"])
        }
    }

    @Test("a reader says when the object is replaced before it has come to the parts behind")
    func changed() async throws {
        try await withStore { store, _ in
            let put = try await store.put(Self.content(17 << 20), as: "large", in: first)
            let reader = try await store.openReader("large", in: first)
            _ = try await reader.read(upTo: 10)
            try await store.put([1, 2, 3], as: "large", in: first)
            var found: ObjectStoreError?
            do {
                while !(try await reader.read(upTo: 5 << 20)).isEmpty {}
            } catch let error as ObjectStoreError {
                found = error
            }
            #expect(found?.code == .changed)
            #expect(found?.detail.contains(put.eTag) == true)
            await reader.close()
        }
    }

    @Test("HTTPS is used with the certificates that are named, and refused without them")
    func secure() async throws {
        try await withTemporaryDirectory { folder in
            let script = """
                import sys, datetime, ipaddress
                from cryptography import x509
                from cryptography.hazmat.primitives import hashes, serialization
                from cryptography.hazmat.primitives.asymmetric import ec
                key = ec.generate_private_key(ec.SECP256R1())
                name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
                now = datetime.datetime.now(datetime.timezone.utc)
                day = datetime.timedelta(days=1)
                certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
                    .serial_number(1).not_valid_before(now - day).not_valid_after(now + day)
                    .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
                    .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
                    .sign(key, hashes.SHA256()))
                open(sys.argv[1] + "/cert", "wb").write(certificate.public_bytes(serialization.Encoding.PEM))
                open(sys.argv[1] + "/key", "wb").write(key.private_bytes(serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
                """
            let made = try await runProcess(Repository.python, ["-c", script, folder])
            #expect(made.status == 0, "\(made.errorOutput)")
            let server = try await MotoServer.start(certificate: ("\(folder)/cert", "\(folder)/key"))
            defer { server.stop() }
            var environment = server.environment
            environment["AWS_ENDPOINT_URL"] = "https://127.0.0.1:\(server.port)"
            environment["AWS_CA_BUNDLE"] = "\(folder)/cert"
            let clients = try AWSClients(environment: environment, clock: SystemClock(), entropy: SystemEntropy())
            try await clients.makeBucket(first)
            let store = S3ObjectStore(clients.s3)
            let put = try await store.put(bytes("secret"), as: "a", in: first)
            #expect(put.eTag == md5(bytes("secret")))
            #expect(try await store.text("a", in: first) == "secret")
            environment["AWS_CA_BUNDLE"] = nil
            let strangers = try AWSClients(environment: environment, clock: SystemClock(), entropy: SystemEntropy())
            do {
                _ = try await S3ObjectStore(strangers.s3).head("a", in: first)
                Issue.record("an unknown certificate was taken")
            } catch let error as ObjectStoreError {
                #expect((error.cause as? AWSError)?.code == "TLSFailed")
                #expect("\(error)".contains("certificate"))
            }
        }
    }
}
