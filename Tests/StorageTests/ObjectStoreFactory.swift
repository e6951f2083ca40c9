import Clocks
import FileSystem
import Storage
import TestSupport
import Testing

/// An implementation of `ObjectStore` for the contract suite; another one joins by one line in ``all``.
struct ObjectStoreFactory: Sendable, CustomTestStringConvertible {
    static let all: [ObjectStoreFactory] = [.directory, .inMemory, .s3]

    static let directory = ObjectStoreFactory(testDescription: "directory") { folder in
        let store = DirectoryObjectStore(root: "\(folder)/buckets")
        for bucket in buckets { try store.createBucket(bucket) }
        return (store, {})
    }
    static let inMemory = ObjectStoreFactory(testDescription: "in memory") { _ in
        (InMemoryObjectStore(buckets: buckets, clock: ManualClock(now: Timestamp(millisecondsSinceEpoch: 1_000))), {})
    }

    /// The buckets that every store made here has.
    static let buckets = ["first.bucket", "second-bucket"]

    let testDescription: String
    /// Whether a moved object keeps its time, and a write returns the time that the object then has. S3 can't: a move is
    /// a copy, and the answer to a write has only its own date.
    var keepsTimes = true
    /// Whether of several moves under different new keys those that fail leave no copy. S3 has no rename.
    var movesAlone = true
    /// What the emulator behind the store doesn't do and the real service does; each is said when a test leaves it out.
    var emulatorGaps: Set<EmulatorGap> = []
    let make: @Sendable (_ folder: String) async throws -> (store: any ObjectStore, end: @Sendable () -> Void)

    /// A store with empty buckets.
    func open() async throws -> StoreUnderTest {
        let folder = try makeTemporaryDirectory()
        let (store, end) = try await make(folder)
        return StoreUnderTest(store: store, folder: folder, end: end)
    }

    /// Whether `written`, what a write returned, says of the object what `found` says.
    func agree(_ written: ObjectMetadata, _ found: ObjectMetadata) -> Bool {
        if keepsTimes { return written == found }
        let difference = written.lastModified - found.lastModified
        return written.bucket == found.bucket && written.key == found.key && written.byteCount == found.byteCount
            && written.eTag == found.eTag && difference >= .zero && difference <= .seconds(10)
    }
}

/// What moto does otherwise than AWS.
enum EmulatorGap: String, Sendable {
    case lineFeedsInKeys = "its routes know no key with a line feed"
    case emptyNamesInMaps = "it loses a map's member whose name is empty"
    case unboundedSums = "it adds beyond 38 digits"
    case smallItems = "it takes items of 405,000 bytes at most, not of 409,600"

    func isLeftOut(_ factory: String) { print("NOT RUN: \(factory): \(rawValue)") }
}

/// A store and the folder it may use.
struct StoreUnderTest: Sendable {
    let store: any ObjectStore
    let folder: String
    let end: @Sendable () -> Void

    func remove() {
        end()
        try? FileSystem.removeTree(folder)
    }
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
