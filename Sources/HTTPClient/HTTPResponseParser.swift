/// Takes one HTTP/1.1 response apart as its bytes come, however they are cut (RFC 9112).
///
/// It reads nothing itself: the caller feeds it and asks ``isComplete``.
struct HTTPResponseParser {
    private enum State {
        case statusLine, headerLine
        case sizedBody(remaining: Int)
        case chunkLine
        case chunk(remaining: Int)
        case chunkEnd, trailerLine
        case bodyUntilClose
        case complete
    }

    private let hasNoBody: Bool
    private let limits: HTTPClient.Limits
    private var state = State.statusLine
    private var line: [UInt8] = []
    private var headerByteCount = 0
    private var minorVersion = 1
    private var response = HTTPClient.Response(status: 0, headers: HTTPFields(), body: [])
    /// Whether a byte of the response has been seen.
    private(set) var hasBegun = false

    init(answering method: String, limits: HTTPClient.Limits) {
        hasNoBody = method == "HEAD"
        self.limits = limits
    }

    var isComplete: Bool { if case .complete = state { true } else { false } }

    /// Whether the connection may carry another request after this response.
    var allowsReuse: Bool {
        guard isComplete, !response.headers.hasToken("close", in: "Connection") else { return false }
        return minorVersion >= 1 || response.headers.hasToken("keep-alive", in: "Connection")
    }

    /// The response, once it is complete.
    consuming func finish() -> HTTPClient.Response { response }

    /// Takes bytes off the front of `bytes` up to the response's end.
    ///
    /// - Returns: How many were taken; fewer than all only when the response is complete.
    mutating func consume(_ bytes: UnsafeRawBufferPointer) throws(HTTPFailure) -> Int {
        var offset = 0
        if unsafe !bytes.isEmpty { hasBegun = true }
        while offset < bytes.count {
            let available = bytes.count - offset
            switch state {
            case .complete: return offset
            case .sizedBody(let remaining):
                let count = min(remaining, available)
                // SAFETY: offset + count is at most bytes.count.
                unsafe response.body.append(contentsOf: bytes[offset..<(offset + count)])
                offset += count
                state = count == remaining ? .complete : .sizedBody(remaining: remaining - count)
            case .chunk(let remaining):
                let count = min(remaining, available)
                // SAFETY: as above.
                unsafe response.body.append(contentsOf: bytes[offset..<(offset + count)])
                offset += count
                state = count == remaining ? .chunkEnd : .chunk(remaining: remaining - count)
            case .bodyUntilClose:
                guard response.body.count + available <= limits.bodyByteCount else { throw bodyTooLarge() }
                unsafe response.body.append(contentsOf: bytes[offset...])
                offset += available
            case .statusLine, .headerLine, .chunkLine, .chunkEnd, .trailerLine:
                let byte = unsafe bytes[offset]
                offset += 1
                headerByteCount += 1
                guard headerByteCount <= limits.headerByteCount else {
                    throw HTTPFailure(.headerTooLarge, "the answer's header is over \(limits.headerByteCount) bytes")
                }
                guard byte == 0x0A else {
                    line.append(byte)
                    continue
                }
                if line.last == 0x0D { line.removeLast() }
                let text = line
                line.removeAll(keepingCapacity: true)
                try takeLine(text)
            }
        }
        return offset
    }

    /// Says that the connection has ended.
    ///
    /// - Throws: `.closed` unless that is how the body ends.
    mutating func endOfStream() throws(HTTPFailure) {
        switch state {
        case .complete: return
        case .bodyUntilClose: state = .complete
        default:
            let place = hasBegun ? "in the middle of its answer" : "without an answer"
            throw HTTPFailure(.closed, "the server closed the connection \(place)")
        }
    }

    private mutating func takeLine(_ line: [UInt8]) throws(HTTPFailure) {
        switch state {
        case .statusLine: try takeStatusLine(line)
        case .headerLine:
            if line.isEmpty { try beginBody() } else { try takeField(line) }
        case .chunkLine: try takeChunkLine(line)
        case .chunkEnd:
            guard line.isEmpty else { throw malformed("a chunk is longer than it says") }
            state = .chunkLine
            // The limit is for each line between chunks; a long body has many.
            headerByteCount = 0
        case .trailerLine:
            // Trailer fields carry nothing that is asked for here.
            if line.isEmpty { state = .complete }
        case .sizedBody, .chunk, .bodyUntilClose, .complete: break
        }
    }

