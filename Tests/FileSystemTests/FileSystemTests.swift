import FileSystem
import Glibc
import TestSupport
import Testing

@Suite("Files and folders")
struct FileSystemTests {
    @Test("what is written atomically is read back, and nothing else is left") func atomicWrite() async throws {
        try await withTemporaryDirectory { folder in
            try FileSystem.writeFileAtomically("\(folder)/a", Array("one".utf8))
            try FileSystem.writeFileAtomically("\(folder)/a", Array("two".utf8), isDurable: true)
            #expect(try FileSystem.readFile("\(folder)/a") == Array("two".utf8))
            #expect(try FileSystem.list(folder) == ["a"])
        }
    }

    @Test("a failed atomic write names the call and leaves nothing") func failedWrite() async throws {
        try await withTemporaryDirectory { folder in
            try FileSystem.createDirectories("\(folder)/taken/x")
            let error = #expect(throws: FileSystemError.self) {
                try FileSystem.writeFileAtomically("\(folder)/taken", [1])
            }
            #expect(error?.code == EISDIR || error?.code == ENOTEMPTY)
            #expect(try FileSystem.list(folder) == ["taken"])
            let missing = #expect(throws: FileSystemError.self) { try FileSystem.readFile("\(folder)/none") }
            #expect(missing?.description == "ENOENT (No such file or directory) on open \(folder)/none")
            #expect(missing?.isNotFound == true)
        }
    }

    @Test("a file larger than allowed is refused") func bounds() async throws {
        try await withTemporaryDirectory { folder in
            try FileSystem.writeFileAtomically("\(folder)/a", [UInt8](repeating: 1, count: 100))
            let error = #expect(throws: FileSystemError.self) {
                try FileSystem.readFile("\(folder)/a", maximumByteCount: 99)
            }
            #expect(error?.code == EFBIG)
        }
    }

    @Test("names come sorted by bytes") func listing() async throws {
        try await withTemporaryDirectory { folder in
            for name in ["b", "é", "a c", "B", "a+c"] { try FileSystem.writeFileAtomically("\(folder)/\(name)", []) }
            #expect(try FileSystem.list(folder) == ["B", "a c", "a+c", "b", "é"])
        }
    }

    @Test("renaming without replacing keeps what is there") func noReplace() async throws {
        try await withTemporaryDirectory { folder in
            try FileSystem.writeFileAtomically("\(folder)/a", [1])
            try FileSystem.writeFileAtomically("\(folder)/b", [2])
            let error = #expect(throws: FileSystemError.self) {
                try FileSystem.renameWithoutReplacing("\(folder)/a", to: "\(folder)/b")
            }
            #expect(error?.code == EEXIST)
            #expect(try FileSystem.readFile("\(folder)/b") == [2])
            try FileSystem.renameWithoutReplacing("\(folder)/a", to: "\(folder)/c")
            #expect(try FileSystem.list(folder) == ["b", "c"])
        }
    }

    @Test("a copy has the same bytes and never replaces", arguments: [0, 1, 3_000_000]) func copy(count: Int)
        async throws
    {
        try await withTemporaryDirectory { folder in
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try FileSystem.writeFileAtomically("\(folder)/a", bytes)
            try FileSystem.copyFile("\(folder)/a", to: "\(folder)/b")
            #expect(try FileSystem.readFile("\(folder)/b") == bytes)
            #expect(throws: FileSystemError.self) { try FileSystem.copyFile("\(folder)/a", to: "\(folder)/b") }
            #expect(try FileSystem.readFile("\(folder)/b") == bytes)
        }
    }

    @Test("a tree goes with its links, and what they point to stays") func removal() async throws {
        try await withTemporaryDirectory { folder in
            try FileSystem.createDirectories("\(folder)/keep")
            try FileSystem.writeFileAtomically("\(folder)/keep/f", [1])
            try FileSystem.createDirectories("\(folder)/tree/deep/er")
            #expect(symlink("\(folder)/keep", "\(folder)/tree/deep/link") == 0)
            try FileSystem.removeTree("\(folder)/tree")
            try FileSystem.removeTree("\(folder)/tree")
            #expect(try FileSystem.list(folder) == ["keep"])
            #expect(try FileSystem.readFile("\(folder)/keep/f") == [1])
        }
    }

    @Test("a lock is held by one") func locks() async throws {
        try await withTemporaryDirectory { folder in
            let first = try File("\(folder)/lock", .update)
            let second = try File("\(folder)/lock", .update)
            #expect(try first.lock(waits: false))
            #expect(try !second.lock(waits: false))
        }
    }

    @Test("reading at an offset ends at the file's end") func offsets() async throws {
        try await withTemporaryDirectory { folder in
            try FileSystem.writeFileAtomically("\(folder)/a", Array(0..<100))
            let file = try File("\(folder)/a", .read)
            #expect(try file.read(at: 90, count: 20) == Array(90..<100))
            #expect(try file.read(at: 100, count: 1) == [])
            #expect(try file.read(upTo: 3) == [0, 1, 2])
        }
    }

    @Test("a link is not followed when it must not be") func links() async throws {
        try await withTemporaryDirectory { folder in
            try FileSystem.writeFileAtomically("\(folder)/a", [1])
            #expect(symlink("\(folder)/a", "\(folder)/l") == 0)
            #expect(symlink("\(folder)/none", "\(folder)/dangling") == 0)
            let error = #expect(throws: FileSystemError.self) { _ = try File("\(folder)/l", .read, followsLink: false) }
            #expect(error?.code == ELOOP)
            #expect(try FileSystem.status("\(folder)/dangling") == nil)
            #expect(try FileSystem.status("\(folder)/dangling", followsLink: false)?.kind == .link)
        }
    }
}
