import Clocks
import Digest
import HTTPClient
import JSON
import TestSupport
import Testing

@testable import AWSClient

/// What goes wrong on the way to AWS, done to the client by a server that does it.
@Suite("AWSConnection: faults")
struct RetryTests {
    func script(_ actions: [[SocketPeer.Action]]) throws -> SocketPeer {
        let counter = Counter()
        return try SocketPeer { _ in
            let number = counter.next() - 1
            return actions[min(number, actions.count - 1)]
        }
    }

    @Test(
        "what passes is tried again, with random waits that double at most",
        arguments: [
            [Answer.error(500, "InternalError")], [Answer.error(503, "SlowDown")], [.respond(502, "")],
            [.reset], [.close], [.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"), .close],
            [Answer.error(400, "RequestTimeout")], [.send("nonsense\r\n\r\n"), .close],
        ] as [[SocketPeer.Action]])
    func transient(fault: [SocketPeer.Action]) async throws {
        let peer = try script([fault, fault, [Answer.object("whole")]])
        defer { peer.stop() }
        let world = try ClientsUnderTest(port: peer.port)
        let found = try await world.clients.s3.getObject(
            "k", in: "bucket", range: nil, ifMatch: nil, maximumByteCount: 99)
        #expect(found.bytes == Array("whole".utf8))
        #expect(found.info.eTag == "e1" && found.info.byteCount == 5)
        #expect(peer.requests.count == 3)
        #expect(world.clock.waits.count == 2)
        #expect(world.clock.waits.allSatisfy { $0 < .seconds(2) })
        #expect(peer.requests.map { $0.headers["amz-sdk-request"] } == (1...3).map { "attempt=\($0); max=3" })
        #expect(Set(peer.requests.map { $0.headers["amz-sdk-invocation-id"] }).count == 1)
    }

    @Test("in the end the error says what AWS said, of what, and how often, and no secret")
    func exhausted() async throws {
        let peer = try script([[Answer.error(503, "SlowDown")]])
        defer { peer.stop() }
        let world = try ClientsUnderTest(port: peer.port)
        let error = await awsError { try await world.clients.s3.headObject("a b", in: "bucket") }
        #expect(error?.status == 503)
        let whole = await awsError {
            try await world.clients.s3.getObject("a b", in: "bucket", range: nil, ifMatch: nil, maximumByteCount: 9)
        }
        #expect(
            whole?.description
                == "SlowDown (HTTP 503) on GetObject bucket/a b: it & that [request REQ1, id-2 ID2, 3 attempts]")
        #expect(whole?.description.contains("very-secret") == false)
        #expect(whole?.description.contains("the-token") == false)
    }

    @Test("what doesn't pass is not tried again", arguments: [(403, "AccessDenied"), (404, "NoSuchKey"), (400, "X")])
    func permanent(status: Int, code: String) async throws {
        let peer = try script([[Answer.error(status, code)]])
        defer { peer.stop() }
        let world = try ClientsUnderTest(port: peer.port)
        let error = await awsError {
            try await world.clients.s3.getObject("k", in: "bucket", range: nil, ifMatch: nil, maximumByteCount: 9)
        }
        #expect(error?.code == code && error?.attemptCount == 1)
        #expect(peer.requests.count == 1)
    }

    @Test("nobody listening is an error that names the address")
    func refused() async throws {
        let peer = try script([[.close]])
        let port = peer.port
        peer.stop()
        // The port is free once the peer is gone; a listener that takes nothing refuses as well.
        let world = try ClientsUnderTest(port: port)
        let error = await awsError { try await world.clients.s3.headBucket("bucket") }
        #expect(error?.kind == .transport)
        #expect(error?.code == "ConnectionFailed" || error?.code == "ConnectionClosed")
        #expect(error?.detail.contains("127.0.0.1:\(port)") == true)
        #expect(error?.detail.contains("curl") == true)
        #expect(error?.attemptCount == 3)
    }

