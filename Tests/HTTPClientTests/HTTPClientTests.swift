import Glibc
import Synchronization
import TestSupport
import Testing

@testable import HTTPClient

@Suite("The HTTP client against a peer that does as it is told", .timeLimit(.minutes(10)))
struct HTTPClientTests {
    static func client(_ peer: SocketPeer, timeout: Duration? = nil, bodyByteCount: Int = 1 << 26) -> HTTPClient {
        HTTPClient(HTTPAddress(port: peer.port), limits: .init(bodyByteCount: bodyByteCount), timeout: timeout)
    }

    @Test("Requests go over one kept-alive connection, with method, target, headers and body as given")
    func keepAlive() throws {
        let peer = try SocketPeer { [.respond(200, "\($0.method) \($0.target) \($0.text)")] }
        defer { peer.stop() }
        let client = Self.client(peer)
        for index in 0..<3 {
            let response = try client.send(
                .init("POST", "/a?b=\(index)", headers: [("X-Y", "ü z")], body: Array("body".utf8)))
            #expect(String(decoding: response.body, as: UTF8.self) == "POST /a?b=\(index) body")
        }
        #expect(try client.send(.init("GET", "/")).status == 200)
        #expect(peer.connectionCount == 1)
        #expect(peer.requests[0].headers["x-y"] == "ü z")
        #expect(peer.requests[0].headers["content-length"] == "4")
        #expect(peer.requests[0].headers["host"] == "127.0.0.1:\(peer.port)")
        #expect(peer.requests[3].headers["content-length"] == nil)
        #expect(peer.requests[3].headers["expect"] == nil)
    }

