/// Chances that depend on a seed and a name alone: leaving one decision out changes none of the others.
package struct Chance: Sendable, Hashable {
    package let seed: UInt64

    package init(seed: UInt64) { self.seed = seed }

    /// 64 bits for a name (FNV-1a of the name, mixed as SplitMix64 does).
    package func bits(_ name: String) -> UInt64 {
        var value: UInt64 = 0xCBF2_9CE4_8422_2325 ^ (seed &* 0x9E37_79B9_7F4A_7C15)
        for byte in name.utf8 { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// From 0 up to, not including, 1.
    package func fraction(_ name: String) -> Double { Double(bits(name) >> 11) * 0x1p-53 }

    package func number(_ name: String, below bound: Int) -> Int { Int(bits(name) % UInt64(max(bound, 1))) }

    /// A duration from microseconds to hours: each order of magnitude is as likely as the next.
    package func duration(_ name: String, from low: Duration, to high: Duration) -> Duration {
        var length = low.microsecondsForChance
        let limit = high.microsecondsForChance
        var octaves = 0
        while length << (octaves + 1) <= limit { octaves += 1 }
        length <<= Int64(number("\(name)|octave", below: octaves + 1))
        return .microseconds(
            length + Int64(number("\(name)|within", below: Int(min(length, limit - min(length, limit) + 1)))))
    }
}

extension Duration {
    var microsecondsForChance: Int64 {
        let (seconds, attoseconds) = components
        return max(1, seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
    }
}
