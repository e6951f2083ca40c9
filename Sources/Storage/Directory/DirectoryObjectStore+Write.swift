import Digest
import FileSystem
import Glibc
import Synchronization

extension DirectoryObjectStore {
    /// Lets `install` act while `condition` holds, under the locks of the buckets it touches.
    ///
    /// The locks are held for the last look and the rename only: an ETag that has to be read for is worked out before, and
    /// under the lock it is made sure that the file is still that one.
    ///
    /// - Parameters:
    ///   - source: The object that is taken away from its place, if any.
    ///   - exclusive: Whether `install` looks before it acts, and nobody may come between.
    private func place(
        at address: ObjectAddress, from source: ObjectAddress? = nil, exclusive: Bool = false,
        _ condition: PutCondition,
        _ cancellation: Cancellation, _ install: (BucketFolder, _ replaces: Bool) throws -> Void
    ) throws {
        guard case .ifMatch = condition else {
            let locks = try locked(address, source, exclusive: exclusive, cancellation)
            return try withExtendedLifetime(locks) { try install(locks.target, condition == .none) }
        }
        while true {
            try cancellation.check()
            let seen = try current(address, cancellation)
            try ObjectStoreError.check(condition, seen?.eTag, address.operation, address.bucket, address.key)
            let locks = try locked(address, source, exclusive: true, cancellation)
            let isDone = try withExtendedLifetime(locks) {
                guard let seen, let now = try locks.target.parent(of: address)?.status(address.name),
                    now.hasSameContent(as: seen.status)
                else { return false }
                try install(locks.target, true)
                return true
            }
            if isDone { return }
        }
    }

    /// Opens and locks the buckets of two addresses, in the order of their names so that no two moves wait for each other.
    private func locked(
        _ address: ObjectAddress, _ source: ObjectAddress?, exclusive: Bool, _ cancellation: Cancellation
    ) throws -> (target: BucketFolder, source: BucketFolder?) {
        let target = try folder(of: address)
        let other: BucketFolder? =
            if let source, source.bucket != address.bucket { try folder(of: source) } else { nil }
        var inOrder: [(BucketFolder, ObjectAddress)] = [(target, address)]
        if let other, let source { inOrder.insert((other, source), at: source.bucket < address.bucket ? 0 : 1) }
        for (folder, address) in inOrder { try folder.lock(exclusive: exclusive, address, cancellation) }
        return (target, other)
    }

    private func current(
        _ address: ObjectAddress, _ cancellation: Cancellation
    ) throws -> (eTag: String, status: FileStatus)? {
        do {
            let (_, status, metadata) = try open(address, ifMatch: nil, cancellation)
            return (metadata.eTag, status)
        } catch let error as ObjectStoreError where error.code == .notFound || error.code == .notAnObject {
            return nil
        }
    }

    /// Gives a staged file its place.
    func place(
        _ staged: StagedFile, at address: ObjectAddress, _ condition: PutCondition, _ cancellation: Cancellation
    ) throws {
        try place(at: address, condition, cancellation) { folder, replaces in
            try install(staged, at: address, in: folder, replaces: replaces, cancellation)
        }
    }

    private func install(
        _ staged: StagedFile, at address: ObjectAddress, in folder: BucketFolder, replaces: Bool,
        _ cancellation: Cancellation
    ) throws {
        do {
            try folder.install(staged.name, from: staged.directory, at: address, replaces: replaces)
            staged.markInstalled()
        } catch let error as FileSystemError where error.code == EXDEV {
            // The bucket is a mount of its own, though on the same device.
            let again = try StagedFile(in: Staging.openInBucket(folder.directory))
            let written = try staged.directory.openForReading(staged.name)
            while try written.copyNext(ETagCache.blockBytes, to: again.file) > 0 { try cancellation.check() }
            if isDurable { try again.file.sync() }
            try folder.install(again.name, from: again.directory, at: address, replaces: replaces)
            again.markInstalled()
        }
    }

    func copy(
        _ source: ObjectAddress, to target: ObjectAddress, _ condition: PutCondition, _ cancellation: Cancellation
    ) throws -> ObjectMetadata {
        let (object, status, metadata) = try open(source, ifMatch: nil, cancellation)
        return try target.explaining {
            let staged = try stageCopy(of: object.file, status, for: folder(of: target), source, cancellation)
            let copied = try staged.file.status()
            cache.keep(metadata.eTag, of: staged.file, copied)
            try place(staged, at: target, condition, cancellation)
            return self.metadata(target, metadata.eTag, copied)
        }
    }

    /// Copies a file that must not change meanwhile.
    private func stageCopy(
        of file: File, _ status: FileStatus, for folder: BucketFolder, _ source: ObjectAddress,
        _ cancellation: Cancellation
    ) throws -> StagedFile {
        let staged = try stage(for: folder)
        while try file.copyNext(ETagCache.blockBytes, to: staged.file) > 0 { try cancellation.check() }
        guard try staged.file.status().byteCount == status.byteCount, try file.status().hasSameContent(as: status)
        else {
            throw Self.changed(source)
        }
        if isDurable { try staged.file.sync() }
        return staged
    }

