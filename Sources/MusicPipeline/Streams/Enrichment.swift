import CSV
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
        guard try await objects.headIfPresent(PipelineNames.splitPlanKey(source), in: trialBucket) == nil else {
            throw PipelineError(
                .splitBegun,
                "\(source.bucket)/\(source.key) has been cut into parts (\(trialBucket)/\(PipelineNames.splitPlanKey(source))):"
                    + " start split-file with it; whole, its rows would be there twice")
        }
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
                "key": .string(file.key), "rows": .int(file.rowCount),
                "bytes": .int(file.byteCount),
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

    /// Processes a part of a file that is cut; what it comes to counts once it is put together with all others.
    ///
    /// - Returns: `{rows_in, rows_bad, ..., dates, parquet, partials, bad_rows, rejects?}`; recorded, and not made again.
    package func process(_ source: StreamSource, part: FilePart, split: FileSplit) async throws -> JSONValue {
        let summaryKey = PipelineNames.partSummaryKey(source, part.index)
        if let earlier = try await split.note(summaryKey) { return earlier }
        let layout = try await split.layout(of: source)
        let tables = try await references.load()
        var files: DayFiles? = DayFiles(objects: objects, bucket: trialBucket) { date, file in
            PipelineNames.partParquetKey(source, part.index, date: date, file: file)
        }
        let range = part.start.byteOffset..<part.end
        let result: EnrichmentRun.Result
        do {
            result = try await EnrichmentRun(tracks: tables.tracks, users: tables.users, settings: settings).run(
                ObjectRangeBlocks(range, of: source, in: objects), layout: layout, from: part.start,
                badRowLimit: StreamValidation.rejectedRowLimit, files: &files)
            try await files?.finish()
        } catch {
            await files?.abort()
            throw error
        }
        // Parts of one file are different sources to a merge.
        let own = StreamSource(
            bucket: source.bucket, key: source.key, eTag: "\(source.eTag)#\(range.lowerBound)-\(range.upperBound)")
        var dates: [JSONValue] = []
        for (day, aggregate) in result.days.sorted(by: { $0.key < $1.key }) {
            let date = DayFiles.date(of: day)
            let bytes = aggregate.partial(
                source: own, date: date, tracks: tables.tracks, users: tables.users, unknownUsers: result.unknownUsers)
            try await objects.put(
                bytes, as: PipelineNames.partPartialKey(source, part.index, date: date), in: trialBucket)
            dates.append(.string(date))
        }
        var members =
            result.counts.members + [
                ("dates", .array(dates)),
                (
                    "parquet",
                    .array(
                        (files?.written ?? []).map { ["key": .string($0.key), "rows": .int($0.rowCount)] })
                ),
                ("bad_rows", .array(result.badRows.prefix(Enrichment.reportedRowLimit).map(\.json))),
            ]
        if !result.badRows.isEmpty {
            let key = PipelineNames.partRejectsKey(source, part.index)
            try await setAside(result.badRows.map(\.byteRange), of: range, source, key)
            members.append(("rejects", .string(key)))
        }
        let summary = JSONValue.object(JSONObject(members))
        try await objects.put(summary.bytes(), as: summaryKey, in: trialBucket)
        return summary
    }

    /// Bad rows that a part's summary lists: no report lists more.
    private static let reportedRowLimit = 1_000

    private func setAside(_ bad: [Range<Int>], of range: Range<Int>, _ source: StreamSource, _ key: String) async throws
    {
        let writer = try await objects.openWriter(key, in: trialBucket)
        do {
            try await RejectedRows.copy(
                bad, of: ObjectRangeBlocks(range, of: source, in: objects), from: range.lowerBound, withHeader: false,
                to: writer)
            _ = try await writer.finish(condition: .none)
        } catch {
            await writer.abort()
            throw error
        }
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

    package init() {}

    /// From a summary.
    init(_ summary: JSONValue) {
        rows = summary["rows_in"]?.intValue ?? 0
        bad = summary["rows_bad"]?.intValue ?? 0
        unknownTrack = summary["rows_unknown_track"]?.intValue ?? 0
        unknownUser = summary["rows_unknown_user"]?.intValue ?? 0
        enriched = summary["rows_enriched"]?.intValue ?? 0
    }

    var members: [(String, JSONValue)] {
        [
            ("rows_in", .int(rows)), ("rows_bad", .int(bad)), ("rows_unknown_track", .int(unknownTrack)),
            ("rows_unknown_user", .int(unknownUser)), ("rows_enriched", .int(enriched)),
        ]
    }
}
