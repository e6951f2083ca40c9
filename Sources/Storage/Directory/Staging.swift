import FileSystem
import Glibc
import Synchronization

/// Where objects are written before they get their place.
enum Staging {
    /// The folder beside the buckets: no bucket name begins with a dot.
    static let nameInRoot = ".staging"
    /// The folder inside a bucket that is in another file system than the root; no object's key.
    static let nameInBucket = ".turntable-staging"
    /// Seconds after which a file that no process has locked was left behind by a crash.
    private static let abandonedAfter: Int64 = 60

    /// Opens the folder from which a rename reaches the bucket, making it when it isn't there.
    static func open(root: String, for bucket: Directory) throws(FileSystemError) -> Directory {
        do throws(FileSystemError) {
            let staging = try open(nameInRoot, in: Directory(root))
            if try staging.deviceNumber() == bucket.deviceNumber() { return staging }
        } catch {
            guard error.isReadOnly else { throw error }
        }
        return try open(nameInBucket, in: bucket)
    }

    /// Opens the folder inside the bucket, making it when it isn't there.
    static func openInBucket(_ bucket: Directory) throws(FileSystemError) -> Directory {
        try open(nameInBucket, in: bucket)
    }

    private static func open(_ name: String, in parent: Directory) throws(FileSystemError) -> Directory {
        do throws(FileSystemError) {
            return try parent.directory(name)
        } catch {
            guard error.code == ENOENT else { throw error }
            _ = try parent.createDirectory(name)
            return try parent.directory(name)
        }
    }

    /// Removes what crashed processes have left behind.
    static func sweep(_ staging: Directory) {
        var names: [String] = []
        // What can't be listed or removed is tried again by the next process.
        try? staging.forEachName { name, _ in if names.count < 10_000 { names.append(name) } }
        let now = FileClock.now
        for name in names {
            guard let file = try? staging.openForReading(name), let status = try? file.status(),
                now - status.modifiedNanoseconds > abandonedAfter * 1_000_000_000,
                (try? file.lock(waits: false)) == true
            else { continue }
            _ = try? staging.removeFile(name)
        }
    }
}

extension Directory {
    func deviceNumber() throws(FileSystemError) -> UInt64? { try status(".")?.device }
}

/// A file that is being written; removed with this object unless it has got its place.
final class StagedFile: Sendable {
    let directory: Directory
    let name: String
    let file: File
    private let isInstalled = Atomic(false)

    init(in directory: Directory) throws(FileSystemError) {
        self.directory = directory
        name = "\(getpid())-\(UInt64.random(in: .min ... .max))"
        file = try directory.createFile(name)
        // Tells `Staging.sweep` that the writer lives. A file system without locks has files swept by age alone.
        _ = try? file.lock(waits: false)
    }

    /// Notes that the name is no longer this object's.
    func markInstalled() { isInstalled.store(true, ordering: .relaxed) }

    deinit { if !isInstalled.load(ordering: .relaxed) { _ = try? directory.removeFile(name) } }
}
