import Clocks
import FileSystem
import Storage
import Synchronization

/// Just enough of a store for a watcher: the digest is the content's checksum.
final class FolderStore: ObjectStore {
    struct Unused: Error {}
    struct Unreadable: Error {}

    let root: String
    /// Calls of `head` that fail before one succeeds.
    private let failures: Mutex<Int>

    init(root: String, failures: Int = 0) {
        self.root = root
        self.failures = Mutex(failures)
    }

    func head(_ key: String, in bucket: String) async throws -> ObjectMetadata {
        let fails = failures.withLock { failures in
            failures -= 1
            return failures >= 0
        }
        if fails { throw Unreadable() }
        let path = "\(root)/\(bucket)/\(key)"
        guard try FileSystem.status(path)?.kind == .file else {
            throw ObjectStoreError(.notFound, operation: "head", bucket: bucket, key: key, detail: "there is none")
        }
        let bytes = try FileSystem.readFile(path)
        let checksum = bytes.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        return ObjectMetadata(
            bucket: bucket, key: key, byteCount: bytes.count, eTag: String(checksum, radix: 16),
            lastModified: Timestamp(secondsSinceEpoch: 0))
    }

    func get(_ key: String, in bucket: String, maximumByteCount: Int) async throws -> Object { throw Unused() }
    func get(_ key: String, in bucket: String, range: Range<Int>, ifMatch: String?) async throws -> [UInt8] {
        throw Unused()
    }
    func openReader(_ key: String, in bucket: String, ifMatch: String?) async throws -> any ObjectReader {
        throw Unused()
    }
    func put(
        _ bytes: [UInt8], as key: String, in bucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata { throw Unused() }
    func openWriter(_ key: String, in bucket: String) async throws -> any ObjectWriter { throw Unused() }
    func list(_ bucket: String, prefix: String, after: String?, limit: Int) async throws -> ObjectPage {
        throw Unused()
    }
    func copy(
        _ key: String, in bucket: String, to newKey: String, in newBucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata { throw Unused() }
    func move(
        _ key: String, in bucket: String, to newKey: String, in newBucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata { throw Unused() }
    func delete(_ key: String, in bucket: String) async throws { throw Unused() }
}
