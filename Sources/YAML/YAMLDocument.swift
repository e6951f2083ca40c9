/// Reads YAML texts; JSON texts are YAML, too.
package enum YAMLDocument {
    /// How much a document may hold.
    package struct Limits: Sendable, Hashable {
        /// Bytes of text.
        package var byteCount: Int
        /// Collections within one another.
        package var depth: Int
        /// Scalars and collections with each alias counted as all it stands for, so that a few anchors of anchors
        /// can't grow into billions of nodes.
        package var nodeCount: Int

        package init(byteCount: Int = 2 << 20, depth: Int = 100, nodeCount: Int = 200_000) {
            self.byteCount = byteCount
            self.depth = depth
            self.nodeCount = nodeCount
        }
    }

    /// Reads the one document that `bytes` hold.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8, or UTF-16 with a byte order mark.
    ///   - file: The name that errors carry.
    /// - Throws: ``YAMLError`` for the first thing that is wrong.
    /// - Complexity: O(*n*) in the number of bytes and resolved nodes.
    package static func parse(
        _ bytes: [UInt8], file: String, limits: Limits = Limits()
    ) throws(YAMLError) -> YAMLNode {
        guard bytes.count <= limits.byteCount else {
            throw YAMLError(
                code: .tooLarge, file: file, position: YAMLPosition(line: 1, column: 1),
                detail: "the file has \(bytes.count) bytes; at most \(limits.byteCount) are read")
        }
        var composer = YAMLComposer(events: YAMLEventReader(bytes, file: file), file: file, limits: limits)
        return try composer.composeDocument()
    }
}
