import AWSClient
import Clocks
import Digest
import JSON
import Storage
import Synchronization
import TestSupport
import Testing

/// What a server that fails on purpose does to the stores on S3 and DynamoDB.
@Suite("The stores of AWS: faults")
struct AWSFaultTests {
    static let date = "Date: Mon, 01 Jan 2024 00:00:00 GMT\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n"

    /// A clock on which every wait is over at once.
    final class SkippingClock: WallClock {
        private let time = Mutex(Timestamp(secondsSinceEpoch: 1_704_067_200))
        var now: Timestamp { time.withLock { $0 } }
        func sleep(until deadline: Timestamp) async throws {
            try Task.checkCancellation()
            time.withLock { $0 = max($0, deadline) }
        }
    }

    func clients(_ peer: SocketPeer) throws -> AWSClients {
        try AWSClients(
            environment: [
                "AWS_ENDPOINT_URL": "http://127.0.0.1:\(peer.port)", "AWS_REGION": "r", "AWS_ACCESS_KEY_ID": "AK",
                "AWS_SECRET_ACCESS_KEY": "very-secret", "HOME": "/nonexistent",
            ], clock: SkippingClock(), entropy: SeededEntropy(seed: 3))
    }

    func store(_ peer: SocketPeer, partByteCount: Int = 4) throws -> S3ObjectStore {
        var options = S3ObjectStore.Options()
        options.partByteCount = partByteCount
        options.multipartByteCount = 2 * partByteCount
        return S3ObjectStore(try clients(peer).s3, options: options)
    }

    /// Serves `content` as S3 does, ranges and `If-Match` included; from request `change` on it is another version.
    static func serve(_ request: SocketPeer.Request, _ content: String, change: Int = .max, _ count: Int) -> [SocketPeer
        .Action]
    {
        let eTag = count < change ? "old" : "new"
        if let wanted = request.headers["if-match"], wanted != "\"\(eTag)\"" {
            return [error(412, "PreconditionFailed")]
        }
        let bytes = Array(content.utf8)
        let limits = (request.headers["range"] ?? "bytes=0-999").dropFirst(6).split(separator: "-").map { Int($0) ?? 0 }
        let end = min(limits[1] + 1, bytes.count)
        return [
            .respond(
                206, String(decoding: bytes[limits[0]..<end], as: UTF8.self),
                headers: "ETag: \"\(eTag)\"\r\nContent-Range: bytes \(limits[0])-\(end - 1)/\(bytes.count)\r\n\(date)")
        ]
    }

