import CCurl
import Glibc
import Synchronization

/// One handle of libcurl with the connections that it keeps, used by one thread at a time.
///
/// The multi interface drives a single transfer: only it can be woken from another thread, so that a cancelled request
/// ends at once.
@safe final class CurlSession: @unchecked Sendable {
    // SAFETY, of @unchecked Sendable: whoever takes a session from the pool has it alone until it goes back.
    private let library: CurlLibrary
    private let multi: UnsafeMutableRawPointer
    private let easy: UnsafeMutableRawPointer

    init?(_ library: CurlLibrary) {
        guard let multi = unsafe turntable_curl_multi_init(library.table) else { return nil }
        guard let easy = unsafe turntable_curl_easy_init(library.table) else {
            unsafe turntable_curl_multi_cleanup(library.table, multi)
            return nil
        }
        self.library = library
        unsafe self.multi = multi
        unsafe self.easy = easy
    }

    deinit {
        unsafe turntable_curl_easy_cleanup(library.table, easy)
        unsafe turntable_curl_multi_cleanup(library.table, multi)
    }

    /// Sends one request and reads its answer; blocks.
    func perform(
        _ request: HTTPTransport.Request, _ options: HTTPTransport.Options, _ cancellation: CurlCancellation
    ) throws(HTTPTransportError) -> HTTPClient.Response {
        let transfer = CurlTransfer(limits: request.limits)
        var code: Int32 = 0
        var requestByteCount = 0
        var systemError: Int32 = 0
        var words = ""
        try request.check()
        unsafe withHeaderList(request) { list in
            unsafe request.body.withUnsafeBufferPointer { body in
                var text = [CChar](repeating: 0, count: 256)
                unsafe text.withUnsafeMutableBufferPointer { text in
                    unsafe prepare(request, options, transfer, list, body, text)
                    code = run(cancellation, timeout: request.timeout)
                    requestByteCount = unsafe turntable_curl_get_long(
                        library.table, easy, Int32(TURNTABLE_CURLINFO_REQUEST_SIZE))
                    systemError = Int32(
                        truncatingIfNeeded: unsafe turntable_curl_get_long(
                            library.table, easy, Int32(TURNTABLE_CURLINFO_OS_ERRNO)))
                    if let first = text.baseAddress { words = unsafe String(cString: first) }
                    // Forgets the pointers of this request; connections stay.
                    unsafe turntable_curl_easy_reset(library.table, easy)
                }
            }
        }
        if code == 0, transfer.failure == nil { return transfer.response }
        throw HTTPTransportError(
            curl: code, words.isEmpty ? library.text(code) : words, request, transfer,
            isCancelled: cancellation.isCancelled, isUnsent: requestByteCount == 0, systemError: systemError)
    }

    /// Drives the transfer to its end and returns libcurl's code for it.
    private func run(_ cancellation: CurlCancellation, timeout: Duration) -> Int32 {
        let table = unsafe library.table
        guard unsafe turntable_curl_multi_add(table, multi, easy) == 0 else { return 2 }
        // Detached, under the cancellation's lock, before the session can go.
        cancellation.attach { self.wake() }
        defer {
            cancellation.detach()
            unsafe turntable_curl_multi_remove(table, multi, easy)
        }
        while !cancellation.isCancelled {
            var result: Int32 = 0
            switch unsafe turntable_curl_multi_step(table, multi, 1_000, &result) {
            case 0: return result
            case 1: continue
            default: return 2
            }
        }
        return 42
    }

    private func wake() { unsafe turntable_curl_multi_wakeup(library.table, multi) }

