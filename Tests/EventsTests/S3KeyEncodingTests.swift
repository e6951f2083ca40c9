import Clocks
import Events
import Testing

@Suite("Keys in S3 notifications")
struct S3KeyEncodingTests {
    @Test(
        "Keys are form-encoded, but / stays",
        arguments: [
            ("red flower.jpg", "red+flower.jpg"), ("a+b", "a%2Bb"),
            ("dt=2018-05-04/_SUCCESS", "dt%3D2018-05-04/_SUCCESS"),
            ("test_file(3).png", "test_file%283%29.png"), ("ü", "%C3%BC"), ("u\u{308}", "u%CC%88"),
            ("🎵", "%F0%9F%8E%B5"),
            ("a-_.*/Z9", "a-_.*/Z9"), ("~!'@$&:;,?#[]%", "%7E%21%27%40%24%26%3A%3B%2C%3F%23%5B%5D%25"),
            ("\n\u{0}\u{7F}", "%0A%00%7F"),
            ("", ""), ("..//.", "..//."),
        ])
    func encoding(key: String, encoded: String) {
        #expect(S3KeyEncoding.encoded(key) == encoded)
        #expect(S3KeyEncoding.decoded(encoded).map { Array($0.utf8) } == Array(key.utf8))
    }

    @Test(
        "What others encode is decoded, too",
        arguments: [
            ("a%2fb", "a/b"), ("Happy%20Face.jpg", "Happy Face.jpg"),
            ("replication%2Dtest.png", "replication-test.png"), ("ü~", "ü~"),
        ])
    func lenientDecoding(encoded: String, key: String) { #expect(S3KeyEncoding.decoded(encoded) == key) }

    @Test("A broken encoding has no key", arguments: ["%", "%4", "%4g", "a%%", "%C3", "%C3+", "%ED%A0%80", "%+1%"])
    func broken(encoded: String) { #expect(S3KeyEncoding.decoded(encoded) == nil) }

    @Test("Decoding an encoded key gives the key, byte for byte", arguments: 0..<20)
    func roundTrip(seed: UInt64) {
        let entropy = SeededEntropy(seed: seed)
        for _ in 0..<100 {
            var key = ""
            for _ in 0..<(entropy.next() % 40) {
                // Half of the characters from ASCII, where the rules differ.
                let bound: UInt32 = entropy.next() % 2 == 0 ? 0x80 : 0x11_0000
                if let scalar = Unicode.Scalar(UInt32(truncatingIfNeeded: entropy.next()) % bound) {
                    key.unicodeScalars.append(scalar)
                }
            }
            let encoded = S3KeyEncoding.encoded(key)
            #expect(encoded.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
            #expect(S3KeyEncoding.decoded(encoded).map { Array($0.utf8) } == Array(key.utf8))
        }
    }
}
