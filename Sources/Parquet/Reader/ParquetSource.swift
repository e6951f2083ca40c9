/// Bytes that can be read anywhere: a file, an object, an array.
package protocol ParquetSource: Sendable {
    var byteCount: Int { get }

    /// The bytes of a range that lies within the source.
    func read(_ range: Range<Int>) async throws -> [UInt8]
}

/// A Parquet file in memory.
package struct ParquetBytes: ParquetSource {
    private let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package var byteCount: Int { bytes.count }

    package func read(_ range: Range<Int>) async throws -> [UInt8] { Array(bytes[range]) }
}