    static func error(_ status: Int, _ code: String) -> SocketPeer.Action {
        .respond(
            status, "<Error><Code>\(code)</Code><Message>words</Message></Error>", headers: "x-amz-request-id: R\r\n")
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

    @Test("an object that changes between its parts is `changed`, with the ETag that was read", arguments: [2, 3])
    func changedMidway(change: Int) async throws {
        let counter = Counter()
        let peer = try SocketPeer { Self.serve($0, "0123456789abcdef", change: change, counter.next()) }
        defer { peer.stop() }
        do {
            _ = try await store(peer).get("k", in: "bucket", maximumByteCount: 99)
            Issue.record("two versions were put together")
        } catch let error as ObjectStoreError {
            #expect(error.code == .changed)
            #expect(error.detail.contains("old"))
            #expect((error.cause as? AWSError)?.code == "PreconditionFailed")
        }
        let whole = try SocketPeer { Self.serve($0, "0123456789abcdef", 0) }
        defer { whole.stop() }
        let object = try await store(whole).get("k", in: "bucket", maximumByteCount: 99)
        #expect(object.bytes == bytes("0123456789abcdef"))
        #expect(whole.requests.count == 4)
        #expect(whole.requests.dropFirst().allSatisfy { $0.headers["if-match"] == "\"old\"" })
    }

    @Test("a part that comes cut off is asked for again")
    func truncated() async throws {
        let counter = Counter()
        let peer = try SocketPeer { request in
            if counter.next() % 2 == 0 { return [.send("HTTP/1.1 206 OK\r\nContent-Length: 4\r\n\r\n0"), .close] }
            return Self.serve(request, "0123456789abcdef", 0)
        }
        defer { peer.stop() }
        let object = try await store(peer).get("k", in: "bucket", maximumByteCount: 99)
        #expect(object.bytes == bytes("0123456789abcdef"))
        #expect(peer.requests.count > 4)
    }

    @Test("a server that doesn't know ranges is not taken for S3")
    func ignoredRange() async throws {
        let peer = try SocketPeer { request in
            let text = String(repeating: "x", count: request.target.hasSuffix("large") ? 100_000 : 9)
            return [.respond(200, text, headers: "ETag: \"e\"\r\n\(Self.date)")]
        }
        defer { peer.stop() }
        let store = try store(peer)
        let codes = [
            await objectCode { try await store.get("k", in: "bucket", range: 3..<5, ifMatch: nil) },
            await objectCode { try await store.get("large", in: "bucket", maximumByteCount: 1 << 20) },
        ]
        #expect(codes == [.io, .io])
        let whole = try await store.get("k", in: "bucket", maximumByteCount: 99)
        #expect(whole.bytes.count == 9)
    }

    @Test("a conditional put whose answer was lost is not refused for its own object")
    func lostAnswer() async throws {
        let content = bytes("abc")
        for (eTag, expected) in [(md5(content), nil), (md5([9]), .preconditionFailed)]
            as [(String, ObjectStoreError.Code?)]
        {
            let counter = Counter()
            let peer = try SocketPeer { request in
                if request.method == "HEAD" {
                    return [.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nETag: \"\(eTag)\"\r\n\(Self.date)\r\n")]
                }
                return counter.next() == 1 ? [.close] : [Self.error(412, "PreconditionFailed")]
            }
            defer { peer.stop() }
            let store = try store(peer)
            let code = await objectCode { try await store.put(content, as: "k", in: "bucket", condition: .ifAbsent) }
            #expect(code == expected)
        }
        // Without an attempt that may have been carried out there is nothing to ask for.
        let plain = try SocketPeer { _ in [Self.error(412, "PreconditionFailed")] }
        defer { plain.stop() }
        let store = try store(plain)
        let code = await objectCode { try await store.put(content, as: "k", in: "bucket", condition: .ifAbsent) }
        #expect(code == .preconditionFailed)
        #expect(plain.requests.count == 1)
    }

    @Test("a multipart upload whose part fails for good is aborted")
    func failedPart() async throws {
        let peer = try SocketPeer { request in
            switch (request.method, request.target.contains("partNumber=2")) {
            case ("POST", _): [.respond(200, "<R><UploadId>U1</UploadId></R>")]
            case ("PUT", true): [Self.error(403, "AccessDenied")]
            case ("PUT", false): [.respond(200, "", headers: "ETag: \"p\"\r\n\(Self.date)")]
            default: [.respond(204, "")]
            }
        }
        defer { peer.stop() }
        let store = try store(peer)
        let code = await objectCode { try await store.put(bytes("0123456789ab"), as: "k", in: "bucket") }
        #expect(code == .accessDenied)
        #expect(peer.requests.last?.method == "DELETE")
        #expect(peer.requests.last?.target == "/bucket/k?uploadId=U1")
    }

    @Test(
        "S3's errors are the store's, with AWS's own as their cause",
        arguments: [
            (404, "NoSuchKey", .notFound), (404, "NoSuchBucket", .noSuchBucket), (403, "AccessDenied", .accessDenied),
            (301, "PermanentRedirect", .io), (400, "KeyTooLongError", .invalidKey), (500, "InternalError", .io),
        ] as [(Int, String, ObjectStoreError.Code)])
    func codes(status: Int, code: String, expected: ObjectStoreError.Code) async throws {
        let peer = try SocketPeer { _ in [Self.error(status, code)] }
        defer { peer.stop() }
        do {
            _ = try await store(peer).get("k", in: "bucket", maximumByteCount: 9)
            Issue.record("no error")
        } catch let error as ObjectStoreError {
            #expect(error.code == expected)
            let cause = try #require(error.cause as? AWSError)
            #expect(cause.code == code && cause.requestID == "R" && cause.resource == "bucket/k")
            #expect(!"\(error)".contains("very-secret"))
        }
    }

