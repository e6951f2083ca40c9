import Clocks
import Digest
import FileSystem
import Glibc
import TestSupport
import Testing

@testable import Storage

/// What is the directory store's own: files, folders and links that others make.
@Suite("DirectoryObjectStore")
struct DirectoryObjectStoreTests {
    /// A store with one bucket below a folder that goes with the object.
    final class World: Sendable {
        let folder: String
        let store: DirectoryObjectStore
        var bucket: String { "\(store.root)/\(first)" }

        init() throws {
            folder = try makeTemporaryDirectory()
            store = DirectoryObjectStore(root: "\(folder)/buckets")
            try store.createBucket(first)
            try store.createBucket(second)
        }

        deinit { try? FileSystem.removeTree(folder) }

        func write(_ key: String, _ text: String) throws {
            if let parent = FileSystem.parent(of: "\(bucket)/\(key)") { try FileSystem.createDirectories(parent) }
            try File("\(bucket)/\(key)", .write).write(bytes(text))
        }

        /// Moves a file's modification time into the past, past the time for which it counts as fresh.
        func age(_ path: String, seconds: Int = 100) {
            var times = [timespec(), timespec()]
            clock_gettime(CLOCK_REALTIME, &times[0])
            times[0].tv_sec -= seconds
            times[1] = times[0]
            utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW)
        }

        func attribute(_ key: String) throws -> String? {
            try File("\(bucket)/\(key)", .read).extendedAttribute(ETagCache.attribute).map {
                String(decoding: $0, as: UTF8.self)
            }
        }

