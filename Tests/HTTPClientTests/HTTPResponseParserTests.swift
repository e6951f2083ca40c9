import Testing

@testable import HTTPClient

@Suite("HTTP responses, however they are cut")
struct HTTPResponseParserTests {
    /// Feeds `text` in pieces that end at `cuts`, then ends the stream if that is asked for.
    static func parse(
        _ text: String, answering method: String = "GET", cuts: [Int] = [], endsStream: Bool = false,
        limits: HTTPClient.Limits = .init(bodyByteCount: 1_000)
    ) throws -> (response: HTTPClient.Response, rest: Int, mayStay: Bool) {
        var parser = HTTPResponseParser(answering: method, limits: limits)
        let bytes = Array(text.utf8)
        var taken = 0
        for (start, end) in zip([0] + cuts, cuts + [bytes.count]) {
            taken += try Array(bytes[start..<end]).withUnsafeBytes { buffer throws(HTTPFailure) in
                try parser.consume(buffer)
            }
        }
        if endsStream { try parser.endOfStream() }
        guard parser.isComplete else { throw HTTPFailure(.closed, "incomplete") }
        let mayStay = parser.allowsReuse
        return (parser.finish(), bytes.count - taken, mayStay)
    }

    static let whole = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b c \r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b c\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: u\r\n\r\n",
        "HTTP/1.1 200\nCONTENT-LENGTH:5\nx-a:\tb c\t\n\nhello",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 5\r\nX-A: b c\r\n\r\nhello",
    ]

    @Test("Each cut of an answer gives the same answer", arguments: whole)
    func everyCut(text: String) throws {
        let count = text.utf8.count
        for first in 0...count {
            let (response, rest, mayStay) = try Self.parse(text, cuts: [first])
            #expect(response.status == 200)
            #expect(String(decoding: response.body, as: UTF8.self) == "hello")
            #expect(response.headers["x-A"] == "b c")
            #expect(rest == 0 && mayStay)
        }
        #expect(try Self.parse(text, cuts: Array(0..<count)).response.body.count == 5)
    }

    @Test(
        "What follows an answer is left, whether it has a body or not",
        arguments: [
            ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naNEXT", 4), ("GET", "HTTP/1.1 204 No\r\n\r\nNEXT", 4),
            ("GET", "HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\nNEXT", 4),
            ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nNEXT", 4),
            ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0),
        ])
    func rest(method: String, text: String, rest: Int) throws {
        #expect(try Self.parse(text, answering: method).rest == rest)
    }

    @Test(
        "A connection may stay unless the answer says otherwise",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false),
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: x, Close\r\n\r\n", false),
            ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false),
            ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true),
        ])
    func reuse(text: String, mayStay: Bool) throws { #expect(try Self.parse(text).mayStay == mayStay) }

    @Test("Without a length the body ends with the connection")
    func untilClose() throws {
        let (response, _, _) = try Self.parse("HTTP/1.1 200 OK\r\n\r\nall of it", endsStream: true)
        #expect(String(decoding: response.body, as: UTF8.self) == "all of it")
    }

    @Test(
        "What is no answer is refused",
        arguments: [
            ("SSH-2.0-x\r\n", HTTPClientError.Code.malformedResponse), ("HTTP/2 200 OK\r\n", .malformedResponse),
            ("HTTP/1.1 20 OK\r\n", .malformedResponse), ("HTTP/1.1 2000\r\n", .malformedResponse),
            ("HTTP/1.1 200 OK\r\nno colon\r\n", .malformedResponse), ("HTTP/1.1 200 OK\r\n: x\r\n", .malformedResponse),
            ("HTTP/1.1 200 OK\r\n folded: x\r\n", .malformedResponse),
            ("HTTP/1.1 200 OK\r\na: \u{0}\r\n", .malformedResponse),
            ("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", .malformedResponse),
            ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .malformedResponse),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", .malformedResponse),
            ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", .malformedResponse),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", .bodyTooLarge),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .malformedResponse),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", .malformedResponse),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", .malformedResponse),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n", .bodyTooLarge),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", .malformedResponse),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n", .bodyTooLarge),
            ("HTTP/1.1 101 Switching\r\n\r\n", .malformedResponse),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", .closed), ("HTTP/1.1 200 OK\r\nContent-", .closed),
            ("", .closed),
        ])
    func refused(text: String, code: HTTPClientError.Code) {
        let error = #expect(throws: HTTPFailure.self) { try Self.parse(text, endsStream: true) }
        #expect(error?.code == code)
    }

    @Test("An endless header and an endless body are refused at the limit")
    func limits() {
        var limits = HTTPClient.Limits(bodyByteCount: 10)
        limits.headerByteCount = 100
        let header = "HTTP/1.1 200 OK\r\n" + String(repeating: "a: b\r\n", count: 20)
        #expect(throws: HTTPFailure.self) { try Self.parse(header, limits: limits) }.map {
            #expect($0.code == .headerTooLarge)
        }
        let chunked =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + String(repeating: "1\r\na\r\n", count: 11)
        #expect(throws: HTTPFailure.self) { try Self.parse(chunked, limits: limits) }.map {
            #expect($0.code == .bodyTooLarge)
        }
        let open = "HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "a", count: 11)
        #expect(throws: HTTPFailure.self) { try Self.parse(open, limits: limits) }.map {
            #expect($0.code == .bodyTooLarge)
        }
    }
}
