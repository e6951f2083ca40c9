import Glibc

/// Where a server listens: a host and a port, as `AWS_LAMBDA_RUNTIME_API` has it (`127.0.0.1:9001`).
package struct HTTPAddress: Sendable, Hashable {
    /// An IPv4 address, an IPv6 address without brackets, or a name.
    package let host: String
    package let port: UInt16

    package init(host: String = "127.0.0.1", port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT` or `[IPV6]:PORT`; without a port, 80. Nil when it is neither.
    package init?(_ text: String) {
        var host = text[...]
        var port: UInt16 = 80
        if host.first == "[" {
            guard let bracket = host.firstIndex(of: "]") else { return nil }
            let rest = host[host.index(after: bracket)...]
            host = host[host.index(after: host.startIndex)..<bracket]
            guard host.contains(":") else { return nil }
            if !rest.isEmpty {
                guard rest.first == ":", let number = HTTPAddress.port(rest.dropFirst()) else { return nil }
                port = number
            }
        } else if let colon = host.lastIndex(of: ":") {
            guard let number = HTTPAddress.port(host[host.index(after: colon)...]) else { return nil }
            port = number
            host = host[..<colon]
            guard !host.contains(":") else { return nil }
        }
        let isPlain = host.utf8.allSatisfy {
            (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "@")
        }
        guard !host.isEmpty, isPlain else { return nil }
        self.init(host: String(host), port: port)
    }

    private static func port(_ digits: Substring) -> UInt16? {
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits),
            port > 0
        else { return nil }
        return port
    }

    /// Calls `body` with the address as the system takes it; names other than `localhost` are looked up.
    ///
    /// - Throws: `.connect` when the name has no address; what `body` throws.
    func withSocketAddress<Result>(
        _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) throws(HTTPFailure) -> Result
    ) throws(HTTPFailure) -> Result {
        var four = sockaddr_in()
        if unsafe inet_pton(AF_INET, host == "localhost" ? "127.0.0.1" : host, &four.sin_addr) == 1 {
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = port.bigEndian
            // SAFETY: sockaddr_in begins with sockaddr's fields, and its true length goes along.
            return try unsafe withUnsafePointer(to: &four) { (pointer) throws(HTTPFailure) in
                let length = socklen_t(MemoryLayout<sockaddr_in>.size)
                return try unsafe body(
                    AF_INET, UnsafeRawPointer(pointer).assumingMemoryBound(to: sockaddr.self), length)
            }
        }
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, String(port), &hints, &found)
        guard status == 0, let first = unsafe found, let address = unsafe first.pointee.ai_addr else {
            let reason = unsafe String(cString: gai_strerror(status))
            throw HTTPFailure(.connect, "the host \(host) has no address: \(reason)")
        }
        defer { unsafe freeaddrinfo(first) }
        return try unsafe body(first.pointee.ai_family, UnsafePointer(address), first.pointee.ai_addrlen)
    }
}

extension HTTPAddress: CustomStringConvertible {
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