        /// Everything that stands in the staging folders.
        func litter() throws -> [String] {
            try ["\(store.root)/.staging", "\(bucket)/\(Staging.nameInBucket)"].flatMap { path in
                try FileSystem.status(path) == nil ? [] : FileSystem.list(path)
            }
        }
    }

    let world: World
    var store: DirectoryObjectStore { world.store }

    init() throws { world = try World() }

    @Test("a file that was copied into the bucket is an object")
    func plainFile() async throws {
        try world.write("streams/new file.csv", "a,b\n")
        let head = try await store.head("streams/new file.csv", in: first)
        #expect(head.byteCount == 4)
        #expect(head.eTag == md5(bytes("a,b\n")))
        let status = try FileSystem.status("\(world.bucket)/streams/new file.csv")
        #expect(status.map { $0.modifiedNanoseconds / 1_000 } == head.lastModified.microsecondsSinceEpoch)
        let page = try await store.list(first)
        #expect(page.objects == [head])
    }

    @Test("an object is a plain file, readable by all")
    func plainObject() async throws {
        try await store.put(bytes("abc"), as: "a/b", in: first)
        let content = try FileSystem.readFile("\(world.bucket)/a/b")
        #expect(content == bytes("abc"))
        let litter = try world.litter()
        #expect(litter == [])
    }

    // MARK: ETags

    @Test("a file that changes has another ETag, even at the same length")
    func changedContent() async throws {
        for content in ["one", "two", "six", "longer"] {
            try world.write("a", content)
            let head = try await store.head("a", in: first)
            #expect(head.eTag == md5(bytes(content)))
        }
    }

    @Test("an ETag is kept with the file, and used only as long as size and time stay the same")
    func keptETag() async throws {
        try world.write("a", "abc")
        world.age("\(world.bucket)/a")
        let real = try await store.head("a", in: first).eTag
        let attribute = try #require(try world.attribute("a"))
        #expect(attribute.hasSuffix(" \(real)") && attribute.hasPrefix("3 "))
        // Another process finds the attribute: a false one that fits shows that nothing was read.
        let false32 = String(repeating: "f", count: 32)
        let forged = attribute.dropLast(32) + false32
        try File("\(world.bucket)/a", .read).setExtendedAttribute(ETagCache.attribute, Array(forged.utf8))
        let other = DirectoryObjectStore(root: store.root)
        var seen = try await other.head("a", in: first).eTag
        #expect(seen == false32)
        world.age("\(world.bucket)/a", seconds: 200)
        seen = try await other.head("a", in: first).eTag
        #expect(seen == real)
    }

    @Test("a file changed a moment ago is read again, since its time may not tell the next change")
    func freshFile() async throws {
        try world.write("a", "abc")
        _ = try await store.head("a", in: first)
        let attribute = try world.attribute("a")
        // Slow machines may take longer than the file counts as fresh.
        let status = try #require(try FileSystem.status("\(world.bucket)/a"))
        if FileClock.now - status.modifiedNanoseconds < 15_000_000 { #expect(attribute == nil) }
    }

    @Test("what was put carries its ETag along through moves")
    func movedETag() async throws {
        let metadata = try await store.put(bytes("abc"), as: "a", in: first)
        let before = try world.attribute("a")
        #expect(before?.hasSuffix(metadata.eTag) == true)
        try await store.move("a", in: first, to: "b/c", in: first, condition: .none)
        let after = try world.attribute("b/c")
        #expect(after == before)
    }

    @Test("a file that is written to while it is read is an error, not a mixture", arguments: [true, false])
    func changedWhileRead(appends: Bool) async throws {
        try world.write("a", String(repeating: "x", count: 1_000))
        world.age("\(world.bucket)/a")
        let reader = try await store.openReader("a", in: first)
        _ = try await reader.read(upTo: 500)
        if appends {
            try File("\(world.bucket)/a", .append).write(bytes("more"))
        } else {
            try world.write("a", "less")
        }
        let code = await objectCode { while try await !reader.read(upTo: 500).isEmpty {} }
        #expect(code == .changed)
    }

    @Test("a file that grows while the reader stands at its end is an error there")
    func changedAtTheEnd() async throws {
        try world.write("a", "0123456789")
        world.age("\(world.bucket)/a")
        let reader = try await store.openReader("a", in: first)
        let all = try await reader.read(upTo: 10)
        #expect(all.count == 10)
        try File("\(world.bucket)/a", .append).write(bytes("x"))
        let code = await objectCode { try await reader.read(upTo: 10) }
        #expect(code == .changed)
    }

    // MARK: Folders

    @Test("a key can't be a file and a folder at once")
    func fileAndFolder() async throws {
        try await store.put([1], as: "a/b", in: first)
        try await store.put([1], as: "f", in: first)
        let codes = [
            await objectCode { try await store.put([2], as: "a", in: first) },
            await objectCode { try await store.put([2], as: "a", in: first, condition: .ifAbsent) },
            await objectCode { try await store.put([2], as: "a/b/c", in: first) },
            await objectCode { try await store.move("f", in: first, to: "a", in: first, condition: .none) },
            await objectCode { try await store.move("f", in: first, to: "a/b/c", in: first, condition: .ifAbsent) },
            await objectCode { try await store.copy("f", in: first, to: "f/g", in: first, condition: .none) },
        ]
        #expect(codes.allSatisfy { $0 == .invalidKey }, "\(codes)")
        let keys = try await store.keys(in: first)
        let litter = try world.litter()
        #expect(keys == ["a/b", "f"])
        #expect(litter == [])
        try await store.delete("a", in: first)
        let isFolder = await objectCode { try await store.head("a", in: first) }
        #expect(isFolder == .notAnObject)
    }

    @Test("folders without objects give way to an object", arguments: [PutCondition.none, .ifAbsent])
    func emptyFolders(condition: PutCondition) async throws {
        try FileSystem.createDirectories("\(world.bucket)/a/b/c")
        try FileSystem.createDirectories("\(world.bucket)/a/d")
        try await store.put([1], as: "a", in: first, condition: condition)
        let keys = try await store.keys(in: first)
        #expect(keys == ["a"])
    }

    @Test("folders that the store made go when they are empty, others stay")
    func pruning() async throws {
        try FileSystem.createDirectories("\(world.bucket)/streams")
        try world.write("streams/a.csv", "x")
        try await store.move("streams/a.csv", in: first, to: "archive/2024/06/a.csv", in: first, condition: .ifAbsent)
        var names = try FileSystem.list(world.bucket)
        #expect(names == ["archive", "streams"])
        try await store.put([1], as: "archive/2024/07/b.csv", in: first)
        try await store.delete("archive/2024/06/a.csv", in: first)
        names = try FileSystem.list("\(world.bucket)/archive/2024")
        #expect(names == ["07"])
        try await store.move("archive/2024/07/b.csv", in: first, to: "b.csv", in: second, condition: .none)
        names = try FileSystem.list(world.bucket)
        #expect(names == ["streams"])
    }

    // MARK: Links and other things

    @Test("links are neither followed nor listed, wherever they point")
    func links() async throws {
        try FileSystem.createDirectories("\(world.folder)/outside")
        try FileSystem.writeFileAtomically("\(world.folder)/outside/secret", bytes("secret"))
        try world.write("real", "real")
        for (name, target) in [
            ("dangling", "nowhere"), ("file", "\(world.folder)/outside/secret"), ("folder", "\(world.folder)/outside"),
            ("inside", "real"), ("loop", "loop"), ("up", ".."),
        ] {
            symlink(target, "\(world.bucket)/\(name)")
        }
        for key in ["dangling", "file", "inside", "loop", "folder", "folder/secret", "up/\(second)/x"] {
            let codes = [
                await objectCode { try await store.head(key, in: first) },
                await objectCode { try await store.get(key, in: first, maximumByteCount: 100) },
                await objectCode { try await store.get(key, in: first, range: 0..<1, ifMatch: nil) },
                await objectCode { try await store.openReader(key, in: first) },
                await objectCode { try await store.copy(key, in: first, to: "x", in: first, condition: .none) },
                await objectCode { try await store.move(key, in: first, to: "x", in: first, condition: .none) },
            ]
            #expect(codes.allSatisfy { $0 == .notAnObject }, "\(key): \(codes)")
        }
        for key in ["folder/new", "up/\(second)/x"] {
            let code = await objectCode { try await store.put([1], as: key, in: first) }
            #expect(code == .invalidKey)
        }
        _ = await objectCode { try await store.delete("folder/secret", in: first) }
        _ = await objectCode { try await store.delete("file", in: first) }
        let keys = try await store.keys(in: first)
        #expect(keys == ["real"])
        let outside = try FileSystem.list("\(world.folder)/outside")
        #expect(outside == ["secret"])
    }

    @Test("a put over a link replaces the link, not what it points to")
    func putOverLink() async throws {
        try world.write("real", "real")
        symlink("real", "\(world.bucket)/link")
        try await store.put(bytes("new"), as: "link", in: first)
        let texts = [try await store.text("real", in: first), try await store.text("link", in: first)]
        #expect(texts == ["real", "new"])
    }

    @Test("a pipe is no object, and nobody waits for its other end", .timeLimit(.minutes(10)))
    func pipe() async throws {
        mkfifo("\(world.bucket)/pipe", 0o644)
        let codes = [
            await objectCode { try await store.head("pipe", in: first) },
            await objectCode { try await store.get("pipe", in: first, maximumByteCount: 9) },
        ]
        #expect(codes == [.notAnObject, .notAnObject])
        let keys = try await store.keys(in: first)
        #expect(keys == [])
    }

    @Test("names that are no UTF-8 are no objects and hinder nothing")
    func foreignNames() async throws {
        let path = (bytes("\(world.bucket)/caf") + [0xE9, 0]).map { CChar(bitPattern: $0) }
        let descriptor = creat(path, 0o644)
        #expect(descriptor >= 0)
        close(descriptor)
        // Whoever cleans up sees no such name either.
        defer { unlink(path) }
        try await store.put([1], as: "a", in: first)
        let keys = try await store.keys(in: first)
        #expect(keys == ["a"])
    }

    @Test("two names of one file are two objects, and either can be moved onto the other")
    func hardLinks() async throws {
        try world.write("a", "abc")
        link("\(world.bucket)/a", "\(world.bucket)/b")
        try await store.move("a", in: first, to: "b", in: first, condition: .none)
        let keys = try await store.keys(in: first)
        #expect(keys == ["b"])
        let text = try await store.text("b", in: first)
        #expect(text == "abc")
    }

    // MARK: Staging

    @Test("what a crash left in the staging folder is removed, what is being written is not")
    func sweep() async throws {
        let staging = "\(store.root)/.staging"
        try FileSystem.createDirectories(staging)
        for name in ["old", "old-locked", "fresh"] { try FileSystem.writeFileAtomically("\(staging)/\(name)", [1]) }
        world.age("\(staging)/old")
        world.age("\(staging)/old-locked")
        let locked = try File("\(staging)/old-locked", .read)
        let isLocked = try locked.lock(waits: false)
        #expect(isLocked)
        try await store.put([1], as: "a", in: first)
        let left = try world.litter()
        #expect(left == ["fresh", "old-locked"])
        withExtendedLifetime(locked) {}
    }

    @Test("a large folder is listed page by page in the right order")
    func largeFolder() async throws {
        let count = 40_000
        try FileSystem.createDirectories("\(world.bucket)/many")
        for number in 0..<count { _ = try File("\(world.bucket)/many/\(number)", .create) }
        let names = (0..<count).map { "many/\($0)" }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for place in [0, 16_383, 16_384, 32_767, 32_768, 39_500] {
            let after = place == 0 ? nil : names[place - 1]
            let page = try await store.list(first, prefix: "many/", after: after, limit: 600)
            #expect(page.objects.map(\.key) == Array(names[place..<min(place + 600, count)]))
            #expect((page.next == nil) == (place + 600 > count))
        }
    }

    @Test("a call that waits or reads ends when its task is cancelled", .timeLimit(.minutes(10)))
    func cancellation() async throws {
        let bucketLock = try Directory(world.bucket)
        let isLocked = try bucketLock.tryLock(exclusive: true)
        #expect(isLocked)
        let store = store
        let waiting = Task { try await store.put([1], as: "a", in: first) }
        // Its content is written before it waits for the lock.
        while (try? world.litter().isEmpty) != false { await Task.yield() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        let litter = try world.litter()
        #expect(litter == [])
        withExtendedLifetime(bucketLock) {}
    }
}
