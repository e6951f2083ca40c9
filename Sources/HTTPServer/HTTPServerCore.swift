import CLinux
import CMicroHTTPD
import Glibc
import Synchronization

/// What libmicrohttpd's callbacks work on: listeners, clients, and requests under way.
@safe
final class HTTPServerCore: @unchecked Sendable {
    // Unchecked because of `daemon`: set once, before anything listens; libmicrohttpd's functions may be called from
    // any thread, and `stopDaemon` calls the last one after all others have ended.

    /// Connections that wait to be accepted.
    private static let backlog: Int32 = 512
    /// How long nothing is accepted after the process ran out of descriptors.
    private static let descriptorPause = Duration.milliseconds(100)

    private struct Listener {
        var descriptor: Int32
        var watch: DescriptorLoop.Token?
    }

    private struct State {
        var nextNumber: UInt64 = 1
        var listeners: [UInt16: Listener] = [:]
        var peers: [UInt64: (peer: HTTPPeer, deadline: ContinuousClock.Instant?)] = [:]
        var exchanges: [UInt64: HTTPExchange] = [:]
        var isSweeping = false
        var isStopping = false
        var isStopped = false
        var onIdle: [CheckedContinuation<Void, Never>] = []
    }

    let limits: HTTPLimits
    let answersOversizedBodies: Bool
    let refusesForeignPages: Bool
    private let handler: HTTPServer.Handler
    private let loop: DescriptorLoop
    private let state = Mutex(State())
    private var daemon: OpaquePointer?

    init(
        limits: HTTPLimits, answersOversizedBodies: Bool, refusesForeignPages: Bool,
        handler: @escaping HTTPServer.Handler
    ) throws(HTTPServerError) {
        self.limits = limits
        self.answersOversizedBodies = answersOversizedBodies
        self.refusesForeignPages = refusesForeignPages
        self.handler = handler
        loop = try DescriptorLoop(name: "http-accept")
        let idleSeconds = limits.idleTimeout.map {
            UInt32(clamping: max(1, ($0 + .milliseconds(999)).components.seconds))
        }
        // The daemon's own bound is a little above ours, which answers before it closes.
        unsafe daemon = turntable_mhd_start(
            httpAccess, httpTargetArrived, httpCompleted, httpConnectionChanged,
            // SAFETY: the retain is given back by `stopDaemon`, after which no callback runs.
            Unmanaged.passRetained(self).toOpaque(), UInt32(clamping: limits.maximumConnections + 64),
            max(4_096, limits.maximumHeaderByteCount), idleSeconds ?? 0)
        guard unsafe daemon != nil else {
            let reason = errno
            unsafe Unmanaged.passUnretained(self).release()
            loop.stop()
            throw HTTPServerError(
                code: .startFailed, port: 0, detail: "libmicrohttpd did not start its thread: errno \(reason)")
        }
    }

    var activeRequestCount: Int { state.withLock { $0.exchanges.count } }
    var isStopping: Bool { state.withLock { $0.isStopping } }

    // MARK: Listening

    func listen(port: UInt16) throws(HTTPServerError) -> UInt16 {
        let descriptor = turntable_listen_loopback(port, HTTPServerCore.backlog)
        guard descriptor >= 0 else {
            let reason = errno
            throw .listening(port: port, errno: reason, name: unsafe String(cString: strerror(reason)))
        }
        let bound = turntable_local_port(descriptor)
        let isRunning = state.withLock { state in
            guard !state.isStopping else { return false }
            state.listeners[bound] = Listener(descriptor: descriptor)
            return true
        }
        guard isRunning, watch(listener: descriptor, port: bound) else {
            state.withLock { _ = $0.listeners.removeValue(forKey: bound) }
            Glibc.close(descriptor)
            throw HTTPServerError(
                code: .stopped, port: port, detail: "could not listen on 127.0.0.1:\(port): the server has stopped")
        }
        return bound
    }

    private func watch(listener descriptor: Int32, port: UInt16) -> Bool {
        let token = loop.add(descriptor, for: .readable) { [weak self] _ in self?.accept(descriptor, port: port) }
        guard let token else { return false }
        state.withLock { $0.listeners[port]?.watch = token }
        return true
    }

