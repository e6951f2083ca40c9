import Glibc
import Synchronization

/// Stands between a client and a server of AWS's protocols and lets things go wrong, as a seed has it.
///
/// Each request goes over a connection of its own, so that a fault concerns it alone.
public final class FaultyProxy: Sendable {
    public enum Fault: String, Sendable, CaseIterable {
        /// The connection is reset before the request arrives.
        case reset
        /// The request is carried out, and the connection is reset before its answer.
        case lostAnswer = "lost-answer"
        case internalError = "internal-error"
        /// 503 SlowDown, or the throttling of tables.
        case slowDown = "slow-down"
        /// The answer ends in the middle.
        case truncated
        /// No answer comes.
        case stalled
        /// The server finds that the body is not what its checksum says.
        case badDigest = "bad-digest"
        case expiredToken = "expired-token"
        /// A byte of an object comes otherwise than it is, where a checksum comes with it.
        case corrupted
    }

    private struct State {
        var random: SplitMix
        var struck: [Fault: Int] = [:]
        var isQuiet = false
    }

    private let target: UInt16
    private let rate: Int
    private let state: Mutex<State>
    private let peer = Mutex<SocketPeer?>(nil)

    /// - Parameters:
    ///   - target: The server's port on 127.0.0.1.
    ///   - rate: Of 100 requests, how many meet a fault.
    public init(to target: UInt16, seed: UInt64, rate: Int) throws {
        self.target = target
        self.rate = rate
        state = Mutex(State(random: SplitMix(seed: seed)))
        let made = try SocketPeer { [weak self] request in self?.answer(request) ?? [.reset] }
        peer.withLock { $0 = made }
    }

    public var port: UInt16 { peer.withLock { $0?.port ?? 0 } }
    /// How often each fault struck.
    public var struck: [Fault: Int] { state.withLock(\.struck) }

    public func stop() { peer.withLock { $0 }?.stop() }

    private func answer(_ request: SocketPeer.Request) -> [SocketPeer.Action] {
        let fault = state.withLock { state -> Fault? in
            guard Int.random(in: 0..<100, using: &state.random) < rate else { return nil }
            let fault = Fault.allCases[Int.random(in: 0..<Fault.allCases.count, using: &state.random)]
            state.struck[fault, default: 0] += 1
            return fault
        }
        let isTable = request.headers["x-amz-target"] != nil
        func error(_ status: Int, _ code: String) -> [SocketPeer.Action] {
            let body =
                isTable
                ? "{\"__type\":\"com.amazon.coral.service#\(code)\",\"message\":\"on purpose\"}"
                : "<Error><Code>\(code)</Code><Message>on purpose</Message></Error>"
            return [.respond(status, request.method == "HEAD" ? "" : body, headers: "Connection: close\r\n"), .close]
        }
        switch fault {
        case .reset: return [.reset]
        case .lostAnswer:
            _ = forward(request)
            return [.reset]
        case .internalError: return error(500, isTable ? "InternalServerError" : "InternalError")
        case .slowDown: return isTable ? error(400, "ProvisionedThroughputExceededException") : error(503, "SlowDown")
        case .truncated:
            let answer = forward(request)
            return [.send(Array(answer.prefix(answer.count / 2))), .close]
        case .stalled: return [.hang]
        case .badDigest where request.method == "PUT": return error(400, "BadDigest")
        case .expiredToken: return error(400, isTable ? "ExpiredTokenException" : "ExpiredToken")
        case .corrupted:
            var answer = forward(request)
            let head = String(decoding: answer.prefix(4_096), as: UTF8.self).lowercased()
            let hasBody = !answer.isEmpty && !head.hasSuffix("\r\n\r\n") && head.contains(" 200 ")
            if request.method == "GET", hasBody, head.contains("x-amz-checksum-crc32: ") {
                answer[answer.count - 1] ^= 1
            }
            return [.send(answer), .close]
        case .badDigest, nil: return [.send(forward(request)), .close]
        }
    }

    /// What the server answers; nothing when it can't be reached.
    private func forward(_ request: SocketPeer.Request) -> [UInt8] {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = target.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { return [] }
        var head = "\(request.method) \(request.target) HTTP/1.1\r\n"
        for (name, value) in request.headers
        where !["connection", "content-length", "transfer-encoding", "expect"].contains(name) {
            head += "\(name): \(value)\r\n"
        }
        head += "content-length: \(request.body.count)\r\nconnection: close\r\n\r\n"
        var rest = (Array(head.utf8) + request.body)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return [] }
            rest = rest.dropFirst(count)
        }
        var answer: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &block, block.count, 0)
            guard count > 0 else { return answer }
            answer += block[..<count]
        }
    }
}
