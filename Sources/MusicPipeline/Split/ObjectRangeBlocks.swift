package import MusicKPIs
package import Storage

/// A part of an object's bytes, as they are: nothing is decompressed.
package actor ObjectRangeBlocks: BlockSource {
    private let objects: any ObjectStore
    private let source: StreamSource
    private var rest: Range<Int>

    /// Bytes asked of a store at a time: so many that the time to the first byte of each request counts little.
    static let requestByteCount = 4 << 20

    package init(_ range: Range<Int>, of source: StreamSource, in objects: any ObjectStore) {
        self.objects = objects
        self.source = source
        rest = range
    }

    /// - Throws: What the store throws; `.changed` when the object ends before the range does.
    package func next() async throws -> [UInt8] {
        guard !rest.isEmpty else { return [] }
        let wanted = rest.prefix(ObjectRangeBlocks.requestByteCount)
        let block = try await objects.get(source.key, in: source.bucket, range: wanted, ifMatch: source.eTag)
        guard block.count == wanted.count else {
            throw PipelineError(
                .storeFailed,
                "\(source.bucket)/\(source.key) gave \(block.count) bytes for \(wanted.count) at \(wanted.lowerBound)")
        }
        rest = wanted.upperBound..<rest.upperBound
        return block
    }
}