    // MARK: DynamoDB

    static let schema = TableSchema(name: "tab", partitionKey: "pk", sortKey: "sk")

    func table(_ peer: SocketPeer) throws -> DynamoDBTable { DynamoDBTable(Self.schema, try clients(peer).dynamoDB) }

    static func tableError(_ code: String, _ rest: String = "") -> SocketPeer.Action {
        .respond(400, "{\"__type\":\"com.amazonaws.dynamodb.v20120810#\(code)\",\"message\":\"words\"\(rest)}")
    }

    @Test("entries that a batch leaves undone are sent again until none is left")
    func unprocessed() async throws {
        // Each round does the first entry it is given.
        let peer = try SocketPeer { request in
            guard let json = try? JSONValue(parsing: request.body), let entries = json["RequestItems"]?["tab"] else {
                return [.respond(500, "")]
            }
            if let writes = entries.arrayValue {
                let left: JSONValue = [
                    "UnprocessedItems": writes.count == 1 ? [:] : ["tab": .array(Array(writes.dropFirst()))]
                ]
                return [.respond(200, left.text())]
            }
            let keys = entries["Keys"]?.arrayValue ?? []
            let left: JSONValue = keys.count == 1 ? [:] : ["tab": ["Keys": .array(Array(keys.dropFirst()))]]
            let answer: JSONValue = ["Responses": ["tab": .array(Array(keys.prefix(1)))], "UnprocessedKeys": left]
            return [.respond(200, answer.text())]
        }
        defer { peer.stop() }
        let table = try table(peer)
        try await table.batchWrite((0..<4).map { .put(item("p", "\($0)")) })
        #expect(peer.requests.count == 4)
        let found = try await table.batchGet([key("p", "a"), key("p", "b"), key("p", "c")])
        #expect(found == [item("p", "a"), item("p", "b"), item("p", "c")])
        #expect(peer.requests.count == 7)
    }

    @Test("entries that are never done are `throttled` at the end of the call's time, as is throttling itself")
    func throttled() async throws {
        let stuck = try SocketPeer { request in
            let json = (try? JSONValue(parsing: request.body)) ?? [:]
            return [.respond(200, JSONValue.object(["UnprocessedItems": json["RequestItems"] ?? [:]]).text())]
        }
        defer { stuck.stop() }
        let table = try table(stuck)
        let code = await tableCode { try await table.batchWrite([.put(item("p", "a"))]) }
        #expect(code == .throttled)
        #expect(stuck.requests.count > 5)
        let busy = try SocketPeer { _ in [Self.tableError("ProvisionedThroughputExceededException")] }
        defer { busy.stop() }
        let other = try self.table(busy)
        let second = await tableCode { try await other.put(item("p", "a")) }
        #expect(second == .throttled)
        #expect(busy.requests.count == 10)
    }

    @Test("a transaction that meets another is tried again with its token; one that is refused names the write")
    func transactions() async throws {
        let counter = Counter()
        let conflict = ",\"CancellationReasons\":[{\"Code\":\"None\"},{\"Code\":\"TransactionConflict\"}]"
        let peer = try SocketPeer { _ in
            counter.next() < 3 ? [Self.tableError("TransactionCanceledException", conflict)] : [.respond(200, "{}")]
        }
        defer { peer.stop() }
        try await table(peer).transact([.put(item("p", "a")), .delete(key("p", "b"))])
        let tokens = Set(peer.requests.map { (try? JSONValue(parsing: $0.body))?["ClientRequestToken"]?.stringValue })
        #expect(peer.requests.count == 3 && tokens.count == 1)
        let reasons = ",\"CancellationReasons\":[{\"Code\":\"None\"},{\"Code\":\"ConditionalCheckFailed\"}]"
        let refusing = try SocketPeer { _ in [Self.tableError("TransactionCanceledException", reasons)] }
        defer { refusing.stop() }
        let table = try table(refusing)
        let code = await tableCode { try await table.transact([.put(item("p", "a")), .delete(key("p", "b"))]) }
        #expect(code == .conditionFailed(index: 1))
    }

