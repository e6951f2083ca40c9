/// XXH64 with seed 0 (xxHash specification, version 0.1.1) of bytes that come piece by piece.
///
/// It tells bytes that were torn or have changed by accident from good ones, at several bytes a cycle; it protects from
/// nobody.
struct XXH64 {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5
    /// Bytes of which each piece but the last has a multiple.
    static let stripeByteCount = 32

    private var lanes = (
        prime1 &+ prime2, prime2, 0 as UInt64, 0 &- prime1
    )
    private var byteCount = 0

    static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = XXH64()
        return unsafe hash.finish(bytes)
    }

    /// Adds bytes.
    ///
    /// - Precondition: Their number is a multiple of ``stripeByteCount``.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count % XXH64.stripeByteCount == 0, "a piece that is not the last has an odd end")
        var (a, b, c, d) = lanes
        var offset = 0
        while offset < bytes.count {
            a = unsafe XXH64.round(a, XXH64.word(bytes, offset))
            b = unsafe XXH64.round(b, XXH64.word(bytes, offset + 8))
            c = unsafe XXH64.round(c, XXH64.word(bytes, offset + 16))
            d = unsafe XXH64.round(d, XXH64.word(bytes, offset + 24))
            offset += XXH64.stripeByteCount
        }
        lanes = (a, b, c, d)
        byteCount += bytes.count
    }

    /// The hash of all that was added and these last bytes.
    mutating func finish(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let end = bytes.count - bytes.count % XXH64.stripeByteCount
        unsafe update(UnsafeRawBufferPointer(rebasing: bytes[..<end]))
        var hash: UInt64
        if byteCount > 0 {
            let (a, b, c, d) = lanes
            hash = XXH64.rotate(a, 1) &+ XXH64.rotate(b, 7) &+ XXH64.rotate(c, 12) &+ XXH64.rotate(d, 18)
            for lane in [a, b, c, d] {
                hash = (hash ^ XXH64.round(0, lane)) &* XXH64.prime1 &+ XXH64.prime4
            }
        } else {
            hash = XXH64.prime5
        }
        hash &+= UInt64(byteCount + bytes.count - end)
        var offset = end
        while offset + 8 <= bytes.count {
            hash ^= unsafe XXH64.round(0, XXH64.word(bytes, offset))
            hash = XXH64.rotate(hash, 27) &* XXH64.prime1 &+ XXH64.prime4
            offset += 8
        }
        if offset + 4 <= bytes.count {
            let word = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            hash ^= UInt64(word) &* XXH64.prime1
            hash = XXH64.rotate(hash, 23) &* XXH64.prime2 &+ XXH64.prime3
            offset += 4
        }
        while offset < bytes.count {
            hash ^= unsafe UInt64(bytes[offset]) &* XXH64.prime5
            hash = XXH64.rotate(hash, 11) &* XXH64.prime1
            offset += 1
        }
        hash = (hash ^ hash >> 33) &* XXH64.prime2
        hash = (hash ^ hash >> 29) &* XXH64.prime3
        return hash ^ hash >> 32
    }

    @inline(__always)
    private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        // SAFETY: callers stay eight bytes before the end.
        unsafe UInt64(littleEndian: bytes.baseAddress!.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inline(__always)
    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotate(lane &+ word &* prime2, 31) &* prime1
    }

    @inline(__always)
    private static func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 { word << count | word >> (64 - count) }
}
