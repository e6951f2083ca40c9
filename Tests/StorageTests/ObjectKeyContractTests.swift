import Storage
import TestSupport
import Testing

@Suite("ObjectStore contract: keys")
struct ObjectKeyContractTests {
    static let longPart = String(repeating: "p", count: 256)
    static let keys = [
        "a", "a b+c%20.csv", "ünïcode/é.csv", "e\u{301}.csv", "\u{1F3B5}", ".hidden", "..a", "a..", "...", "a/.b",
        "-rf", "*", "\\",
        "a\\b", "a\nb", "\t", " ", "~", "a:b", "nul", "\u{7F}", "\u{202E}abc",
        String(repeating: "k", count: 255), String(repeating: "0123456789abcde/", count: 63) + "0123456789abcdef",
        // What no path spells.
        "", "/", "/lead", "trail/", "a//b", ".", "..", "./a", "../a", "../../a", "a/..", "a/../b", "a/../../b", "a/.",
        "a/./b",
        "a\0b", "\0", longPart, "a/\(longPart)/b", ".turntable-staging/a", ".turntable-staging",
        String(repeating: "é", count: 512), String(repeating: "é", count: 512) + "x", "../second-bucket/a",
        "a/../../second-bucket/a", "/etc/passwd",
    ]

    @Test(
        "any key is stored byte for byte or refused, and never leaves its bucket", arguments: ObjectStoreFactory.all,
        keys)
    func key(factory: ObjectStoreFactory, key: String) async throws {
        if key.contains("\n"), factory.emulatorGaps.contains(.lineFeedsInKeys) {
            return EmulatorGap.lineFeedsInKeys.isLeftOut(factory.testDescription)
        }
        let world = try await factory.open()
        defer { world.remove() }
        let store = world.store
        let content = bytes("content of \(key)")
        do {
            try await store.put(content, as: key, in: first)
            let object = try await store.get(key, in: first, maximumByteCount: 4_096)
            #expect(object.bytes == content)
            let listed = try await store.keys(in: first)
            #expect(listed.map { Array($0.utf8) } == [Array(key.utf8)])
            let moved = try await store.move(key, in: first, to: key, in: second, condition: .ifAbsent)
            #expect(Array(moved.key.utf8) == Array(key.utf8))
            try await store.delete(key, in: second)
        } catch let error as ObjectStoreError {
            #expect(error.code == .invalidKey)
            #expect(!error.detail.isEmpty)
            let codes = [
                await objectCode { try await store.head(key, in: first) },
                await objectCode { try await store.openReader(key, in: first) },
                await objectCode { try await store.openWriter(key, in: first) },
                await objectCode { try await store.delete(key, in: first) },
                await objectCode { try await store.move(key, in: first, to: "a", in: first, condition: .none) },
                await objectCode { try await store.copy("a", in: first, to: key, in: first, condition: .none) },
            ]
            #expect(codes.allSatisfy { $0 == .invalidKey }, "\(codes)")
        }
        let left = [try await store.keys(in: first), try await store.keys(in: second)]
        #expect(left == [[], []])
    }

    @Test("keys that Unicode calls equal are two objects", arguments: ObjectStoreFactory.all)
    func composedAndDecomposed(factory: ObjectStoreFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        try await world.store.put([1], as: "é", in: first)
        try await world.store.put([2], as: "e\u{301}", in: first)
        let composed = try await world.store.get("é", in: first, maximumByteCount: 1).bytes
        let decomposed = try await world.store.get("e\u{301}", in: first, maximumByteCount: 1).bytes
        #expect(composed == [1])
        #expect(decomposed == [2])
        _ = try await world.store.move("é", in: first, to: "e\u{301}", in: first, condition: .none)
        let count = try await world.store.keys(in: first).count
        #expect(count == 1)
    }
}