    func close(port: UInt16) {
        let (listener, affected) = state.withLock { state in
            (state.listeners.removeValue(forKey: port), state.exchanges.values.filter { $0.peer?.port == port })
        }
        for exchange in affected { exchange.cancel() }
        // On the loop's thread, so that no accept of it is under way.
        guard let listener else { return }
        loop.perform { [loop] in
            if let watch = listener.watch { loop.remove(watch, listener.descriptor) }
            Glibc.close(listener.descriptor)
        }
    }

    private func accept(_ listener: Int32, port: UInt16) {
        // Bounded, so that a flood of connections leaves time for the loop's other work.
        for _ in 0..<32 {
            guard state.withLock({ $0.listeners[port]?.descriptor == listener }) else { return }
            let descriptor = turntable_accept(listener)
            guard descriptor >= 0 else {
                if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) { pause(listener, port: port) }
                return
            }
            guard state.withLock({ $0.peers.count < limits.maximumConnections }) else {
                refuse(descriptor)
                continue
            }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            // SAFETY: the address lives through the call, which copies it; the socket is libmicrohttpd's from here on.
            unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    _ = unsafe MHD_add_connection(
                        daemon, descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
    }

    private func pause(_ listener: Int32, port: UInt16) {
        guard let watch = state.withLock({ $0.listeners[port]?.watch }) else { return }
        loop.remove(watch, listener)
        loop.schedule(after: HTTPServerCore.descriptorPause) { [weak self] in
            guard let self, state.withLock({ $0.listeners[port]?.descriptor == listener }) else { return }
            _ = self.watch(listener: listener, port: port)
        }
    }

    private func refuse(_ descriptor: Int32) {
        let text =
            "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
            + "Content-Length: 0\r\n\r\n"
        var bytes = Array(text.utf8)
        unsafe _ = send(descriptor, &bytes, bytes.count, Int32(MSG_NOSIGNAL))
        Glibc.shutdown(descriptor, Int32(SHUT_WR))
        Glibc.close(descriptor)
    }

    // MARK: Clients

    func connected(descriptor: Int32) -> HTTPPeer {
        state.withLock { state in
            let peer = HTTPPeer(
                number: state.nextNumber, descriptor: descriptor, port: turntable_local_port(descriptor))
            state.nextNumber += 1
            state.peers[peer.number] = (peer, nil)
            arm(peer, &state)
            return peer
        }
    }

    func disconnected(_ peer: HTTPPeer) { state.withLock { _ = $0.peers.removeValue(forKey: peer.number) } }

    /// Sets the time by which the client must have sent its next request whole, or taken its answer.
    private func arm(_ peer: HTTPPeer, _ state: inout State) {
        guard let idleTimeout = limits.idleTimeout, state.peers[peer.number] != nil else { return }
        state.peers[peer.number]?.deadline = .now + idleTimeout + limits.receiveTimeout
        if !state.isSweeping {
            state.isSweeping = true
            scheduleSweep()
        }
    }

    private func scheduleSweep() {
        let interval = max(.milliseconds(10), min(.seconds(1), limits.receiveTimeout / 4))
        loop.schedule(after: interval) { [weak self] in self?.sweep() }
    }

    private func sweep() {
        let goesOn = state.withLock { state in
            let now = ContinuousClock.now
            for (peer, deadline) in state.peers.values where deadline.map({ $0 < now }) ?? false {
                // Under the lock: libmicrohttpd closes the socket only after `disconnected`, so it is this client's.
                Glibc.shutdown(peer.descriptor, Int32(SHUT_RDWR))
                state.peers[peer.number]?.deadline = nil
            }
            state.isSweeping = state.peers.values.contains { $0.deadline != nil }
            return state.isSweeping
        }
        if goesOn { scheduleSweep() }
    }

    // MARK: Requests

    func requestBegan(connection: OpaquePointer, target: String?) -> HTTPExchange {
        state.withLock { state in
            let exchange = unsafe HTTPExchange(number: state.nextNumber, connection: connection, target: target)
            state.nextNumber += 1
            state.exchanges[exchange.number] = exchange
            return exchange
        }
    }

    /// Suspends the connection and starts the handler.
    func hand(_ request: HTTPRequest, of exchange: HTTPExchange) {
        exchange.phase = .handed
        if let peer = exchange.peer { state.withLock { $0.peers[peer.number]?.deadline = nil } }
        unsafe MHD_suspend_connection(exchange.connection)
        exchange.watched(
            by: loop.add(exchange.descriptor, for: [.peerClosed, .hangUp, .error, .once]) { [weak exchange] _ in
                exchange?.cancel()
            })
        // Nobody waits for this task but the client: its going, `close(port:)` and `shutdown` cancel it.
        let task = Task { [handler] in
            let response = await handler(request)
            self.finish(exchange, response)
        }
        exchange.began(task)
    }

    private func finish(_ exchange: HTTPExchange, _ response: HTTPResponse) {
        guard exchange.finish(response) else { return }
        if let watch = exchange.takeWatch() { loop.remove(watch, exchange.descriptor) }
        if let peer = exchange.peer { state.withLock { arm(peer, &$0) } }
        unsafe MHD_resume_connection(exchange.connection)
    }

    func completed(_ exchange: HTTPExchange) {
        let peer = exchange.peer
        let waiting = state.withLock { state in
            state.exchanges[exchange.number] = nil
            if let peer { arm(peer, &state) }
            guard state.exchanges.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.onIdle = [] }
            return state.onIdle
        }
        for continuation in waiting { continuation.resume() }
    }

