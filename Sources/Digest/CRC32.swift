import CZlib

/// The CRC-32 of `bytes` (ISO 3309, polynomial 0x04C11DB7), as S3's `x-amz-checksum-crc32` and DynamoDB's `x-amz-crc32`
/// have it.
package func crc32(_ bytes: [UInt8]) -> UInt32 {
    unsafe bytes.withUnsafeBufferPointer { buffer in
        // SAFETY: the buffer is valid for its own count during the call.
        UInt32(truncatingIfNeeded: unsafe CZlib.crc32_z(0, buffer.baseAddress, buffer.count))
    }
}
