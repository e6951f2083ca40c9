import FileSystem
import Glibc
import TestSupport
import Testing

@testable import Storage

/// Disks that are full, read-only, or several.
@Suite("DirectoryObjectStore: faults of the disk")
struct DirectoryFaultTests {
    @Test("a full disk is noSpace, leaves the old object and no litter, and passes")
    func fullDisk() async throws {
        try await withTemporaryDirectory { folder in
            guard let disk = try await ScratchMount.tmpfs(at: "\(folder)/disk", size: "1m") else { return }
            let result = await Self.fillDisk(disk.path)
            await disk.unmount()
            try result.get()
        }
    }

    private static func fillDisk(_ path: String) async -> Result<Void, any Error> {
        do {
            let store = DirectoryObjectStore(root: "\(path)/buckets")
            try store.createBucket(first)
            let small = [UInt8](repeating: 1, count: 1_000)
            let large = [UInt8](repeating: 2, count: 2 << 20)
            try await store.put(small, as: "a", in: first)
            let put = await objectCode { try await store.put(large, as: "a", in: first) }
            #expect(put == .noSpace)
            let writer = try await store.openWriter("b", in: first)
            let write = await objectCode { for _ in 0..<2_000 { try await writer.write(small) } }
            #expect(write == .noSpace)
            await writer.abort()
            try await store.put([UInt8](repeating: 3, count: 600 << 10), as: "half", in: first)
            let copy = await objectCode {
                try await store.copy("half", in: first, to: "c", in: first, condition: .none)
            }
            #expect(copy == .noSpace)
            // A move needs no space for the content.
            try await store.move("half", in: first, to: "moved/half", in: first, condition: .none)
            let keys = try await store.keys(in: first)
            #expect(keys == ["a", "moved/half"])
            let content = try await store.get("a", in: first, maximumByteCount: 2_000).bytes
            #expect(content == small)
            let litter = try FileSystem.list("\(store.root)/.staging")
            #expect(litter == [])
            try await store.delete("moved/half", in: first)
            try await store.put(large.prefix(700 << 10) + [], as: "again", in: first)
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    @Test("a file larger than the process may write is tooLarge and leaves nothing")
    func fileSizeLimit() async throws {
        await #expect(processExitsWith: .success) {
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 100_000, rlim_max: 100_000)
            setrlimit(__rlimit_resource_t(1), &limit)
            let folder = try makeTemporaryDirectory()
            let store = DirectoryObjectStore(root: "\(folder)/buckets")
            try store.createBucket("first.bucket")
            var code: ObjectStoreError.Code?
            do {
                try await store.put([UInt8](repeating: 1, count: 200_000), as: "a/b", in: "first.bucket")
            } catch let error as ObjectStoreError {
                code = error.code
            }
            let names = try FileSystem.list("\(folder)/buckets/first.bucket")
            let litter = try FileSystem.list("\(folder)/buckets/.staging")
            try FileSystem.removeTree(folder)
            guard code == .tooLarge, names.isEmpty, litter.isEmpty else { exit(9) }
        }
    }

