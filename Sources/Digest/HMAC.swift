/// The HMAC-SHA256 of `message` under `key` (RFC 2104): 32 bytes.
///
/// Two digests by hand rather than libcrypto's `HMAC`, which starts OpenSSL 3's provider machinery.
package func hmacSHA256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    let blockByteCount = 64
    var block = key
    if block.count > blockByteCount {
        var hasher = SHA256Hasher()
        hasher.update(key)
        block = hasher.finish()
    }
    block += [UInt8](repeating: 0, count: blockByteCount - block.count)
    var inner = SHA256Hasher()
    inner.update(block.map { $0 ^ 0x36 })
    inner.update(message)
    var outer = SHA256Hasher()
    outer.update(block.map { $0 ^ 0x5C })
    outer.update(inner.finish())
    return outer.finish()
}
