import MusicKPIs
import Storage

/// A stream file in a store.
enum StreamFile {
    static let columns = ["user_id", "track_id", "listen_time"]

    /// Opens the file for one pass of `body` over its blocks.
    ///
    /// - Throws: What the store and `body` throw.
    static func withBlocks<Result>(
        of source: StreamSource, in objects: any ObjectStore, _ body: (DecompressedBlocks) async throws -> Result
    ) async throws -> Result {
        let file = try await objects.openReader(source.key, in: source.bucket, ifMatch: source.eTag)
        do {
            let result = try await body(DecompressedBlocks(ObjectBlocks(file)))
            await file.close()
            return result
        } catch {
            await file.close()
            throw error
        }
    }
}
