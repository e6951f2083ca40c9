package import Storage

/// A file's bytes, block by block, from its beginning to its end.
package protocol BlockSource: Sendable {
    /// The next block; empty at the end.
    func next() async throws -> [UInt8]
}

/// An object's bytes.
package struct ObjectBlocks: BlockSource {
    /// Bytes asked of a store at a time.
    package static let blockByteCount = 1 << 20

    private let reader: any ObjectReader

    package init(_ reader: any ObjectReader) { self.reader = reader }

    package func next() async throws -> [UInt8] { try await reader.read(upTo: ObjectBlocks.blockByteCount) }
}
