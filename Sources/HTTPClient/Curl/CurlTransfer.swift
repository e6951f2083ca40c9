/// An answer while libcurl hands it over.
final class CurlTransfer {
    enum Failure { case headerTooLarge, bodyTooLarge, malformed }

    private let limits: HTTPClient.Limits
    private(set) var response = HTTPClient.Response(status: 0, headers: HTTPFields(), body: [])
    /// Why the rest was refused.
    private(set) var failure: Failure?
    private var headerByteCount = 0
    /// Whether the request has been begun on a connection.
    private var isBegun = false
    /// Whether libcurl wanted to send the request a second time, on a new connection, because the one that it had used
    /// ended without an answer; that was refused.
    private(set) var wasToBeResent = false

    init(limits: HTTPClient.Limits) { self.limits = limits }

    /// Whether a byte of an answer has come.
    var hasBegun: Bool { headerByteCount > 0 }
    /// The length that the answer's header gives.
    var declaredByteCount: Int? { response.headers["Content-Length"].flatMap { Int($0) } }

    /// libcurl's callback; what it returns, unless all of `count`, ends the transfer.
    static func take(
        _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?, isHeader: Bool
    ) -> Int {
        guard let bytes = unsafe bytes, let context = unsafe context else { return count }
        // SAFETY: the context is the transfer that `CurlSession.perform` keeps until libcurl is done; the bytes are `count`.
        let transfer = unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
        let buffer = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
        let isTaken = unsafe isHeader ? transfer.takeHeader(Array(buffer)) : transfer.takeBody(buffer)
        return isTaken ? count : 0
    }

    /// libcurl's callback before it sends the request; false ends the transfer.
    static func begins(_ context: UnsafeMutableRawPointer?) -> Bool {
        guard let context = unsafe context else { return true }
        // SAFETY: as above.
        let transfer = unsafe Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
        transfer.wasToBeResent = transfer.isBegun
        transfer.isBegun = true
        return !transfer.wasToBeResent
    }

    private func takeHeader(_ bytes: [UInt8]) -> Bool {
        headerByteCount += bytes.count
        guard headerByteCount <= limits.headerByteCount else { return fail(.headerTooLarge) }
        let line = bytes[..<(bytes.lastIndex { $0 != 0x0A && $0 != 0x0D }.map { $0 + 1 } ?? 0)]
        if line.starts(with: Array("HTTP/".utf8)) {
            // A new status line: what came before was an interim answer, or a proxy's.
            response.headers = HTTPFields()
            let status = line.split(separator: 0x20).dropFirst().first.flatMap {
                Int(String(decoding: $0, as: UTF8.self))
            }
            guard let status else { return fail(.malformed) }
            response.status = status
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            let name = String(decoding: line[..<colon], as: UTF8.self)
            let value = String(decoding: line[(colon + 1)...], as: UTF8.self)
            response.headers.append(name, HTTPFields.trimmed(value[...]))
        }
        return true
    }

    private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard response.body.count + bytes.count <= limits.bodyByteCount,
            (declaredByteCount ?? 0) <= limits.bodyByteCount
        else { return fail(.bodyTooLarge) }
        if response.body.isEmpty, let count = declaredByteCount { response.body.reserveCapacity(count) }
        unsafe response.body.append(contentsOf: bytes)
        return true
    }

    private func fail(_ failure: Failure) -> Bool {
        self.failure = failure
        return false
    }
}
