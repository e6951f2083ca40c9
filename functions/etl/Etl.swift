import Events
import JSON
import LambdaRuntime
import MusicKPIs
import MusicPipeline
import Storage

/// Joins a validated file with songs and users: Parquet for each day, and one partial aggregate for each day.
///
/// With a `part` in the event, of `split-file`, only that part of the file, whose results count once all are put together.
/// With a `run`, which a backfill's name is, the days are noted there to be merged at the backfill's end.
///
/// Idempotent: a file version that has been processed to its end gives the recorded result.
struct Etl: LambdaHandler {
    let objects: any ObjectStore
    let enrichment: Enrichment
    let names: PipelineNames

    func handle(_ json: JSONValue, context: LambdaContext) async throws -> JSONValue {
        let event = try PipelineEvent(json, requestID: context.requestID)
        do {
            let source = try await SourceOfEvent.resolve(event, objects: objects)
            if let part = json["part"] { return try await process(try FilePart(part), of: source, context) }
            let result = try await enrichment.process(source)
            if let run = json["run"]?.stringValue { try await note(result, run) }
            context.logger.info(
                "file processed",
                [
                    "bucket": .string(source.bucket), "key": .string(source.key), "rows_in": result["rows_in"] ?? 0,
                    "rows_enriched": result["rows_enriched"] ?? 0,
                    "rows_unknown_track": result["rows_unknown_track"] ?? 0,
                    "dates": .int(result["dates"]?.arrayValue?.count ?? 0),
                ])
            context.metrics.add("RowsEnriched", Double(result["rows_enriched"]?.intValue ?? 0))
            context.metrics.add("RowsUnknownTrack", Double(result["rows_unknown_track"]?.intValue ?? 0))
            return result
        } catch {
            throw PipelineError.of(error)
        }
    }

    private func process(
        _ part: FilePart, of source: StreamSource, _ context: LambdaContext
    ) async throws -> JSONValue {
        let split = FileSplit(objects: objects, names: names)
        let result = try await enrichment.process(source, part: part, split: split)
        context.logger.info(
            "part processed",
            [
                "bucket": .string(source.bucket), "key": .string(source.key), "part": .int(part.index),
                "bytes": .int(part.byteCount), "rows_in": result["rows_in"] ?? 0,
            ])
        context.metrics.add("RowsEnriched", Double(result["rows_enriched"]?.intValue ?? 0))
        return ["index": .int(part.index), "rows_in": result["rows_in"] ?? 0]
    }

    /// Says, before the file is put away, which days the backfill has to merge.
    private func note(_ result: JSONValue, _ run: String) async throws {
        for date in result["dates"]?.arrayValue?.compactMap(\.stringValue) ?? [] {
            let note: JSONValue = ["date": .string(date)]
            try await objects.put(
                note.bytes(), as: PipelineNames.backfillDateKey(run: run, date: date), in: names.trialBucket)
        }
    }
}