    @Test("a read-only bucket can be read, and each write says readOnly and what to do")
    func readOnlyBucket() async throws {
        try await withTemporaryDirectory { folder in
            let store = DirectoryObjectStore(root: "\(folder)/buckets")
            for bucket in [first, second] { try store.createBucket(bucket) }
            try await store.put([1], as: "a/b", in: first)
            try await store.put([2], as: "c", in: second)
            guard let mount = try await ScratchMount.readOnly("\(folder)/buckets/\(first)") else { return }
            let codes = [
                await objectCode { try await store.put([1], as: "new", in: first) },
                await objectCode { try await store.put([1], as: "a/b", in: first) },
                await objectCode { try await store.put([1], as: "a/b", in: first, condition: .ifMatch(md5Of1)) },
                await objectCode { try await store.openWriter("new", in: first).finish(condition: .none) },
                await objectCode { try await store.move("a/b", in: first, to: "d", in: first, condition: .none) },
                await objectCode { try await store.move("a/b", in: first, to: "d", in: second, condition: .none) },
                await objectCode { try await store.move("c", in: second, to: "d", in: first, condition: .none) },
                await objectCode { try await store.copy("c", in: second, to: "d", in: first, condition: .none) },
                await objectCode { try await store.delete("a/b", in: first) },
            ]
            let content = await objectCode { try await store.get("a/b", in: first, maximumByteCount: 1) }
            let copy = await objectCode {
                try await store.copy("a/b", in: first, to: "copied", in: second, condition: .none)
            }
            let kept = await objectCode { try await store.head("c", in: second) }
            let keys = try? await store.keys(in: first)
            let error = await Self.error { try await store.put([1], as: "new", in: first) }
            await mount.unmount()
            #expect(codes.allSatisfy { $0 == .readOnly }, "\(codes)")
            #expect(content == nil && copy == nil && kept == nil)
            #expect(keys == ["a/b"])
            #expect(
                error?.description.hasPrefix(
                    "readOnly on put first.bucket/new: the file system is mounted read-only; mount it for writing or use another data folder (EROFS"
                )
                    == true)
            let litter = try FileSystem.list("\(store.root)/.staging")
            #expect(litter == [])
        }
    }

    private static func error<Result>(_ body: () async throws -> Result) async -> ObjectStoreError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error as? ObjectStoreError
        }
    }

    @Test("buckets in different file systems work like others, moves between them, too")
    func otherFileSystem() async throws {
        try await withTemporaryDirectory { folder in
            let store = DirectoryObjectStore(root: "\(folder)/buckets")
            for bucket in [first, second] { try store.createBucket(bucket) }
            guard let disk = try await ScratchMount.tmpfs(at: "\(folder)/buckets/\(second)", size: "4m") else { return }
            let result = await Self.moveAcross(store)
            await disk.unmount()
            try result.get()
        }
    }

    private static func moveAcross(_ store: DirectoryObjectStore) async -> Result<Void, any Error> {
        do {
            let put = try await store.put([1], as: "in/a", in: first)
            let moved = try await store.move("in/a", in: first, to: "out/a", in: second, condition: .ifAbsent)
            #expect(moved.eTag == put.eTag)
            var keys = [try await store.keys(in: first), try await store.keys(in: second)]
            #expect(keys == [[], ["out/a"]])
            try await store.put([2], as: "in/b", in: first)
            let taken = await objectCode {
                try await store.move("in/b", in: first, to: "out/a", in: second, condition: .ifAbsent)
            }
            #expect(taken == .preconditionFailed)
            let full = try await store.put([UInt8](repeating: 1, count: 5 << 20), as: "large", in: first)
            let code = await objectCode {
                try await store.move("large", in: first, to: "large", in: second, condition: .none)
            }
            #expect(code == .noSpace)
            let kept = try await store.head("large", in: first)
            #expect(kept == full)
            try await store.put([3], as: "direct", in: second)
            try await store.move("direct", in: second, to: "direct", in: first, condition: .none)
            keys = [try await store.keys(in: first), try await store.keys(in: second)]
            #expect(keys == [["direct", "in/b", "large"], ["out/a"]])
            let litter = try FileSystem.list("\(store.root)/\(second)/\(Staging.nameInBucket)")
            #expect(litter == [])
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    @Test("a folder this user may not open is accessDenied, one it may not write to readOnly")
    func permissions() async throws {
        guard geteuid() != 0 else {
            print(
                "NOT RUN: root may open everything, so permissions can't be tried; the read-only mount is tried instead"
            )
            return
        }
        try await withTemporaryDirectory { folder in
            let store = DirectoryObjectStore(root: "\(folder)/buckets")
            try store.createBucket(first)
            try await store.put([1], as: "closed/a", in: first)
            chmod("\(folder)/buckets/\(first)/closed", 0o500)
            let write = await objectCode { try await store.put([1], as: "closed/b", in: first) }
            chmod("\(folder)/buckets/\(first)/closed", 0)
            let read = await objectCode { try await store.head("closed/a", in: first) }
            chmod("\(folder)/buckets/\(first)/closed", 0o700)
            #expect(write == .readOnly)
            #expect(read == .accessDenied)
        }
    }

    private var md5Of1: String { "55a54008ad1ba589aa210d2629c1df41" }
}
