/// Decompresses a stream in pieces, with the memory of one window and one piece.
///
/// Members (gzip) and frames (zstd) one after the other are one stream, as their specifications say.
package final class Decompressor {
    private let format: CompressionFormat
    private let pieceByteCount: Int
    private let stream: any DecompressionStream
    private var input: [UInt8] = []
    private var position = 0
    /// Compressed bytes before those in `input`.
    private var passedByteCount = 0

    /// - Parameter pieceByteCount: Bytes of a piece at most.
    /// - Throws: ``CompressionError`` when there is no memory for it.
    package init(_ format: CompressionFormat, pieceByteCount: Int) throws(CompressionError) {
        self.format = format
        self.pieceByteCount = pieceByteCount
        let stream: (any DecompressionStream)? =
            switch format {
            case .gzip: GzipStream()
            case .zstd: ZstdStream()
            }
        guard let stream else {
            throw CompressionError(format: format, byteOffset: 0, detail: "there is no memory to decompress it")
        }
        self.stream = stream
    }

    /// Gives the next compressed bytes.
    ///
    /// - Precondition: ``nextPiece()`` has said that it needs more.
    package func append(_ bytes: [UInt8]) {
        precondition(position == input.count, "compressed bytes were given before the earlier ones were used up")
        passedByteCount += input.count
        input = bytes
        position = 0
    }

    /// The next piece; nil when more compressed bytes are needed.
    ///
    /// - Throws: ``CompressionError``.
    package func nextPiece() throws(CompressionError) -> [UInt8]? {
        while position < input.count || stream.hasMore {
            var consumed = 0
            var problem: String?
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: pieceByteCount) { output, count in
                let step = unsafe input.withUnsafeBytes { input in
                    unsafe stream.decompress(
                        UnsafeRawBufferPointer(rebasing: input[position...]), UnsafeMutableRawBufferPointer(output))
                }
                consumed = step.consumed
                problem = step.problem
                count = step.produced
            }
            position += consumed
            if let problem { throw error(problem) }
            if !piece.isEmpty { return piece }
            if consumed == 0 { break }
        }
        return nil
    }

    /// Says that there are no more bytes.
    ///
    /// - Throws: ``CompressionError`` when the stream is cut off.
    package func finish() throws(CompressionError) {
        guard stream.isAtEnd else { throw error("it is cut off") }
    }

    private func error(_ detail: String) -> CompressionError {
        CompressionError(format: format, byteOffset: passedByteCount + position, detail: detail)
    }
}

/// One library's stream.
protocol DecompressionStream: AnyObject {
    /// Whether there is output left that had no room.
    var hasMore: Bool { get }
    /// Whether the last member or frame is complete.
    var isAtEnd: Bool { get }

    func decompress(
        _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
    ) -> (consumed: Int, produced: Int, problem: String?)
}
