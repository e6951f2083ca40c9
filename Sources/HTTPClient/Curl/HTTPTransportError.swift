/// A request of ``HTTPTransport`` that got no whole answer.
package struct HTTPTransportError: Error, Sendable, Hashable {
    package enum Code: String, Sendable {
        /// There is no libcurl on this machine.
        case noLibrary
        case invalidRequest
        /// The host's name has no address, or no connection to it could be made.
        case connect
        /// The host is not who it should be, or speaks no TLS.
        case tls
        /// The connection failed or ended before the answer was complete.
        case closed
        case malformedResponse
        case headerTooLarge, bodyTooLarge
        case timedOut, cancelled
    }

    package let code: Code
    package let method: String
    /// Scheme, host and path: no query.
    package let place: String
    /// libcurl's code, 0 where it wasn't asked.
    package let curlCode: Int32
    /// Whether no byte of the request can have reached the host.
    package let isUnsent: Bool
    /// The length that the answer's header gave, if it came so far.
    package let declaredByteCount: Int?
    package let detail: String

    init(_ code: Code, _ request: HTTPTransport.Request, detail: String) {
        self.code = code
        method = request.method
        place = HTTPTransportError.place(request.url)
        curlCode = 0
        isUnsent = true
        declaredByteCount = nil
        self.detail = detail
    }

    init(
        curl: Int32, _ words: String, _ request: HTTPTransport.Request, _ transfer: CurlTransfer, isCancelled: Bool,
        isUnsent: Bool, systemError: Int32
    ) {
        switch transfer.failure {
        case .headerTooLarge: code = .headerTooLarge
        case .bodyTooLarge: code = .bodyTooLarge
        case .malformed: code = .malformedResponse
        case nil where isCancelled: code = .cancelled
        case nil where transfer.wasToBeResent: code = .closed
        case nil: code = HTTPTransportError.code(curl)
        }
        method = request.method
        place = HTTPTransportError.place(request.url)
        curlCode = curl
        self.isUnsent = isUnsent && !transfer.hasBegun && !transfer.wasToBeResent
        declaredByteCount = transfer.declaredByteCount
        switch code {
        case .bodyTooLarge: detail = "the answer's body is over \(request.limits.bodyByteCount) bytes"
        case .headerTooLarge: detail = "the answer's header is over \(request.limits.headerByteCount) bytes"
        case .cancelled: detail = "the request was cancelled"
        case _ where transfer.wasToBeResent: detail = "the connection ended without an answer"
        default: detail = "curl \(curl) (\(words))" + (systemError == 0 ? "" : ", errno \(systemError)")
        }
    }

    /// libcurl's codes (libcurl-errors(3)) by what they mean for a caller.
    private static func code(_ curl: Int32) -> Code {
        switch curl {
        case 28: .timedOut
        case 5, 6, 7, 97: .connect
        case 35, 51, 53, 54, 58, 59, 60, 66, 77, 80, 82, 83, 90, 91, 98: .tls
        case 3, 43: .invalidRequest
        case 1, 8, 61: .malformedResponse
        case 42: .cancelled
        default: .closed
        }
    }

    private static func place(_ url: String) -> String { String(url.prefix { $0 != "?" }) }
}

extension HTTPTransportError: CustomStringConvertible {
    package var description: String { "\(method) \(place): \(detail)" }
}
