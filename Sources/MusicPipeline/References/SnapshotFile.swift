import FileSystem

/// A snapshot of references in a file of this machine.
struct SnapshotFile: Sendable {
    let path: String
    let identity: [UInt8]

    /// The tables, or nil when there is no good snapshot.
    func tables() async -> ReferenceTables? {
        guard let file = try? File(path, .read) else { return nil }
        return await ReferenceSnapshot.decode(.file(file), identity: identity)
    }

    /// Writes the snapshot; one that can't be kept costs the next run its time.
    func keep(_ tables: ReferenceTables) {
        guard let bytes = ReferenceSnapshot.encode(tables, identity: identity) else { return }
        keep(bytes)
    }

    func keep(_ bytes: [UInt8]) {
        guard let folder = FileSystem.parent(of: path) else { return }
        try? FileSystem.createDirectories(folder)
        try? FileSystem.writeFileAtomically(path, bytes)
    }
}