    @Test("an attempt without an answer ends in time, and another follows")
    func timeout() async throws {
        let peer = try script([[.hang], [.send("HTTP/1.1 200 OK\r\nETag: \"e\"\r\n"), .hang], [Answer.object("x")]])
        defer { peer.stop() }
        var policy = RetryPolicy()
        policy.attemptTimeout = .seconds(2)
        let world = try ClientsUnderTest(port: peer.port, policy: policy)
        let found = try await world.clients.s3.getObject(
            "k", in: "bucket", range: nil, ifMatch: nil, maximumByteCount: 9)
        #expect(found.bytes == [0x78])
        #expect(peer.requests.count == 3)
    }

    @Test("an object whose bytes are not what its checksum says is read again; a checksum of checksums says nothing")
    func damaged() async throws {
        func object(_ body: String, _ checksum: String) -> SocketPeer.Action {
            .respond(
                200, body,
                headers:
                    "ETag: \"e\"\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\nx-amz-checksum-crc32: \(checksum)\r\n"
            )
        }
        // CRC-32 of "123456789" is CBF43926 (its catalogue's check value).
        let peer = try script([
            [object("123456780", "y/Q5Jg==")], [object("123456789", "y/Q5Jg==")], [object("anything", "AAAAAA==-2")],
        ])
        defer { peer.stop() }
        let world = try ClientsUnderTest(port: peer.port)
        for expected in ["123456789", "anything"] {
            let found = try await world.clients.s3.getObject(
                "k", in: "bucket", range: nil, ifMatch: nil, maximumByteCount: 9)
            #expect(String(decoding: found.bytes, as: UTF8.self) == expected)
        }
        #expect(peer.requests.count == 3)
        #expect(peer.requests.allSatisfy { $0.headers["x-amz-checksum-mode"] == "ENABLED" })
    }

    // Nothing but the cancellation ends it in less than an hour.
    @Test("a cancelled task doesn't wait for an answer", .timeLimit(.minutes(10)))
    func cancelled() async throws {
        let peer = try script([[.hang]])
        defer { peer.stop() }
        var policy = RetryPolicy()
        policy.attemptTimeout = .seconds(3_600)
        let world = try ClientsUnderTest(port: peer.port, policy: policy)
        let task = Task { try await world.clients.s3.headBucket("bucket") }
        try await eventually("the request") { peer.requests.isEmpty ? nil : () }
        task.cancel()
        let result = await task.result
        #expect(throws: CancellationError.self) { try result.get() }
    }

    @Test("no wait begins that would end after the call's time")
    func deadline() async throws {
        let peer = try script([[Answer.error(503, "SlowDown")]])
        defer { peer.stop() }
        var policy = RetryPolicy()
        policy.maximumAttempts = 1_000
        policy.deadline = .seconds(30)
        let world = try ClientsUnderTest(port: peer.port, policy: policy)
        let start = world.clock.now
        let error = await awsError { try await world.clients.s3.headBucket("bucket") }
        #expect(error?.status == 503)
        #expect(world.clock.now - start <= .seconds(30))
        #expect(peer.requests.count > 3)
    }

    @Test("retries have a budget that all calls share and that successes fill again")
    func budget() async throws {
        let peer = try script([[Answer.error(500, "InternalError")]])
        defer { peer.stop() }
        var policy = RetryPolicy()
        policy.maximumAttempts = 1_000
        policy.deadline = .seconds(100_000)
        let world = try ClientsUnderTest(port: peer.port, policy: policy)
        let error = await awsError { try await world.clients.s3.headBucket("bucket") }
        #expect(error?.attemptCount == 1 + RetryQuota.capacity / RetryQuota.retryCost)
        let next = await awsError { try await world.clients.s3.headBucket("bucket") }
        #expect(next?.attemptCount == 1)
        let quota = RetryQuota()
        #expect(quota.take(10) && quota.tokenCount == 490)
        quota.giveBack(10)
        quota.giveBack(0)
        #expect(quota.tokenCount == 500)
        #expect(!quota.take(501))
    }

    @Test("waits are a random part of what doubling comes to, up to the longest")
    func jitter() {
        struct Fixed: Entropy {
            let value: UInt64
            func next() -> UInt64 { value }
        }
        let policy = RetryPolicy()
        let most = Fixed(value: .max)
        #expect(policy.delay(before: 2, isThrottled: false, Fixed(value: 0)) == .zero)
        let waits = (2...30).map { policy.delay(before: $0, isThrottled: true, most).inSeconds.rounded() }
        #expect(waits.prefix(6) == [1, 2, 4, 8, 16, 20])
        #expect(waits.allSatisfy { $0 <= 20 })
        #expect(policy.delay(before: 3, isThrottled: false, most).inMilliseconds.rounded() == 100)
    }

