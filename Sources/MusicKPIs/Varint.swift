/// Unsigned numbers in groups of seven bits, the lowest first (LEB128), and texts with their length before them.
enum Varint {
    static func write(_ value: UInt64, to output: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        output.append(UInt8(rest))
    }

    /// Numbers near 0 as small ones, whatever their sign.
    static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: (value << 1) ^ (value >> 63)) }
    static func unzigzag(_ value: UInt64) -> Int64 { Int64(bitPattern: value >> 1) ^ -Int64(value & 1) }

    static func write(_ text: [UInt8], to output: inout [UInt8]) { write(text[...], to: &output) }

    static func write(_ text: ArraySlice<UInt8>, to output: inout [UInt8]) {
        write(UInt64(text.count), to: &output)
        output.append(contentsOf: text)
    }

    struct Reader: Sendable {
        private let bytes: [UInt8]
        private var offset: Int
        private let end: Int

        init(_ bytes: [UInt8], from offset: Int, to end: Int) {
            self.bytes = bytes
            self.offset = offset
            self.end = end
        }

        var isAtEnd: Bool { offset == end }

        mutating func number() throws(PartialError) -> UInt64 {
            if offset < end, bytes[offset] < 0x80 {
                defer { offset += 1 }
                return UInt64(bytes[offset])
            }
            var value: UInt64 = 0
            for shift in stride(from: UInt64(0), through: 63, by: 7) {
                guard offset < end else { throw PartialError("it is cut off") }
                let byte = bytes[offset]
                offset += 1
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return value }
            }
            throw PartialError("a number has too many bytes")
        }

        /// A number of things that follow, each of at least one byte: never more than there are bytes left.
        mutating func count() throws(PartialError) -> Int { try count(limit: UInt64(end - offset)) }

        mutating func count(limit: UInt64) throws(PartialError) -> Int {
            let value = try number()
            guard value <= min(limit, UInt64(Int.max)) else {
                throw PartialError("a count is larger than what follows")
            }
            return Int(value)
        }

        mutating func byte() throws(PartialError) -> UInt8 {
            guard offset < end else { throw PartialError("it is cut off") }
            defer { offset += 1 }
            return bytes[offset]
        }

        /// So many little-endian words of eight bytes.
        mutating func words(_ count: Int) throws(PartialError) -> [UInt64] {
            guard (end - offset) / 8 >= count else { throw PartialError("it is cut off") }
            defer { offset += count * 8 }
            return unsafe bytes.withUnsafeBytes { bytes in
                // SAFETY: so many bytes are left.
                (0..<count).map {
                    UInt64(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset + $0 * 8, as: UInt64.self))
                }
            }
        }

        mutating func text() throws(PartialError) -> ArraySlice<UInt8> {
            let count = try count()
            guard end - offset >= count else { throw PartialError("it is cut off") }
            defer { offset += count }
            return bytes[offset..<(offset + count)]
        }
    }
}
