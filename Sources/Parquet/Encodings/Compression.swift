import CSnappy

extension ParquetCodec {
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
