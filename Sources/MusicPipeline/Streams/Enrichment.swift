import CSV
import Clocks
package import JSON
package import MusicKPIs
package import Storage

/// The pass over a validated file: rows joined with songs and users, as Parquet and as partial aggregates for each day.
///
/// Memory is bounded by the references, the distinct users and tracks of the days under way, and a row group for each of
/// them: of a file with many days, ``openDayLimit`` are made in one pass over it, the others in further passes.
///
/// Parquet objects come first, then the partials, then the summary that says that all is there; each may be written
/// twice with the same content. A file that has its summary is not read again.
package struct Enrichment: Sendable {
    package static let openDayLimit = 64

    private let objects: any ObjectStore
    private let references: ReferenceLoader
    private let trialBucket: String

    package init(objects: any ObjectStore, references: ReferenceLoader, trialBucket: String) {
        self.objects = objects
        self.references = references
        self.trialBucket = trialBucket
    }

    /// Bytes of a summary at most: some 3,650 days.
    private static let maximumSummaryByteCount = 8 << 20

    /// What an earlier pass over the same file version came to, if it came to its end.
    package func earlierSummary(_ source: StreamSource) async throws -> JSONValue? {
        let key = PipelineNames.summaryKey(source)
        guard try await objects.headIfPresent(key, in: trialBucket) != nil else { return nil }
        let object = try await objects.get(key, in: trialBucket, maximumByteCount: Enrichment.maximumSummaryByteCount)
        return try JSONValue(parsing: object.bytes)
    }

    /// Processes a file version.
    ///
    /// - Returns: `{rows_in, rows_bad, rows_unknown_track, rows_unknown_user, rows_enriched, dates, parquet, partials}`.
    /// - Throws: ``PipelineError``, `CSVError`, and what the stores throw; nothing half-made is visible then.
    package func process(_ source: StreamSource) async throws -> JSONValue {
        if let earlier = try await earlierSummary(source) { return earlier }
        let songs = try await references.loadSongs()
        let users = try await references.loadUsers()
        var pass = EnrichmentPass(source: source, songs: songs, users: users, objects: objects, bucket: trialBucket)
        var counts = EnrichmentCounts()
        var parquet: [JSONValue] = []
        var partials: [(date: String, json: JSONValue)] = []
        var isFirst = true
        repeat {
            let days = try await pass.run(&counts, countsRows: isFirst)
            isFirst = false
            for day in days {
                parquet.append([
                    "key": .string(day.parquet.key), "rows": .int(day.rowCount), "bytes": .int(day.parquet.byteCount),
                ])
                partials.append((day.partial.date, try await put(day.partial)))
            }
        } while pass.hasMore
        partials.sort { $0.date < $1.date }
        let summary: JSONValue = .object(
            JSONObject(
                counts.members + [
                    ("dates", .array(partials.map { .string($0.date) })), ("parquet", .array(parquet)),
                    ("partials", .array(partials.map(\.json))),
                ]))
        try await objects.put(summary.bytes(), as: PipelineNames.summaryKey(source), in: trialBucket)
        return summary
    }

    /// Writes a partial unless it is there: once merged, its content must not change.
    private func put(_ partial: PartialAggregate) async throws -> JSONValue {
        let key = PipelineNames.partialKey(partial.source, date: partial.date)
        var bytes = partial.encoded()
        do {
            _ = try await objects.put(bytes, as: key, in: trialBucket, condition: .ifAbsent)
        } catch let error as ObjectStoreError where error.code == .preconditionFailed {
            bytes = try await objects.get(key, in: trialBucket, maximumByteCount: KPIWriting.maximumPartialByteCount)
                .bytes
        }
        return [
            "date": .string(partial.date), "key": .string(key), "digest": .string(PartialAggregate.digest(of: bytes)),
        ]
    }
}

/// What became of a file's rows.
struct EnrichmentCounts {
    var rows = 0
    var bad = 0
    var unknownTrack = 0
    var unknownUser = 0
    var enriched = 0

    var members: [(String, JSONValue)] {
        [
            ("rows_in", .int(rows)), ("rows_bad", .int(bad)), ("rows_unknown_track", .int(unknownTrack)),
            ("rows_unknown_user", .int(unknownUser)), ("rows_enriched", .int(enriched)),
        ]
    }
}
