/// Values one after the other (Encodings.md, "Plain"): numbers little-endian, byte arrays with their length before them.
enum PlainEncoding {
    static func append(_ value: some FixedWidthInteger, to output: inout [UInt8]) {
        var rest = value
        for _ in 0..<(value.bitWidth / 8) {
            output.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    static func append(_ value: ArraySlice<UInt8>, to output: inout [UInt8]) {
        append(Int32(value.count), to: &output)
        output.append(contentsOf: value)
    }
}
