import Events
import JSON
import LambdaRuntime
import MusicKPIs
import MusicPipeline
import Storage

/// Puts a file where it belongs in the end, and says so in the tracker: `archive/` when it was processed, `quarantine/`
/// beside its report when it failed validation, where it is when the pipeline failed.
///
/// Idempotent at every point: the file is moved in one step, and a file that is in its place already is only marked.
struct Archive: LambdaHandler {
    let objects: any ObjectStore
    let tracker: FileTracker
    let names: PipelineNames

    /// Bytes of a validation report at most.
    static let maximumReportByteCount = 16 << 20

    func handle(_ event: JSONValue, context: LambdaContext) async throws -> JSONValue {
        let event = try PipelineEvent(event, requestID: context.requestID)
        do {
            let result = try await settle(event)
            context.logger.info(
                "file settled",
                ["key": .string(event.arrival.key), "disposition": .string(event.disposition.rawValue)])
            context.metrics.add("FilesSettled", 1)
            return result
        } catch {
            throw PipelineError.of(error)
        }
    }

    private func settle(_ event: PipelineEvent) async throws -> JSONValue {
        switch event.disposition {
        case .archived:
            let source = try await SourceOfEvent.resolve(event, objects: objects)
            let key = try await move(source, to: "archive", in: names.rawBucket)
            try await tracker.mark(source, .processed, owner: event.owner, counts: counts(event))
            return answer(event, names.rawBucket, key)
        case .quarantined:
            let source = try await SourceOfEvent.resolve(event, objects: objects)
            try await copyReport(source)
            let key = try await move(source, to: "quarantine", in: names.warehouseBucket)
            try await tracker.mark(source, .quarantined, owner: event.owner, counts: counts(event))
            return answer(event, names.warehouseBucket, key)
        case .failed:
            // Whatever failed, the file must stay; one that is gone has no version to mark.
            if let source = try? await SourceOfEvent.resolve(event, objects: objects) {
                try await tracker.mark(source, try await statusOfFailed(source), owner: event.owner)
            }
            return answer(event, event.arrival.bucket, event.arrival.key)
        }
    }

    /// What a file is whose execution failed: quarantined, when another execution put it there meanwhile.
    private func statusOfFailed(_ source: StreamSource) async throws -> FileTracker.Status {
        if try await objects.headIfPresent(source.key, in: source.bucket)?.eTag == source.eTag { return .failed }
        for isTaken in [false, true] {
            let key = PipelineNames.placeKey("quarantine", source, isTaken: isTaken)
            if try await objects.headIfPresent(key, in: names.warehouseBucket)?.eTag == source.eTag {
                return .quarantined
            }
        }
        return .failed
    }

    private func answer(_ event: PipelineEvent, _ bucket: String, _ key: String) -> JSONValue {
        ["disposition": .string(event.disposition.rawValue), "bucket": .string(bucket), "key": .string(key)]
    }

    private func counts(_ event: PipelineEvent) -> [String: Int] {
        var counts: [String: Int] = [:]
        for name in ["row_count", "good_row_count", "bad_row_count"] {
            counts[name] = event.validation?[name]?.intValue
        }
        for name in ["rows_enriched", "rows_unknown_track", "rows_unknown_user"] {
            counts[name] = event.etl?[name]?.intValue
        }
        return counts
    }

    /// Moves the file, or finds that it has been moved.
    ///
    /// - Throws: ``PipelineError`` `.objectMissing` when it is in neither place.
    private func move(_ source: StreamSource, to folder: String, in bucket: String) async throws -> String {
        let plain = PipelineNames.placeKey(folder, source, isTaken: false)
        let there = try await objects.headIfPresent(plain, in: bucket)
        let isTaken = there.map { $0.eTag != source.eTag } ?? false
        let key = PipelineNames.placeKey(folder, source, isTaken: isTaken)
        guard let current = try await objects.headIfPresent(source.key, in: source.bucket), current.eTag == source.eTag
        else {
            if try await objects.headIfPresent(key, in: bucket)?.eTag == source.eTag { return key }
            throw PipelineError(
                .objectMissing,
                "\(source.bucket)/\(source.key) is not there in the version that was processed, nor is it in \(bucket)/\(key)"
            )
        }
        _ = try await objects.move(source.key, in: source.bucket, to: key, in: bucket, condition: .none)
        return key
    }

    private func copyReport(_ source: StreamSource) async throws {
        let report = PipelineNames.reportKey(source)
        guard try await objects.headIfPresent(report, in: names.trialBucket) != nil else { return }
        let name = "\(PipelineNames.placeKey("quarantine", source, isTaken: false)).report.json"
        _ = try await objects.copy(report, in: names.trialBucket, to: name, in: names.warehouseBucket, condition: .none)
    }
}
