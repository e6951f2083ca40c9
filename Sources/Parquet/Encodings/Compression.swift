import CSnappy

extension ParquetCodec {
    /// Bytes that show whether all others get smaller.
    private static let sampleByteCount = 16 << 10
    /// What must be left of a sample at most, in percent, for the time of it to be worth it.
    private static let worthwhilePercent = 85

    /// The codec, or none if the parts would hardly get smaller.
    ///
    /// - Parameter parts: Bytes, and how many there will be like them.
    func ifWorthIt(for parts: [(bytes: [UInt8], byteCount: Int)]) throws(ParquetError) -> ParquetCodec {
        // To try a few bytes costs as much as to compress them.
        guard self != .uncompressed, parts.reduce(0, { $0 + $1.byteCount }) > 2 * ParquetCodec.sampleByteCount else {
            return self
        }
        var (plain, packed) = (0, 0)
        for (bytes, byteCount) in parts where !bytes.isEmpty {
            let sample = Array(bytes.prefix(ParquetCodec.sampleByteCount))
            plain += byteCount
            packed += byteCount * (try compressed(sample).count) / sample.count
        }
        return packed * 100 <= plain * ParquetCodec.worthwhilePercent ? self : .uncompressed
    }

    /// Compresses a page's bytes.
    func compressed(_ bytes: [UInt8]) throws(ParquetError) -> [UInt8] {
        guard self == .snappy else { return bytes }
        var status = SNAPPY_OK
        let capacity = snappy_max_compressed_length(bytes.count)
        // SAFETY: the library writes at most the capacity it was asked for, and says how much.
        let result = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
            var length = capacity
            status = unsafe bytes.withUnsafeBytes { input in
                unsafe output.withMemoryRebound(to: CChar.self) { output in
                    unsafe snappy_compress(
                        input.baseAddress?.assumingMemoryBound(to: CChar.self), input.count, output.baseAddress, &length
                    )
                }
            }
            count = status == SNAPPY_OK ? length : 0
        }
        guard status == SNAPPY_OK else {
            throw ParquetError(
                .compressionFailed, "snappy refused a page of \(bytes.count) bytes (status \(status.rawValue))")
        }
        return result
    }
}
