import Synchronization

/// HTTP and HTTPS to any host, through libcurl, which is loaded at the first request.
///
/// Several requests run at a time, each on a thread of its own; connections are kept and used again. Redirects are not
/// followed: a signature holds for one host.
package final class HTTPTransport: Sendable {
    /// What holds for all requests.
    package struct Options: Sendable {
        /// Time to reach the host, the name's look-up and TLS included.
        package var connectTimeout = Duration.seconds(5)
        /// A file of CA certificates in PEM, or nil for libcurl's own.
        package var certificateFile: String?
        /// The proxies for `http` and `https` addresses as URLs; empty for none.
        package var plainProxy = ""
        package var secureProxy = ""
        /// Hosts that no proxy is used for, separated by commas (`no_proxy`).
        package var proxyExceptions = ""
        /// Handles that are kept while they have nothing to do.
        package var maximumIdleCount = 16

        package init() {}

        func proxy(for url: String) -> String { url.hasPrefix("https:") ? secureProxy : plainProxy }
    }

    /// What is asked of a host.
    package struct Request: Sendable {
        package var method: String
        /// Scheme, host, path and query as they go on the wire, already encoded.
        package var url: String
        /// `Host` and `Content-Length` are the transport's own.
        package var headers: [(String, String)]
        package var body: [UInt8]
        /// Time for the whole request.
        package var timeout: Duration
        /// Whole seconds without a single byte, either way, after which the request is given up.
        package var stallTimeout: Duration
        package var limits: HTTPClient.Limits
        /// Whether the proxies of the options apply.
        package var usesProxy: Bool
        /// Whether the request may be sent again, unseen, when a kept connection ends without an answer to it.
        package var mayBeResent: Bool

        package init(
            _ method: String, _ url: String, headers: [(String, String)] = [], body: [UInt8] = [],
            timeout: Duration = .seconds(60), stallTimeout: Duration = .seconds(30),
            limits: HTTPClient.Limits = HTTPClient.Limits(), usesProxy: Bool = true,
            mayBeResent: Bool = true
        ) {
            self.method = method
            self.url = url
            self.headers = headers
            self.body = body
            self.timeout = timeout
            self.stallTimeout = stallTimeout
            self.limits = limits
            self.usesProxy = usesProxy
            self.mayBeResent = mayBeResent
        }

        func hasHeader(_ name: String) -> Bool { headers.contains { HTTPFields.areEqual($0.0, name) } }

        /// Throws for characters that would end a line early.
        func check() throws(HTTPTransportError) {
            let isPlain =
                !method.isEmpty && method.utf8.allSatisfy { (0x41...0x5A).contains($0) }
                && url.utf8.allSatisfy { (0x21...0x7E).contains($0) }
                && headers.allSatisfy { name, value in
                    !name.isEmpty && name.utf8.allSatisfy { HTTPResponseParser.isToken($0) }
                        && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
                }
            guard isPlain else {
                throw HTTPTransportError(
                    .invalidRequest, self, detail: "method, address or a header has a character it can't have")
            }
        }
    }

    private let options: Options
    private let idle = Mutex<[CurlSession]>([])

    package init(_ options: Options = Options()) { self.options = options }

    /// Sends a request and reads the whole answer, whatever its status.
    ///
    /// - Throws: ``HTTPTransportError``; with code `.cancelled` as soon as the task is cancelled.
    package func send(_ request: Request) async throws(HTTPTransportError) -> HTTPClient.Response {
        let cancellation = CurlCancellation()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation {
                (continuation: CheckedContinuation<Result<HTTPClient.Response, HTTPTransportError>, Never>) in
                let failure = BlockingThread.run {
                    do throws(HTTPTransportError) {
                        continuation.resume(returning: .success(try self.perform(request, cancellation)))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
                if failure != nil {
                    let error = HTTPTransportError(.connect, request, detail: "there can be no other thread")
                    continuation.resume(returning: .failure(error))
                }
            }
        } onCancel: {
            cancellation.cancel()
        }
        return try result.get()
    }

    private func perform(
        _ request: Request, _ cancellation: CurlCancellation
    ) throws(HTTPTransportError) -> HTTPClient.Response {
        let session = try takeSession(request)
        let response = try session.perform(request, options, cancellation)
        // A session whose transfer failed is not kept: its connection may be in any state.
        idle.withLock { idle in
            if idle.count < options.maximumIdleCount { idle.append(session) }
        }
        return response
    }

    private func takeSession(_ request: Request) throws(HTTPTransportError) -> CurlSession {
        if let session = idle.withLock({ $0.popLast() }) { return session }
        let library: CurlLibrary
        do {
            library = try CurlLibrary.shared.get()
        } catch {
            throw HTTPTransportError(
                .noLibrary, request,
                detail: "libcurl can't be used: \(error.name) was not found; install libcurl4 (Amazon Linux has it)")
        }
        guard let session = CurlSession(library) else {
            throw HTTPTransportError(.noLibrary, request, detail: "libcurl made no handle")
        }
        return session
    }
}
