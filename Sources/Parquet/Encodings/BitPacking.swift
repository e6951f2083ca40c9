/// Numbers of equal width end to end, the lowest bits first, as one bit-packed run (Encodings.md, "Run Length Encoding /
/// Bit-Packing Hybrid").
enum BitPacking {
    /// Appends the run's header and the numbers, filled up with zeros to a multiple of eight.
    static func append(_ values: [UInt32], bitWidth: Int, to output: inout [UInt8]) {
        guard bitWidth > 0 else {
            return RLEBitPackedHybrid.appendRun(0, count: values.count, bitWidth: 0, to: &output)
        }
        let groups = (values.count + 7) / 8
        RLEBitPackedHybrid.varint(UInt64(groups) << 1 | 1, to: &output)
        let byteCount = groups * bitWidth
        let packed = unsafe [UInt8](unsafeUninitializedCapacity: byteCount + 16) { buffer, count in
            let raw = UnsafeMutableRawPointer(buffer.baseAddress!)
            var pending: UInt64 = 0
            var bits = 0
            var offset = 0
            for value in values {
                pending |= UInt64(value) << UInt64(bits)
                bits += bitWidth
                if bits >= 32 {
                    // SAFETY: at most four bytes behind `byteCount`, and there are sixteen.
                    unsafe raw.storeBytes(
                        of: UInt32(truncatingIfNeeded: pending).littleEndian, toByteOffset: offset, as: UInt32.self)
                    pending >>= 32
                    bits -= 32
                    offset += 4
                }
            }
            unsafe raw.storeBytes(of: pending.littleEndian, toByteOffset: offset, as: UInt64.self)
            offset += (bits + 7) / 8
            while offset < byteCount {
                unsafe buffer[offset] = 0
                offset += 1
            }
            count = byteCount
        }
        output.append(contentsOf: packed)
    }
}
