import Clocks
import Events
import JSON
import LambdaRuntime
import MusicPipeline
import Storage

/// Brings the KPIs of each day that a file touches, or of the `date` that the event names, up to all partials of that day.
///
/// Idempotent: the items depend on the set of partials alone, and an older merge never overwrites a newer one.
struct WriteKPIs: LambdaHandler {
    let objects: any ObjectStore
    let enrichment: Enrichment
    let writing: KPIWriting

    func handle(_ event: JSONValue, context: LambdaContext) async throws -> JSONValue {
        if let date = event["date"]?.stringValue { return try await write(date, context) }
        let event = try PipelineEvent(event, requestID: context.requestID)
        do {
            var written: [JSONValue] = []
            for date in try await dates(event) { written.append(try await writing.write(date: date)) }
            context.logger.info(
                "KPIs written",
                ["key": .string(event.arrival.key), "dates": .array(written.map { $0["date"] ?? .null })])
            context.metrics.add("DaysMerged", Double(written.count))
            return ["dates": .array(written)]
        } catch {
            throw PipelineError.of(error)
        }
    }

    /// One day by itself, as at the end of a backfill.
    private func write(_ date: String, _ context: LambdaContext) async throws -> JSONValue {
        guard let day = Timestamp(iso8601: "\(date)T00:00:00Z"), day.dateSpelling == date else {
            throw PipelineError(.malformedEvent, "date is '\(date)': a day as YYYY-MM-DD is expected")
        }
        do {
            let written = try await writing.write(date: date)
            context.logger.info("KPIs written", ["dates": .array([.string(date)])])
            context.metrics.add("DaysMerged", 1)
            return ["dates": .array([written])]
        } catch {
            throw PipelineError.of(error)
        }
    }

    /// The days that `etl` named, or those it recorded when the event carries none.
    private func dates(_ event: PipelineEvent) async throws -> [String] {
        var result = event.etl
        if result == nil {
            let source = try await SourceOfEvent.resolve(event, objects: objects)
            result = try await enrichment.earlierSummary(source)
        }
        guard let dates = result?["dates"]?.arrayValue?.compactMap(\.stringValue) else {
            throw PipelineError(
                .malformedEvent,
                "neither the event nor the trial bucket tells which days \(event.arrival.key) touches: run etl first")
        }
        return dates
    }
}
