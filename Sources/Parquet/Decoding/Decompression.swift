import CSnappy
import CZlib
import CZstd

/// Pages as they were before compression.
enum Decompression {
    /// - Parameters:
    ///   - codec: `CompressionCodec` of parquet.thrift.
    ///   - byteCount: What the page's header says that it comes to; anything else is an error.
    static func decompress(_ bytes: ArraySlice<UInt8>, codec: Int, byteCount: Int) throws(ParquetError) -> [UInt8] {
        switch codec {
        case 0:
            guard bytes.count == byteCount else {
                throw .malformed("a page has \(bytes.count) bytes, not \(byteCount)")
            }
            return Array(bytes)
        case 1: return try unsafe into(byteCount, "snappy") { output in unsafe snappy(bytes, output) }
        case 2: return try unsafe into(byteCount, "gzip") { output in unsafe gunzip(bytes, output) }
        case 6: return try unsafe into(byteCount, "zstd") { output in unsafe zstd(bytes, output) }
        default:
            let names = [3: "LZO", 4: "Brotli", 5: "LZ4", 7: "LZ4 raw"]
            throw .unsupported(
                "a column is compressed with \(names[codec] ?? "codec \(codec)"); snappy, gzip and zstd are read")
        }
    }

    /// - Parameter body: Fills the buffer, and returns how many bytes that took; nil when the input is no good.
    private static func into(
        _ byteCount: Int, _ name: String, _ body: (UnsafeMutableRawBufferPointer) -> Int?
    ) throws(ParquetError) -> [UInt8] {
        var written: Int?
        let output = unsafe [UInt8](unsafeUninitializedCapacity: max(1, byteCount)) { buffer, count in
            written = unsafe body(
                UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<byteCount]))
            count = written == byteCount ? byteCount : 0
        }
        guard written == byteCount else {
            throw .malformed(
                "a page compressed with \(name) does not come to the \(byteCount) bytes that its header says")
        }
        return output
    }

    private static func snappy(_ input: ArraySlice<UInt8>, _ output: UnsafeMutableRawBufferPointer) -> Int? {
        var length = output.count
        // SAFETY: the library writes at most `length` bytes.
        let status = unsafe input.withUnsafeBytes { input in
            unsafe snappy_uncompress(
                input.baseAddress?.assumingMemoryBound(to: CChar.self), input.count,
                output.baseAddress?.assumingMemoryBound(to: CChar.self), &length)
        }
        return status == SNAPPY_OK ? length : nil
    }

    private static func zstd(_ input: ArraySlice<UInt8>, _ output: UnsafeMutableRawBufferPointer) -> Int? {
        // SAFETY: the library writes at most the capacity it is given.
        let length = unsafe input.withUnsafeBytes { input in
            unsafe ZSTD_decompress(output.baseAddress, output.count, input.baseAddress, input.count)
        }
        return ZSTD_isError(length) == 0 ? length : nil
    }

    private static func gunzip(_ input: ArraySlice<UInt8>, _ output: UnsafeMutableRawBufferPointer) -> Int? {
        guard input.count <= UInt32.max, output.count <= UInt32.max else { return nil }
        return unsafe input.withUnsafeBytes { input -> Int? in
            var stream = unsafe z_stream()
            guard unsafe turntable_gunzip_init(&stream) == Z_OK else { return nil }
            defer { unsafe inflateEnd(&stream) }
            // SAFETY: zlib does not write to its input, whatever its type says, and at most `avail_out` bytes of output.
            unsafe stream.next_in = UnsafeMutablePointer(
                mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
            unsafe stream.avail_in = UInt32(input.count)
            unsafe stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            unsafe stream.avail_out = UInt32(output.count)
            let status = unsafe inflate(&stream, Z_FINISH)
            return unsafe status == Z_STREAM_END ? Int(stream.total_out) : nil
        }
    }
}