    @Test("a clock that is wrong is corrected by the service's, once")
    func skew() async throws {
        let peer = try SocketPeer { request in
            let stamp = request.headers["x-amz-date"] ?? ""
            return stamp.hasPrefix("20240101T0000")
                ? [Answer.written] : [Answer.error(403, "RequestTimeTooSkewed", headers: Answer.date)]
        }
        defer { peer.stop() }
        let clock = SkippingClock(now: Timestamp(year: 2023, month: 6, day: 1)!)
        let world = try ClientsUnderTest(port: peer.port, clock: clock)
        for _ in 0..<2 { _ = try await world.clients.s3.putObject([1], as: "k", in: "bucket", .none) }
        #expect(peer.requests.count == 3)
        #expect(clock.waits.isEmpty)
        // The right time and still refused: the signature is wrong for another reason.
        let refusing = try script([[Answer.error(403, "SignatureDoesNotMatch", headers: Answer.date)]])
        defer { refusing.stop() }
        let right = SkippingClock(now: Timestamp(year: 2024, month: 1, day: 1)!)
        let other = try ClientsUnderTest(port: refusing.port, clock: right)
        let error = await awsError { try await other.clients.s3.putObject([1], as: "k", in: "bucket", .none) }
        #expect(error?.code == "SignatureDoesNotMatch" && error?.attemptCount == 1)
    }

    @Test("expired credentials are fetched anew, once for each time AWS says so")
    func expired() async throws {
        let counter = Counter()
        let peer = try SocketPeer { request in
            if request.target == "/creds" {
                let number = counter.next()
                return [.respond(200, "{\"AccessKeyId\":\"AK\(number)\",\"SecretAccessKey\":\"s\",\"Token\":\"t\"}")]
            }
            let isOld = request.headers["authorization"]?.contains("Credential=AK1/") == true
            return [isOld ? Answer.error(400, "ExpiredToken") : Answer.written]
        }
        defer { peer.stop() }
        let world = try ClientsUnderTest(
            port: peer.port,
            environment: [
                "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:\(peer.port)/creds",
            ])
        _ = try await world.clients.s3.putObject([1], as: "k", in: "bucket", .none)
        #expect(peer.requests.map(\.method) == ["GET", "PUT", "GET", "PUT"])
        #expect(world.clock.waits.isEmpty)
    }

    @Test("an answer whose bytes don't have their checksum is asked for again")
    func checksum() async throws {
        let wrong = SocketPeer.Action.respond(200, "{\"Item\":{}}", headers: "x-amz-crc32: 1\r\n")
        let sum = crc32(Array("{\"Item\":{}}".utf8))
        let right = SocketPeer.Action.respond(200, "{\"Item\":{}}", headers: "x-amz-crc32: \(sum)\r\n")
        let peer = try script([[wrong], [right]])
        defer { peer.stop() }
        let world = try ClientsUnderTest(port: peer.port)
        let answer = try await world.clients.dynamoDB.call("GetItem", [:], table: "t")
        #expect(answer.json == ["Item": [:]])
        #expect(peer.requests.count == 2)
    }

    @Test("what must not be done twice isn't repeated once it may have been done")
    func notRepeatable() async throws {
        for fault in [[SocketPeer.Action.close], [Answer.tableError("InternalServerError", 500)]] {
            let peer = try script([fault, [Answer.table(200, "{}")]])
            defer { peer.stop() }
            let world = try ClientsUnderTest(port: peer.port)
            let error = await awsError {
                try await world.clients.dynamoDB.call("UpdateItem", [:], table: "t", isRepeatable: false)
            }
            #expect(error?.mayHaveHappened == true)
            #expect(peer.requests.count == 1)
        }
        let throttled = try script([[Answer.tableError("ThrottlingException")], [Answer.table(200, "{}")]])
        defer { throttled.stop() }
        let world = try ClientsUnderTest(port: throttled.port)
        _ = try await world.clients.dynamoDB.call("UpdateItem", [:], table: "t", isRepeatable: false)
        #expect(throttled.requests.count == 2)
    }

