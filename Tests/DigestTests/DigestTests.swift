import Testing

@testable import Digest

@Suite("Digests")
struct DigestTests {
    @Test(
        "agree with the published values (RFC 1321 A.5, FIPS 180-4 examples)",
        arguments: [
            (
                "", "d41d8cd98f00b204e9800998ecf8427e",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
            ),
            (
                "abc", "900150983cd24fb0d6963f7d28e17f72",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
            ),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a",
                "f371bc4a311f2b009eef952dd83ca80e2b60026c8e935592d0f9c308453c813e"
            ),
        ])
    func published(text: String, md5Digits: String, sha256Digits: String) {
        #expect(md5(Array(text.utf8)) == md5Digits)
        #expect(sha256(Array(text.utf8)) == sha256Digits)
    }

    @Test("are the same however the bytes are cut, across every block boundary")
    func pieces() {
        let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for cut in 0...bytes.count {
            var md5Hasher = MD5Hasher()
            var sha256Hasher = SHA256Hasher()
            for piece in [bytes[..<cut], bytes[cut...]] {
                md5Hasher.update(piece)
                sha256Hasher.update(piece)
            }
            #expect(hex(md5Hasher.finish()) == md5(bytes))
            #expect(hex(sha256Hasher.finish()) == sha256(bytes))
        }
    }

    @Test("a copy of a hasher goes its own way")
    func copies() {
        var first = MD5Hasher()
        first.update(Array("ab".utf8))
        var second = first
        second.update(Array("x".utf8))
        first.update(Array("c".utf8))
        #expect(hex(first.finish()) == md5(Array("abc".utf8)))
        #expect(hex(second.finish()) == md5(Array("abx".utf8)))
    }

    @Test("hexadecimal digits are two a byte and lower case")
    func hexadecimal() {
        #expect(hex([]) == "")
        #expect(hex([0, 9, 10, 255, 0x7F]) == "00090aff7f")
    }
}

@Suite("Algorithms by name")
struct HashAlgorithmTests {
    @Test(
        "agree with the published values for abc (FIPS 180-4 examples)",
        arguments: [
            (HashAlgorithm.md5, "900150983cd24fb0d6963f7d28e17f72"),
            (.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                .sha384,
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
            ),
            (
                .sha512,
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
                    + "454d4423643ce80e2a9ac94fa54ca49f"
            ),
        ])
    func published(algorithm: HashAlgorithm, digits: String) {
        #expect(hex(algorithm.digest(of: Array("abc".utf8))) == digits)
    }
}
