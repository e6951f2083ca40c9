import TestSupport
import Testing

@testable import HTTPClient

@Suite("HTTPTransport")
struct HTTPTransportTests {
    func failure(_ body: () async throws -> HTTPClient.Response) async -> HTTPTransportError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error as? HTTPTransportError
        }
    }

    @Test("methods, paths, headers and bodies go out as they are, and answers come back whole")
    func exchange() async throws {
        let peer = try SocketPeer { request in
            switch request.target {
            case "/chunked":
                return [
                    .send(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: x\r\n\r\n"
                    )
                ]
            case "/interim":
                return [.send("HTTP/1.1 103 Early\r\nX-A: no\r\n\r\n"), .respond(201, "x", headers: "X-B:  yes \r\n")]
            case "/head": return [.send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")]
            case "/redirect": return [.respond(302, "", headers: "Location: /chunked\r\n")]
            default: return [.respond(200, "ok")]
            }
        }
        defer { peer.stop() }
        let transport = HTTPTransport()
        let origin = "http://127.0.0.1:\(peer.port)"
        func send(_ method: String, _ path: String, _ body: [UInt8] = []) async throws -> HTTPClient.Response {
            try await transport.send(.init(method, origin + path, headers: [("X-Test", "a b")], body: body))
        }
        #expect(try await send("GET", "/chunked").body == Array("abcde".utf8))
        let interim = try await send("GET", "/interim")
        #expect(interim.status == 201 && interim.headers["x-b"] == "yes" && interim.headers["x-a"] == nil)
        let head = try await send("HEAD", "/head")
        #expect(head.headers["Content-Length"] == "99" && head.body.isEmpty)
        #expect(try await send("GET", "/redirect").status == 302)
        let large = [UInt8](repeating: 7, count: 3_000_000)
        for (method, body) in [("PUT", large), ("POST", []), ("PUT", []), ("DELETE", [])] as [(String, [UInt8])] {
            _ = try await send(method, "/a/../b//c%2F?x=%20", body)
            let request = try #require(peer.requests.last)
            #expect(request.method == method && request.target == "/a/../b//c%2F?x=%20")
            #expect(request.body == body)
            #expect(request.headers["x-test"] == "a b" && request.headers["expect"] == nil)
            #expect(request.headers["content-length"] == (method == "DELETE" ? nil : String(body.count)))
        }
        #expect(peer.connectionCount == 1)
    }

    @Test("several requests run at the same time")
    func parallel() async throws {
        let peer = try SocketPeer { [.respond(200, $0.target)] }
        defer { peer.stop() }
        let transport = HTTPTransport()
        let port = peer.port
        let found = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<60 {
                group.addTask {
                    let path = "/\(number)"
                    return try await transport.send(.init("GET", "http://127.0.0.1:\(port)\(path)")).body
                        == Array(path.utf8)
                }
            }
            return try await group.reduce(into: 0) { if $1 { $0 += 1 } }
        }
        #expect(found == 60)
    }

    @Test("answers over a limit are refused, with the length that they give")
    func limits() async throws {
        let peer = try SocketPeer { request in
            request.target == "/header"
                ? [.send("HTTP/1.1 200 OK\r\nX: \(String(repeating: "x", count: 70_000))\r\n\r\n"), .close]
                : [.respond(200, String(repeating: "x", count: 100))]
        }
        defer { peer.stop() }
        let transport = HTTPTransport()
        let origin = "http://127.0.0.1:\(peer.port)"
        let limits = HTTPClient.Limits(bodyByteCount: 99)
        let body = await failure { try await transport.send(.init("GET", "\(origin)/body", limits: limits)) }
        #expect(body?.code == .bodyTooLarge && body?.declaredByteCount == 100)
        let header = await failure { try await transport.send(.init("GET", "\(origin)/header", limits: limits)) }
        #expect(header?.code == .headerTooLarge)
    }

    @Test("what would end a line early is refused before anything is sent")
    func injection() async throws {
        let transport = HTTPTransport()
        for request in [
            HTTPTransport.Request("GET", "http://127.0.0.1:1/a b"), .init("GET\r\n", "http://127.0.0.1:1/"),
            .init("GET", "http://127.0.0.1:1/", headers: [("A", "b\r\nC: d")]),
            .init("GET", "http://127.0.0.1:1/", headers: [("A:", "b")]),
        ] {
            let error = await failure { try await transport.send(request) }
            #expect(error?.code == .invalidRequest && error?.isUnsent == true)
        }
        let scheme = await failure { try await transport.send(.init("GET", "file:///etc/passwd")) }
        #expect(scheme?.code == .malformedResponse || scheme?.code == .invalidRequest)
    }

    @Test("failures say what they are, and whether the request can have been seen")
    func failures() async throws {
        let transport = HTTPTransport()
        let nobody = await failure { try await transport.send(.init("GET", "http://127.0.0.1:1/x?secret=1")) }
        #expect(nobody?.code == .connect && nobody?.isUnsent == true && nobody?.curlCode == 7)
        #expect(nobody?.description.contains("secret") == false)
        let nowhere = await failure { try await transport.send(.init("GET", "http://name.invalid/")) }
        #expect(nowhere?.code == .connect)
        let peer = try SocketPeer { request in
            switch request.target {
            case "/tls": [.respond(200, "")]
            case "/hang": [.hang]
            default: [.close]
            }
        }
        defer { peer.stop() }
        let origin = "127.0.0.1:\(peer.port)"
        let closed = await failure { try await transport.send(.init("GET", "http://\(origin)/")) }
        #expect(closed?.code == .closed && closed?.isUnsent == false)
        let late = await failure {
            try await transport.send(.init("GET", "http://\(origin)/hang", timeout: .milliseconds(200)))
        }
        #expect(late?.code == .timedOut && late?.isUnsent == false)
        let plain = await failure {
            try await transport.send(.init("GET", "https://\(origin)/tls", timeout: .seconds(5)))
        }
        #expect(plain?.code == .tls || plain?.code == .timedOut || plain?.code == .closed)
    }

    @Test("a write isn't sent again unseen when a kept connection ends; a read is")
    func resending() async throws {
        let peer = try SocketPeer { $0.index % 2 == 0 ? [.respond(200, "")] : [.close] }
        defer { peer.stop() }
        let transport = HTTPTransport()
        let url = "http://127.0.0.1:\(peer.port)/"
        _ = try await transport.send(.init("PUT", url, mayBeResent: false))
        let second = await failure { try await transport.send(.init("PUT", url, mayBeResent: false)) }
        #expect(second?.code == .closed && second?.isUnsent == false)
        #expect(peer.requests.count == 2)
        _ = try await transport.send(.init("GET", url))
        _ = try await transport.send(.init("GET", url))
        #expect(peer.requests.count == 5)
    }

    @Test("proxies are for those who use them, and not for hosts that are excepted")
    func proxies() async throws {
        let proxy = try SocketPeer { _ in [.respond(200, "proxy")] }
        let direct = try SocketPeer { _ in [.respond(200, "direct")] }
        defer {
            proxy.stop()
            direct.stop()
        }
        var options = HTTPTransport.Options()
        options.plainProxy = "http://127.0.0.1:\(proxy.port)"
        let url = "http://127.0.0.1:\(direct.port)/x"
        let used = try await HTTPTransport(options).send(.init("GET", url))
        #expect(used.body == Array("proxy".utf8))
        #expect(proxy.requests.first?.target == url)
        let unused = try await HTTPTransport(options).send(.init("GET", url, usesProxy: false))
        #expect(unused.body == Array("direct".utf8))
        options.proxyExceptions = "example.com,127.0.0.1"
        let excepted = try await HTTPTransport(options).send(.init("GET", url))
        #expect(excepted.body == Array("direct".utf8))
    }

    // Nothing but the cancellation ends it in less than an hour.
    @Test("a cancelled request ends", .timeLimit(.minutes(10)))
    func cancellation() async throws {
        let peer = try SocketPeer { _ in [.hang] }
        defer { peer.stop() }
        let transport = HTTPTransport()
        let port = peer.port
        let task = Task {
            try await transport.send(
                .init("GET", "http://127.0.0.1:\(port)/", timeout: .seconds(3_600), stallTimeout: .seconds(3_600)))
        }
        try await eventually("the request") { peer.requests.isEmpty ? nil : () }
        task.cancel()
        let result = await task.result
        guard case .failure(let error as HTTPTransportError) = result else {
            Issue.record("no error")
            return
        }
        #expect(error.code == .cancelled)
    }
}
