import FileSystem
import Synchronization

/// Objects as plain files: the object `KEY` of the bucket `BUCKET` is the file `ROOT/BUCKET/KEY`.
///
/// Several processes may use one folder at the same time, and files that are put there by other means, such as `cp`, are
/// objects as they are.
///
/// - A bucket is made by ``createBucket(_:)`` or by making its folder; writing to one that isn't there is `.noSuchBucket`.
/// - Every regular file below the bucket's folder is an object, hidden ones too, but those in `.turntable-staging` and
///   those whose path is no UTF-8 or has more than 1,024 bytes. Folders, symbolic links, pipes and devices are not; links
///   are never followed, so no key reaches outside.
/// - A key is refused with `.invalidKey` when a path can't spell it: a slash at its beginning or end, `//`, the parts `.`
///   and `..`, NUL, a part of more than 255 bytes, a key that is also the folder of another one.
/// - Objects are written in `ROOT/.staging` (in `BUCKET/.turntable-staging` where the bucket is another file system) and
///   get their place by one rename. What a crash leaves there is removed by a later process. A move is one rename, too.
/// - Folders that the store made are removed when they become empty; folders that others made stay.
/// - A file is read once for its ETag, which is kept in the extended attribute `user.turntable.etag` and holds as long
///   as size and modification time stay the same.
/// - What has been written outlives this process. With `isDurable` it outlives a power loss, too, at the cost of an fsync
///   for each object.
///
/// System calls run on threads of the store's own, four at most; a long one ends when its task is cancelled.
public final class DirectoryObjectStore: ObjectStore {
    /// The folder that holds the buckets.
    public let root: String
    let isDurable: Bool
    /// Called with bucket and key of an object that is complete and not yet to be seen; what it throws ends the write.
    let beforePlacing: (@Sendable (String, String) throws -> Void)?
    let cache = ETagCache()
    private let threads = BlockingThreads(maximumThreadCount: 4)
    private let hasSwept = Atomic(false)

    /// Makes a store of the buckets below `root`; looks at nothing yet.
    public convenience init(root: String, isDurable: Bool = false) {
        self.init(root: root, isDurable: isDurable, beforePlacing: nil)
    }

    init(root: String, isDurable: Bool, beforePlacing: (@Sendable (String, String) throws -> Void)?) {
        self.root = root
        self.isDurable = isDurable
        self.beforePlacing = beforePlacing
    }

    func onThread<Value: Sendable>(_ work: @escaping @Sendable (Cancellation) throws -> Value) async throws -> Value {
        try await threads.run(work)
    }

    /// Makes a bucket, and the root if need be; one that is there is fine.
    ///
    /// - Throws: ``ObjectStoreError`` `.invalidKey` for a name that S3 doesn't take, `.readOnly`, `.noSpace`.
    public func createBucket(_ bucket: String) throws {
        try ObjectKey.checkBucket(bucket, "create bucket")
        do throws(FileSystemError) {
            try FileSystem.createDirectories("\(root)/\(bucket)")
        } catch {
            throw ObjectStoreError(error, operation: "create bucket", bucket: bucket, key: nil)
        }
    }

    func folder(of address: ObjectAddress) throws(ObjectStoreError) -> BucketFolder {
        try BucketFolder(root: root, address.bucket, address.operation, key: address.key)
    }

    /// A new file from which a rename reaches the bucket.
    func stage(for folder: BucketFolder) throws(FileSystemError) -> StagedFile {
        let staging = try Staging.open(root: root, for: folder.directory)
        if !hasSwept.exchange(true, ordering: .relaxed) { Staging.sweep(staging) }
        return try StagedFile(in: staging)
    }

    // MARK: Reading

    public func head(_ key: String, in bucket: String) async throws -> ObjectMetadata {
        let address = try ObjectAddress(key, in: bucket, "head")
        return try await onThread { try self.open(address, ifMatch: nil, $0).metadata }
    }

    public func get(_ key: String, in bucket: String, maximumByteCount: Int) async throws -> Object {
        let address = try ObjectAddress(key, in: bucket, "get")
        return try await onThread { try self.readWhole(address, maximumByteCount, $0) }
    }

    public func get(_ key: String, in bucket: String, range: Range<Int>, ifMatch: String?) async throws -> [UInt8] {
        let address = try ObjectAddress(key, in: bucket, "get range")
        return try await onThread { try self.readRange(address, range, ifMatch, $0) }
    }

    public func openReader(_ key: String, in bucket: String, ifMatch: String?) async throws -> any ObjectReader {
        let address = try ObjectAddress(key, in: bucket, "open")
        return try await onThread { cancellation in
            let (object, status, metadata) = try self.open(address, ifMatch: ifMatch, cancellation)
            return DirectoryReader(object.file, status, metadata, address, self)
        }
    }

    public func list(_ bucket: String, prefix: String, after: String?, limit: Int) async throws -> ObjectPage {
        let limit = try ObjectStoreError.checkedLimit(limit, bucket)
        try ObjectKey.checkBucket(bucket, "list")
        return try await onThread { try self.page(of: bucket, prefix: prefix, after: after, limit: limit, $0) }
    }

    // MARK: Writing

    @discardableResult
    public func put(
        _ bytes: [UInt8], as key: String, in bucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata {
        let address = try ObjectAddress(key, in: bucket, "put")
        return try await onThread { cancellation in
            try address.explaining {
                let content = try StagedContent(address, self)
                try content.write(bytes)
                return try content.place(condition, cancellation)
            }
        }
    }

    public func openWriter(_ key: String, in bucket: String) async throws -> any ObjectWriter {
        let address = try ObjectAddress(key, in: bucket, "write")
        return try await onThread { _ in
            try address.explaining { DirectoryWriter(try StagedContent(address, self), address, self) }
        }
    }

    @discardableResult
    public func copy(
        _ key: String, in bucket: String, to newKey: String, in newBucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata {
        let source = try ObjectAddress(key, in: bucket, "copy")
        let target = try ObjectAddress(newKey, in: newBucket, "copy")
        return try await onThread { try self.copy(source, to: target, condition, $0) }
    }

    @discardableResult
    public func move(
        _ key: String, in bucket: String, to newKey: String, in newBucket: String, condition: PutCondition
    ) async throws -> ObjectMetadata {
        let source = try ObjectAddress(key, in: bucket, "move")
        let target = try ObjectAddress(newKey, in: newBucket, "move")
        return try await onThread { try self.move(source, to: target, condition, $0) }
    }

    public func delete(_ key: String, in bucket: String) async throws {
        let address = try ObjectAddress(key, in: bucket, "delete")
        try await onThread { try self.remove(address, $0) }
    }
}
