import Glibc
import Testing

@testable import HTTPServer

@Suite("The end of a request, a connection, a server")
struct ServerEndTests {
    private func gated(_ gate: Gate) -> HTTPServer.Handler {
        { _ in
            await gate.wait()
            return .text(200, Task.isCancelled ? "cancelled" : "done")
        }
    }

    private static let request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

    @Test("a client that goes away cancels the handler's task", arguments: [true, false])
    func disconnectCancels(closesWhole: Bool) async throws {
        let gate = Gate()
        try await withServer(handler: gated(gate)) { server, port in
            let client = try await onThread {
                let client = try RawClient(port: port)
                client.send(ServerEndTests.request)
                return Handle(client)
            }
            while await gate.waitingCount == 0 { await Task.yield() }
            if closesWhole { client.client.close() } else { shutdown(client.client.descriptor, Int32(SHUT_WR)) }
            while await gate.passedByCancellation == 0 { await Task.yield() }
            while server.activeRequestCount > 0 { await Task.yield() }
        }
    }

    @Test("closing a port cancels its requests and leaves those of others")
    func closeCancels() async throws {
        let gate = Gate()
        try await withServer(handler: gated(gate)) { server, port in
            let other = try server.listen()
            async let stays = onThread {
                let client = try RawClient(port: port)
                client.send(ServerEndTests.request)
                return try client.readAnswer()?.text
            }
            async let ends = onThread {
                let client = try RawClient(port: other)
                client.send(ServerEndTests.request)
                return try client.readAnswer()?.text
            }
            while await gate.waitingCount < 2 { await Task.yield() }
            server.close(port: other)
            #expect(try await ends == "cancelled\n")
            await gate.open()
            #expect(try await stays == "done\n")
        }
    }

    @Test("a shutdown lets requests end within the grace time")
    func graceful() async throws {
        let gate = Gate()
        let server = try HTTPServer(handler: gated(gate))
        let port = try server.listen()
        async let answer = onThread {
            let client = try RawClient(port: port)
            client.send(ServerEndTests.request)
            return try client.readAnswer()?.text
        }
        while await gate.waitingCount == 0 { await Task.yield() }
        async let ended: Void = server.shutdown(grace: .seconds(30))
        await gate.open()
        #expect(try await answer == "done\n")
        await ended
        let error = #expect(throws: HTTPServerError.self) { try server.listen() }
        #expect(error?.code == .stopped)
        #expect(throws: RawClient.Failure.self) { try RawClient(port: port) }
    }

    @Test("a shutdown ends waits when the grace time is over")
    func endsWaits() async throws {
        let gate = Gate()
        let server = try HTTPServer(limits: HTTPLimits(cancellationGrace: .seconds(120)), handler: gated(gate))
        let port = try server.listen()
        async let answers = onThread {
            let clients = try (0..<20).map { _ in try RawClient(port: port) }
            for client in clients { client.send(ServerEndTests.request) }
            return try clients.map { try $0.readAnswer()?.text }
        }
        while await gate.waitingCount < 20 { await Task.yield() }
        await server.shutdown(grace: .milliseconds(10))
        #expect(try await answers == Array(repeating: "cancelled\n", count: 20))
    }

    @Test("a handler that ignores its cancellation does not hold up a shutdown for long")
    func stubborn() async throws {
        let (stream, end) = AsyncStream<Void>.makeStream()
        let began = Gate()
        let limits = HTTPLimits(cancellationGrace: .milliseconds(10))
        let server = try HTTPServer(
            limits: limits,
            handler: { _ in
                await began.open()
                // An unstructured task, so that the cancellation does not reach the stream.
                await Task { for await _ in stream {} }.value
                return .text(200, "late")
            })
        let port = try server.listen()
        async let answer = onThread {
            let client = try RawClient(port: port)
            client.send(ServerEndTests.request)
            return try client.readAnswer()?.status
        }
        await began.wait()
        let start = ContinuousClock.now
        await server.shutdown(grace: .zero)
        #expect(ContinuousClock.now - start < .seconds(120))
        #expect([503, nil].contains(try await answer))
        end.finish()
    }

    @Test("a server that is let go closes its port and descriptors")
    func released() async throws {
        var server: HTTPServer? = try HTTPServer(handler: echo)
        let port = try #require(try server?.listen())
        server = nil
        while (try? RawClient(port: port)) != nil { await Task.yield() }
    }
}

/// Takes a client from one thread to another; only one uses it at a time.
final class Handle: @unchecked Sendable {
    let client: RawClient
    init(_ client: RawClient) { self.client = client }
}
