/// Numbers of equal width end to end, the lowest bits first, as one bit-packed run (Encodings.md, "Run Length Encoding /
/// Bit-Packing Hybrid").
enum BitPacking {
    /// Appends the run's header and the numbers of rows' codes, nulls left out, filled up with zeros to a multiple of eight.
    static func append(
        _ codes: ArraySlice<UInt32>, numbered used: UsedCodes, nullCount: Int, bitWidth: Int, to output: inout [UInt8]
    ) {
        let valueCount = codes.count - nullCount
        guard bitWidth > 0 else {
            return RLEBitPackedHybrid.appendRun(0, count: valueCount, bitWidth: 0, to: &output)
        }
        let groups = (valueCount + 7) / 8
        RLEBitPackedHybrid.varint(UInt64(groups) << 1 | 1, to: &output)
        let start = output.count
        let byteCount = groups * bitWidth
        // Eight bytes are stored at each number.
        output.append(contentsOf: repeatElement(0, count: byteCount + 8))
        unsafe output.withUnsafeMutableBytes { output in
            unsafe codes.withUnsafeBufferPointer { codes in
                unsafe used.numbers.withUnsafeBufferPointer { numbers in
                    unsafe pack(
                        codes, numbers, UInt64(bitWidth),
                        into: UnsafeMutableRawBufferPointer(rebasing: output[start...]))
                }
            }
        }
        output.removeLast(8)
    }

    /// - Parameter output: Room for all numbers, and eight bytes more.
    @inline(__always)
    private static func pack(
        _ codes: UnsafeBufferPointer<UInt32>, _ numbers: UnsafeBufferPointer<UInt32>, _ width: UInt64,
        into output: UnsafeMutableRawBufferPointer
    ) {
        guard let base = output.baseAddress else { return }
        var pending: UInt64 = 0
        var bits: UInt64 = 0
        var offset = 0
        for index in 0..<codes.count {
            let code = unsafe codes[index]
            guard Int(code) < numbers.count else { continue }
            let number = unsafe numbers[Int(code)]
            guard number != RowGroupColumn.nullCode else { continue }
            pending |= UInt64(number) &<< bits
            bits &+= width
            // SAFETY: whole bytes before `offset` and eight from it on are within the room.
            unsafe base.storeBytes(of: pending.littleEndian, toByteOffset: offset, as: UInt64.self)
            offset &+= Int(truncatingIfNeeded: bits &>> 3)
            pending &>>= bits & ~7
            bits &= 7
        }
    }
}
