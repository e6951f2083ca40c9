/// Where random numbers come from, given to whoever needs them, so that a seed repeats a run.
public protocol Entropy: Sendable {
    /// 64 random bits.
    func next() -> UInt64
}

extension Entropy {
    /// A random number from 0 up to, not including, 1, with 53 bits of precision.
    public func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A random identifier in the form of RFC 9562, version 4: 36 characters, lower case.
    public func uuid() -> String {
        let high = next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        let digits = hex(high) + hex(low)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    private func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// The machine's own source of randomness.
public struct SystemEntropy: Entropy {
    public init() {}
    public func next() -> UInt64 { UInt64.random(in: .min ... .max) }
}
