import CCrypto

/// SHA-256 (FIPS 180-4) of bytes that come piece by piece.
package struct SHA256Hasher: Sendable {
    private var context = SHA256_CTX()

    package init() {
        // SAFETY: the context is a plain value that the call fills in and keeps no pointer to.
        _ = unsafe SHA256_Init(&context)
    }

    /// Adds bytes at the end.
    package mutating func update(_ bytes: borrowing RawSpan) {
        unsafe bytes.withUnsafeBytes { buffer in
            // SAFETY: the buffer is valid for its own count during the call.
            _ = unsafe SHA256_Update(&context, buffer.baseAddress, buffer.count)
        }
    }

    // SAFETY, of both: a byte has no padding that could be read uninitialised.
    /// Adds bytes at the end.
    package mutating func update(_ bytes: [UInt8]) { unsafe update(bytes.span.bytes) }
    /// Adds bytes at the end.
    package mutating func update(_ bytes: ArraySlice<UInt8>) { unsafe update(bytes.span.bytes) }

    /// The 32 bytes of the digest.
    package consuming func finish() -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { buffer, count in
            // SAFETY: the call writes exactly SHA256_DIGEST_LENGTH bytes.
            _ = unsafe SHA256_Final(buffer.baseAddress, &context)
            count = Int(SHA256_DIGEST_LENGTH)
        }
    }
}