    @Test("a conditional put whose answer was lost is not refused for its own item")
    func lostPut() async throws {
        for (stored, expected) in [("1", nil), ("2", .conditionFailed(index: 0))] as [(String, TableError.Code?)] {
            let counter = Counter()
            let peer = try SocketPeer { request in
                if request.headers["x-amz-target"]?.hasSuffix("GetItem") == true {
                    let found = item("p", "a", ["n": .number(stored)]).typedJSON
                    return [.respond(200, JSONValue.object(["Item": found]).text())]
                }
                return counter.next() == 1 ? [.close] : [Self.tableError("ConditionalCheckFailedException")]
            }
            defer { peer.stop() }
            let table = try table(peer)
            let code = await tableCode {
                try await table.put(item("p", "a", ["n": 1]), condition: .attributeNotExists("pk"))
            }
            #expect(code == expected)
        }
    }

    @Test("adding to a number isn't repeated when the answer was lost, setting one is")
    func lostUpdate() async throws {
        let counter = Counter()
        let peer = try SocketPeer { _ in
            counter.next() % 2 == 1 ? [.close] : [.respond(200, "{\"Attributes\":{\"pk\":{\"S\":\"p\"}}}")]
        }
        defer { peer.stop() }
        let table = try table(peer)
        try await table.update(key("p", "a"), set: ["n": 1])
        #expect(peer.requests.count == 2)
        do {
            try await table.update(key("p", "a"), add: ["n": 1])
            Issue.record("an addition was repeated")
        } catch let error as TableError {
            #expect(error.code == .io)
            #expect((error.cause as? AWSError)?.mayHaveHappened == true)
        }
        #expect(peer.requests.count == 3)
    }

    @Test("a condition that fails after an answer was lost is no refusal")
    func lostCondition() async throws {
        let counter = Counter()
        let peer = try SocketPeer { _ in
            counter.next() % 2 == 1 ? [.close] : [Self.tableError("ConditionalCheckFailedException")]
        }
        defer { peer.stop() }
        let table = try table(peer)
        let codes = [
            await tableCode {
                try await table.update(
                    key("p", "a"), set: ["n": 1], add: [:], remove: [], condition: .attributeNotExists("n"))
            },
            await tableCode { try await table.delete(key("p", "a"), condition: .attributeExists("pk")) },
        ]
        #expect(codes == [.io, .io])
    }

    @Test(
        "DynamoDB's errors are the table's",
        arguments: [
            ("ResourceNotFoundException", "x", .schemaMismatch), ("AccessDeniedException", "x", .readOnly),
            ("ValidationException", "Item size to update has exceeded the maximum allowed size", .tooLarge),
            (
                "ValidationException", "An operand in the update expression has an incorrect data type", .invalidItem
            ),
            ("ValidationException", "Type mismatch for Index Key rank Expected: N Actual: S", .invalidKey),
            ("ValidationException", "something", .invalidRequest),
        ] as [(String, String, TableError.Code)])
    func tableCodes(code: String, words: String, expected: TableError.Code) async throws {
        let peer = try SocketPeer { _ in [.respond(400, "{\"__type\":\"\(code)\",\"message\":\"\(words)\"}")] }
        defer { peer.stop() }
        let table = try table(peer)
        let found = await tableCode { try await table.put(item("p", "a")) }
        #expect(found == expected)
    }
}
