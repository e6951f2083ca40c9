/// Returns the MD5 of `bytes` in 32 lower-case hexadecimal digits.
package func md5(_ bytes: [UInt8]) -> String {
    var hasher = MD5Hasher()
    hasher.update(bytes)
    return hex(hasher.finish())
}

/// Returns the SHA-256 of `bytes` in 64 lower-case hexadecimal digits.
package func sha256(_ bytes: [UInt8]) -> String {
    var hasher = SHA256Hasher()
    hasher.update(bytes)
    return hex(hasher.finish())
}

/// Returns two lower-case hexadecimal digits for each byte.
package func hex(_ bytes: some Collection<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}
