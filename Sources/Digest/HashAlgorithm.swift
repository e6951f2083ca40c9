import CCrypto

/// The digests that Step Functions can make of a text, by the names it gives them.
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
            return unsafe [UInt8](unsafeUninitializedCapacity: 20) { buffer, count in
                unsafe SHA1(bytes, bytes.count, buffer.baseAddress)
                count = 20
            }
        case .sha384:
            return unsafe [UInt8](unsafeUninitializedCapacity: 48) { buffer, count in
                unsafe SHA384(bytes, bytes.count, buffer.baseAddress)
                count = 48
            }
        case .sha512:
            return unsafe [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
                unsafe SHA512(bytes, bytes.count, buffer.baseAddress)
                count = 64
            }
        }
    }
}