    func move(
        _ source: ObjectAddress, to target: ObjectAddress, _ condition: PutCondition, _ cancellation: Cancellation
    ) throws -> ObjectMetadata {
        let (object, status, metadata) = try open(source, ifMatch: nil, cancellation)
        let moved = self.metadata(target, metadata.eTag, status)
        if source.bucket == target.bucket, source.key.utf8.elementsEqual(target.key.utf8) {
            try ObjectStoreError.check(condition, metadata.eTag, target.operation, target.bucket, target.key)
            return moved
        }
        return try target.explaining {
            do {
                // A rename between two names of one file, made by `ln`, does nothing at all: then it takes a look.
                let isLinked = status.linkCount > 1
                try place(at: target, from: source, exclusive: isLinked, condition, cancellation) { folder, replaces in
                    try folder.install(source.name, from: object.parent, at: target, replaces: replaces)
                    if isLinked, try object.parent.status(source.name)?.inode == status.inode {
                        try object.parent.removeFile(source.name)
                    }
                }
            } catch let error as FileSystemError where error.code == EXDEV {
                try moveAcross(object, status, metadata, source, target, condition, cancellation)
            } catch let error as FileSystemError where error.isNotFound {
                throw source.notFound
            }
            try? folder(of: source).prune(source)
            // Another file may have got the old key after it was opened, and then that one was moved; or the object has
            // been moved on already.
            let arrived = try folder(of: target).parent(of: target)?.status(target.name)
            guard let arrived, !arrived.hasSameContent(as: status) else { return moved }
            return (try? open(target, ifMatch: nil, cancellation).metadata) ?? moved
        }
    }

    /// Moves an object to another file system: it is complete there before the first one lets go of it.
    private func moveAcross(
        _ object: OpenObject, _ status: FileStatus, _ metadata: ObjectMetadata, _ source: ObjectAddress,
        _ target: ObjectAddress, _ condition: PutCondition, _ cancellation: Cancellation
    ) throws {
        let staged = try stageCopy(of: object.file, status, for: folder(of: target), source, cancellation)
        cache.keep(metadata.eTag, of: staged.file, try staged.file.status())
        try place(at: target, from: source, exclusive: true, condition, cancellation) { folder, replaces in
            guard let now = try object.parent.status(source.name) else { throw source.notFound }
            guard now.hasSameContent(as: status) else { throw Self.changed(source) }
            try install(staged, at: target, in: folder, replaces: replaces, cancellation)
            try object.parent.removeFile(source.name)
        }
    }

    func remove(_ address: ObjectAddress, _ cancellation: Cancellation) throws {
        try address.explaining {
            let folder = try folder(of: address)
            try folder.lock(exclusive: false, address, cancellation)
            guard let parent = try folder.parent(of: address), try parent.status(address.name)?.kind == .file else {
                return
            }
            try parent.removeFile(address.name)
            folder.prune(address)
        }
    }
}

/// An object's content on its way: the staged file, its length and its MD5 so far.
final class StagedContent {
    private let address: ObjectAddress
    private let store: DirectoryObjectStore
    private let staged: StagedFile
    private var hasher = MD5Hasher()

    init(_ address: ObjectAddress, _ store: DirectoryObjectStore) throws {
        self.address = address
        self.store = store
        staged = try store.stage(for: store.folder(of: address))
    }

    func write(_ bytes: [UInt8]) throws(FileSystemError) {
        try staged.file.write(bytes)
        hasher.update(bytes)
    }

    func place(_ condition: PutCondition, _ cancellation: Cancellation) throws -> ObjectMetadata {
        if store.isDurable { try staged.file.sync() }
        let eTag = hex(hasher.finish())
        let status = try staged.file.status()
        store.cache.keep(eTag, of: staged.file, status)
        try store.beforePlacing?(address.bucket, address.key)
        try store.place(staged, at: address, condition, cancellation)
        return store.metadata(address, eTag, status)
    }
}

/// Writes a staged file piece by piece.
final class DirectoryWriter: ObjectWriter {
    private let address: ObjectAddress
    private let store: DirectoryObjectStore
    /// Nil once finished or aborted.
    private let content: Mutex<StagedContent?>

    init(_ content: sending StagedContent, _ address: ObjectAddress, _ store: DirectoryObjectStore) {
        self.content = Mutex(content)
        self.address = address
        self.store = store
    }

    func write(_ bytes: [UInt8]) async throws {
        try await store.onThread { _ in
            try self.content.withLock { content in
                guard let content else { throw ObjectStoreError.closed("write", self.address.bucket, self.address.key) }
                try self.address.explaining { try content.write(bytes) }
            }
        }
    }

    func finish(condition: PutCondition) async throws -> ObjectMetadata {
        try await store.onThread { cancellation in
            try self.content.withLock { content in
                guard let open = content else {
                    throw ObjectStoreError.closed("finish", self.address.bucket, self.address.key)
                }
                defer { content = nil }
                return try self.address.explaining { try open.place(condition, cancellation) }
            }
        }
    }

    func abort() async { content.withLock { $0 = nil } }
}
