import Glibc
import Synchronization
import Testing

@testable import HTTPServer

/// Starts a server, gives it and its port to `body`, and shuts it down.
func withServer<Result>(
    limits: HTTPLimits = HTTPLimits(), answersOversizedBodies: Bool = true,
    handler: @escaping HTTPServer.Handler = echo, _ body: (HTTPServer, UInt16) async throws -> Result
) async throws -> Result {
    let server = try HTTPServer(limits: limits, answersOversizedBodies: answersOversizedBodies, handler: handler)
    let port = try server.listen()
    do {
        let result = try await body(server, port)
        await server.shutdown(grace: .seconds(5))
        return result
    } catch {
        await server.shutdown(grace: .zero)
        throw error
    }
}

let echo: HTTPServer.Handler = { request in
    HTTPResponse(
        status: 200,
        headers: [
            "X-Method": request.method, "X-Target": request.target, "X-Path": request.path,
            "X-Query": request.query.map { "\($0.name)=\($0.value)" }.joined(separator: ";"),
            "X-Given": request.headers["x-given"] ?? "-", "X-Trailer": request.trailers["x-trailer"] ?? "-",
            "X-Port": String(request.localPort), "X-Too-Large": String(request.isBodyTooLarge),
        ], body: request.body)
}

@Suite("A server")
struct ServerTests {
    @Test("hands over method, target, path, query, headers and body, and sends the answer")
    func echoes() async throws {
        try await withServer { _, port in
            let answer = try await onThread {
                let client = try RawClient(port: port)
                client.send(
                    "POST /a%20b/%C3%BC?x=1+2&y&z=%26 HTTP/1.1\r\nHost: localhost:\(port)\r\nX-GIVEN: some\r\n"
                        + "Content-Length: 5\r\n\r\nhello")
                return try client.readAnswer()
            }
            #expect(answer?.status == 200)
            #expect(answer?.text == "hello")
            #expect(answer?.headers["x-method"] == "POST")
            #expect(answer?.headers["x-target"] == "/a%20b/%C3%BC?x=1+2&y&z=%26")
            #expect(answer?.headers["x-path"] == "/a b/ü")
            #expect(answer?.headers["x-query"] == "x=1 2;y=;z=&")
            #expect(answer?.headers["x-given"] == "some")
            #expect(answer?.headers["x-port"] == String(port))
        }
    }

    @Test("puts chunks together and hands over trailers")
    func chunked() async throws {
        try await withServer { _, port in
            let answer = try await onThread {
                let client = try RawClient(port: port)
                client.send("PUT / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel")
                client.send("lo\r\n3;ext=1\r\n, w\r\n4\r\norld\r\n0\r\nX-Trailer: end\r\n\r\n")
                return try client.readAnswer()
            }
            #expect(answer?.text == "hello, world")
            #expect(answer?.headers["x-trailer"] == "end")
        }
    }

    @Test("answers HEAD with the length but without the body, and goes on with the connection")
    func head() async throws {
        try await withServer(handler: { _ in .text(200, "twelve bytes") }) { _, port in
            let (head, get) = try await onThread {
                let client = try RawClient(port: port)
                client.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                let head = try client.readAnswer(toHead: true)
                client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                return (head, try client.readAnswer())
            }
            #expect(head?.headers["content-length"] == "13")
            #expect(get?.text == "twelve bytes\n")
        }
    }

    @Test("serves 1,000 requests in turn on one connection")
    func keepsAlive() async throws {
        try await withServer { _, port in
            let good = try await onThread {
                let client = try RawClient(port: port)
                return try (0..<1_000).count { index in
                    client.send("POST /\(index) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody")
                    return try client.readAnswer()?.headers["x-path"] == "/\(index)"
                }
            }
            #expect(good == 1_000)
        }
    }

    @Test("serves many clients at once, each its own answers")
    func parallel() async throws {
        try await withServer { _, port in
            let good = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<24 {
                    group.addTask {
                        try await onThread {
                            let client = try RawClient(port: port)
                            let body = [UInt8](repeating: UInt8(number), count: 40_000 + number)
                            return try (0..<20).count { _ in
                                client.send(
                                    "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.count)\r\n\r\n")
                                client.send(body)
                                return try client.readAnswer()?.body == body
                            }
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(good == 24 * 20)
        }
    }

    @Test("answers requests that arrive in one piece in their order")
    func pipelined() async throws {
        try await withServer { _, port in
            let paths = try await onThread {
                let client = try RawClient(port: port)
                client.send((0..<10).map { "GET /\($0) HTTP/1.1\r\nHost: localhost\r\n\r\n" }.joined())
                return try (0..<10).map { _ in try client.readAnswer()?.headers["x-path"] }
            }
            #expect(paths == (0..<10).map { "/\($0)" })
        }
    }

    @Test("listens on several ports and says which one a request came by")
    func ports() async throws {
        try await withServer { server, port in
            let other = try server.listen()
            #expect(other != port)
            let seen = try await onThread {
                try [port, other].map { port in
                    let client = try RawClient(port: port)
                    client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    return try client.readAnswer()?.headers["x-port"]
                }
            }
            #expect(seen == [String(port), String(other)])
            server.close(port: other)
            // Closing happens on the server's thread; the port is free again when it can be listened on.
            while (try? server.listen(port: other)) == nil { await Task.yield() }
        }
    }

    @Test("says which port is taken and what to do")
    func portInUse() async throws {
        try await withServer { _, port in
            let other = try HTTPServer(handler: echo)
            let error = #expect(throws: HTTPServerError.self) { try other.listen(port: port) }
            #expect(error?.code == .portInUse)
            #expect(error?.port == port)
            #expect(
                error.map(String.init(describing:))
                    == "could not listen on 127.0.0.1:\(port): another program has this "
                    + "port; stop it (ss -ltnp 'sport = :\(port)' shows it), or choose another port, 0 for any free one"
            )
            await other.shutdown(grace: .zero)
        }
    }

    @Test(
        "turns away foreign hosts and pages",
        arguments: [
            ("Host: 127.0.0.1:{port}", 200), ("Host: localhost:{port}", 200), ("Host: LocalHost", 200),
            ("Host: evil.example", 403), ("Host: 127.0.0.1.evil.example:{port}", 403), ("Host: localhost:x", 403),
            ("Host: ", 403), ("Host: 192.168.1.4:{port}", 403),
            ("Host: localhost\r\nOrigin: http://localhost:{port}", 200),
            ("Host: localhost\r\nOrigin: http://127.0.0.1:{port}", 200),
            ("Host: localhost\r\nOrigin: http://localhost:1", 403), ("Host: localhost\r\nOrigin: null", 403),
            ("Host: localhost\r\nOrigin: http://localhost", 403),
            ("Host: localhost\r\nOrigin: https://evil.example", 403),
        ])
    func foreign(headers: String, status: Int) async throws {
        try await withServer { _, port in
            let answer = try await onThread {
                let client = try RawClient(port: port)
                let lines = headers.split(separator: "{port}", omittingEmptySubsequences: false)
                    .joined(separator: String(port))
                client.send("GET / HTTP/1.1\r\n\(lines)\r\n\r\n")
                return try client.readAnswer()
            }
            #expect(answer?.status == status)
        }
    }
}
