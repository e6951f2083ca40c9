import Events
import JSON
import LambdaRuntime
import MusicKPIs
import MusicPipeline
import Storage

/// Joins a validated file with songs and users: Parquet for each day, and one partial aggregate for each day.
///
/// Idempotent: a file version that has been processed to its end gives the recorded result.
struct Etl: LambdaHandler {
    let objects: any ObjectStore
    let enrichment: Enrichment

    func handle(_ event: JSONValue, context: LambdaContext) async throws -> JSONValue {
        let event = try PipelineEvent(event, requestID: context.requestID)
        do {
            let source = try await SourceOfEvent.resolve(event, objects: objects)
            let result = try await enrichment.process(source)
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
}

extension PipelineError: LambdaError {}
