import FileSystem
import Glibc

extension DirectoryObjectStore {
    func page(
        of bucket: String, prefix: String, after: String?, limit: Int, _ cancellation: Cancellation
    ) throws -> ObjectPage {
        do {
            let folder = try BucketFolder(root: root, bucket, "list", key: nil)
            var listing = Listing(
                prefix: Array(prefix.utf8), after: after.map { Array($0.utf8) }, limit: limit, cancellation)
            try listing.read(folder.directory, path: [])
            var objects: [ObjectMetadata] = []
            for key in listing.keys.prefix(limit) {
                let key = String(decoding: key, as: UTF8.self)
                if let metadata = try listed(key, bucket, cancellation) { objects.append(metadata) }
            }
            let next = listing.keys.count > limit ? String(decoding: listing.keys[limit - 1], as: UTF8.self) : nil
            return ObjectPage(objects: objects, next: next)
        } catch let error as FileSystemError {
            throw ObjectStoreError(error, operation: "list", bucket: bucket, key: nil)
        }
    }

    /// The metadata of a file that was found, or nil when it is gone or no object any more.
    private func listed(_ key: String, _ bucket: String, _ cancellation: Cancellation) throws -> ObjectMetadata? {
        let address = try ObjectAddress(key, in: bucket, "list")
        do {
            return try address.explaining {
                let object = try folder(of: address).open(address)
                // A file that is still being written must not keep others from being listed.
                return try cache.eTag(of: object.file, acceptsChanges: true, cancellation).map {
                    metadata(address, $0.eTag, $0.status)
                }
            }
        } catch let error as ObjectStoreError where error.code == .notFound || error.code == .notAnObject {
            return nil
        }
    }
}

/// Walks a bucket's folders for one page of keys, ascending by bytes, in memory that doesn't grow with the bucket.
///
/// A folder `a` stands where its keys `a/…` do: after a file `a-b` and `a.b`, since `-` and `.` come before `/`.
private struct Listing {
    /// Names of one folder held at once; a larger folder is read several times.
    static let maximumNames = 16_384

    let prefix: [UInt8]
    let after: [UInt8]?
    let limit: Int
    let cancellation: Cancellation
    /// One more than the limit when there are more.
    private(set) var keys: [[UInt8]] = []

    init(prefix: [UInt8], after: [UInt8]?, limit: Int, _ cancellation: Cancellation) {
        self.prefix = prefix
        self.after = after
        self.limit = limit
        self.cancellation = cancellation
    }

    private var isFull: Bool { keys.count > limit }

    /// Adds the keys below the folder whose keys begin with `path`.
    mutating func read(_ folder: Directory, path: [UInt8]) throws {
        var last: [UInt8]?
        repeat {
            try cancellation.check()
            let (entries, isComplete) = try nextEntries(of: folder, path, after: last)
            for entry in entries where !isFull {
                if entry.last == UInt8(ascii: "/") {
                    let name = String(decoding: entry.dropFirst(path.count).dropLast(), as: UTF8.self)
                    if let inner = try open(name, in: folder) { try read(inner, path: entry) }
                } else {
                    keys.append(entry)
                }
            }
            last = isComplete ? nil : entries.last
        } while last != nil && !isFull
    }

    /// A folder that was found, or nil when it is gone or replaced meanwhile.
    private func open(_ name: String, in folder: Directory) throws(FileSystemError) -> Directory? {
        do throws(FileSystemError) {
            return try folder.directory(name)
        } catch {
            guard error.isNotFound || error.code == ELOOP else { throw error }
            return nil
        }
    }

    /// The first entries of a folder after `last`: keys of files, and keys with a slash at the end of folders.
    private func nextEntries(
        of folder: Directory, _ path: [UInt8], after last: [UInt8]?
    ) throws -> (entries: [[UInt8]], isComplete: Bool) {
        var entries: [[UInt8]] = []
        var bound: [UInt8]?
        var failure: FileSystemError?
        try folder.forEachName { name, kind in
            var kind = kind
            if kind == nil {
                do throws(FileSystemError) { kind = try folder.status(name)?.kind } catch { failure = error }
            }
            guard let entry = entry(name, kind, path) else { return }
            if let last, !last.lexicographicallyPrecedes(entry) { return }
            if let bound, !entry.lexicographicallyPrecedes(bound) { return }
            entries.append(entry)
            if entries.count >= 2 * Self.maximumNames {
                entries.sort { $0.lexicographicallyPrecedes($1) }
                bound = entries[Self.maximumNames]
                entries.removeSubrange(Self.maximumNames...)
            }
        }
        if let failure { throw failure }
        entries.sort { $0.lexicographicallyPrecedes($1) }
        return (entries, bound == nil)
    }

    /// The entry's place in the order, or nil when there is nothing wanted in it.
    private func entry(_ name: String, _ kind: FileStatus.Kind?, _ path: [UInt8]) -> [UInt8]? {
        var entry = path + Array(name.utf8)
        switch kind {
        case .file:
            guard entry.count <= ObjectKey.maximumByteCount, entry.starts(with: prefix) else { return nil }
            if let after, !after.lexicographicallyPrecedes(entry) { return nil }
        case .directory:
            if path.isEmpty, name == Staging.nameInBucket { return nil }
            entry.append(UInt8(ascii: "/"))
            guard entry.count <= ObjectKey.maximumByteCount, entry.starts(with: prefix) || prefix.starts(with: entry)
            else {
                return nil
            }
            if let after, !after.lexicographicallyPrecedes(entry), !after.starts(with: entry) { return nil }
        default: return nil
        }
        return entry
    }
}
