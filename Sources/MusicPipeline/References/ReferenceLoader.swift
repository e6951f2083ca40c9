import CSV
package import Storage

/// Reads references, and keeps what it has read for as long as the process lives and the objects stay the same.
package actor ReferenceLoader {
    private let objects: any ObjectStore
    private let bucket: String
    private var tracks: (versions: [ReferenceObject], table: TrackTable)?
    private var users: (versions: [ReferenceObject], table: UserTable)?

    package init(objects: any ObjectStore, bucket: String) {
        self.objects = objects
        self.bucket = bucket
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
                try await read(object, columns, isHeaderEnough: true) { _ in }
            }
            all += found
        }
        return all
    }

    private func isKnown(_ object: ReferenceObject) -> Bool {
        tracks?.versions.contains(object) == true || users?.versions.contains(object) == true
    }

    /// Both references.
    package func load() async throws -> (tracks: TrackTable, users: UserTable) {
        (try await loadTracks(), try await loadUsers())
    }

    package func loadTracks() async throws -> TrackTable {
        let versions = try await ReferenceObject.all(PipelineNames.songsPrefix, in: bucket, objects: objects)
        if let tracks, tracks.versions == versions { return tracks.table }
        var builder = TrackTable.Builder()
        for object in versions { try await read(object, TrackTable.columns) { builder.add($0) } }
        let table = builder.table()
        tracks = (versions, table)
        return table
    }

    private func loadUsers() async throws -> UserTable {
        let versions = try await ReferenceObject.all(PipelineNames.usersPrefix, in: bucket, objects: objects)
        if let users, users.versions == versions { return users.table }
        var builder = UserTable.Builder()
        for object in versions { try await read(object, UserTable.columns) { builder.add($0) } }
        let table = builder.table()
        users = (versions, table)
        return table
    }

    private func read(
        _ object: ReferenceObject, _ columns: [String], isHeaderEnough: Bool = false, _ body: (CSVBatch) -> Void
    ) async throws {
        do {
            let source = try await objects.openReader(object.key, in: bucket, ifMatch: object.eTag)
            var reader = CSVReader(columns: columns)
            while true {
                let block = try await source.read(upTo: ObjectBlocks.blockByteCount)
                if block.isEmpty { reader.finish() } else { reader.append(block) }
                while let batch = try reader.nextBatch() { body(batch) }
                if block.isEmpty || (isHeaderEnough && reader.header != nil) { break }
            }
            await source.close()
        } catch let error as CSVError {
            throw PipelineError(.referenceInvalid, "\(bucket)/\(object.key): \(error)")
        }
    }
}
