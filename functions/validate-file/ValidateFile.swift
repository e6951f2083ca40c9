import Events
import JSON
import LambdaRuntime
import MusicKPIs
import MusicPipeline
import Storage

/// Checks an arrived stream file and takes it over for the execution, if there is one.
///
/// Idempotent: run again by the same owner it gives the same result and report; for a file that is processed already it
/// changes nothing.
struct ValidateFile: LambdaHandler {
    let objects: any ObjectStore
    let tracker: FileTracker
    let references: ReferenceLoader
    let names: PipelineNames
    let thresholds: StreamValidation.Thresholds

    /// Reads MAX_BAD_ROW_PERCENT: from 0 to 100, 5 when it is not set.
    static func thresholds(_ text: String?) throws -> StreamValidation.Thresholds {
        guard let text else { return StreamValidation.Thresholds() }
        guard let percent = Double(text), (0...100).contains(percent) else {
            throw PipelineError(
                .configurationInvalid, "MAX_BAD_ROW_PERCENT is '\(text)': a number from 0 to 100 is expected")
        }
        return StreamValidation.Thresholds(maximumBadRowPercent: percent)
    }

    func handle(_ event: JSONValue, context: LambdaContext) async throws -> JSONValue {
        let event = try PipelineEvent(event, requestID: context.requestID)
        do {
            return try await validate(event, context)
        } catch {
            throw PipelineError.of(error)
        }
    }

    private func validate(_ event: PipelineEvent, _ context: LambdaContext) async throws -> JSONValue {
        let arrival = event.arrival
        guard let metadata = try await objects.headIfPresent(arrival.key, in: arrival.bucket) else {
            return try await missing(event, context)
        }
        // The object's own ETag counts: the one in the event may be of a version that is gone.
        let source = StreamSource(bucket: arrival.bucket, key: arrival.key, eTag: metadata.eTag)
        guard case .open(let seen) = try await tracker.standing(of: source, in: objects) else {
            return alreadyProcessed(source, context)
        }
        let references = try await references.check()
        // A handler invoked by itself only looks: a lease that nobody ends would keep executions from the file.
        if let execution = event.execution {
            guard try await tracker.acquire(source, owner: execution, seen: seen) else {
                return alreadyProcessed(source, context)
            }
        }

        let validation = try await StreamValidation(source, from: objects, thresholds: thresholds)
        let reportKey = PipelineNames.reportKey(source)
        try await objects.put(validation.report.bytes(.pretty), as: reportKey, in: names.trialBucket)
        if validation.status == .passedWithRejects {
            try await validation.setRejectsAside(in: names.trialBucket, objects: objects)
        }
        context.logger.info(
            "file validated",
            [
                "bucket": .string(source.bucket), "key": .string(source.key),
                "status": .string(validation.status.rawValue),
                "rows": .int(validation.rowCount), "bad_rows": .int(validation.badRowCount),
                "reason": validation.reason.map { .string($0) } ?? .null,
            ])
        context.metrics.add("RowsValidated", Double(validation.rowCount))
        context.metrics.add("RowsBad", Double(validation.badRowCount))
        return [
            "status": .string(validation.status.rawValue), "reason": validation.reason.map { .string($0) } ?? .null,
            "bucket": .string(source.bucket), "key": .string(source.key), "etag": .string(source.eTag),
            "byte_count": .int(metadata.byteCount), "row_count": .int(validation.rowCount),
            "good_row_count": .int(validation.goodRowCount), "bad_row_count": .int(validation.badRowCount),
            "report": ["bucket": .string(names.trialBucket), "key": .string(reportKey)],
            "references": .array(
                references.map {
                    ["bucket": .string(names.rawBucket), "key": .string($0.key), "etag": .string($0.eTag)]
                }),
        ]
    }

    /// The object is gone: it was processed under an earlier event, or it is lost to us.
    private func missing(_ event: PipelineEvent, _ context: LambdaContext) async throws -> JSONValue {
        let arrival = event.arrival
        if try await tracker.hasFinishedVersion(bucket: arrival.bucket, key: arrival.key) {
            return alreadyProcessed(
                StreamSource(bucket: arrival.bucket, key: arrival.key, eTag: arrival.eTag ?? ""), context)
        }
        throw PipelineError(
            .objectMissing,
            "\(arrival.bucket)/\(arrival.key) is not there and was not processed before: it was removed after its event was sent"
        )
    }

    private func alreadyProcessed(_ source: StreamSource, _ context: LambdaContext) -> JSONValue {
        context.logger.info(
            "file was processed before", ["bucket": .string(source.bucket), "key": .string(source.key)])
        return [
            "status": "ALREADY_PROCESSED", "bucket": .string(source.bucket), "key": .string(source.key),
            "etag": .string(source.eTag),
        ]
    }
}
