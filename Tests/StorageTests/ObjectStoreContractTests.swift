import Clocks
import Digest
import Storage
import TestSupport
import Testing

/// What every object store must do.
@Suite("ObjectStore contract")
struct ObjectStoreContractTests {
    @Test("an object comes back as it was put, with length and MD5", arguments: ObjectStoreFactory.all)
    func roundTrip(factory: ObjectStoreFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let store = world.store
        for content in [[], bytes("abc"), [UInt8](repeating: 7, count: 3_000_000)] {
            let put = try await store.put(content, as: "a/b.csv", in: first)
            let head = try await store.head("a/b.csv", in: first)
            let object = try await store.get("a/b.csv", in: first, maximumByteCount: content.count)
            #expect(factory.agree(put, head))
            #expect(object.metadata == head)
            #expect(object.bytes == content)
            #expect(head.bucket == first && head.key == "a/b.csv")
            #expect(head.byteCount == content.count)
            #expect(head.eTag == md5(content))
        }
        let isThere = try await store.headIfPresent("a/b.csv", in: first) != nil
        let isMissing = try await store.headIfPresent("a/c.csv", in: first) == nil
        #expect(isThere && isMissing)
    }

    @Test("more bytes than the caller takes are an error", arguments: ObjectStoreFactory.all)
    func tooLarge(factory: ObjectStoreFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        try await world.store.put(bytes("abc"), as: "a", in: first)
        let code = await objectCode { try await world.store.get("a", in: first, maximumByteCount: 2) }
        #expect(code == .tooLarge)
    }

    @Test("what isn't there is notFound, whatever is done with it", arguments: ObjectStoreFactory.all)
    func notFound(factory: ObjectStoreFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let store = world.store
        try await store.put([1], as: "a/b", in: first)
        for key in ["none", "a", "a/none", "none/b", "a/b/c"] {
            let codes = [
                await objectCode { try await store.head(key, in: first) },
                await objectCode { try await store.get(key, in: first, maximumByteCount: 9) },
                await objectCode { try await store.get(key, in: first, range: 0..<1, ifMatch: nil) },
                await objectCode { try await store.openReader(key, in: first) },
                await objectCode { try await store.copy(key, in: first, to: "x", in: first, condition: .none) },
                await objectCode { try await store.move(key, in: first, to: "x", in: first, condition: .none) },
            ]
            // The directory store may say that a folder stands there.
            let expected: Set<ObjectStoreError.Code?> = key == "a" ? [.notFound, .notAnObject] : [.notFound]
            #expect(codes.allSatisfy { expected.contains($0) }, "\(key): \(codes)")
            try await store.delete(key, in: first)
        }
        let keys = try await store.keys(in: first)
        #expect(keys == ["a/b"])
    }

    @Test("a bucket that isn't there is noSuchBucket, and never made", arguments: ObjectStoreFactory.all)
    func noSuchBucket(factory: ObjectStoreFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let store = world.store
        try await store.put([1], as: "a", in: first)
        for _ in 0..<2 {
            let codes = [
                await objectCode { try await store.head("a", in: "no.bucket") },
                await objectCode { try await store.get("a", in: "no.bucket", maximumByteCount: 9) },
                await objectCode { try await store.put([1], as: "a", in: "no.bucket") },
                await objectCode { try await store.openWriter("a", in: "no.bucket") },
                await objectCode { try await store.list("no.bucket") },
                await objectCode { try await store.copy("a", in: first, to: "a", in: "no.bucket", condition: .none) },
                await objectCode { try await store.move("a", in: first, to: "a", in: "no.bucket", condition: .none) },
                await objectCode { try await store.move("a", in: "no.bucket", to: "a", in: first, condition: .none) },
                await objectCode { try await store.delete("a", in: "no.bucket") },
            ]
            #expect(codes.allSatisfy { $0 == .noSuchBucket }, "\(codes)")
        }
        let text = try await store.get("a", in: first, maximumByteCount: 1).bytes
        #expect(text == [1])
    }

