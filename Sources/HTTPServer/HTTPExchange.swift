import CMicroHTTPD
import Glibc
import Synchronization

/// One request on its way in, while its handler works, and its answer on its way out.
///
/// libmicrohttpd's thread owns it, but for what the mutex guards: while the connection is suspended, the handler's task
/// and the watch for a client that goes away share that.
@safe
final class HTTPExchange: @unchecked Sendable {
    // Unchecked because of `connection`, `phase` and what is received: `connection` is only used on libmicrohttpd's
    // thread or, to resume it, once, while it is suspended; the rest only on libmicrohttpd's thread.

    enum Phase {
        case headers
        case receiving
        /// Suspended, the handler at work; or its answer being sent.
        case handed
    }

    private struct Shared {
        var task: Task<Void, Never>?
        var isCancelled = false
        var response: HTTPResponse?
        var watch: DescriptorLoop.Token?
    }

    let number: UInt64
    let connection: OpaquePointer
    let target: String?
    var phase = Phase.headers
    var body: [UInt8] = []
    var droppedByteCount = 0
    var isBodyTooLarge = false
    private let shared = Mutex(Shared())

    init(number: UInt64, connection: OpaquePointer, target: String?) {
        self.number = number
        unsafe self.connection = connection
        self.target = target
    }

    var response: HTTPResponse? { shared.withLock { $0.response } }
    var descriptor: Int32 { unsafe turntable_mhd_descriptor(connection) }

    /// The peer's state, as long as its connection is.
    var peer: HTTPPeer? {
        // SAFETY: the socket context is what the connection's notification stored: a retained `HTTPPeer`, or nil.
        guard let info = unsafe turntable_mhd_socket_context(connection) else { return nil }
        return unsafe Unmanaged<HTTPPeer>.fromOpaque(info).takeUnretainedValue()
    }

    /// Takes in a part of the body, or only counts it when there is too much.
    ///
    /// - Returns: False when the client sends far too much: the connection ends.
    func receive(_ bytes: UnsafeRawBufferPointer, limit: Int) -> Bool {
        if !isBodyTooLarge, body.count + bytes.count <= limit {
            unsafe body.append(contentsOf: bytes)
            return true
        }
        isBodyTooLarge = true
        body = []
        droppedByteCount += bytes.count
        return droppedByteCount <= HTTPLimits.maximumDroppedByteCount
    }

    /// Notes the watch for the client's leaving, before the handler's task starts.
    func watched(by token: DescriptorLoop.Token?) { shared.withLock { $0.watch = token } }

    /// Notes the handler's task, and cancels it if the client has gone before this.
    func began(_ task: Task<Void, Never>) {
        let isCancelled = shared.withLock { shared in
            if shared.response == nil { shared.task = task }
            return shared.isCancelled
        }
        if isCancelled { task.cancel() }
    }

    func cancel() {
        let task = shared.withLock { shared in
            shared.isCancelled = true
            return shared.task
        }
        task?.cancel()
    }

    /// Sets the answer, unless there is one.
    ///
    /// - Returns: Whether this was the first; then the caller ends the watch and resumes the connection.
    func finish(_ response: HTTPResponse) -> Bool {
        shared.withLock { shared in
            guard shared.response == nil else { return false }
            shared.response = response
            shared.task = nil
            return true
        }
    }

    func takeWatch() -> DescriptorLoop.Token? { shared.withLock { $0.watch.take() } }
}

/// A connection's client.
final class HTTPPeer: Sendable {
    let number: UInt64
    let descriptor: Int32
    let port: UInt16

    init(number: UInt64, descriptor: Int32, port: UInt16) {
        self.number = number
        self.descriptor = descriptor
        self.port = port
    }
}
