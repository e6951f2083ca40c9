import CSV
import MusicKPIs
import Storage

/// A stream file as batches of rows.
enum StreamFile {
    static let columns = ["user_id", "track_id", "listen_time"]
    /// Bytes asked of a store at a time.
    static let blockByteCount = 1 << 20

    /// Gives all batches to `body`, in the file's order.
    ///
    /// - Throws: `CSVError` when the file as a whole can't be read, and what the store or `body` throws.
    static func read(
        _ source: StreamSource, from objects: any ObjectStore, _ body: (CSVBatch) async throws -> Void
    ) async throws {
        let file = try await objects.openReader(source.key, in: source.bucket, ifMatch: source.eTag)
        do {
            var reader = CSVReader(columns: columns)
            while true {
                let block = try await file.read(upTo: blockByteCount)
                if block.isEmpty { reader.finish() } else { reader.append(block) }
                while let batch = try reader.nextBatch() { try await body(batch) }
                if block.isEmpty { break }
            }
        } catch {
            await file.close()
            throw error
        }
        await file.close()
    }
}
