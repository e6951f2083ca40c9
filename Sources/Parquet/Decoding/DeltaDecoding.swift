/// Numbers as differences (Encodings.md, "Delta Encoding" and what is built on it).
enum DeltaDecoding {
    private static let maximumBlockSize = 1 << 20

    /// DELTA_BINARY_PACKED: all numbers that the encoding announces.
    ///
    /// - Parameter limit: More numbers are refused.
    static func integers(_ cursor: inout ByteCursor, limit: Int) throws(ParquetError) -> [Int64] {
        let blockSize = try cursor.varint()
        let miniBlockCount = try cursor.varint()
        let total = try cursor.varint()
        guard total <= UInt64(limit) else { throw .malformed("\(total) differences where \(limit) values should be") }
        guard blockSize > 0, blockSize <= UInt64(maximumBlockSize), miniBlockCount > 0, miniBlockCount <= blockSize,
            blockSize % miniBlockCount == 0, (blockSize / miniBlockCount) % 8 == 0
        else { throw .malformed("blocks of \(blockSize) differences in \(miniBlockCount) parts") }
        var values: [Int64] = []
        values.reserveCapacity(Int(total))
        var value = try cursor.zigzag()
        if total > 0 { values.append(value) }
        let perMiniBlock = Int(blockSize / miniBlockCount)
        while values.count < Int(total) {
            let least = try cursor.zigzag()
            let widths = try cursor.take(Int(miniBlockCount))
            for index in widths where values.count < Int(total) {
                let differences = try cursor.bitPacked(perMiniBlock, bitWidth: Int(cursor.bytes[index]))
                for difference in differences.prefix(Int(total) - values.count) {
                    value = value &+ least &+ Int64(bitPattern: difference)
                    values.append(value)
                }
            }
        }
        return values
    }

    /// DELTA_LENGTH_BYTE_ARRAY.
    static func byteArrays(_ cursor: inout ByteCursor, limit: Int) throws(ParquetError) -> UTF8Values {
        let lengths = try integers(&cursor, limit: limit)
        var values = UTF8Values()
        for length in lengths {
            let range = try cursor.take(Int(clamping: length))
            values.append(cursor.bytes[range])
        }
        return values
    }

    /// DELTA_BYTE_ARRAY: each text begins as the one before it.
    ///
    /// - Parameter byteLimit: More bytes of all texts together are refused: prefixes can multiply them.
    static func prefixedByteArrays(
        _ cursor: inout ByteCursor, limit: Int, byteLimit: Int
    ) throws(ParquetError) -> UTF8Values {
        let prefixes = try integers(&cursor, limit: limit)
        let suffixes = try byteArrays(&cursor, limit: limit)
        guard prefixes.count == suffixes.count else { throw .malformed("other numbers of prefixes and suffixes") }
        var values = UTF8Values()
        var previous = 0..<0
        for (index, prefix) in prefixes.enumerated() {
            guard prefix >= 0, prefix <= previous.count else {
                throw .malformed("a prefix longer than the text before")
            }
            let suffix = suffixes[index]
            guard values.bytes.count + Int(prefix) + suffix.count <= byteLimit else {
                throw ParquetError(.tooLarge, "texts of more than \(byteLimit) bytes in one page")
            }
            let start = values.bytes.count
            values.append(Array(values.bytes[previous.lowerBound..<(previous.lowerBound + Int(prefix))]) + suffix)
            previous = start..<values.bytes.count
        }
        return values
    }
}
