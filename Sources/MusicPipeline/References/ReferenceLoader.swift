import CSV
package import Storage

/// Reads references, and keeps what it has read for as long as the process lives and the objects stay the same.
package actor ReferenceLoader {
    private let objects: any ObjectStore
    private let bucket: String
    private var songs: (versions: [ReferenceObject], content: Songs)?
    private var users: (versions: [ReferenceObject], content: Users)?

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
            (PipelineNames.songsPrefix, Songs.columns), (PipelineNames.usersPrefix, Users.columns),
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
        songs?.versions.contains(object) == true || users?.versions.contains(object) == true
    }

    package func loadSongs() async throws -> Songs {
        let versions = try await ReferenceObject.all(PipelineNames.songsPrefix, in: bucket, objects: objects)
        if let songs, songs.versions == versions { return songs.content }
        var content = Songs()
        for object in versions { try await read(object, Songs.columns) { content.add($0) } }
        songs = (versions, content)
        return content
    }

    package func loadUsers() async throws -> Users {
        let versions = try await ReferenceObject.all(PipelineNames.usersPrefix, in: bucket, objects: objects)
        if let users, users.versions == versions { return users.content }
        var content = Users()
        for object in versions { try await read(object, Users.columns) { content.add($0) } }
        users = (versions, content)
        return content
    }

    private func read(
        _ object: ReferenceObject, _ columns: [String], isHeaderEnough: Bool = false, _ body: (CSVBatch) -> Void
    ) async throws {
        do {
            let source = try await objects.openReader(object.key, in: bucket, ifMatch: object.eTag)
            var reader = CSVReader(columns: columns)
            while true {
                let block = try await source.read(upTo: StreamFile.blockByteCount)
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
