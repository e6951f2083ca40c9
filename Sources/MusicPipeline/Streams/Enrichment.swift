package import JSON
package import MusicKPIs
package import Storage

/// The pass over a validated file: rows joined with songs and users, as Parquet and as partial aggregates for each day.
///
/// Parquet objects come first, then the partials, then the summary that says that all is there; each may be written
/// twice with the same content. A file that has its summary is not read again.
package struct Enrichment: Sendable {
    private let objects: any ObjectStore
    private let references: ReferenceLoader
    private let trialBucket: String
    private let settings: EnrichmentRun.Settings

    package init(
        objects: any ObjectStore, references: ReferenceLoader, trialBucket: String,
        settings: EnrichmentRun.Settings = EnrichmentRun.Settings()
    ) {
        self.objects = objects
        self.references = references
        self.trialBucket = trialBucket
        self.settings = settings
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
        let tables = try await references.load()
        var files: DayFiles? = DayFiles(objects: objects, bucket: trialBucket) { date, part in
            PipelineNames.parquetKey(source, date: date, part: part)
        }
        let result: EnrichmentRun.Result
        do {
            result = try await StreamFile.withBlocks(of: source, in: objects) { blocks in
                try await EnrichmentRun(tracks: tables.tracks, users: tables.users, settings: settings).run(
                    blocks, files: &files)
            }
            try await files?.finish()
        } catch {
            await files?.abort()
            throw error
        }
        let counts = result.counts
        let parquet: [JSONValue] = (files?.written ?? []).map { file in
            [
                "key": .string(file.metadata.key), "rows": .int(file.rowCount),
                "bytes": .int(file.metadata.byteCount),
            ]
        }
        var partials: [(date: String, json: JSONValue)] = []
        for (day, aggregate) in result.days.sorted(by: { $0.key < $1.key }) {
            let date = DayFiles.date(of: day)
            let bytes = aggregate.partial(
                source: source, date: date, tracks: tables.tracks, users: tables.users,
                unknownUsers: result.unknownUsers)
            partials.append((date, try await put(bytes, of: source, date)))
        }
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
    private func put(_ partial: [UInt8], of source: StreamSource, _ date: String) async throws -> JSONValue {
        let key = PipelineNames.partialKey(source, date: date)
        var bytes = partial
        do {
            _ = try await objects.put(bytes, as: key, in: trialBucket, condition: .ifAbsent)
        } catch let error as ObjectStoreError where error.code == .preconditionFailed {
            bytes = try await objects.get(key, in: trialBucket, maximumByteCount: KPIWriting.maximumPartialByteCount)
                .bytes
        }
        return [
            "date": .string(date), "key": .string(key), "digest": .string(PartialAggregate.digest(of: bytes)),
        ]
    }
}

/// What became of a file's rows.
package struct EnrichmentCounts: Sendable, Hashable {
    package internal(set) var rows = 0
    package internal(set) var bad = 0
    package internal(set) var unknownTrack = 0
    package internal(set) var unknownUser = 0
    package internal(set) var enriched = 0

    mutating func add(_ other: EnrichmentCounts) {
        rows += other.rows
        bad += other.bad
        unknownTrack += other.unknownTrack
        unknownUser += other.unknownUser
        enriched += other.enriched
    }

    var members: [(String, JSONValue)] {
        [
            ("rows_in", .int(rows)), ("rows_bad", .int(bad)), ("rows_unknown_track", .int(unknownTrack)),
            ("rows_unknown_user", .int(unknownUser)), ("rows_enriched", .int(enriched)),
        ]
    }
}
