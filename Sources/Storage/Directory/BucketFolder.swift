import FileSystem
import Glibc

/// A bucket's open folder. Below it no symbolic link is followed, so nothing outside is ever reached.
///
/// Each operation opens its own, which carries the operation's lock.
struct BucketFolder {
    /// Marks folders that the store made by itself, which go when they are empty; all others were made by someone who
    /// may want to drop the next file there.
    private static let madeByStore = "user.turntable.folder"
    /// How often a write starts again because a folder on its way was removed meanwhile.
    private static let maximumAttempts = 1_000
    /// How long an operation waits for the bucket's lock, which is held for microseconds.
    private static let lockTimeout = Duration.seconds(30)

    let directory: Directory

    init(root: String, _ bucket: String, _ operation: String, key: String?) throws(ObjectStoreError) {
        do throws(FileSystemError) {
            directory = try Directory("\(root)/\(bucket)")
        } catch {
            guard error.isNotFound else {
                throw ObjectStoreError(error, operation: operation, bucket: bucket, key: key)
            }
            throw ObjectStoreError(
                .noSuchBucket, operation: operation, bucket: bucket, key: key,
                detail:
                    "there is no folder \(root)/\(bucket); the router makes the buckets of the template, or make it",
                cause: error)
        }
    }

    /// Takes the bucket's lock: shared for what is one system call anyway, exclusive for what first looks and then acts.
    func lock(exclusive: Bool, _ address: ObjectAddress, _ cancellation: Cancellation) throws {
        let start = ContinuousClock.now
        var pause: UInt32 = 100
        while try !directory.tryLock(exclusive: exclusive) {
            try cancellation.check()
            guard start.duration(to: .now) < Self.lockTimeout else {
                throw address.error(
                    .io, "another process has held the lock on \(directory.path) for \(Self.lockTimeout)")
            }
            usleep(pause)
            pause = min(pause * 2, 5_000)
        }
    }

    /// The object's folder, or nil when it isn't there.
    func parent(of address: ObjectAddress) throws -> Directory? {
        var current = directory
        for name in address.folders {
            do throws(FileSystemError) {
                current = try current.directory(name)
            } catch {
                switch error.code {
                case ENOENT: return nil
                case ENOTDIR, ELOOP:
                    if try current.status(name)?.kind == .link {
                        throw address.error(
                            .notAnObject, "the folder `\(name)` is a symbolic link, which is not followed")
                    }
                    return nil
                default: throw error
                }
            }
        }
        return current
    }

    /// Opens the object for reading.
    func open(_ address: ObjectAddress) throws -> OpenObject {
        guard let parent = try parent(of: address) else { throw address.notFound }
        let file: File
        do throws(FileSystemError) {
            file = try parent.openForReading(address.name)
        } catch {
            switch error.code {
            case ENOENT: throw address.notFound
            case ELOOP:
                throw address.error(.notAnObject, "it is a symbolic link, which is not followed; copy the file instead")
            case ENXIO: throw address.error(.notAnObject, "it is a socket or device")
            default: throw error
            }
        }
        let status = try file.status()
        switch status.kind {
        case .file: return OpenObject(parent: parent, file: file, status: status)
        case .directory: throw address.error(.notAnObject, "it is a folder")
        default: throw address.error(.notAnObject, "it is a pipe or device")
        }
    }

    /// Gives a finished file its place in the bucket, in one step, making the folders it needs.
    ///
    /// - Throws: ``FileSystemError`` `EXDEV` when the place is in another file system.
    func install(_ name: String, from source: Directory, at address: ObjectAddress, replaces: Bool) throws {
        for _ in 0..<Self.maximumAttempts {
            guard let parent = try makeParent(of: address) else { continue }
            do throws(FileSystemError) {
                try source.rename(name, to: parent, address.name, replaces: replaces)
                return
            } catch {
                switch error.code {
                case ENOENT:
                    // Either the source is gone or the folder was removed, being empty, since it was opened.
                    if try source.status(name) == nil { throw error }
                case EEXIST, EISDIR:
                    guard let found = try parent.status(address.name) else { continue }
                    guard found.kind == .directory else {
                        throw address.error(.preconditionFailed, "there is an object already")
                    }
                    // A folder without objects is nothing that S3 would know of.
                    guard try removeEmptyFolders(address.name, in: parent) else {
                        throw address.error(
                            .invalidKey,
                            "the key is also a folder of other objects, and a file can't be both; use another key")
                    }
                default: throw error
                }
            }
        }
        throw address.error(.io, "its folder was removed again and again while it was being written")
    }

    /// The object's folder, made where it isn't there; nil when one was removed meanwhile and it must be tried again.
    private func makeParent(of address: ObjectAddress) throws -> Directory? {
        var current = directory
        for name in address.folders {
            do throws(FileSystemError) {
                current = try current.directory(name)
                continue
            } catch {
                switch error.code {
                case ENOENT: break
                case ENOTDIR, ELOOP:
                    guard let found = try current.status(name) else { return nil }
                    if found.kind == .directory { return nil }
                    throw address.error(
                        .invalidKey, "the key needs a folder `\(name)` where there is a file or link; use another key")
                default: throw error
                }
            }
            do throws(FileSystemError) {
                let isNew = try current.createDirectory(name)
                current = try current.directory(name)
                // Without extended attributes the folder just stays.
                if isNew { try? current.setExtendedAttribute(Self.madeByStore, [1]) }
            } catch {
                guard error.isNotFound else { throw error }
                return nil
            }
        }
        return current
    }

    private func removeEmptyFolders(_ name: String, in parent: Directory) throws(FileSystemError) -> Bool {
        if try parent.removeDirectoryIfEmpty(name) { return true }
        let folder: Directory
        do throws(FileSystemError) {
            folder = try parent.directory(name)
        } catch {
            return error.isNotFound
        }
        var names: [String] = []
        var hasOther = false
        try folder.forEachName { name, kind in
            if kind == .directory { names.append(name) } else { hasOther = true }
        }
        guard !hasOther else { return false }
        for name in names where try !removeEmptyFolders(name, in: folder) { return false }
        return try parent.removeDirectoryIfEmpty(name)
    }

    /// Removes the folders that held the object as far as they are empty and the store's own.
    func prune(_ address: ObjectAddress) {
        var chain = [directory]
        for name in address.folders {
            guard let next = try? chain[chain.count - 1].directory(name) else { return }
            chain.append(next)
        }
        for (index, name) in address.folders.enumerated().reversed() {
            // What can't be removed stays: an empty folder is no object.
            guard chain[index + 1].extendedAttribute(Self.madeByStore) != nil,
                (try? chain[index].removeDirectoryIfEmpty(name)) == true
            else { return }
        }
    }
}

/// An object that has been opened: the folder it stands in, the file, and its status at that moment.
struct OpenObject {
    let parent: Directory
    let file: File
    let status: FileStatus
}
