/// A request that has arrived whole.
package struct HTTPRequest: Sendable, Hashable {
    package struct QueryItem: Sendable, Hashable {
        package var name: String
        /// Decoded, a `+` as a space; empty when the item has no `=`.
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// As sent, in capitals as a rule.
    package var method: String
    /// The target as it was sent, neither split nor decoded: what signatures are made of.
    package var target: String
    /// The target's path with percent-escapes decoded: always UTF-8 without NUL, but with `..` as the client had them.
    package var path: String
    package var query: [QueryItem]
    package var headers: HTTPHeaders
    /// The fields after a chunked body.
    package var trailers: HTTPHeaders
    /// The body, chunks put together; empty when ``isBodyTooLarge``.
    package var body: [UInt8]
    /// Whether the body exceeded the limit and was dropped; only seen by a handler that asked to.
    package var isBodyTooLarge: Bool
    /// The port it arrived on: what tells listeners of one server apart.
    package var localPort: UInt16

    package init(
        method: String, target: String, path: String, query: [QueryItem] = [], headers: HTTPHeaders = [:],
        trailers: HTTPHeaders = [:], body: [UInt8] = [], isBodyTooLarge: Bool = false, localPort: UInt16 = 0
    ) {
        self.method = method
        self.target = target
        self.path = path
        self.query = query
        self.headers = headers
        self.trailers = trailers
        self.body = body
        self.isBodyTooLarge = isBodyTooLarge
        self.localPort = localPort
    }

    /// The value of the first query item of this name.
    package func queryValue(_ name: String) -> String? { query.first { $0.name == name }?.value }
}
