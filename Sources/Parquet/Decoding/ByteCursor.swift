/// Reads through the bytes of a page, each step held against what is left.
struct ByteCursor {
    let bytes: [UInt8]
    private(set) var position: Int
    let end: Int

    init(_ bytes: [UInt8], _ range: Range<Int>? = nil) {
        self.bytes = bytes
        position = range?.lowerBound ?? 0
        end = range?.upperBound ?? bytes.count
    }

    var left: Int { end - position }

    mutating func byte() throws(ParquetError) -> UInt8 {
        guard position < end else { throw .malformed("a page is cut off") }
        defer { position += 1 }
        return bytes[position]
    }

    /// Moves past so many bytes, and returns where they are.
    mutating func take(_ count: Int) throws(ParquetError) -> Range<Int> {
        guard count >= 0, count <= left else {
            throw .malformed("a page has \(left) bytes left where \(count) should be")
        }
        defer { position += count }
        return position..<(position + count)
    }

    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) throws(ParquetError) -> Value {
        let range = try take(MemoryLayout<Value>.size)
        var value: Value = 0
        for index in range.reversed() { value = value << 8 | Value(truncatingIfNeeded: bytes[index]) }
        return value
    }

    mutating func varint() throws(ParquetError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            let byte = try byte()
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw .malformed("a number of a page has too many bytes")
    }

    mutating func zigzag() throws(ParquetError) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(value & 1)
    }

    /// So many numbers of `bitWidth` bits each, the lowest bits first.
    mutating func bitPacked(_ count: Int, bitWidth: Int) throws(ParquetError) -> [UInt64] {
        guard (0...64).contains(bitWidth) else { throw .malformed("a page packs numbers of \(bitWidth) bits") }
        let (bits, overflows) = count.multipliedReportingOverflow(by: bitWidth)
        guard !overflows else { throw .malformed("a page has too many packed numbers") }
        let range = try take((bits + 7) / 8)
        var values: [UInt64] = []
        values.reserveCapacity(count)
        var bit = 0
        for _ in 0..<count {
            var value: UInt64 = 0
            var have = 0
            while have < bitWidth {
                let place = bit & 7
                let taken = min(8 - place, bitWidth - have)
                let part = UInt64(bytes[range.lowerBound + bit >> 3] >> UInt8(place)) & (1 << UInt64(taken) - 1)
                value |= part << UInt64(have)
                have += taken
                bit += taken
            }
            values.append(value)
        }
        return values
    }
}