    @Test(
        "a bad bucket name is refused",
        arguments: ObjectStoreFactory.all,
        [
            "", "ab", "..", ".staging", "Upper", "a/b", "under_score", "-ab", "ab-", "a..b", "192.168.0.1", "bücket",
            String(repeating: "a", count: 64),
        ])
    func badBucket(factory: ObjectStoreFactory, bucket: String) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let put = await objectCode { try await world.store.put([1], as: "a", in: bucket) }
        let list = await objectCode { try await world.store.list(bucket) }
        #expect(put == .invalidKey)
        #expect(list == .invalidKey)
    }

    // MARK: Conditions

    @Test("conditions on a put are S3's", arguments: ObjectStoreFactory.all)
    func conditions(factory: ObjectStoreFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let store = world.store
        let missing = await objectCode { try await store.put([1], as: "a", in: first, condition: .ifMatch(md5([1]))) }
        #expect(missing == .preconditionFailed)
        let one = try await store.put([1], as: "a", in: first, condition: .ifAbsent)
        let again = await objectCode { try await store.put([2], as: "a", in: first, condition: .ifAbsent) }
        #expect(again == .preconditionFailed)
        let other = await objectCode { try await store.put([2], as: "a", in: first, condition: .ifMatch(md5([9]))) }
        #expect(other == .preconditionFailed)
        var content = try await store.get("a", in: first, maximumByteCount: 1).bytes
        #expect(content == [1])
        let two = try await store.put([2], as: "a", in: first, condition: .ifMatch(one.eTag))
        let three = try await store.put([3], as: "a", in: first, condition: .ifMatch("\"\(two.eTag)\""))
        content = try await store.get("a", in: first, maximumByteCount: 1).bytes
        #expect(content == [3])
        #expect(three.eTag == md5([3]))
        try await store.delete("a", in: first)
        try await store.put([4], as: "a", in: first, condition: .ifAbsent)
    }

    // MARK: Ranges and readers

    @Test("ranges end at the object's end and must begin before it", arguments: ObjectStoreFactory.all)
    func ranges(factory: ObjectStoreFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let store = world.store
        let metadata = try await store.put(bytes("0123456789"), as: "a", in: first)
        for (range, expected) in [
            (0..<3, "012"), (7..<10, "789"), (8..<100, "89"), (9..<Int.max, "9"), (3..<3, ""), (10..<10, ""),
        ] {
            let part = try await store.get("a", in: first, range: range, ifMatch: metadata.eTag)
            #expect(part == bytes(expected), "\(range)")
        }
        for range in [10..<11, 11..<11, -1..<3, 100..<200] {
            let code = await objectCode { try await store.get("a", in: first, range: range, ifMatch: nil) }
            #expect(code == .invalidRange, "\(range)")
        }
        let code = await objectCode { try await store.get("a", in: first, range: 0..<1, ifMatch: md5([1])) }
        #expect(code == .preconditionFailed)
    }

    @Test("a reader gives the version it was opened on, piece by piece", arguments: ObjectStoreFactory.all)
    func reader(factory: ObjectStoreFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let store = world.store
        let metadata = try await store.put(bytes("0123456789"), as: "a", in: first)
        let reader = try await store.openReader("a", in: first, ifMatch: metadata.eTag)
        #expect(factory.agree(metadata, reader.metadata))
        var pieces = [try await reader.read(upTo: 4)]
        try await store.put(bytes("replaced"), as: "a", in: first)
        while let piece = pieces.last, !piece.isEmpty { pieces.append(try await reader.read(upTo: 4)) }
        #expect(pieces == [bytes("0123"), bytes("4567"), bytes("89"), []])
        let atEnd = try await reader.read(upTo: 1)
        #expect(atEnd.isEmpty)
        await reader.close()
        await reader.close()
        let closed = await objectCode { try await reader.read(upTo: 1) }
        #expect(closed == .closed)
        let stale = await objectCode { try await store.openReader("a", in: first, ifMatch: metadata.eTag) }
        #expect(stale == .preconditionFailed)
    }

    // MARK: Writers

    @Test("a writer's object is not there before it is finished", arguments: ObjectStoreFactory.all)
    func writer(factory: ObjectStoreFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let store = world.store
        let writer = try await store.openWriter("a/b", in: first)
        try await writer.write(bytes("one,"))
        try await writer.write([])
        try await writer.write(bytes("two"))
        var keys = try await store.keys(in: first)
        #expect(keys == [])
        let metadata = try await writer.finish(condition: .ifAbsent)
        #expect(metadata.byteCount == 7)
        #expect(metadata.eTag == md5(bytes("one,two")))
        let head = try await store.head("a/b", in: first)
        #expect(factory.agree(metadata, head))
        let codes = [
            await objectCode { try await writer.finish(condition: .none) },
            await objectCode { try await writer.write([1]) },
        ]
        #expect(codes == [.closed, .closed])
        await writer.abort()
        keys = try await store.keys(in: first)
        #expect(keys == ["a/b"])
    }

    @Test("a writer that is aborted, dropped or refused leaves nothing", arguments: ObjectStoreFactory.all)
    func writerWithoutEnd(factory: ObjectStoreFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let store = world.store
        try await store.put([1], as: "there", in: first)
        let aborted = try await store.openWriter("a", in: first)
        try await aborted.write([1])
        await aborted.abort()
        do {
            let dropped = try await store.openWriter("b", in: first)
            try await dropped.write([1])
        }
        let refused = try await store.openWriter("there", in: first)
        try await refused.write([2])
        let code = await objectCode { try await refused.finish(condition: .ifAbsent) }
        #expect(code == .preconditionFailed)
        let again = await objectCode { try await refused.finish(condition: .none) }
        #expect(again == .closed)
        let keys = try await store.keys(in: first)
        let content = try await store.get("there", in: first, maximumByteCount: 1).bytes
        #expect(keys == ["there"])
        #expect(content == [1])
    }

    // MARK: Copies and moves

    @Test("a copy leaves the source, a move doesn't, in one bucket or across", arguments: ObjectStoreFactory.all)
    func copyAndMove(factory: ObjectStoreFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let store = world.store
        let put = try await store.put(bytes("abc"), as: "in/a.csv", in: first)
        let copied = try await store.copy("in/a.csv", in: first, to: "copy/a.csv", in: second, condition: .ifAbsent)
        let moved = try await store.move(
            "in/a.csv", in: first, to: "archive/2024/a.csv", in: first, condition: .ifAbsent)
        let away = try await store.move("archive/2024/a.csv", in: first, to: "a.csv", in: second, condition: .none)
        for metadata in [copied, moved, away] {
            #expect(metadata.eTag == put.eTag && metadata.byteCount == 3)
        }
        #expect(copied.bucket == second && copied.key == "copy/a.csv")
        if factory.keepsTimes { #expect(away.lastModified == put.lastModified) }
        let inFirst = try await store.keys(in: first)
        let inSecond = try await store.keys(in: second)
        #expect(inFirst == [])
        #expect(inSecond == ["a.csv", "copy/a.csv"])
        let text = try await store.text("a.csv", in: second)
        #expect(text == "abc")
    }

    @Test("copies and moves replace what is there unless a condition forbids it", arguments: ObjectStoreFactory.all)
    func copyAndMoveConditions(factory: ObjectStoreFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let store = world.store
        try await store.put(bytes("new"), as: "a", in: first)
        try await store.put(bytes("old"), as: "b", in: first)
        for condition in [PutCondition.ifAbsent, .ifMatch(md5(bytes("new")))] {
            let copy = await objectCode {
                try await store.copy("a", in: first, to: "b", in: first, condition: condition)
            }
            let move = await objectCode {
                try await store.move("a", in: first, to: "b", in: first, condition: condition)
            }
            #expect(copy == .preconditionFailed)
            #expect(move == .preconditionFailed)
        }
        var texts = [try await store.text("a", in: first), try await store.text("b", in: first)]
        #expect(texts == ["new", "old"])
        _ = try await store.copy("a", in: first, to: "c", in: first, condition: .none)
        _ = try await store.move("a", in: first, to: "b", in: first, condition: .ifMatch(md5(bytes("old"))))
        texts = [try await store.text("b", in: first), try await store.text("c", in: first)]
        #expect(texts == ["new", "new"])
        _ = try await store.move("b", in: first, to: "c", in: first, condition: .none)
        let keys = try await store.keys(in: first)
        #expect(keys == ["c"])
    }

    @Test("an object moved or copied onto itself stays", arguments: ObjectStoreFactory.all)
    func ontoItself(factory: ObjectStoreFactory) async throws {
        let world = try await factory.open()
        defer { world.remove() }
        let store = world.store
        try await store.put(bytes("abc"), as: "a/b", in: first)
        _ = try await store.move("a/b", in: first, to: "a/b", in: first, condition: .none)
        _ = try await store.copy("a/b", in: first, to: "a/b", in: first, condition: .none)
        let code = await objectCode {
            try await store.move("a/b", in: first, to: "a/b", in: first, condition: .ifAbsent)
        }
        #expect(code == .preconditionFailed)
        let text = try await store.text("a/b", in: first)
        #expect(text == "abc")
    }
}