    // MARK: Ending

    func shutdown(grace: Duration) async {
        guard beginStopping() else { return }
        await idle(within: grace)
        for exchange in state.withLock({ Array($0.exchanges.values) }) { exchange.cancel() }
        await idle(within: limits.cancellationGrace)
        stop()
        await withCheckedContinuation { continuation in
            if !loop.perform({ continuation.resume() }) { continuation.resume() }
        }
        loop.stop()
    }

    /// Closes the listeners; false when that has been done before.
    private func beginStopping() -> Bool {
        let ports: [UInt16]? = state.withLock { state in
            guard !state.isStopping else { return nil }
            state.isStopping = true
            return Array(state.listeners.keys)
        }
        for port in ports ?? [] {
            let listener = state.withLock { $0.listeners.removeValue(forKey: port) }
            guard let listener else { continue }
            loop.perform { [loop] in
                if let watch = listener.watch { loop.remove(watch, listener.descriptor) }
                Glibc.close(listener.descriptor)
            }
        }
        return ports != nil
    }

    /// Returns when no request is under way, or the time is over.
    private func idle(within time: Duration) async {
        let timer = Mutex<DescriptorLoop.Token?>(nil)
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                guard !state.exchanges.isEmpty else { return true }
                state.onIdle.append(continuation)
                return false
            }
            guard !isIdle else { return continuation.resume() }
            let token = loop.schedule(after: time) { [self] in
                let waiting = state.withLock { state in
                    defer { state.onIdle = [] }
                    return state.onIdle
                }
                for continuation in waiting { continuation.resume() }
            }
            timer.withLock { $0 = token }
        }
        if let token = timer.withLock({ $0 }) { loop.cancel(token) }
    }

    /// Ends everything at once: whoever waits for an answer gets 503.
    func stop() {
        _ = beginStopping()
        let exchanges: [HTTPExchange]? = state.withLock { state in
            guard !state.isStopped else { return nil }
            state.isStopped = true
            return Array(state.exchanges.values)
        }
        guard let exchanges else { return }
        for exchange in exchanges where exchange.phase == .handed {
            exchange.cancel()
            finish(exchange, .text(503, "the server is stopping"))
        }
        loop.perform { [self] in
            stopDaemon()
            loop.stop()
        }
    }

    private func stopDaemon() {
        // Waits for libmicrohttpd's thread; it ends every connection, with their completions, before it returns.
        unsafe MHD_stop_daemon(daemon)
        unsafe daemon = nil
        // SAFETY: gives back the retain of `init`; no callback can run any more.
        unsafe Unmanaged.passUnretained(self).release()
    }
}
