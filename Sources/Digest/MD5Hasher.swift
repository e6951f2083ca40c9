import CCrypto

/// MD5 (RFC 1321) of bytes that come piece by piece. It names content, as S3's ETags do; it protects nothing.
package struct MD5Hasher: Sendable {
    private var context = MD5_CTX()

    package init() {
        // SAFETY: the context is a plain value that the call fills in and keeps no pointer to.
        _ = unsafe MD5_Init(&context)
    }

    /// Adds bytes at the end.
    package mutating func update(_ bytes: borrowing RawSpan) {
        unsafe bytes.withUnsafeBytes { buffer in
            // SAFETY: the buffer is valid for its own count during the call.
            _ = unsafe MD5_Update(&context, buffer.baseAddress, buffer.count)
        }
    }

    // SAFETY, of both: a byte has no padding that could be read uninitialised.
    /// Adds bytes at the end.
    package mutating func update(_ bytes: [UInt8]) { unsafe update(bytes.span.bytes) }
    /// Adds bytes at the end.
    package mutating func update(_ bytes: ArraySlice<UInt8>) { unsafe update(bytes.span.bytes) }

    /// The 16 bytes of the digest.
    package consuming func finish() -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: Int(MD5_DIGEST_LENGTH)) { buffer, count in
            // SAFETY: the call writes exactly MD5_DIGEST_LENGTH bytes.
            _ = unsafe MD5_Final(buffer.baseAddress, &context)
            count = Int(MD5_DIGEST_LENGTH)
        }
    }
}
