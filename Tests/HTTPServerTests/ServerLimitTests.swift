import Glibc
import Synchronization
import Testing

@testable import HTTPServer

@Suite("A server under bad clients")
struct ServerLimitTests {
    private static let limits = HTTPLimits(maximumBodyByteCount: 1_000)

    @Test(
        "answers 413 to a body above the limit, sized or chunked, after it has come",
        arguments: [
            (1_000, false, 200), (1_001, false, 413), (300_000, false, 413), (1_000, true, 200), (5_000, true, 413),
        ])
    func bodyLimit(byteCount: Int, isChunked: Bool, status: Int) async throws {
        try await withServer(limits: ServerLimitTests.limits) { _, port in
            let answer = try await onThread {
                let client = try RawClient(port: port)
                let body = [UInt8](repeating: 7, count: byteCount)
                if isChunked {
                    client.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
                    for start in stride(from: 0, to: byteCount, by: 500) {
                        client.send("1f4\r\n")
                        client.send(Array(body[start..<start + 500]))
                        client.send("\r\n")
                    }
                    client.send("0\r\n\r\n")
                } else {
                    client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(byteCount)\r\n\r\n")
                    client.send(body)
                }
                return try client.readAnswer()
            }
            #expect(answer?.status == status)
        }
    }

    @Test("hands an oversized body's request to a handler that asked for it, without the body")
    func oversizedIsHanded() async throws {
        try await withServer(limits: ServerLimitTests.limits, answersOversizedBodies: false) { _, port in
            let answer = try await onThread {
                let client = try RawClient(port: port)
                client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000\r\n\r\n")
                client.send([UInt8](repeating: 7, count: 2_000))
                return try client.readAnswer()
            }
            #expect(answer?.headers["x-too-large"] == "true")
            #expect(answer?.body == [])
        }
    }

    @Test("answers 413 at once to a body that would be far too large, or whose client waits for 100 Continue")
    func refusedByLength() async throws {
        try await withServer(limits: ServerLimitTests.limits) { _, port in
            let statuses = try await onThread {
                try ["Content-Length: 99999999999", "Content-Length: 2000\r\nExpect: 100-continue"].map { header in
                    let client = try RawClient(port: port)
                    client.send("POST / HTTP/1.1\r\nHost: localhost\r\n\(header)\r\n\r\n")
                    return try client.readAnswer()?.status
                }
            }
            #expect(statuses == [413, 413])
        }
    }

    @Test(
        "answers an error to what is no request, or closes, and goes on with others",
        arguments: [
            "\r\n\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET  HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /%ff HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /?a=%8 HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", "GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\nhello",
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999999\r\n\r\nhello",
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: abc\r\n\r\nhello",
            "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
            "relative HTTP/1.1\r\nHost: localhost\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ])
    func malformed(text: String) async throws {
        let handled = Mutex(0)
        let handler: HTTPServer.Handler = { _ in
            handled.withLock { $0 += 1 }
            return .text(200, "ok")
        }
        // Some of these leave libmicrohttpd waiting for more: then the idle time ends them.
        let limits = HTTPLimits(idleTimeout: .seconds(5), receiveTimeout: .milliseconds(500))
        try await withServer(limits: limits, handler: handler) { _, port in
            let (status, next) = try await onThread {
                let client = try RawClient(port: port)
                client.send(text)
                shutdown(client.descriptor, Int32(SHUT_WR))
                let status = try client.readAnswer()?.status
                let other = try RawClient(port: port)
                other.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                return (status, try other.readAnswer()?.status)
            }
            #expect(status.map { $0 >= 400 } ?? true)
            #expect(next == 200)
            #expect(handled.withLock { $0 } == 1)
        }
    }

    @Test("takes a NUL in the request line for the target's end, as libmicrohttpd does")
    func nulInTarget() async throws {
        try await withServer { _, port in
            let answer = try await onThread {
                let client = try RawClient(port: port)
                client.send("GET /a\u{0}b HTTP/1.1\r\nHost: localhost\r\n\r\n")
                return try client.readAnswer()
            }
            #expect(answer?.headers["x-path"] == "/a")
        }
    }

    @Test("answers 414 or 431 to a target or headers beyond the limit")
    func headerLimit() async throws {
        try await withServer(limits: HTTPLimits(maximumHeaderByteCount: 8_192)) { _, port in
            let statuses = try await onThread {
                let long = String(repeating: "a", count: 20_000)
                return try ["GET /\(long) HTTP/1.1\r\n", "GET / HTTP/1.1\r\nX-Long: \(long)\r\n"].map { start in
                    let client = try RawClient(port: port)
                    client.send(start + "Host: localhost\r\n\r\n")
                    return try client.readAnswer()?.status
                }
            }
            #expect(statuses.allSatisfy { [414, 431, nil].contains($0) }, "\(statuses)")
            #expect(statuses.contains { $0 != nil })
        }
    }

    @Test("closes a connection that sends a request too slowly, but not one whose answer takes long")
    func slowClients() async throws {
        let limits = HTTPLimits(idleTimeout: .seconds(1), receiveTimeout: .milliseconds(200))
        let gate = Gate()
        let handler: HTTPServer.Handler = { _ in
            await gate.wait()
            return .text(200, "late")
        }
        try await withServer(limits: limits, handler: handler) { _, port in
            async let patient = onThread {
                let client = try RawClient(port: port)
                client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                return try client.readAnswer()?.text
            }
            // Drips a header every 100 ms: never idle for a second, never done.
            let pieces = try await onThread {
                let client = try RawClient(port: port)
                client.send("GET / HTTP/1.1\r\n")
                var pieces = 0
                while pieces < 200, client.send("X-\(pieces): 1\r\n") {
                    pieces += 1
                    usleep(100_000)
                }
                return pieces
            }
            #expect((1..<60).contains(pieces), "closed after \(pieces) pieces")
            await gate.open()
            #expect(try await patient == "late\n")
        }
    }

    @Test("answers 503 beyond the limit of connections, and serves again when some are gone")
    func connectionLimit() async throws {
        try await withServer(limits: HTTPLimits(maximumConnections: 4)) { server, port in
            let statuses = try await onThread {
                let clients = try (0..<4).map { _ in try RawClient(port: port) }
                // A served request shows that the connection counts.
                for client in clients {
                    client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    _ = try client.readAnswer()
                }
                let fifth = try RawClient(port: port)
                let refused = try? fifth.readAnswer()?.status
                clients[0].close()
                while true {
                    let sixth = try RawClient(port: port)
                    sixth.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    // A refused connection that had already sent its request may be reset before its 503 is read.
                    if let status = try? sixth.readAnswer()?.status, status != 503 { return [refused, status] }
                }
            }
            #expect(statuses[1] == 200)
            #expect([503, nil].contains(statuses[0]))
        }
    }
}

/// A door that tasks wait at until it is opened; a cancelled task passes.
actor Gate {
    private var isOpen = false
    private var nextNumber = 0
    private var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    private(set) var passedByCancellation = 0

    func wait() async {
        guard !isOpen else { return }
        let number = nextNumber
        nextNumber += 1
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled {
                    passedByCancellation += 1
                    continuation.resume()
                } else {
                    waiting[number] = continuation
                }
            }
        } onCancel: {
            Task { await self.cancel(number) }
        }
    }

    var waitingCount: Int { waiting.count }

    func open() {
        isOpen = true
        for continuation in waiting.values { continuation.resume() }
        waiting = [:]
    }

    private func cancel(_ number: Int) {
        guard let continuation = waiting.removeValue(forKey: number) else { return }
        passedByCancellation += 1
        continuation.resume()
    }
}
