/// Small numbers as runs and bit-packed groups of eight (Encodings.md, "Run Length Encoding / Bit-Packing Hybrid").
enum RLEBitPackedHybrid {
    /// Bits that numbers up to `maximum` need.
    static func bitWidth(maximum: Int) -> Int { Int.bitWidth - maximum.leadingZeroBitCount }

    /// Appends `values`, each of `bitWidth` bits.
    static func encode(_ values: ArraySlice<Int32>, bitWidth: Int, to output: inout [UInt8]) {
        guard bitWidth > 0 else {
            // One run of zeros, whose value takes no byte.
            varint(UInt64(values.count) << 1, to: &output)
            return
        }
        var index = values.startIndex
        while index < values.endIndex {
            let run = runLength(values, from: index)
            if run >= 8 {
                varint(UInt64(run) << 1, to: &output)
                appendValue(values[index], bitWidth, to: &output)
                index += run
                continue
            }
            // Groups of eight up to the next long run; only the last group of all may be filled up.
            var end = index
            while end < values.endIndex, end - index < 504 * 8 {
                if (end - index).isMultiple(of: 8), end > index, runLength(values, from: end) >= 8 { break }
                end += 1
            }
            if end < values.endIndex { end = index + (end - index + 7) / 8 * 8 }
            end = min(end, values.endIndex)
            pack(values[index..<end], bitWidth, to: &output)
            index = end
        }
    }

    /// Appends one number that `count` rows have.
    static func appendRun(_ value: UInt32, count: Int, bitWidth: Int, to output: inout [UInt8]) {
        varint(UInt64(count) << 1, to: &output)
        for byte in 0..<((bitWidth + 7) / 8) { output.append(UInt8(truncatingIfNeeded: value >> UInt32(byte * 8))) }
    }

    private static func runLength(_ values: ArraySlice<Int32>, from start: Int) -> Int {
        var end = start + 1
        while end < values.endIndex, values[end] == values[start] { end += 1 }
        return end - start
    }

    private static func pack(_ values: ArraySlice<Int32>, _ bitWidth: Int, to output: inout [UInt8]) {
        let groups = (values.count + 7) / 8
        varint(UInt64(groups) << 1 | 1, to: &output)
        var pending: UInt64 = 0
        var pendingBits = 0
        func take(_ value: Int32) {
            pending |= UInt64(UInt32(bitPattern: value)) << UInt64(pendingBits)
            pendingBits += bitWidth
            while pendingBits >= 8 {
                output.append(UInt8(truncatingIfNeeded: pending))
                pending >>= 8
                pendingBits -= 8
            }
        }
        for value in values { take(value) }
        for _ in values.count..<(groups * 8) { take(0) }
    }

    private static func appendValue(_ value: Int32, _ bitWidth: Int, to output: inout [UInt8]) {
        for byte in 0..<((bitWidth + 7) / 8) { output.append(UInt8(truncatingIfNeeded: value >> Int32(byte * 8))) }
    }

    static func varint(_ value: UInt64, to output: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        output.append(UInt8(rest))
    }
}
