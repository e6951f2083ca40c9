import Glibc

/// A blocking client that sends exactly the bytes it is told to, for what a proper client would not send.
///
/// Use it on a thread of its own (``onThread(_:)``): the tasks that the server's handlers run in have only as many
/// threads as the machine has cores.
final class RawClient {
    struct Failure: Error { var what: String, errno: Int32 }

    struct Answer: Equatable {
        var status: Int
        var headers: [String: String]
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    let descriptor: Int32
    private var buffer: [UInt8] = []
    private var isOpen = true

    init(port: UInt16, timeoutSeconds: Int = 120) throws {
        // Closed on exec: a process that another test starts would keep the connection open.
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var limit = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure(what: "connect", errno: errno) }
    }

    deinit { close() }

    func close() {
        if isOpen { Glibc.close(descriptor) }
        isOpen = false
    }

    /// False when the server has closed the connection.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Reads one answer; nil when the connection ended before it, or in it.
    func readAnswer(toHead: Bool = false) throws -> Answer? {
        while true {
            if let end = buffer.firstRange(of: Array("\r\n\r\n".utf8)) {
                let head = String(decoding: buffer[..<end.lowerBound], as: UTF8.self)
                buffer.removeSubrange(..<end.upperBound)
                var lines = head.split(separator: "\r\n")
                guard let status = Int(lines.removeFirst().split(separator: " ")[1]) else { return nil }
                if status == 100 { continue }
                var headers: [String: String] = [:]
                for line in lines {
                    let pair = line.split(separator: ":", maxSplits: 1)
                    headers[pair[0].lowercased()] = pair.count == 2 ? String(pair[1].dropFirst()) : ""
                }
                let count = toHead ? 0 : Int(headers["content-length"] ?? "0") ?? 0
                while buffer.count < count { guard try fill() else { return nil } }
                let body = Array(buffer.prefix(count))
                buffer.removeFirst(count)
                return Answer(status: status, headers: headers, body: body)
            }
            guard try fill() else { return nil }
        }
    }

    /// Whether the server ends the connection before it sends anything more.
    func isClosedByServer() throws -> Bool { try buffer.isEmpty && !fill() }

    private func fill() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count < 0 && errno == ECONNRESET { return false }
        guard count >= 0 else { throw Failure(what: "recv", errno: errno) }
        buffer.append(contentsOf: chunk.prefix(count))
        return count > 0
    }
}

/// Runs blocking code on a thread of its own.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        let box = Unmanaged.passRetained(Box { continuation.resume(with: Swift.Result { try body() }) })
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        precondition(status == 0, "pthread_create failed: \(status)")
        pthread_detach(thread)
    }
}

private final class Box {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
}
