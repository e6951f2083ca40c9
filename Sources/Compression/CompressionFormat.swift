/// How bytes are compressed, by what they begin with.
package enum CompressionFormat: String, Sendable, Hashable {
    /// RFC 1952.
    case gzip
    /// RFC 8878.
    case zstd

    /// Bytes that tell.
    package static let signatureByteCount = 4

    /// The format of bytes that begin like these; nil when they are in none of these.
    package init?(_ head: some Collection<UInt8>) {
        if head.starts(with: [0x1F, 0x8B]) {
            self = .gzip
        } else if head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
            self = .zstd
        } else {
            return nil
        }
    }
}

/// Why bytes can't be decompressed.
package struct CompressionError: Error, Sendable, Hashable, CustomStringConvertible {
    package let format: CompressionFormat
    /// Compressed bytes read before.
    package let byteOffset: Int
    package let detail: String

    package var description: String {
        "the \(format.rawValue) data is no good near byte \(byteOffset): \(detail); compress and upload the file again"
    }
}