    @Test("Chunked bodies work in both directions")
    func chunked() throws {
        let peer = try SocketPeer { request in
            [
                .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), .send("5\r\nab"), .send("cde\r\n"),
                .send("1\r\n"),
                .send("\(request.isChunked ? "Y" : "N")\r\n0\r\n\r\n"),
            ]
        }
        defer { peer.stop() }
        let client = Self.client(peer)
        let parts = Counter(3)
        let response = try client.send(
            .init("POST", "/", body: .chunks { parts.next().map { [UInt8](repeating: $0, count: 20_000) } ?? [] }))
        #expect(String(decoding: response.body, as: UTF8.self) == "abcdeY")
        #expect(peer.requests[0].body.count == 60_000)
        _ = try client.send(.init("GET", "/"))
        #expect(peer.connectionCount == 1)
    }

    @Test("Bodies of many megabytes go through both ways")
    func largeBodies() throws {
        let peer = try SocketPeer { [.respond(200, $0.text)] }
        defer { peer.stop() }
        let body = [UInt8]((0..<6_500_000).map { UInt8(ascii: "a") + UInt8($0 % 23) })
        let response = try Self.client(peer).send(.init("POST", "/", body: body))
        #expect(response.body == body)
    }

    @Test(
        "A connection that the server closed while idle is replaced before anything is sent",
        arguments: ["GET", "POST"])
    func idleClose(method: String) throws {
        let peer = try SocketPeer { $0.connection == 0 ? [.respond(200, "0"), .close] : [.respond(200, "1")] }
        defer { peer.stop() }
        let client = Self.client(peer)
        _ = try client.send(.init(method, "/"))
        peer.waitForFinishedConnections(1)
        let response = try client.send(.init(method, "/"))
        #expect(response.body == [UInt8(ascii: "1")])
        #expect(peer.requests.map(\.connection) == [0, 1])
    }

    @Test("A POST that the server may have read is never sent again", arguments: [SocketPeer.Action.close, .reset])
    func noSecondPost(ending: SocketPeer.Action) throws {
        let peer = try SocketPeer { $0.index == 0 ? [.respond(200)] : [ending] }
        defer { peer.stop() }
        let client = Self.client(peer)
        _ = try client.send(.init("POST", "/"))
        let error = try #require(throws: HTTPClientError.self) { try client.send(.init("POST", "/answer", body: [1])) }
        #expect(error.code == .closed || error.code == .receive)
        #expect(!error.isUnsent)
        #expect(peer.requests.map(\.target) == ["/", "/answer"])
        #expect(try client.send(.init("POST", "/again")).status == 200)
        #expect(peer.connectionCount == 2)
    }

    @Test(
        "A GET whose kept-alive connection died is sent once more, and only once",
        arguments: [SocketPeer.Action.close, .reset])
    func secondGet(ending: SocketPeer.Action) throws {
        let peer = try SocketPeer { $0.index == 0 && $0.connection == 0 ? [.respond(200)] : [ending] }
        defer { peer.stop() }
        let client = Self.client(peer)
        _ = try client.send(.init("GET", "/"))
        let error = try #require(throws: HTTPClientError.self) { try client.send(.init("GET", "/")) }
        #expect(error.code == .closed || error.code == .receive)
        #expect(!error.isUnsent)
        #expect(peer.requests.map(\.connection) == [0, 0, 1])
    }

    @Test("A GET that got a part of its answer is not sent again")
    func partialAnswer() throws {
        let peer = try SocketPeer { $0.index == 0 ? [.respond(200)] : [.send("HTTP/1.1 200 OK\r\n"), .close] }
        defer { peer.stop() }
        let client = Self.client(peer)
        _ = try client.send(.init("GET", "/"))
        let error = try #require(throws: HTTPClientError.self) { try client.send(.init("GET", "/next")) }
        #expect(error.code == .closed)
        #expect(
            error.description
                == "GET http://127.0.0.1:\(peer.port)/next: the server closed the connection in the middle of its answer"
        )
        #expect(peer.requests.count == 2)
    }

    @Test("Bytes that come with an answer and after it end the connection instead of answering the next request")
    func strayBytes() throws {
        let stray = "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"
        let peer = try SocketPeer { _ in [.send("HTTP/1.1 200 X\r\nContent-Length: 1\r\n\r\na\(stray)")] }
        defer { peer.stop() }
        let client = Self.client(peer)
        for _ in 0..<20 { #expect(try client.send(.init("GET", "/")).status == 200) }
        #expect(peer.connectionCount == 20)
    }

    @Test("An answer that comes before the body was read is taken")
    func earlyAnswer() throws {
        let peer = try SocketPeer(readsBodies: false) { _ in [.respond(413, "too large"), .hang] }
        defer { peer.stop() }
        let response = try Self.client(peer).send(.init("POST", "/", body: [UInt8](repeating: 7, count: 64 << 20)))
        #expect(response.status == 413)
    }

    @Test("Nobody listening is an error that says so")
    func refused() throws {
        let peer = try SocketPeer { _ in [] }
        let port = peer.port
        peer.stop()
        // A closed listening socket refuses; one that was only shut down does, too.
        let client = HTTPClient(HTTPAddress(port: port))
        let error = try #require(throws: HTTPClientError.self) { try client.send(.init("GET", "/x")) }
        #expect(error.code == .connect)
        #expect(error.systemError == ECONNREFUSED)
        #expect(error.isUnsent)
        #expect(
            error.description
                == "GET http://127.0.0.1:\(port)/x: ECONNREFUSED (Connection refused) on connect to 127.0.0.1:\(port)")
    }

    @Test("A timeout covers the whole request")
    func timeout() throws {
        let peer = try SocketPeer { _ in [.send("HTTP/1.1 200 OK\r\n"), .hang] }
        defer { peer.stop() }
        let error = try #require(throws: HTTPClientError.self) {
            try Self.client(peer, timeout: .milliseconds(50)).send(.init("GET", "/"))
        }
        #expect(error.code == .timedOut)
    }

    @Test("A body over the limit is refused")
    func limit() throws {
        let peer = try SocketPeer { _ in [.respond(200, "12345")] }
        defer { peer.stop() }
        let error = try #require(throws: HTTPClientError.self) {
            try Self.client(peer, bodyByteCount: 4).send(.init("GET", "/"))
        }
        #expect(error.code == .bodyTooLarge)
    }

    @Test("Cancelling ends the wait, and the client works on")
    func cancellation() async throws {
        let peer = try SocketPeer { $0.connection == 0 ? [.hang] : [.respond(200)] }
        defer { peer.stop() }
        let client = Self.client(peer)
        let task = Task { try await client.response(to: .init("GET", "/")) }
        peer.waitForRequests(1)
        task.cancel()
        let error = await #expect(throws: HTTPClientError.self) { _ = try await task.value }
        #expect(error?.code == .cancelled)
        #expect(try await client.response(to: .init("GET", "/")).status == 200)

        let cancellation = HTTPCancellation()
        cancellation.cancel()
        let early = #expect(throws: HTTPClientError.self) {
            try client.send(.init("GET", "/"), cancellation: cancellation)
        }
        #expect(early?.code == .cancelled)
    }

    @Test(
        "A request that would break the protocol is not sent",
        arguments: [
            HTTPClient.Request("get", "/"), .init("", "/"), .init("GET", ""), .init("GET", "x"), .init("GET", "/a b"),
            .init("GET", "/ü"),
            .init("GET", "/\r\nX: y"), .init("GET", "/", headers: [("a b", "c")]),
            .init("GET", "/", headers: [("a", "b\r\nc: d")]),
        ])
    func invalidRequests(request: HTTPClient.Request) throws {
        let peer = try SocketPeer { _ in [.respond(200)] }
        defer { peer.stop() }
        let error = try #require(throws: HTTPClientError.self) { try Self.client(peer).send(request) }
        #expect(error.code == .invalidRequest && error.isUnsent)
        #expect(peer.connectionCount == 0)
    }

    @Test(
        "Addresses are read as AWS writes them",
        arguments: [
            ("127.0.0.1:9001", "127.0.0.1", 9_001), ("169.254.100.1:9001", "169.254.100.1", 9_001),
            ("localhost:1", "localhost", 1),
            ("[::1]:65535", "::1", 65_535), ("127.0.0.1", "127.0.0.1", 80), ("[::1]", "::1", 80),
        ] as [(String, String, UInt16)])
    func addresses(text: String, host: String, port: UInt16) {
        #expect(HTTPAddress(text) == HTTPAddress(host: host, port: port))
    }

    @Test(
        "Other addresses are refused",
        arguments: [
            "", ":1", "a:", "a:0", "a:65536", "a:1x", "a:-1", "::1", "[::1]9", "[::1", "a b:1", "http://a:1", "a/b:1",
            "u@h:1",
        ])
    func badAddresses(text: String) { #expect(HTTPAddress(text) == nil) }
}

/// Counts down, for bodies that are made piece by piece.
private final class Counter: Sendable {
    private let left: Mutex<UInt8>
    init(_ count: UInt8) { left = Mutex(count) }
    func next() -> UInt8? {
        left.withLock { left in
            guard left > 0 else { return nil }
            left -= 1
            return left
        }
    }
}
