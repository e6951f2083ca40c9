/// Whether bytes are UTF-8 (RFC 3629, section 4): eight bytes of ASCII at a time, and all else without a state.
enum UTF8Check {
    private static let tops: UInt64 = 0x8080_8080_8080_8080

    static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let count = bytes.count
        guard let base = bytes.baseAddress else { return true }
        var index = 0
        /// Whether the byte at a distance from `index` is a continuation from `least` to `greatest`.
        @inline(__always)
        func has(_ distance: Int, _ least: UInt8 = 0x80, _ greatest: UInt8 = 0xBF) -> Bool {
            guard index &+ distance < count else { return false }
            // SAFETY: below the count.
            let byte = unsafe base[index &+ distance]
            return byte >= least && byte <= greatest
        }
        while index < count {
            if index &+ 8 <= count {
                // SAFETY: eight bytes are there.
                let word = unsafe UnsafeRawPointer(base).loadUnaligned(fromByteOffset: index, as: UInt64.self)
                let high = UInt64(littleEndian: word) & tops
                guard high != 0 else {
                    index &+= 8
                    continue
                }
                index &+= high.trailingZeroBitCount >> 3
            }
            let lead = unsafe base[index]
            if lead < 0x80 {
                index &+= 1
            } else if lead < 0xE0 {
                guard lead >= 0xC2, has(1) else { return false }
                index &+= 2
            } else if lead < 0xF0 {
                guard has(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF), has(2) else { return false }
                index &+= 3
            } else {
                guard lead < 0xF5, has(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF), has(2), has(3) else {
                    return false
                }
                index &+= 4
            }
        }
        return true
    }
}
