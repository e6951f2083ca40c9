import CSV
import Compression
import FileSystem
package import Storage

/// Reads references once for each content: what they come to is kept for as long as the process lives and the objects stay
/// the same, and as a snapshot in the store for the next cold start.
package actor ReferenceLoader {
    /// Bytes of a snapshot at most: some 50 million users.
    private static let maximumSnapshotByteCount = 2 << 30

    private let objects: any ObjectStore
    private let bucket: String
    private let snapshotBucket: String?
    private let temporaryFolder: String?
    private var known: (versions: [ReferenceObject], tables: ReferenceTables)?

    /// - Parameters:
    ///   - snapshotBucket: Where snapshots are kept; nil for nowhere.
    ///   - temporaryFolder: Where they are kept, too, for another process on the same machine; nil for nowhere.
    package init(
        objects: any ObjectStore, bucket: String, snapshotBucket: String? = nil, temporaryFolder: String? = nil
    ) {
        self.temporaryFolder = temporaryFolder
        self.objects = objects
        self.bucket = bucket
        self.snapshotBucket = snapshotBucket
    }

    /// The folder that a sandbox of Lambda has to itself; nil elsewhere, where others may write to `/tmp` and the store is
    /// as near.
    package static func temporaryFolder(_ environment: [String: String]) -> String? {
        environment["LAMBDA_TASK_ROOT"] == "/var/task" ? "/tmp" : nil
    }

    /// Checks that both references are there and have the columns they should, without reading them whole.
    ///
    /// - Throws: ``PipelineError`` `.referenceMissing` or `.referenceInvalid`.
    package func check() async throws -> [ReferenceObject] {
        var all: [ReferenceObject] = []
        for (prefix, columns) in [
            (PipelineNames.songsPrefix, TrackTable.columns), (PipelineNames.usersPrefix, UserTable.columns),
        ] {
            let found = try await ReferenceObject.all(prefix, in: bucket, objects: objects)
            for object in found where !isKnown(object) {
                try await readHeader(object, columns)
            }
            all += found
        }
        return all
    }

    private func isKnown(_ object: ReferenceObject) -> Bool { known?.versions.contains(object) == true }

    /// Both references.
    ///
    /// - Throws: ``PipelineError`` `.referenceMissing`, `.referenceInvalid`, and what the store throws. A snapshot that
    ///   can't be read or written costs time, not the result.
    package func load() async throws -> ReferenceTables {
        let songs = try await ReferenceObject.all(PipelineNames.songsPrefix, in: bucket, objects: objects)
        let users = try await ReferenceObject.all(PipelineNames.usersPrefix, in: bucket, objects: objects)
        let versions = songs + users
        if let known, known.versions == versions { return known.tables }
        let identity = ReferenceSnapshot.identity([bucket] + versions.flatMap { [$0.key, $0.eTag] })
        let tables: ReferenceTables
        if let snapshot = await snapshot(identity) {
            tables = snapshot
        } else {
            tables = try await build(songs, users)
            await keep(tables, identity)
        }
        known = (versions, tables)
        return tables
    }

    private func build(_ songs: [ReferenceObject], _ users: [ReferenceObject]) async throws -> ReferenceTables {
        var trackBuilder = TrackTable.Builder()
        for object in songs {
            try await reading(object) { blocks in
                try await ReferenceRows.forEach(of: blocks, columns: TrackTable.columns, work: { TrackRows($0) }) {
                    trackBuilder.add($0)
                }
            }
        }
        var userBuilder = UserTable.Builder()
        for object in users {
            try await reading(object) { blocks in
                try await ReferenceRows.forEach(of: blocks, columns: UserTable.columns, work: { UserRows($0) }) {
                    userBuilder.add($0)
                }
            }
        }
        return await ReferenceTables(tracks: trackBuilder.table(), users: userBuilder.table())
    }

    private func snapshot(_ identity: [UInt8]) async -> ReferenceTables? {
        if let path = temporaryPath(identity), let file = try? File(path, .read),
            let tables = await ReferenceSnapshot.decode(.file(file), identity: identity)
        {
            return tables
        }
        guard let snapshotBucket else { return nil }
        let object = try? await objects.get(
            PipelineNames.snapshotKey(identity), in: snapshotBucket,
            maximumByteCount: ReferenceLoader.maximumSnapshotByteCount)
        guard let object, let tables = await ReferenceSnapshot.decode(.bytes(object.bytes), identity: identity) else {
            return nil
        }
        keepTemporarily(object.bytes, identity)
        return tables
    }

    private func keep(_ tables: ReferenceTables, _ identity: [UInt8]) async {
        guard snapshotBucket != nil || temporaryFolder != nil else { return }
        guard let bytes = ReferenceSnapshot.encode(tables, identity: identity),
            bytes.count <= ReferenceLoader.maximumSnapshotByteCount
        else { return }
        keepTemporarily(bytes, identity)
        guard let snapshotBucket else { return }
        _ = try? await objects.put(bytes, as: PipelineNames.snapshotKey(identity), in: snapshotBucket)
    }

    private func temporaryPath(_ identity: [UInt8]) -> String? {
        temporaryFolder.map { "\($0)/\(PipelineNames.snapshotKey(identity))" }
    }

    private func keepTemporarily(_ bytes: [UInt8], _ identity: [UInt8]) {
        guard let path = temporaryPath(identity), let folder = FileSystem.parent(of: path) else { return }
        try? FileSystem.createDirectories(folder)
        try? FileSystem.writeFileAtomically(path, bytes)
    }

    private func readHeader(_ object: ReferenceObject, _ columns: [String]) async throws {
        try await reading(object) { blocks in
            var reader = CSVReader(columns: columns)
            while reader.header == nil {
                let block = try await blocks.next()
                if block.isEmpty { reader.finish() } else { reader.append(block) }
                while reader.header == nil, try reader.nextBatch() != nil {}
            }
        }
    }

    private func reading(_ object: ReferenceObject, _ body: (DecompressedBlocks) async throws -> Void) async throws {
        do {
            let source = try await objects.openReader(object.key, in: bucket, ifMatch: object.eTag)
            try await body(DecompressedBlocks(ObjectBlocks(source)))
            await source.close()
        } catch let error as CSVError {
            throw PipelineError(.referenceInvalid, "\(bucket)/\(object.key): \(error)")
        } catch let error as CompressionError {
            throw PipelineError(.referenceInvalid, "\(bucket)/\(object.key): \(error)")
        }
    }
}
