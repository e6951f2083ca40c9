import CMicroHTTPD
import Glibc

// libmicrohttpd calls these on its thread. The context is the retained `HTTPServerCore`; a request's context, a retained
// `HTTPExchange`, which the completion gives back; a connection's, a retained `HTTPPeer`, which its closing gives back.

func httpTargetArrived(
    _ context: UnsafeMutableRawPointer?, _ target: UnsafePointer<CChar>?, _ connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context, let connection = unsafe connection else { return nil }
    let core = unsafe Unmanaged<HTTPServerCore>.fromOpaque(context).takeUnretainedValue()
    let text = unsafe target.flatMap { unsafe String(validatingCString: $0) }
    let exchange = unsafe core.requestBegan(connection: connection, target: text)
    return unsafe Unmanaged.passRetained(exchange).toOpaque()
}

func httpCompleted(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ reason: MHD_RequestTerminationCode
) {
    guard let context = unsafe context, let pointer = unsafe slot?.pointee else { return }
    let core = unsafe Unmanaged<HTTPServerCore>.fromOpaque(context).takeUnretainedValue()
    let exchange = unsafe Unmanaged<HTTPExchange>.fromOpaque(pointer).takeRetainedValue()
    unsafe slot?.pointee = nil
    core.completed(exchange)
}

func httpConnectionChanged(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ change: MHD_ConnectionNotificationCode
) {
    guard let context = unsafe context, let connection = unsafe connection, let slot = unsafe slot else { return }
    let core = unsafe Unmanaged<HTTPServerCore>.fromOpaque(context).takeUnretainedValue()
    if change == .CONNECTION_NOTIFY_STARTED {
        let peer = core.connected(descriptor: unsafe turntable_mhd_descriptor(connection))
        unsafe slot.pointee = Unmanaged.passRetained(peer).toOpaque()
    } else if let pointer = unsafe slot.pointee {
        unsafe slot.pointee = nil
        core.disconnected(unsafe Unmanaged<HTTPPeer>.fromOpaque(pointer).takeRetainedValue())
    }
}

func httpAccess(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?,
    _ uploadByteCount: UnsafeMutablePointer<Int>?, _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let context = unsafe context, let method = unsafe method, let uploadByteCount = unsafe uploadByteCount,
        let pointer = unsafe slot?.pointee
    else { return .NO }
    let core = unsafe Unmanaged<HTTPServerCore>.fromOpaque(context).takeUnretainedValue()
    let exchange = unsafe Unmanaged<HTTPExchange>.fromOpaque(pointer).takeUnretainedValue()
    switch exchange.phase {
    case .headers:
        exchange.phase = .receiving
        return core.refusal(of: exchange).map(exchange.send) ?? .YES
    case .receiving where unsafe uploadByteCount.pointee > 0:
        let bytes = unsafe UnsafeRawBufferPointer(start: upload, count: uploadByteCount.pointee)
        unsafe uploadByteCount.pointee = 0
        return unsafe exchange.receive(bytes, limit: core.limits.maximumBodyByteCount) ? .YES : .NO
    case .receiving:
        if exchange.isBodyTooLarge && core.answersOversizedBodies { return exchange.send(core.tooLarge) }
        guard let request = exchange.makeRequest(method: unsafe String(cString: method)) else {
            return exchange.send(.text(400, "the request's target is malformed"))
        }
        core.hand(request, of: exchange)
        return .YES
    case .handed:
        // A connection that is resumed is asked again; without an answer it would be a call that libmicrohttpd
        // promises not to make.
        return exchange.response.map(exchange.send) ?? .NO
    }
}

extension HTTPServerCore {
    var tooLarge: HTTPResponse {
        .text(413, "the body is larger than the \(limits.maximumBodyByteCount) bytes that this server takes")
    }

    /// The answer to a request that is turned away by its headers alone.
    func refusal(of exchange: HTTPExchange) -> HTTPResponse? {
        let headers = exchange.fields(of: .HEADER_KIND)
        if isStopping { return .text(503, "the server is stopping") }
        if refusesForeignPages,
            let refusal = LoopbackPolicy.refusal(
                host: headers["Host"], origin: headers["Origin"], port: exchange.peer?.port ?? 0)
        {
            return refusal
        }
        guard let byteCount = headers["Content-Length"].flatMap(UInt64.init),
            byteCount > UInt64(limits.maximumBodyByteCount)
        else { return nil }
        // A client that waits for `100 Continue` has sent nothing of the body yet; of others a body up to the bound is
        // read and dropped, since most only look for the answer when they have sent everything.
        let isWaiting = headers["Expect"]?.lowercased() == "100-continue"
        let isFarTooLarge = byteCount > UInt64(limits.maximumBodyByteCount + HTTPLimits.maximumDroppedByteCount)
        guard isFarTooLarge || isWaiting && answersOversizedBodies else { return nil }
        return tooLarge
    }
}

extension HTTPExchange {
    func makeRequest(method: String) -> HTTPRequest? {
        guard let target, let parts = RequestTarget(target) else { return nil }
        let body = body
        self.body = []
        return HTTPRequest(
            method: method, target: target, path: parts.path, query: parts.query,
            headers: fields(of: .HEADER_KIND), trailers: fields(of: .FOOTER_KIND), body: body,
            isBodyTooLarge: isBodyTooLarge, localPort: peer?.port ?? 0)
    }

    func fields(of kind: MHD_ValueKind) -> HTTPHeaders {
        var headers = HTTPHeaders()
        unsafe withUnsafeMutablePointer(to: &headers) { pointer in
            _ = unsafe MHD_get_connection_values(
                connection, kind,
                { context, _, name, value in
                    // SAFETY: the context is the pointer to `headers`, which outlives the iteration.
                    guard let context = unsafe context, let name = unsafe name else { return .YES }
                    let text = unsafe value.map { unsafe String(cString: $0) } ?? ""
                    unsafe context.assumingMemoryBound(to: HTTPHeaders.self).pointee.add(String(cString: name), text)
                    return .YES
                }, pointer)
        }
        return headers
    }

    /// Queues the answer; libmicrohttpd sends it when this returns.
    func send(_ response: HTTPResponse) -> MHD_Result {
        let status = (200...599).contains(response.status) ? response.status : 500
        var body = status == 204 || status == 304 ? [] : response.body
        // SAFETY: the bytes are copied before the call returns.
        let queued = unsafe body.withUnsafeMutableBytes { bytes in
            unsafe MHD_create_response_from_buffer(bytes.count, bytes.baseAddress, .RESPMEM_MUST_COPY)
        }
        guard let queued = unsafe queued else { return .NO }
        defer { unsafe MHD_destroy_response(queued) }
        for field in response.headers.fields {
            _ = unsafe MHD_add_response_header(queued, field.name, field.value)
        }
        return unsafe MHD_queue_response(connection, UInt32(status), queued)
    }
}
