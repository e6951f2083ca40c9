/// An answer. `Content-Length`, `Date` and `Connection` are the server's to add; to HEAD the body is not sent.
package struct HTTPResponse: Sendable, Hashable {
    /// 200 to 599; anything else is sent as 500.
    package var status: Int
    /// A field that can't be sent, because of a line break in it, is left out.
    package var headers: HTTPHeaders
    package var body: [UInt8]

    package init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package static func text(_ status: Int, _ text: String) -> HTTPResponse {
        HTTPResponse(
            status: status, headers: ["Content-Type": "text/plain; charset=utf-8"], body: Array((text + "\n").utf8))
    }

    package static func json(_ status: Int, _ body: [UInt8]) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": "application/json"], body: body)
    }
}
