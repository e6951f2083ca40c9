import Clocks
import FileSystem
import HTTPClient
import Synchronization
import TestSupport
import Testing

@testable import AWSClient

@Suite("Credentials")
struct CredentialTests {
    static let json =
        #"{"Code":"Success","AccessKeyId":"AKC","SecretAccessKey":"SC","Token":"TC","Expiration":"2030-01-01T00:00:00Z"}"#

    func load(
        _ environment: [String: String], config: String = "", credentials: String = "",
        clock: any WallClock = SkippingClock()
    ) async throws -> AWSCredentials {
        try await withTemporaryDirectory { folder in
            try FileSystem.writeFileAtomically("\(folder)/config", Array(config.utf8))
            try FileSystem.writeFileAtomically("\(folder)/credentials", Array(credentials.utf8))
            let usual = [
                "AWS_REGION": "eu-central-1", "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_CONFIG_FILE": "\(folder)/config",
                "AWS_SHARED_CREDENTIALS_FILE": "\(folder)/credentials",
            ]
            let configuration = try AWSConfiguration(environment: usual.merging(environment) { $1 })
            let sources = AWSClients.sources(configuration, HTTPTransport(configuration.transportOptions), clock)
            return try await CredentialCache(sources, clock: clock).credentials()
        }
    }

    func failure(
        _ environment: [String: String], config: String = "", credentials: String = ""
    ) async -> AWSError? {
        await awsError { try await load(environment, config: config, credentials: credentials) }
    }

    @Test("the environment goes first; half a pair is an error")
    func environment() async throws {
        let found = try await load(
            ["AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "S", "AWS_SESSION_TOKEN": "T"],
            credentials: "[default]\naws_access_key_id = other\naws_secret_access_key = other\n")
        #expect(found == AWSCredentials(accessKeyID: "AK", secretAccessKey: "S", sessionToken: "T"))
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            let error = await failure([name: "very-secret"])
            #expect(error?.kind == .credentials)
            #expect(error?.description.contains("very-secret") == false)
        }
    }

    @Test("profiles are read from credentials, then from config")
    func profiles() async throws {
        let credentials =
            "[default]\naws_access_key_id = AD\naws_secret_access_key = SD\n[work]\naws_access_key_id=AW\naws_secret_access_key=a+b/c=#d\naws_session_token=TW\n"
        let config = "[profile only]\naws_access_key_id = AO\naws_secret_access_key = SO\n[profile work]\nregion = r\n"
        let plain = try await load([:], config: config, credentials: credentials)
        #expect(plain.accessKeyID == "AD")
        let work = try await load(["AWS_PROFILE": "work"], config: config, credentials: credentials)
        #expect(work.secretAccessKey == "a+b/c=#d" && work.sessionToken == "TW")
        let only = try await load(["AWS_PROFILE": "only"], config: config, credentials: credentials)
        #expect(only.accessKeyID == "AO")
    }

    @Test(
        "what a profile asks for and isn't supported is an error that says so",
        arguments: [
            ("role_arn = arn:aws:iam::1:role/r\nsource_profile = base", "source_profile"),
            ("role_arn = arn:aws:iam::1:role/r\ncredential_source = Environment", "credential_source"),
            ("credential_process = /bin/x", "credential_process"), ("sso_session = s", "SSO"),
            ("aws_access_key_id = A", "aws_secret_access_key"),
        ])
    func unsupported(settings: String, word: String) async throws {
        let error = await failure(["AWS_PROFILE": "p"], config: "[profile p]\n\(settings)\n")
        #expect(error?.kind == .credentials)
        #expect(error?.detail.contains(word) == true, "\(error.debugDescription)")
        #expect(error?.resource.contains("config") == true)
    }

    @Test("none at all names every place that was looked at")
    func none() async throws {
        let error = await failure([:])
        for word in ["environment", "web identity", "profile `default`", "container", "EC2"] {
            #expect(error?.resource.contains(word) == true)
        }
    }

