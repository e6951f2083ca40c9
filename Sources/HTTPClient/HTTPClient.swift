import Glibc
import Synchronization

/// An HTTP/1.1 client for servers on this machine: one kept-alive connection, no TLS, no redirects, no proxies.
///
/// Calls block, and one request runs at a time: another thread's waits for it. Requests have no timeout unless the
/// client was given one, since a process may be frozen while it waits (Lambda's runtime API).
///
/// A kept-alive connection may die while idle. Then a request goes to a new one, once, provided that it can't be
/// carried out twice: no byte of it was sent, or it is a GET or HEAD that got no byte of an answer. Otherwise the error
/// says by ``HTTPClientError/isUnsent`` what is known.
package final class HTTPClient: Sendable {
    /// Bodies up to this size are written together with the header, in one call.
    private static let joinedBodyByteCount = 64 << 10
    /// What is read at once.
    private static let receiveByteCount = 64 << 10

    package let address: HTTPAddress
    private let limits: Limits
    private let timeout: Duration?
    private let connection = Mutex<HTTPConnection?>(nil)

    /// - Parameter timeout: Time for each whole request, connecting included; nil for none.
    package init(_ address: HTTPAddress, limits: Limits = Limits(), timeout: Duration? = nil) {
        self.address = address
        self.limits = limits
        self.timeout = timeout
    }

    /// Sends a request and reads the whole answer, whatever its status.
    ///
    /// - Parameter cancellation: Ends the wait from another thread.
    /// - Throws: ``HTTPClientError``; the connection is then closed, and the next request makes a new one.
    package func send(
        _ request: Request, cancellation: HTTPCancellation? = nil
    ) throws(HTTPClientError) -> Response {
        let wait = HTTPConnection.Wait(
            deadline: timeout.map { ContinuousClock.now.advanced(by: $0) }, cancellation: cancellation)
        return try connection.withLock { (kept) throws(HTTPClientError) in
            var reused = kept
            kept = nil
            if let candidate = reused, !candidate.isIdle { reused = nil }
            var exchange = Exchange(request: request, limits: limits, wait: wait)
            var wasSent = false
            do throws(HTTPFailure) {
                let head = try request.head(for: address)
                if let reused {
                    do throws(HTTPFailure) {
                        let (response, mayStay) = try exchange.run(head, on: reused)
                        kept = mayStay ? reused : nil
                        return response
                    } catch {
                        guard exchange.mayBeRepeated, error.code != .cancelled, error.code != .timedOut else {
                            throw error
                        }
                    }
                    wasSent = exchange.sentByteCount > 0
                    exchange = Exchange(request: request, limits: limits, wait: wait)
                }
                let opened = try HTTPConnection.open(address, wait)
                let (response, mayStay) = try exchange.run(head, on: opened)
                kept = mayStay ? opened : nil
                return response
            } catch {
                throw HTTPClientError(error, request, address, isUnsent: !wasSent && exchange.sentByteCount == 0)
            }
        }
    }

    /// Closes the kept connection, if there is one; the next request makes a new one.
    package func closeIdleConnection() { connection.withLock { $0 = nil } }

    /// One attempt of one request.
    private struct Exchange {
        let request: Request
        let wait: HTTPConnection.Wait
        private(set) var sentByteCount = 0
        private var parser: HTTPResponseParser

        init(request: Request, limits: Limits, wait: HTTPConnection.Wait) {
            self.request = request
            self.wait = wait
            parser = HTTPResponseParser(answering: request.method, limits: limits)
        }

        /// Whether another attempt can't make the server do something twice.
        var mayBeRepeated: Bool {
            if case .chunks = request.body, sentByteCount > 0 { return false }
            return sentByteCount == 0 || (request.isRepeatable && !parser.hasBegun)
        }

        mutating func run(
            _ head: [UInt8], on connection: HTTPConnection
        ) throws(HTTPFailure) -> (response: Response, mayStay: Bool) {
            var mayStay = false
            try connection.attached(to: wait.cancellation) { () throws(HTTPFailure) in
                mayStay = try runAttached(head, on: connection)
            }
            return (parser.finish(), mayStay)
        }

        private mutating func runAttached(_ head: [UInt8], on connection: HTTPConnection) throws(HTTPFailure) -> Bool {
            let sent = try send(head, on: connection)
            if case .failed(let failure) = sent, sentByteCount == 0 { throw failure }
            do throws(HTTPFailure) {
                let hasMore = try receive(from: connection)
                guard case .all = sent else { return false }
                return !hasMore && parser.allowsReuse
            } catch {
                // The write's failure came first and says more than the end of the stream that followed it.
                if case .failed(let failure) = sent, error.code == .closed || error.code == .receive { throw failure }
                throw error
            }
        }

        private mutating func send(
            _ head: [UInt8], on connection: HTTPConnection
        ) throws(HTTPFailure) -> HTTPConnection.Sent {
            switch request.body {
            case .bytes(let body) where body.count <= HTTPClient.joinedBodyByteCount:
                return try connection.send(head + body, countingIn: &sentByteCount, wait)
            case .bytes(let body):
                let sent = try connection.send(head, countingIn: &sentByteCount, wait)
                guard case .all = sent else { return sent }
                return try connection.send(body, countingIn: &sentByteCount, wait)
            case .chunks(let next):
                var sent = try connection.send(head, countingIn: &sentByteCount, wait)
                while case .all = sent {
                    let chunk = next()
                    let bytes = Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + [0x0D, 0x0A]
                    sent = try connection.send(bytes, countingIn: &sentByteCount, wait)
                    if chunk.isEmpty { break }
                }
                return sent
            }
        }

        /// Reads until the answer is complete; true when bytes came after it.
        private mutating func receive(from connection: HTTPConnection) throws(HTTPFailure) -> Bool {
            let buffer = UnsafeMutableRawBufferPointer.allocate(
                byteCount: HTTPClient.receiveByteCount, alignment: 16)
            defer { unsafe buffer.deallocate() }
            while true {
                let count = try unsafe connection.receive(into: buffer, wait)
                if count == 0 {
                    try parser.endOfStream()
                    return false
                }
                // SAFETY: the system has filled the first `count` bytes.
                let taken = try unsafe parser.consume(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                if parser.isComplete { return taken < count }
            }
        }
    }
}
