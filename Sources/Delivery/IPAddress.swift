/// An IPv4 or IPv6 address as its bytes.
struct IPAddress: Sendable, Hashable {
    /// Four or sixteen.
    let bytes: [UInt8]

    /// Reads `10.0.0.1`, or an IPv6 address by RFC 4291, section 2.2, without a zone.
    init?(_ text: String) {
        guard let bytes = text.utf8.contains(UInt8(ascii: ":")) ? IPAddress.version6(text) : IPAddress.version4(text)
        else { return nil }
        self.bytes = bytes
    }

    private static func version4(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) }),
                let byte = UInt8(String(decoding: part, as: UTF8.self))
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func version6(_ text: String) -> [UInt8]? {
        guard let gap = text.firstDoubleColon else {
            guard let bytes = groups(text[...]), bytes.count == 16 else { return nil }
            return bytes
        }
        let after = text[text.index(gap, offsetBy: 2)...]
        guard let head = groups(text[..<gap], canEndInVersion4: false), let tail = groups(after),
            head.count + tail.count <= 14
        else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    /// Groups of four digits; the last may be an IPv4 address.
    private static func groups(_ text: Substring, canEndInVersion4: Bool = true) -> [UInt8]? {
        if text.isEmpty { return [] }
        var bytes: [UInt8] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if canEndInVersion4, index == parts.count - 1, part.contains(".") {
                guard let last = version4(part) else { return nil }
                bytes += last
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy({ $0 != 0x2B && $0 != 0x2D }),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
            }
        }
        return bytes
    }
}

extension String {
    fileprivate var firstDoubleColon: Index? {
        indices.first { self[$0] == ":" && index(after: $0) < endIndex && self[index(after: $0)] == ":" }
    }
}

/// The addresses that share their first bits with one.
struct AddressRange: Sendable, Hashable {
    private let network: IPAddress
    private let bitCount: Int

    /// Reads `10.0.0.0/24` or `2001:db8::/32`; bits of the address after the first `/` bits don't count.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let network = IPAddress(String(parts[0])),
            parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let bitCount = Int(parts[1]), bitCount <= network.bytes.count * 8
        else { return nil }
        self.network = network
        self.bitCount = bitCount
    }

    func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == network.bytes.count else { return false }
        for (index, (left, right)) in zip(address.bytes, network.bytes).enumerated() {
            let bits = bitCount - index * 8
            if bits <= 0 { return true }
            let mask: UInt8 = bits >= 8 ? 0xFF : ~(0xFF >> UInt8(bits))
            guard left & mask == right & mask else { return false }
        }
        return true
    }
}
