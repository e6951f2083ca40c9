import CZstd

/// Zstandard's streaming decompression.
@safe
final class ZstdStream: DecompressionStream {
    /// Windows beyond this need more memory than a small function has (the format's own advice is 8 MB).
    private static let maximumWindowLog: Int32 = 27

    private let stream: OpaquePointer
    private(set) var hasMore = false
    private(set) var isAtEnd = false

    init?() {
        guard let stream = unsafe ZSTD_createDStream() else { return nil }
        unsafe self.stream = stream
        unsafe ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, ZstdStream.maximumWindowLog)
    }

    deinit { unsafe ZSTD_freeDStream(stream) }

    func decompress(
        _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
    ) -> (consumed: Int, produced: Int, problem: String?) {
        var from = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var to = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        // SAFETY: the library stays within both sizes.
        let status = unsafe ZSTD_decompressStream(stream, &to, &from)
        let (consumed, produced) = unsafe (from.pos, to.pos)
        hasMore = produced == output.count
        guard ZSTD_isError(status) == 0 else {
            return (consumed, produced, unsafe String(cString: ZSTD_getErrorName(status)))
        }
        if consumed > 0 || produced > 0 { isAtEnd = status == 0 }
        return (consumed, produced, nil)
    }
}
