import Storage
import TestSupport
import Testing

@Suite("ObjectStore contract: lists")
struct ObjectStoreListTests {
    /// Neighbours that other orders tell apart: `-` and `.` before `/`, and code points that UTF-16 orders otherwise.
    static let keys = [
        "a", "a-b", "a-b/c", "a.csv", "a/b", "a/b-c", "a/b/c", "a0", "ab", "b/1", "b/10", "b/2", "e\u{301}", "z", "~",
        "é",
        "\u{FFFD}", "😀",
    ]

    @Test(
        "keys come in the order of their UTF-8 bytes, whatever the page", arguments: ObjectStoreFactory.all,
        [1, 2, 3, 7, 1_000])
    func order(factory: ObjectStoreFactory, pageSize: Int) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        // A folder can't hold a key that is also a folder.
        let keys = Self.keys.filter { key in
            factory.testDescription != "directory" || key != "a" && key != "a/b" && key != "a-b"
        }
        for key in keys.reversed() { try await world.store.put(bytes(key), as: key, in: first) }
        let listed = try await world.store.keys(in: first, pageSize: pageSize)
        #expect(listed.map { Array($0.utf8) } == keys.map { Array($0.utf8) })
    }

    @Test(
        "a prefix is any beginning of a key, not a folder", arguments: ObjectStoreFactory.all,
        [
            ("", 6), ("s", 5), ("streams", 4), ("streams/", 3), ("streams/a", 2), ("streams/a.csv", 1),
            ("streams/a.csv/", 0),
            ("/", 0), ("songs/", 1), ("streams-", 1), ("x", 0), ("streams/../", 0),
        ])
    func prefixes(factory: ObjectStoreFactory, expected: (prefix: String, count: Int)) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let keys = [
            "songs/s.csv", "streams-old/a", "streams/a.csv", "streams/aa.csv", "streams/b/c.csv", "users/u.csv",
        ]
        for key in keys { try await world.store.put([1], as: key, in: first) }
        let listed = try await world.store.keys(in: first, prefix: expected.prefix, pageSize: 2)
        #expect(listed == keys.filter { $0.utf8.starts(with: expected.prefix.utf8) })
        #expect(listed.count == expected.count)
    }

    @Test("a page begins after any text, be it a key or not", arguments: ObjectStoreFactory.all)
    func after(factory: ObjectStoreFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let store = world.store
        for key in ["a/1", "a/2", "b/1", "c"] { try await store.put([1], as: key, in: first) }
        for (after, expected) in [
            ("", ["a/1", "a/2", "b/1", "c"]), ("a", ["a/1", "a/2", "b/1", "c"]), ("a/", ["a/1", "a/2", "b/1", "c"]),
            ("a/1", ["a/2", "b/1", "c"]), ("a/15", ["a/2", "b/1", "c"]), ("a0", ["b/1", "c"]), ("b/1/x", ["c"]),
            ("c", []),
            ("zz", []),
        ] {
            let page = try await store.list(first, prefix: "", after: after, limit: 10)
            #expect(page.objects.map(\.key) == expected, "after \(after)")
            #expect(page.next == nil)
        }
        let page = try await store.list(first, prefix: "a/", after: "a/1", limit: 1)
        #expect(page.objects.map(\.key) == ["a/2"])
        #expect(page.next == nil)
        let one = try await store.list(first, prefix: "", after: nil, limit: 1)
        #expect(one.next == "a/1")
        let head = try await store.head("a/1", in: first)
        #expect(one.objects == [head])
    }

    @Test("a page has one object at least and a thousand at most", arguments: ObjectStoreFactory.all)
    func limits(factory: ObjectStoreFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let store = world.store
        let none = await objectCode { try await store.list(first, prefix: "", after: nil, limit: 0) }
        #expect(none == .invalidRange)
        for number in 0..<1_005 { try await store.put([], as: "k/\(number)", in: first) }
        let page = try await store.list(first, prefix: "", after: nil, limit: .max)
        #expect(page.objects.count == 1_000)
        let rest = try await store.list(first, prefix: "", after: page.next, limit: 1_000)
        #expect(rest.objects.count == 5)
        #expect(rest.next == nil)
    }
}