    private func prepare(
        _ request: HTTPTransport.Request, _ options: HTTPTransport.Options, _ transfer: CurlTransfer,
        _ headers: UnsafeMutableRawPointer?, _ body: UnsafeBufferPointer<UInt8>,
        _ text: UnsafeMutableBufferPointer<CChar>
    ) {
        // SAFETY, of all pointers set here: the caller keeps them until the transfer is over and the handle is reset;
        // strings are copied by libcurl.
        set(TURNTABLE_CURLOPT_NOSIGNAL, 1)
        unsafe set(TURNTABLE_CURLOPT_ERRORBUFFER, UnsafeRawPointer(text.baseAddress))
        set(TURNTABLE_CURLOPT_URL, request.url)
        // HTTP and HTTPS; redirects are never followed.
        set(TURNTABLE_CURLOPT_PROTOCOLS, 3)
        // 1.1: a connection a request, as S3 serves them best.
        set(TURNTABLE_CURLOPT_HTTP_VERSION, 2)
        set(TURNTABLE_CURLOPT_PATH_AS_IS, 1)
        set(TURNTABLE_CURLOPT_TCP_KEEPALIVE, 1)
        set(TURNTABLE_CURLOPT_BUFFERSIZE, 256 << 10)
        set(TURNTABLE_CURLOPT_UPLOAD_BUFFERSIZE, 256 << 10)
        set(TURNTABLE_CURLOPT_CONNECTTIMEOUT_MS, milliseconds(options.connectTimeout))
        set(TURNTABLE_CURLOPT_TIMEOUT_MS, milliseconds(request.timeout))
        set(TURNTABLE_CURLOPT_LOW_SPEED_LIMIT, 1)
        set(TURNTABLE_CURLOPT_LOW_SPEED_TIME, max(1, Int(request.stallTimeout.components.seconds)))
        if let file = options.certificateFile { set(TURNTABLE_CURLOPT_CAINFO, file) }
        // Said outright, so that libcurl doesn't look into the process's environment.
        set(TURNTABLE_CURLOPT_PROXY, request.usesProxy ? options.proxy(for: request.url) : "")
        set(TURNTABLE_CURLOPT_NOPROXY, request.usesProxy ? options.proxyExceptions : "*")
        unsafe set(TURNTABLE_CURLOPT_HTTPHEADER, UnsafeRawPointer(headers))
        switch request.method {
        case "GET": set(TURNTABLE_CURLOPT_HTTPGET, 1)
        case "HEAD": set(TURNTABLE_CURLOPT_NOBODY, 1)
        case "DELETE" where body.isEmpty:
            set(TURNTABLE_CURLOPT_HTTPGET, 1)
            set(TURNTABLE_CURLOPT_CUSTOMREQUEST, "DELETE")
        default:
            set(TURNTABLE_CURLOPT_POST, 1)
            set(TURNTABLE_CURLOPT_CUSTOMREQUEST, request.method)
            _ = unsafe turntable_curl_set_size(
                library.table, easy, Int32(TURNTABLE_CURLOPT_POSTFIELDSIZE_LARGE), Int64(body.count))
            unsafe set(
                TURNTABLE_CURLOPT_POSTFIELDS, UnsafeRawPointer(body.baseAddress) ?? UnsafeRawPointer(text.baseAddress))
        }
        let context = unsafe Unmanaged.passUnretained(transfer).toOpaque()
        if !request.mayBeResent {
            unsafe set(TURNTABLE_CURLOPT_PREREQDATA, UnsafeRawPointer(context))
            let isCounted = unsafe turntable_curl_set_start_callback(library.table, easy) { context, _, _, _, _ in
                unsafe CurlTransfer.begins(context) ? 0 : 1
            }
            // A library without that callback resends only on a connection that was used before.
            if isCounted != 0 { set(TURNTABLE_CURLOPT_FRESH_CONNECT, 1) }
        }
        unsafe set(TURNTABLE_CURLOPT_HEADERDATA, UnsafeRawPointer(context))
        unsafe set(TURNTABLE_CURLOPT_WRITEDATA, UnsafeRawPointer(context))
        _ = unsafe turntable_curl_set_callback(
            library.table, easy, Int32(TURNTABLE_CURLOPT_HEADERFUNCTION)
        ) { bytes, size, count, context in
            unsafe CurlTransfer.take(bytes, size * count, context, isHeader: true)
        }
        _ = unsafe turntable_curl_set_callback(
            library.table, easy, Int32(TURNTABLE_CURLOPT_WRITEFUNCTION)
        ) { bytes, size, count, context in
            unsafe CurlTransfer.take(bytes, size * count, context, isHeader: false)
        }
    }

    private func milliseconds(_ duration: Duration) -> Int {
        let parts = duration.components
        return max(1, Int(clamping: parts.seconds * 1_000 + parts.attoseconds / 1_000_000_000_000_000))
    }

    private func withHeaderList(_ request: HTTPTransport.Request, _ body: (UnsafeMutableRawPointer?) -> Void) {
        var list: UnsafeMutableRawPointer?
        // Headers of libcurl's own that would only cost: a wait for `100 Continue`, a type for bodies without one.
        for line in ["Expect:", "Accept:"] + (request.hasHeader("Content-Type") ? [] : ["Content-Type:"])
            + request.headers.map({ "\($0.0): \($0.1)" })
        {
            // Without memory for a header nothing else works either; the request goes on without it and is refused.
            if let longer = unsafe turntable_curl_list_append(library.table, list, line) { unsafe list = longer }
        }
        unsafe body(list)
        unsafe turntable_curl_list_free(library.table, list)
    }

    // Every option is one that the library has since 7.62; where it can't be set, its default serves.
    private func set(_ option: Int, _ value: Int) {
        _ = unsafe turntable_curl_set_long(library.table, easy, Int32(option), value)
    }
    private func set(_ option: Int, _ value: String) {
        _ = unsafe value.withCString { unsafe turntable_curl_set_pointer(library.table, easy, Int32(option), $0) }
    }
    private func set(_ option: Int, _ value: UnsafeRawPointer?) {
        _ = unsafe turntable_curl_set_pointer(library.table, easy, Int32(option), value)
    }
}

/// Ends a transfer that another thread drives.
final class CurlCancellation: Sendable {
    private struct State {
        var isCancelled = false
        var wake: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var isCancelled: Bool { state.withLock(\.isCancelled) }

    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            // Under the lock, which `detach` takes before the handle may go.
            state.wake?()
        }
    }

    func attach(_ wake: @escaping @Sendable () -> Void) { state.withLock { $0.wake = wake } }
    func detach() { state.withLock { $0.wake = nil } }
}
