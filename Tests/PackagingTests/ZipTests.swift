import FileSystem
import TestSupport
import Testing

@testable import Packaging

@Suite("Zips")
struct ZipTests {
    static let entries = [
        ZipEntry(name: "lib/b.so", mode: 0o755, bytes: Array(repeating: 7, count: 100_000)),
        ZipEntry(name: "bootstrap", mode: 0o755, bytes: Array("#!/bin/sh\n".utf8)),
        ZipEntry(name: "empty", bytes: []),
        ZipEntry(name: "größe.txt", bytes: Array("text".utf8)),
    ]

    @Test("the bytes of a small archive are these")
    func exactBytes() throws {
        let archive = try ZipWriter.archive([ZipEntry(name: "a", mode: 0o755, bytes: [0x78])])
        // Local header: signature, version 20, no flags, stored, midnight, 1980-01-01, CRC, sizes, name length.
        let fields: [UInt8] = [
            20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0, 0x83, 0x16, 0xDC, 0x8C, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0,
        ]
        let local: [UInt8] = [0x50, 0x4B, 3, 4] + fields + [0x61, 0x78]
        // Made by Unix, version 20; the mode of a plain file, 0100755, in the upper half of the attributes; offset 0.
        let central: [UInt8] =
            [0x50, 0x4B, 1, 2, 20, 3] + fields + [0, 0, 0, 0, 0, 0, 0, 0, 0xED, 0x81, 0, 0, 0, 0, 0x61]
        let end: [UInt8] = [0x50, 0x4B, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0, 47, 0, 0, 0, 32, 0, 0, 0, 0, 0]
        #expect(archive == local + central + end)
    }

    @Test("the order of the entries makes no difference, and what is written is read")
    func order() throws {
        let archive = try ZipWriter.archive(Self.entries)
        #expect(try ZipWriter.archive(Self.entries.reversed()) == archive)
        let read = try ZipReader.entries(archive, name: "a.zip")
        #expect(read.map(\.name) == ["bootstrap", "empty", "größe.txt", "lib/b.so"])
        #expect(Set(read) == Set(Self.entries))
        #expect(archive.count < 2_000)
    }

    @Test("Python's zipfile reads it, sees the modes, and packs what is read here")
    func python() async throws {
        try await withTemporaryDirectory { folder in
            try FileSystem.writeFileAtomically("\(folder)/ours.zip", ZipWriter.archive(Self.entries))
            let script = """
                import sys, zipfile
                with zipfile.ZipFile(sys.argv[1]) as ours:
                    assert ours.testzip() is None
                    for info in ours.infolist():
                        print(info.filename, oct(info.external_attr >> 16), info.file_size, info.date_time[0], info.create_system)
                with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED) as theirs:
                    theirs.writestr("folder/", "")
                    theirs.writestr("folder/file", "x" * 1000)
                    theirs.comment = b"a comment"
                """
            let finished = try await runProcess(
                "python3", ["-c", script, "\(folder)/ours.zip", "\(folder)/theirs.zip"],
                environment: ["PYTHONIOENCODING": "utf-8"])
            #expect(finished.status == 0, "\(finished.errorOutput)")
            #expect(
                finished.output == """
                    bootstrap 0o100755 10 1980 3
                    empty 0o100644 0 1980 3
                    größe.txt 0o100644 4 1980 3
                    lib/b.so 0o100755 100000 1980 3

                    """)
            let theirs = try ZipReader.entries(FileSystem.readFile("\(folder)/theirs.zip"), name: "theirs.zip")
            #expect(theirs.map(\.name) == ["folder/file"])
            #expect(theirs.first?.bytes == Array(repeating: 0x78, count: 1_000))
        }
    }

    @Test("a name that leads elsewhere, or comes twice, is refused")
    func names() {
        for name in ["", "/a", "../a", "a/../b", "a//b", "a/", "./a", "a\\b", "a\0b"] {
            #expect(throws: PackagingError.self, "\(name)") {
                try ZipWriter.archive([ZipEntry(name: name, bytes: [])])
            }
        }
        let twice = [ZipEntry(name: "a", bytes: []), ZipEntry(name: "a", bytes: [1])]
        #expect { try ZipWriter.archive(twice) } throws: { ($0 as? PackagingError)?.code == .badName }
    }

    @Test("what would take the format's 64-bit extension is refused")
    func limits() throws {
        let many = (0..<65_535).map { ZipEntry(name: "\($0)", bytes: []) }
        #expect { try ZipWriter.archive(many) } throws: { ($0 as? PackagingError)?.code == .tooLarge }
        try ZipWriter.checkByteCount(0xFFFF_FFFE, "fits")
        #expect(throws: PackagingError.self) { try ZipWriter.checkByteCount(0xFFFF_FFFF, "does not") }
    }

    @Test("a damaged archive is an error that says what is wrong")
    func damaged() throws {
        let archive = try ZipWriter.archive(Self.entries)
        func code(_ bytes: [UInt8], limit: Int = 1 << 30) -> PackagingError.Code? {
            do {
                _ = try ZipReader.entries(bytes, name: "a.zip", maximumByteCount: limit)
                return nil
            } catch { return error.code }
        }
        #expect(code([]) == .malformed)
        #expect(code(Array(archive.dropLast())) == .malformed)
        #expect(code(archive, limit: 99_999) == .tooLarge)
        var wrongName = archive
        wrongName[30] ^= 1
        #expect(code(wrongName) == .malformed)
        var wrongContent = archive
        wrongContent[30 + "bootstrap".utf8.count] ^= 1
        #expect(code(wrongContent) == .badChecksum)
    }

    @Test("no damage crashes the reader")
    func fuzz() throws {
        let archive = try ZipWriter.archive(Self.entries)
        for end in 0..<archive.count { _ = try? ZipReader.entries(Array(archive[..<end]), name: "a") }
        var random = SystemRandomNumberGenerator()
        for _ in 0..<5_000 {
            var bytes = archive
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] =
                    [0, 0xFF, 0x7F, 0x80, .random(in: 0...255)]
                    .randomElement(using: &random) ?? 0
            }
            _ = try? ZipReader.entries(bytes, name: "a", maximumByteCount: 1 << 22)
        }
    }
}
