import FileSystem
import Glibc
import Synchronization

/// A router's claim to its data folder: a lock on `router.lock`, which holds its process id.
///
/// The kernel drops the lock with the process, however that ends, so a file that is left behind keeps nobody out.
package final class DataFolderLock: Sendable {
    /// The lock's file in the data folder.
    package static let fileName = "router.lock"

    private let file: Mutex<File?>

    /// Takes the folder.
    ///
    /// - Throws: ``ExecutionError``: `.folderLocked`, naming the process that has it; `.storage` when the file can't be
    ///   made or written.
    package init(folder: String) throws(ExecutionError) {
        let path = "\(folder)/\(DataFolderLock.fileName)"
        do {
            let file = try File(path, .update)
            guard try file.lock(waits: false) else {
                let holder = String(decoding: try file.read(at: 0, count: 20), as: UTF8.self)
                let pid = holder.prefix { $0.isNumber }
                throw ExecutionError(
                    .folderLocked,
                    """
                    the data folder \(folder) is in use by another router\(pid.isEmpty ? "" : ", process \(pid)"): \
                    stop that one, or give this one another folder with --data
                    """)
            }
            try file.truncate(to: 0)
            try file.write(Array("\(getpid())\n".utf8))
            self.file = Mutex(file)
        } catch let error as ExecutionError {
            throw error
        } catch {
            throw ExecutionError(.storage, "the data folder \(folder) can't be locked", cause: error)
        }
    }

    /// Gives the folder up; it ends with this object, too.
    package func release() { file.withLock { $0 = nil } }
}
