import CCrypto

/// The digests that Step Functions can make of a text, by the names it gives them.
///
/// By libcrypto's functions for each digest: those that do it in one call go through its providers, which would bring most of
/// libcrypto into every function.
package enum HashAlgorithm: String, Sendable, CaseIterable {
    case md5 = "MD5"
    case sha1 = "SHA-1"
    case sha256 = "SHA-256"
    case sha384 = "SHA-384"
    case sha512 = "SHA-512"

    /// The digest: 16, 20, 32, 48 or 64 bytes.
    package func digest(of bytes: [UInt8]) -> [UInt8] {
        // SAFETY, of all: each call reads `bytes` by its count and writes as many bytes as the digest has.
        switch self {
        case .md5:
            var hasher = MD5Hasher()
            hasher.update(bytes)
            return hasher.finish()
        case .sha256:
            var hasher = SHA256Hasher()
            hasher.update(bytes)
            return hasher.finish()
        case .sha1:
            var context = SHA_CTX()
            return unsafe [UInt8](unsafeUninitializedCapacity: 20) { buffer, count in
                unsafe SHA1_Init(&context)
                unsafe SHA1_Update(&context, bytes, bytes.count)
                unsafe SHA1_Final(buffer.baseAddress, &context)
                count = 20
            }
        case .sha384:
            var context = SHA512_CTX()
            return unsafe [UInt8](unsafeUninitializedCapacity: 48) { buffer, count in
                unsafe SHA384_Init(&context)
                unsafe SHA384_Update(&context, bytes, bytes.count)
                unsafe SHA384_Final(buffer.baseAddress, &context)
                count = 48
            }
        case .sha512:
            var context = SHA512_CTX()
            return unsafe [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
                unsafe SHA512_Init(&context)
                unsafe SHA512_Update(&context, bytes, bytes.count)
                unsafe SHA512_Final(buffer.baseAddress, &context)
                count = 64
            }
        }
    }
}
