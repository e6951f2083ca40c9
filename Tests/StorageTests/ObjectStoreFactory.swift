import Clocks
import FileSystem
import Storage
import TestSupport
import Testing

/// An implementation of `ObjectStore` for the contract suite; another one joins by one line in ``all``.
struct ObjectStoreFactory: Sendable, CustomTestStringConvertible {
    static let all: [ObjectStoreFactory] = [.directory, .inMemory]

    static let directory = ObjectStoreFactory(testDescription: "directory") { folder in
        let store = DirectoryObjectStore(root: "\(folder)/buckets")
        for bucket in buckets { try store.createBucket(bucket) }
        return store
    }
    static let inMemory = ObjectStoreFactory(testDescription: "in memory") { _ in
        InMemoryObjectStore(buckets: buckets, clock: ManualClock(now: Timestamp(millisecondsSinceEpoch: 1_000)))
    }

    /// The buckets that every store made here has.
    static let buckets = ["first.bucket", "second-bucket"]

    let testDescription: String
    let make: @Sendable (_ folder: String) async throws -> any ObjectStore

    /// A store with empty buckets.
    func open() async throws -> StoreUnderTest {
        let folder = try makeTemporaryDirectory()
        return StoreUnderTest(store: try await make(folder), folder: folder)
    }
}

/// A store and the folder it may use.
struct StoreUnderTest: Sendable {
    let store: any ObjectStore
    let folder: String

    func remove() { try? FileSystem.removeTree(folder) }
}

let first = "first.bucket"
let second = "second-bucket"

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// The code with which `body` fails, or nil when it doesn't fail so.
func objectCode<Result>(_ body: () async throws -> Result) async -> ObjectStoreError.Code? {
    do {
        _ = try await body()
        return nil
    } catch {
        return (error as? ObjectStoreError)?.code
    }
}

extension ObjectStore {
    func text(_ key: String, in bucket: String) async throws -> String {
        String(decoding: try await get(key, in: bucket, maximumByteCount: 1 << 20).bytes, as: UTF8.self)
    }

    /// The keys of all pages.
    func keys(in bucket: String, prefix: String = "", pageSize: Int = 1_000) async throws -> [String] {
        var keys: [String] = []
        var after: String?
        repeat {
            let page = try await list(bucket, prefix: prefix, after: after, limit: pageSize)
            #expect(page.objects.count <= pageSize)
            keys += page.objects.map(\.key)
            after = page.next
        } while after != nil
        return keys
    }
}