    @Test("a container's endpoint is asked with its token, again after a 500; plain HTTP only to where it belongs")
    func container() async throws {
        let count = Mutex(0)
        let peer = try SocketPeer { _ in
            let number = count.withLock { count in
                count += 1
                return count
            }
            return [number == 1 ? .respond(500, "") : .respond(200, Self.json)]
        }
        defer { peer.stop() }
        try await withTemporaryDirectory { folder in
            try FileSystem.writeFileAtomically("\(folder)/token", Array("file-token\n".utf8))
            let url = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:\(peer.port)/creds?x=1"]
            let found = try await load(
                url.merging(["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "\(folder)/token"]) { $1 })
            #expect(found.accessKeyID == "AKC" && found.sessionToken == "TC")
            #expect(found.expiration == Timestamp(year: 2030, month: 1, day: 1))
            _ = try await load(url.merging(["AWS_CONTAINER_AUTHORIZATION_TOKEN": "plain-token"]) { $1 })
        }
        #expect(peer.requests.map { $0.headers["authorization"] } == ["file-token", "file-token", "plain-token"])
        #expect(peer.requests.allSatisfy { $0.target == "/creds?x=1" })
        let error = await failure(["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/creds"])
        #expect(error?.detail.contains("example.com") == true)
    }

    @Test(
        "what an endpoint says badly is an error without what it said",
        arguments: [
            "not json very-secret", "{\"SecretAccessKey\":\"very-secret\"}",
            "{\"Code\":\"Failed\",\"AccessKeyId\":\"very-secret\"}",
            "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"very-secret\",\"Expiration\":\"soon\"}",
        ])
    func badEndpoint(body: String) async throws {
        let peer = try SocketPeer { _ in [.respond(200, body)] }
        defer { peer.stop() }
        let error = await failure(["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:\(peer.port)/"])
        #expect(error?.kind == .credentials)
        #expect(error?.description.contains("very-secret") == false)
    }

    @Test("EC2's metadata service is asked in its second version")
    func instance() async throws {
        let peer = try SocketPeer { request in
            switch (request.method, request.target) {
            case ("PUT", "/latest/api/token"): [.respond(200, "metadata-token")]
            case ("GET", "/latest/meta-data/iam/security-credentials/"): [.respond(200, "the-role\n")]
            case ("GET", "/latest/meta-data/iam/security-credentials/the-role"): [.respond(200, Self.json)]
            default: [.respond(404, "")]
            }
        }
        defer { peer.stop() }
        let found = try await load([
            "AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:\(peer.port)/",
        ])
        #expect(found.accessKeyID == "AKC")
        #expect(peer.requests.first?.headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600")
        #expect(peer.requests.dropFirst().allSatisfy { $0.headers["x-aws-ec2-metadata-token"] == "metadata-token" })
    }

    @Test("a web identity token is changed for a role's keys at STS")
    func webIdentity() async throws {
        let server = try await MotoServer.take()
        defer { server.giveBack() }
        try await withTemporaryDirectory { folder in
            try FileSystem.writeFileAtomically("\(folder)/token", Array("a.b.c\n".utf8))
            let found = try await load([
                "AWS_ENDPOINT_URL_STS": server.origin, "AWS_WEB_IDENTITY_TOKEN_FILE": "\(folder)/token",
                "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/r",
            ])
            #expect(found.accessKeyID.hasPrefix("ASIA"))
            #expect(found.sessionToken?.isEmpty == false)
            #expect(found.expiration.map { $0 > SystemClock().now } == true)
        }
        let error = await failure(["AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent/token", "AWS_ROLE_ARN": "a"])
        #expect(error?.detail.contains("/nonexistent/token") == true)
    }

    @Test("credentials are kept until five minutes before their end, and beyond while the source is away")
    func cache() async throws {
        struct Source: CredentialSource {
            let name = "source"
            let clock: SkippingClock
            let count = Counter()
            func load() async throws -> AWSCredentials? {
                let number = count.next()
                if number == 2 { throw AWSError.credentials(name, "away") }
                return AWSCredentials(
                    accessKeyID: "K\(number)", secretAccessKey: "s", expiration: clock.now + .seconds(3_600))
            }
        }
        let clock = SkippingClock()
        let source = Source(clock: clock)
        let cache = CredentialCache([source], clock: clock)
        let several = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 { group.addTask { try await cache.credentials().accessKeyID } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(several == ["K1"])
        try await clock.sleep(for: .seconds(3_200))
        #expect(try await cache.credentials().accessKeyID == "K1")
        try await clock.sleep(for: .seconds(200))
        // The second load fails, and the old keys hold for another while; the third succeeds.
        #expect(try await cache.credentials().accessKeyID == "K1")
        let fresh = try await cache.credentials()
        #expect(fresh.accessKeyID == "K3")
        await cache.invalidate(fresh)
        #expect(try await cache.credentials().accessKeyID == "K4")
    }
}

final class Counter: Sendable {
    private let count = Mutex(0)
    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
