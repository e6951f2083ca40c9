import Glibc
import Synchronization

/// A server that does to a client what its test says, byte by byte: well-behaved answers, broken ones, and hanging up.
///
/// Each connection has a thread of its own; nothing here is shared with the project's HTTP server or client.
public final class SocketPeer: Sendable {
    /// A request as it came.
    public struct Request: Sendable {
        /// Which connection it came on, from 0.
        public let connection: Int
        /// Which request of its connection it is, from 0.
        public let index: Int
        public let method: String
        public let target: String
        /// Names in lower case.
        public let headers: [String: String]
        public let body: [UInt8]
        /// Whether the body came in chunks.
        public let isChunked: Bool

        public var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// What is done next on the connection; after the last one the next request is read.
    public enum Action: Sendable {
        case send([UInt8])
        /// Ends the connection in an orderly way.
        case close
        /// Ends the connection with a reset.
        case reset
        /// Waits until the client ends the connection, or the peer is stopped.
        case hang

        public static func send(_ text: String) -> Action { .send(Array(text.utf8)) }
        /// A whole answer with its length.
        public static func respond(_ status: Int, _ body: String = "", headers: String = "") -> Action {
            .send("HTTP/1.1 \(status) X\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        }
    }

    private struct State {
        var requests: [Request] = []
        var open: [Int32] = []
        var connectionCount = 0
        var finishedCount = 0
        var isStopped = false
    }

    public let port: UInt16
    private let listener: Int32
    private let readsBodies: Bool
    private let answer: @Sendable (Request) -> [Action]
    private let state = Mutex(State())

    /// - Parameter readsBodies: False to answer as soon as the header is there; the connection then ends with the answer.
    public init(readsBodies: Bool = true, _ answer: @escaping @Sendable (Request) -> [Action]) throws {
        self.readsBodies = readsBodies
        self.answer = answer
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, pointer, &length) == 0
            }
        }
        guard listener >= 0, status else {
            throw ChildProcessError(description: "no socket to listen on: errno \(errno)")
        }
        port = UInt16(bigEndian: address.sin_port)
        startThread { self.acceptConnections() }
    }

    deinit { close(listener) }

    /// The requests so far, in the order in which they came.
    public var requests: [Request] { state.withLock(\.requests) }
    public var connectionCount: Int { state.withLock(\.connectionCount) }

    /// Ends every connection and takes no new one.
    public func stop() {
        let open = state.withLock { state in
            state.isStopped = true
            return state.open
        }
        shutdown(listener, Int32(SHUT_RDWR))
        for descriptor in open { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }

    /// Returns once so many connections have been ended by this side or the other.
    public func waitForFinishedConnections(_ count: Int) {
        while state.withLock({ $0.finishedCount < count }) { usleep(200) }
    }

    /// Returns once so many requests have come.
    public func waitForRequests(_ count: Int) {
        while state.withLock({ $0.requests.count < count }) { usleep(200) }
    }

    private func acceptConnections() {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            let number = state.withLock { state -> Int? in
                guard !state.isStopped else { return nil }
                state.open.append(descriptor)
                state.connectionCount += 1
                return state.connectionCount - 1
            }
            guard let number else {
                close(descriptor)
                return
            }
            startThread {
                self.serve(descriptor, number)
                self.state.withLock { state in
                    state.open.removeAll { $0 == descriptor }
                    close(descriptor)
                    state.finishedCount += 1
                }
            }
        }
    }

    private func serve(_ descriptor: Int32, _ connection: Int) {
        var reader = Reader(descriptor: descriptor)
        var index = 0
        while let request = readRequest(&reader, connection, index) {
            index += 1
            state.withLock { $0.requests.append(request) }
            for action in answer(request) {
                switch action {
                case .send(let bytes): guard sendAll(descriptor, bytes) else { return }
                case .close: return
                case .reset:
                    var linger = linger(l_onoff: 1, l_linger: 0)
                    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
                    return
                case .hang:
                    while reader.fill() {}
                    return
                }
            }
            if !readsBodies { return }
        }
    }

    private func readRequest(_ reader: inout Reader, _ connection: Int, _ index: Int) -> Request? {
        guard let requestLine = reader.line() else { return nil }
        let parts = requestLine.split(separator: " ").map(String.init)
        guard parts.count == 3 else { return nil }
        var headers: [String: String] = [:]
        while let line = reader.line(), !line.isEmpty {
            let field = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            // Whatever this is, a TLS handshake for one: no request.
            guard field.count == 2 else { return nil }
            headers[field[0].lowercased()] = String(field[1].drop { $0 == " " })
        }
        var body: [UInt8] = []
        let isChunked = headers["transfer-encoding"] == "chunked"
        if readsBodies {
            if isChunked {
                while let line = reader.line(), let count = Int(line, radix: 16) {
                    body += reader.bytes(count)
                    _ = reader.line()
                    if count == 0 { break }
                }
            } else if let count = headers["content-length"].flatMap({ Int($0) }) {
                body = reader.bytes(count)
            }
        }
        return Request(
            connection: connection, index: index, method: parts[0], target: parts[1], headers: headers, body: body,
            isChunked: isChunked)
    }

    private func sendAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let length = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard length > 0 else { return false }
            rest = rest.dropFirst(length)
        }
        return true
    }

    /// Lines and counted bytes off a socket.
    private struct Reader {
        let descriptor: Int32
        var buffer: [UInt8] = []

        mutating func fill() -> Bool {
            var block = [UInt8](repeating: 0, count: 65_536)
            let length = recv(descriptor, &block, block.count, 0)
            guard length > 0 else { return false }
            buffer += block[..<length]
            return true
        }

        mutating func line() -> String? {
            while true {
                if let end = buffer.firstIndex(of: 0x0A) {
                    let line = buffer[..<end].filter { $0 != 0x0D }
                    buffer.removeSubrange(...end)
                    return String(decoding: line, as: UTF8.self)
                }
                guard fill() else { return nil }
            }
        }

        mutating func bytes(_ count: Int) -> [UInt8] {
            while buffer.count < count, fill() {}
            let bytes = Array(buffer.prefix(count))
            buffer.removeFirst(bytes.count)
            return bytes
        }
    }
}

/// Runs `body` on a new thread.
private func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Work {
        let body: @Sendable () -> Void; init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    pthread_create(
        &thread, nil,
        { context in
            pthread_detach(pthread_self())
            Unmanaged<Work>.fromOpaque(context!).takeRetainedValue().body()
            return nil
        }, Unmanaged.passRetained(Work(body)).toOpaque())
}
