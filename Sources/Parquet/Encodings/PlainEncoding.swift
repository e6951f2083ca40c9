/// Values one after the other (Encodings.md, "Plain"): numbers little-endian, byte arrays with their length before them.
enum PlainEncoding {
    static func append(_ value: some FixedWidthInteger, to output: inout [UInt8]) {
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe output.append(contentsOf: $0) }
    }

    static func append(_ value: ArraySlice<UInt8>, to output: inout [UInt8]) {
        append(Int32(value.count), to: &output)
        output.append(contentsOf: value)
    }
}
