/// Runs and bit-packed groups of small numbers (Encodings.md, "Run Length Encoding / Bit-Packing Hybrid").
enum RLEDecoding {
    /// - Parameter count: How many numbers are wanted; what a last group has beyond them is dropped.
    static func decode(_ cursor: inout ByteCursor, count: Int, bitWidth: Int) throws(ParquetError) -> [UInt32] {
        guard (0...32).contains(bitWidth) else { throw .malformed("numbers of \(bitWidth) bits") }
        guard bitWidth > 0 else { return [UInt32](repeating: 0, count: count) }
        var values: [UInt32] = []
        values.reserveCapacity(count)
        while values.count < count {
            let header = try cursor.varint()
            if header & 1 == 0 {
                guard header >> 1 > 0 else { throw .malformed("a run of nothing") }
                let run = Int(clamping: header >> 1)
                var value: UInt32 = 0
                for shift in 0..<((bitWidth + 7) / 8) { value |= UInt32(try cursor.byte()) << UInt32(shift * 8) }
                values.append(contentsOf: repeatElement(value, count: min(run, count - values.count)))
            } else {
                guard header >> 1 > 0, header >> 1 <= UInt64(cursor.left) else {
                    throw .malformed("more packed numbers than there are bytes")
                }
                let groups = Int(header >> 1)
                // Writers may leave out the padding of the last group.
                let present = min(groups * 8, cursor.left * 8 / bitWidth)
                let packed = try cursor.bitPacked(present, bitWidth: bitWidth)
                guard present > 0 else { throw .malformed("packed numbers are cut off") }
                for value in packed.prefix(count - values.count) { values.append(UInt32(truncatingIfNeeded: value)) }
                if values.count < count, present < groups * 8 { throw .malformed("packed numbers are cut off") }
            }
        }
        return values
    }
}
