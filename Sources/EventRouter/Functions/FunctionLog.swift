import FileSystem
import Glibc
import Synchronization

/// A function's log file, shared by its processes: whole lines, replaced when it has grown large.
///
/// Nothing here fails or blocks a function: what can't be written, on a full disk for example, is counted, and the
/// count written once there is room again.
final class FunctionLog: Sendable {
    /// Bytes of a file after which it is renamed to `NAME.log.1`, replacing the one before.
    static let rotationByteCount = 32 << 20
    /// Bytes of the end of an invocation's log that its result has.
    static let tailByteCount = 4_096

    private struct State {
        var file: File?
        var byteCount = 0
        var lostByteCount = 0
    }

    let path: String
    private let rotationByteCount: Int
    private let state = Mutex(State())

    /// - Parameter path: Opened at the first write, its folder made then.
    init(path: String, rotationByteCount: Int = FunctionLog.rotationByteCount) {
        self.path = path
        self.rotationByteCount = rotationByteCount
    }

    func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        state.withLock { state in
            if state.byteCount >= rotationByteCount { rotate(&state) }
            do {
                if state.file == nil { try open(&state) }
                if state.lostByteCount > 0 {
                    let note =
                        "turntable: \(state.lostByteCount) bytes of output were lost: they could not be written\n"
                    try state.file?.write(Array(note.utf8))
                    state.lostByteCount = 0
                }
                try state.file?.write(bytes)
                state.byteCount += bytes.count
            } catch {
                state.lostByteCount += bytes.count
                state.file = nil
            }
        }
    }

    private func open(_ state: inout State) throws(FileSystemError) {
        if let folder = FileSystem.parent(of: path) { try FileSystem.createDirectories(folder) }
        let file = try File(path, .append)
        state.byteCount = try file.status().byteCount
        state.file = file
    }

    private func rotate(_ state: inout State) {
        // Where renaming fails, the file goes on growing and this is tried again after as much again.
        try? FileSystem.rename(path, to: "\(path).1")
        state.file = nil
        state.byteCount = 0
    }
}
