package import Clocks
import Digest

/// Signs a body chunk by chunk, each signature resting on the one before (Amazon S3 API Reference, "Signature
/// Calculations for the Authorization Header: Transferring Payload in Multiple Chunks").
///
/// The request's headers say `Content-Encoding: aws-chunked` and, in `X-Amz-Decoded-Content-Length`, the body's length;
/// its own length is ``byteCount(of:chunkByteCount:)``.
package struct ChunkSigner: Sendable {
    private let key: [UInt8]
    private let stamp: String
    private let scope: String
    private var previous: String

    /// - Parameter seed: The signature of the request's header.
    package init(_ signer: SignatureV4, _ credentials: AWSCredentials, at time: Timestamp, seed: String) {
        stamp = SignatureV4.stamp(time)
        key = signer.key(credentials, stamp)
        scope = signer.scope(stamp)
        previous = seed
    }

    /// A chunk as it goes on the wire; the last one is empty.
    package mutating func chunk(_ bytes: [UInt8]) -> [UInt8] {
        let text = "AWS4-HMAC-SHA256-PAYLOAD\n\(stamp)\n\(scope)\n\(previous)\n\(sha256([]))\n\(sha256(bytes))"
        previous = hex(hmacSHA256(key: key, Array(text.utf8)))
        let head = "\(String(bytes.count, radix: 16));chunk-signature=\(previous)\r\n"
        return Array(head.utf8) + bytes + [0x0D, 0x0A]
    }

    /// The length of a whole body on the wire.
    package static func byteCount(of bodyByteCount: Int, chunkByteCount: Int) -> Int {
        func length(_ count: Int) -> Int { String(count, radix: 16).utf8.count + 17 + 64 + 2 + count + 2 }
        let rest = bodyByteCount % chunkByteCount
        return bodyByteCount / chunkByteCount * length(chunkByteCount) + (rest > 0 ? length(rest) : 0) + length(0)
    }
}
