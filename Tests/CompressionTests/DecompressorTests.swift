import FileSystem
import TestSupport
import Testing

@testable import Compression

@Suite("Compressed streams")
struct DecompressorTests {
    private static func decompress(_ bytes: [UInt8], block: Int, piece: Int) throws -> [UInt8] {
        let format = try #require(CompressionFormat(bytes.prefix(CompressionFormat.signatureByteCount)))
        let stream = try Decompressor(format, pieceByteCount: piece)
        var output: [UInt8] = []
        var position = 0
        while position < bytes.count {
            stream.append(Array(bytes[position..<min(position + block, bytes.count)]))
            position += block
            while let part = try stream.nextPiece() {
                #expect(part.count <= piece)
                output += part
            }
        }
        try stream.finish()
        return output
    }

    /// What `gzip` and Python's zlib and pyarrow make of a text.
    private static func compressed(_ text: [UInt8]) async throws -> [[UInt8]] {
        try await withTemporaryDirectory { folder in
            try FileSystem.writeFileAtomically("\(folder)/text", text)
            let script = """
                import gzip, sys, pyarrow as pa
                text = open(sys.argv[1] + '/text', 'rb').read()
                half = len(text) // 2
                open(sys.argv[1] + '/0', 'wb').write(gzip.compress(text))
                open(sys.argv[1] + '/1', 'wb').write(gzip.compress(text[:half]) + gzip.compress(text[half:]))
                open(sys.argv[1] + '/2', 'wb').write(pa.compress(text, 'zstd', asbytes=True))
                open(sys.argv[1] + '/3', 'wb').write(pa.compress(text[:half], 'zstd', asbytes=True) + pa.compress(text[half:], 'zstd', asbytes=True))
                """
            let made = try await runProcess(Repository.python, ["-c", script, folder])
            guard made.status == 0 else { throw NeverHappened(description: made.errorOutput) }
            return try (0..<4).map { try FileSystem.readFile("\(folder)/\($0)") }
        }
    }

    @Test("what others compressed comes back, in any blocks and pieces, also of several members")
    func peers() async throws {
        let text = Array((0..<4_000).map { "\($0),row \($0 * $0 % 977)\n" }.joined().utf8)
        for bytes in try await Self.compressed(text) {
            for (block, piece) in [(1, 100_000), (7, 3), (1_000, 1_000), (1 << 20, 1 << 20)] {
                #expect(try Self.decompress(bytes, block: block, piece: piece) == text)
            }
        }
        for bytes in try await Self.compressed([]) {
            #expect(try Self.decompress(bytes, block: 5, piece: 5) == [])
        }
    }

    @Test("what is cut or broken is an error that names the place")
    func hostile() async throws {
        let text = Array(String(repeating: "0123456789", count: 300).utf8)
        for bytes in try await Self.compressed(text) {
            for length in stride(from: 4, to: bytes.count, by: 3) {
                let result = Result { try Self.decompress(Array(bytes[..<length]), block: 10, piece: 1_000) }
                // Between two members a stream may end.
                if case .success(let part) = result { #expect(text.starts(with: part) && part.count == text.count / 2) }
            }
            var broken = bytes
            if CompressionFormat(bytes) == .gzip {
                broken[bytes.count / 2] ^= 0xFF
            } else {
                // These frames have no checksum; the reserved bit of the frame's header must be 0.
                broken[CompressionFormat.signatureByteCount] |= 0x08
            }
            let error = #expect(throws: CompressionError.self) {
                try Self.decompress(broken, block: 10, piece: 1_000)
            }
            #expect(error?.byteOffset ?? -1 >= 0 && error?.description.contains("near byte") == true)
        }
        #expect(CompressionFormat(Array("PK\u{3}\u{4}".utf8)) == nil && CompressionFormat([UInt8]()) == nil)
    }
}
