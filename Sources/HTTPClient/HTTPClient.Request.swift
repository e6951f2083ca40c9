extension HTTPClient {
    /// What is asked of a server.
    package struct Request: Sendable {
        /// What goes with a request.
        package enum Body: Sendable {
            /// Sent with its length.
            case bytes([UInt8])
            /// Sent in chunks as they come; the closure gives the next one, and an empty one at the end.
            case chunks(@Sendable () -> [UInt8])
        }

        package var method: String
        /// Path and query as they go on the wire, already encoded.
        package var target: String
        /// `Host`, `Content-Length` and `Transfer-Encoding` are the client's own.
        package var headers: [(String, String)]
        package var body: Body

        package init(_ method: String, _ target: String, headers: [(String, String)] = [], body: [UInt8] = []) {
            self.init(method, target, headers: headers, body: .bytes(body))
        }

        package init(_ method: String, _ target: String, headers: [(String, String)] = [], body: Body) {
            self.method = method
            self.target = target
            self.headers = headers
            self.body = body
        }

        /// Whether asking twice does no more than asking once (RFC 9110, section 9.2.2, of the methods used here).
        var isRepeatable: Bool { method == "GET" || method == "HEAD" }

        /// The request line and header fields, with the empty line.
        ///
        /// - Throws: `.invalidRequest` for characters that would end a line or the target early.
        func head(for address: HTTPAddress) throws(HTTPFailure) -> [UInt8] {
            guard !method.isEmpty, method.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
                throw HTTPFailure(.invalidRequest, "a method has only upper-case letters")
            }
            guard target.utf8.first == UInt8(ascii: "/"), target.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw HTTPFailure(.invalidRequest, "a target begins with / and has only visible ASCII characters")
            }
            var text = "\(method) \(target) HTTP/1.1\r\nHost: \(address)\r\n"
            for (name, value) in headers {
                guard !name.isEmpty, name.utf8.allSatisfy({ HTTPResponseParser.isToken($0) }) else {
                    throw HTTPFailure(.invalidRequest, "a header's name has a character it can't have")
                }
                guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                    throw HTTPFailure(.invalidRequest, "the value of the header \(name) has a control character")
                }
                text += "\(name): \(value)\r\n"
            }
            switch body {
            case .bytes(let bytes) where bytes.isEmpty && isRepeatable: break
            case .bytes(let bytes): text += "Content-Length: \(bytes.count)\r\n"
            case .chunks: text += "Transfer-Encoding: chunked\r\n"
            }
            return Array((text + "\r\n").utf8)
        }
    }

    /// A server's whole answer.
    package struct Response: Sendable, Hashable {
        package var status: Int
        package var headers: HTTPFields
        package var body: [UInt8]
    }

    /// Bounds of an answer, beyond which it is refused.
    package struct Limits: Sendable {
        /// Bytes of status line and header fields, and of trailer fields and chunk lines.
        package var headerByteCount = 64 << 10
        package var bodyByteCount: Int

        package init(bodyByteCount: Int = 64 << 20) { self.bodyByteCount = bodyByteCount }
    }
}
