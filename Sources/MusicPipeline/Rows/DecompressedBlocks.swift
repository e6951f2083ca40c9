import Compression

/// A source's bytes, decompressed where their beginning says that they are gzip or zstd, whatever the file's name.
package actor DecompressedBlocks: BlockSource {
    private let base: any BlockSource
    private var hasBegun = false
    private var decompressor: Decompressor?

    package init(_ base: any BlockSource) { self.base = base }

    /// - Throws: `CompressionError`, and what the source throws.
    package func next() async throws -> [UInt8] {
        if !hasBegun { return try await first() }
        guard let decompressor else { return try await base.next() }
        while true {
            if let piece = try decompressor.nextPiece() { return piece }
            let block = try await base.next()
            guard !block.isEmpty else {
                try decompressor.finish()
                return []
            }
            decompressor.append(block)
        }
    }

    private func first() async throws -> [UInt8] {
        var head: [UInt8] = []
        while head.count < CompressionFormat.signatureByteCount {
            let block = try await base.next()
            if block.isEmpty { break }
            head = head.isEmpty ? block : head + block
        }
        hasBegun = true
        guard let format = CompressionFormat(head.prefix(CompressionFormat.signatureByteCount)) else { return head }
        let decompressor = try Decompressor(format, pieceByteCount: ObjectBlocks.blockByteCount)
        decompressor.append(head)
        self.decompressor = decompressor
        return try await next()
    }
}
