import Glibc

/// One TCP connection; closed with the object.
final class HTTPConnection: Sendable {
    private let descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// What a wait is for, and until when.
    struct Wait {
        let deadline: ContinuousClock.Instant?
        let cancellation: HTTPCancellation?
    }

    static func open(_ address: HTTPAddress, _ wait: Wait) throws(HTTPFailure) -> HTTPConnection {
        let operation = "connect to \(address)"
        return try unsafe address.withSocketAddress { (family, socketAddress, length) throws(HTTPFailure) in
            let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
            let descriptor = socket(family, kind, 0)
            guard descriptor >= 0 else { throw HTTPFailure(.connect, systemError: errno, operation) }
            let connection = HTTPConnection(descriptor)
            // A request is one or two writes; waiting for an acknowledgement between them would cost 40 ms.
            var one: Int32 = 1
            unsafe setsockopt(
                descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
            if unsafe connect(descriptor, socketAddress, length) != 0 {
                guard errno == EINPROGRESS || errno == EINTR else {
                    throw HTTPFailure(.connect, systemError: errno, operation)
                }
                try connection.attached(to: wait.cancellation) { () throws(HTTPFailure) in
                    _ = try connection.wait(for: POLLOUT, wait, operation)
                }
                var status: Int32 = 0
                var size = socklen_t(MemoryLayout<Int32>.size)
                unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &status, &size)
                guard status == 0 else { throw HTTPFailure(.connect, systemError: status, operation) }
            }
            return connection
        }
    }

    /// Runs `body` while `cancellation` can end its waits.
    func attached<Result>(
        to cancellation: HTTPCancellation?, _ body: () throws(HTTPFailure) -> Result
    ) throws(HTTPFailure) -> Result {
        if let cancellation { try cancellation.attach(descriptor) }
        defer { cancellation?.detach() }
        return try body()
    }

    /// Whether nothing has come in since the last answer: an idle server says nothing, unless it closes.
    var isIdle: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, 0) == 0
    }

    /// How a write ended.
    enum Sent {
        case all
        /// The server answered before it had read everything; what is left will not be sent.
        case answeredEarly
        /// The connection failed; an answer may be there all the same.
        case failed(HTTPFailure)
    }

    /// Writes all of `bytes`, counting what the system has taken in `byteCount`.
    func send(_ bytes: [UInt8], countingIn byteCount: inout Int, _ wait: Wait) throws(HTTPFailure) -> Sent {
        var offset = 0
        while offset < bytes.count {
            let length = unsafe bytes.withUnsafeBytes { buffer in
                // SAFETY: offset is below the buffer's count.
                unsafe Glibc.send(
                    descriptor, buffer.baseAddress! + offset, buffer.count - offset,
                    Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if length >= 0 {
                offset += length
                byteCount += length
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                let events = try self.wait(for: POLLIN | POLLOUT, wait, "send")
                if events & Int16(POLLOUT) == 0 { return .answeredEarly }
            case let code: return .failed(HTTPFailure(.send, systemError: code, "send"))
            }
        }
        return .all
    }

    /// Reads what is there next into `buffer`, waiting for it; 0 at the end of the stream.
    func receive(into buffer: UnsafeMutableRawBufferPointer, _ wait: Wait) throws(HTTPFailure) -> Int {
        while true {
            let length = unsafe recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            if length >= 0 {
                if length == 0, wait.cancellation?.isCancelled == true {
                    throw HTTPFailure(.cancelled, "the request was cancelled")
                }
                return length
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: _ = try self.wait(for: POLLIN, wait, "receive")
            case let code: throw HTTPFailure(.receive, systemError: code, "receive")
            }
        }
    }

    private func wait(for events: Int32, _ wait: Wait, _ operation: String) throws(HTTPFailure) -> Int16 {
        while true {
            if wait.cancellation?.isCancelled == true { throw HTTPFailure(.cancelled, "the request was cancelled") }
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            var milliseconds: Int32 = -1
            if let deadline = wait.deadline {
                let remaining = deadline - ContinuousClock.now
                guard remaining > .zero else { throw HTTPFailure(.timedOut, "no answer in time, on \(operation)") }
                // Rounded up, so that the last wait does not end just before the deadline and spin.
                let rest = remaining.components
                milliseconds = Int32(clamping: rest.seconds * 1_000 + rest.attoseconds / 1_000_000_000_000_000 + 1)
            }
            let count = unsafe poll(&entry, 1, milliseconds)
            if count > 0 { return entry.revents }
            if count < 0, errno != EINTR { throw HTTPFailure(.receive, systemError: errno, "poll") }
        }
    }
}