    @Test("requests carry what S3 and DynamoDB want, on connections that are used again")
    func requests() async throws {
        let peer = try SocketPeer { request in
            request.headers["x-amz-target"] == nil ? [Answer.written] : [Answer.table(200, "{}")]
        }
        defer { peer.stop() }
        let world = try ClientsUnderTest(port: peer.port)
        for _ in 0..<5 {
            _ = try await world.clients.s3.putObject(
                Array("123456789".utf8), as: "a b/ü+%", in: "bucket", .absent)
        }
        #expect(peer.connectionCount == 1)
        let put = try #require(peer.requests.first)
        #expect(put.target == "/bucket/a%20b/%C3%BC%2B%25")
        #expect(put.headers["x-amz-checksum-crc32"] == "y/Q5Jg==")
        #expect(put.headers["if-none-match"] == "*")
        #expect(put.headers["x-amz-security-token"] == "the-token")
        #expect(put.headers["host"] == "127.0.0.1:\(peer.port)")
        #expect(put.headers["x-amz-content-sha256"]?.count == 64)
        #expect(put.headers["content-length"] == "9" && put.headers["expect"] == nil)
        #expect(put.headers["content-type"] == nil)
        _ = try await world.clients.dynamoDB.call("GetItem", ["A": 1], table: "t")
        let get = try #require(peer.requests.last)
        #expect(get.headers["x-amz-target"] == "DynamoDB_20120810.GetItem")
        #expect(get.text == #"{"A":1}"#)
        let plain = try ClientsUnderTest(
            port: peer.port, environment: ["AWS_REQUEST_CHECKSUM_CALCULATION": "when_required"])
        _ = try await plain.clients.s3.putObject([1], as: "k", in: "bucket", .none)
        #expect(peer.requests.last?.headers["x-amz-checksum-crc32"] == nil)
    }

    @Test("an error within an answer of status 200 is an error, and tried again when it passes")
    func late() async throws {
        let late = SocketPeer.Action.respond(
            200, "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code><Message>m</Message></Error>")
        let done = SocketPeer.Action.respond(
            200, "<CopyObjectResult><ETag>&quot;e9&quot;</ETag></CopyObjectResult>", headers: Answer.date)
        let peer = try script([[late], [done]])
        defer { peer.stop() }
        let world = try ClientsUnderTest(port: peer.port)
        let copied = try await world.clients.s3.copyObject(
            "k", in: "bucket", ifMatch: "e9", to: "k2", in: "bucket", .none)
        #expect(copied.eTag == "e9" && copied.attemptCount == 2)
        #expect(peer.requests.last?.headers["x-amz-copy-source"] == "/bucket/k")
    }

    @Test("a list with keys that XML can't hold is read; one that isn't a list is an error")
    func lists() async throws {
        let list = """
            <?xml version="1.0"?><ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a%01%2Bb+c</Key>
            <LastModified>2024-01-01T00:00:00.123Z</LastModified><ETag>&quot;e&quot;</ETag><Size>3</Size></Contents>
            </ListBucketResult>
            """
        let peer = try script([[.respond(200, list)], [.respond(200, "<html></html>")]])
        defer { peer.stop() }
        let world = try ClientsUnderTest(port: peer.port)
        let page = try await world.clients.s3.listObjects(in: "bucket", prefix: "a", startAfter: "a ", limit: 7)
        #expect(page.isTruncated)
        #expect(
            page.objects == [
                S3ObjectInfo(
                    key: "a\u{1}+b c", byteCount: 3, eTag: "e", lastModified: Timestamp(year: 2024, month: 1, day: 1)!)
            ])
        #expect(
            peer.requests.first?.target
                == "/bucket/?encoding-type=url&list-type=2&max-keys=7&prefix=a&start-after=a%20")
        let error = await awsError {
            try await world.clients.s3.listObjects(in: "bucket", prefix: "", startAfter: nil, limit: 1)
        }
        #expect(error?.kind == .malformedResponse)
    }
}
