/// Smallest and greatest value and the number of nulls of a column chunk.
struct ColumnStatistics: Sendable {
    /// Bytes of a text beyond which bounds are left out: a cut maximum would have to be rounded up.
    static let maximumBoundByteCount = 256

    var nullCount = 0
    var bounds: (minimum: [UInt8], maximum: [UInt8])?

    static func bounds<Value: FixedWidthInteger>(_ values: some Sequence<Value>) -> (
        minimum: [UInt8], maximum: [UInt8]
    )? {
        var least: Value?
        var greatest: Value?
        for value in values {
            least = min(least ?? value, value)
            greatest = max(greatest ?? value, value)
        }
        guard let least, let greatest else { return nil }
        return (bytes(least), bytes(greatest))
    }

    private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        var bytes: [UInt8] = []
        PlainEncoding.append(value, to: &bytes)
        return bytes
    }

    /// Texts are ordered by their bytes, unsigned.
    static func bounds(_ values: some Sequence<ArraySlice<UInt8>>) -> (minimum: [UInt8], maximum: [UInt8])? {
        var least: ArraySlice<UInt8>?
        var greatest: ArraySlice<UInt8>?
        for value in values {
            if least.map({ value.lexicographicallyPrecedes($0) }) ?? true { least = value }
            if greatest.map({ $0.lexicographicallyPrecedes(value) }) ?? true { greatest = value }
        }
        guard let least, let greatest, max(least.count, greatest.count) <= maximumBoundByteCount else { return nil }
        return (Array(least), Array(greatest))
    }
}
