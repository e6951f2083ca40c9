import FileSystem
import Storage

/// Where a file of one day goes, piece by piece; it is there as a whole once it is finished, and not before.
package protocol DayFileTarget: Sendable {
    func write(_ bytes: [UInt8]) async throws
    func finish() async throws
    /// Drops what was written.
    func abort() async
}

/// An object of a store.
struct DayObject: DayFileTarget {
    let writer: any ObjectWriter

    func write(_ bytes: [UInt8]) async throws { try await writer.write(bytes) }
    func finish() async throws { try await writer.finish(condition: .none) }
    func abort() async { await writer.abort() }
}

/// A plain file, without what makes it an object: no digest of its content is kept.
struct LocalDayFile: DayFileTarget {
    private static let temporarySuffix = ".incomplete"

    private let path: String
    private let file: File

    /// - Parameter path: Its folders are made where there are none.
    init(_ path: String) throws(FileSystemError) {
        self.path = path
        if let folder = FileSystem.parent(of: path) { try FileSystem.createDirectories(folder) }
        file = try File(path + LocalDayFile.temporarySuffix, .write)
    }

    func write(_ bytes: [UInt8]) throws { try file.write(bytes) }
    func finish() throws { try FileSystem.rename(path + LocalDayFile.temporarySuffix, to: path) }
    func abort() { _ = try? FileSystem.removeFile(path + LocalDayFile.temporarySuffix) }
}
