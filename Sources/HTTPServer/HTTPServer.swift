import Glibc

/// An HTTP/1.1 server on 127.0.0.1 over libmicrohttpd: any number of ports, one handler, two threads.
///
/// While a handler works, its connection is suspended and costs no thread, so a request may wait for hours. When the
/// client goes away meanwhile (it closes the connection, or only its writing half), the handler's task is cancelled.
/// A request that is malformed, too large, too slow or from a foreign page is answered here and never reaches it.
///
/// ``shutdown(grace:)`` ends it in order; without that it ends, abruptly, with the last reference.
package final class HTTPServer: Sendable {
    package typealias Handler = @Sendable (HTTPRequest) async -> HTTPResponse

    private let core: HTTPServerCore

    /// Starts the server's threads; nothing listens yet.
    ///
    /// - Parameters:
    ///   - answersOversizedBodies: Whether the server itself answers 413 to a body above the limit; if not, the
    ///     handler gets the request with ``HTTPRequest/isBodyTooLarge`` set and no body.
    ///   - refusesForeignPages: Whether a `Host` other than 127.0.0.1 and localhost, and an `Origin` other than the
    ///     server's own, are answered with 403.
    ///   - handler: Runs in a task of its own for each request.
    /// - Throws: ``HTTPServerError`` with code `.startFailed` when the process is out of threads or descriptors.
    package init(
        limits: HTTPLimits = HTTPLimits(), answersOversizedBodies: Bool = true, refusesForeignPages: Bool = true,
        handler: @escaping Handler
    ) throws(HTTPServerError) {
        core = try HTTPServerCore(
            limits: limits, answersOversizedBodies: answersOversizedBodies, refusesForeignPages: refusesForeignPages,
            handler: handler)
    }

    deinit { core.stop() }

    /// Listens on one more port of 127.0.0.1 and returns it; from then on its requests are handled.
    ///
    /// - Parameter port: 0 for any that is free.
    /// - Throws: ``HTTPServerError``: `.portInUse`, `.portForbidden`, or `.stopped` after a shutdown.
    package func listen(port: UInt16 = 0) throws(HTTPServerError) -> UInt16 { try core.listen(port: port) }

    /// Stops listening on `port` and cancels the handlers of its requests.
    package func close(port: UInt16) { core.close(port: port) }

    /// The number of requests that were begun and not yet answered to the end.
    package var activeRequestCount: Int { core.activeRequestCount }

    /// Stops listening, lets requests end within `grace`, then cancels their handlers and ends all connections.
    ///
    /// A handler that goes on in spite of its cancellation is left behind: the client gets 503. Takes at most `grace`
    /// and ``HTTPLimits/cancellationGrace``. Further calls wait for nothing.
    package func shutdown(grace: Duration) async { await core.shutdown(grace: grace) }
}
