import CLinux

/// A request that got no answer.
package struct HTTPClientError: Error, Hashable, Sendable {
    package enum Code: String, Sendable {
        /// The request can't be written: a method, target or header with a character it can't have.
        case invalidRequest
        /// No connection could be made.
        case connect
        /// The connection failed while the request was written, and no answer was there.
        case send
        /// The connection failed while the answer was awaited or read.
        case receive
        /// The server closed the connection before the answer was complete.
        case closed
        /// The answer is not HTTP/1.1.
        case malformedResponse
        /// The answer's header or body is over the limit.
        case headerTooLarge, bodyTooLarge
        case timedOut, cancelled
    }

    package let code: Code
    package let method: String
    package let target: String
    package let address: HTTPAddress
    /// The system's error number, such as `ECONNREFUSED`, where a call failed.
    package let systemError: Int32?
    /// Whether no byte of the request can have reached the server, so that sending it again can't do it twice.
    package let isUnsent: Bool
    package let detail: String

    init(_ failure: HTTPFailure, _ request: HTTPClient.Request, _ address: HTTPAddress, isUnsent: Bool) {
        code = failure.code
        method = request.method
        target = request.target
        self.address = address
        systemError = failure.systemError
        self.isUnsent = isUnsent
        detail = failure.detail
    }
}

extension HTTPClientError: CustomStringConvertible {
    package var description: String { "\(method) http://\(address)\(target): \(detail)" }
}

/// What went wrong, before it is known to which request.
struct HTTPFailure: Error {
    let code: HTTPClientError.Code
    let systemError: Int32?
    let detail: String

    init(_ code: HTTPClientError.Code, _ detail: String) {
        self.code = code
        systemError = nil
        self.detail = detail
    }

    /// The failure of a system call, from its error number.
    init(_ code: HTTPClientError.Code, systemError: Int32, _ operation: String) {
        self.code = code
        self.systemError = systemError
        let name = unsafe strerrorname_np(systemError).map { unsafe String(cString: $0) } ?? "error \(systemError)"
        let text = unsafe strerrordesc_np(systemError).map { unsafe String(cString: $0) } ?? "unknown"
        detail = "\(name) (\(text)) on \(operation)"
    }
}