    private mutating func takeStatusLine(_ line: [UInt8]) throws(HTTPFailure) {
        // An empty line before the status line is skipped (RFC 9112, section 2.2, for the other direction).
        if line.isEmpty { return }
        let prefix = Array("HTTP/1.".utf8)
        guard line.count >= 12, line.starts(with: prefix), (0x30...0x39).contains(line[7]), line[8] == 0x20,
            line[9..<12].allSatisfy({ (0x30...0x39).contains($0) }), line.count == 12 || line[12] == 0x20
        else { throw malformed("the answer does not begin with an HTTP/1.1 status line") }
        minorVersion = Int(line[7] - 0x30)
        response.status = line[9..<12].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        response.headers = HTTPFields()
        state = .headerLine
    }

    private mutating func takeField(_ line: [UInt8]) throws(HTTPFailure) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
            line[..<colon].allSatisfy({ HTTPResponseParser.isToken($0) })
        else { throw malformed("a header line has no name and colon") }
        var value = line[(colon + 1)...]
        while let first = value.first, first == 0x20 || first == 0x09 { value.removeFirst() }
        while let last = value.last, last == 0x20 || last == 0x09 { value.removeLast() }
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw malformed("a header's value has a control character")
        }
        response.headers.append(String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
    }

    private mutating func beginBody() throws(HTTPFailure) {
        if (100..<200).contains(response.status) {
            // An interim answer; the real one follows. 101 would mean another protocol, which was never asked for.
            guard response.status != 101 else { throw malformed("the server switched protocols unasked") }
            state = .statusLine
            return
        }
        if hasNoBody || response.status == 204 || response.status == 304 {
            state = .complete
            return
        }
        let codings = response.headers.values("Transfer-Encoding")
        if !codings.isEmpty {
            guard codings.count == 1, HTTPFields.areEqual(codings[0], "chunked") else {
                throw malformed("the answer has a transfer encoding other than chunked")
            }
            state = .chunkLine
            headerByteCount = 0
            return
        }
        let lengths = Set(response.headers.values("Content-Length"))
        guard let length = lengths.first else {
            state = .bodyUntilClose
            return
        }
        guard lengths.count == 1, let count = HTTPResponseParser.number(length.utf8, radix: 10) else {
            throw malformed("the answer's Content-Length is no number")
        }
        guard count <= limits.bodyByteCount else { throw bodyTooLarge() }
        response.body.reserveCapacity(count)
        state = count == 0 ? .complete : .sizedBody(remaining: count)
    }

    private mutating func takeChunkLine(_ line: [UInt8]) throws(HTTPFailure) {
        var size = line.prefix { $0 != UInt8(ascii: ";") }
        while let last = size.last, last == 0x20 || last == 0x09 { size.removeLast() }
        guard let count = HTTPResponseParser.number(size, radix: 16) else {
            throw malformed("a chunk's size is no number")
        }
        guard count <= limits.bodyByteCount - response.body.count else { throw bodyTooLarge() }
        state = count == 0 ? .trailerLine : .chunk(remaining: count)
    }

    private func malformed(_ detail: String) -> HTTPFailure { HTTPFailure(.malformedResponse, detail) }

    private func bodyTooLarge() -> HTTPFailure {
        HTTPFailure(.bodyTooLarge, "the answer's body is over \(limits.bodyByteCount) bytes")
    }

    /// Digits only, and no more than fit.
    private static func number(_ digits: some Collection<UInt8>, radix: Int) -> Int? {
        guard !digits.isEmpty else { return nil }
        var value = 0
        for byte in digits {
            let digit: Int
            switch byte {
            case 0x30...0x39: digit = Int(byte) - 0x30
            case 0x41...0x46 where radix == 16: digit = Int(byte) - 0x41 + 10
            case 0x61...0x66 where radix == 16: digit = Int(byte) - 0x61 + 10
            default: return nil
            }
            let (product, overflow) = value.multipliedReportingOverflow(by: radix)
            guard !overflow, product <= Int.max - digit else { return nil }
            value = product + digit
        }
        return value
    }

    /// Whether a field's name may have this byte (RFC 9110, section 5.6.2).
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
