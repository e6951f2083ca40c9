import Events
import JSON
import LambdaRuntime
import MusicKPIs
import MusicPipeline
import Storage

/// The steps by which a huge file is processed in parts, as `split-file.asl.json` takes them; `etl` processes the parts.
///
/// The event is `{"step", "state": {"execution", "arrival", "validation"?}, "item"?}`. Idempotent: each step run again
/// leaves the same.
struct SplitFile: LambdaHandler {
    enum Step: String {
        /// How the file is cut; takes it over for the execution.
        case plan = "PLAN"
        /// One range: where its records may begin.
        case scan = "SCAN"
        /// Where they do: the parts.
        case align = "ALIGN"
        /// What the parts came to: the file's report and days.
        case collect = "COLLECT"
        /// One day's partial aggregates, made one.
        case merge = "MERGE"
        /// The file's summary.
        case finish = "FINISH"
    }

    let objects: any ObjectStore
    let tracker: FileTracker
    let references: ReferenceLoader
    let split: FileSplit

    /// Reads SPLIT_RANGE_BYTES (268435456 when it is not set) and MAX_BAD_ROW_PERCENT (5).
    static func settings(_ variables: [String: String]) throws -> FileSplit.Settings {
        var settings = FileSplit.Settings()
        if let text = variables["SPLIT_RANGE_BYTES"] {
            guard let count = Int(text), count > 0 else {
                throw PipelineError(
                    .configurationInvalid, "SPLIT_RANGE_BYTES is '\(text)': a number of bytes above 0 is expected")
            }
            settings.rangeByteCount = count
        }
        if let text = variables["MAX_BAD_ROW_PERCENT"] {
            guard let percent = Double(text), (0...100).contains(percent) else {
                throw PipelineError(
                    .configurationInvalid, "MAX_BAD_ROW_PERCENT is '\(text)': a number from 0 to 100 is expected")
            }
            settings.thresholds = StreamValidation.Thresholds(maximumBadRowPercent: percent)
        }
        return settings
    }

    func handle(_ json: JSONValue, context: LambdaContext) async throws -> JSONValue {
        guard let step = json["step"]?.stringValue.flatMap(Step.init) else {
            throw PipelineError(
                .malformedEvent,
                "step is \(json["step"]?.text() ?? "missing"): PLAN, SCAN, ALIGN, COLLECT, MERGE or FINISH is expected")
        }
        let event = try PipelineEvent(json, requestID: context.requestID)
        do {
            let result = try await take(step, event, json["item"])
            context.logger.info(
                "step taken", ["step": .string(step.rawValue), "key": .string(event.arrival.key), "result": result])
            return result
        } catch {
            throw PipelineError.of(error)
        }
    }

    private func take(_ step: Step, _ event: PipelineEvent, _ item: JSONValue?) async throws -> JSONValue {
        if step == .plan { return try await plan(event, item?["range_byte_count"]?.intValue) }
        let source = try await SourceOfEvent.resolve(event, objects: objects)
        switch step {
        case .plan, .align: return try await split.align(source)
        case .scan:
            guard let index = item?["index"]?.intValue else {
                throw PipelineError(.malformedEvent, "the item has no index of a range")
            }
            return try await split.scan(source, index: index)
        case .collect: return try await split.collect(source)
        case .merge:
            guard let date = item?.stringValue else {
                throw PipelineError(.malformedEvent, "the item is no date")
            }
            return try await split.merge(source, date: date)
        case .finish: return try await split.finish(source)
        }
    }

    /// As `validate-file` begins: looks at the file and at the references, and takes the lease.
    private func plan(_ event: PipelineEvent, _ rangeByteCount: Int?) async throws -> JSONValue {
        let arrival = event.arrival
        guard let metadata = try await objects.headIfPresent(arrival.key, in: arrival.bucket) else {
            guard try await tracker.hasFinishedVersion(bucket: arrival.bucket, key: arrival.key) else {
                throw PipelineError(
                    .objectMissing,
                    "\(arrival.bucket)/\(arrival.key) is not there and was not processed before: it was removed after its event was sent"
                )
            }
            return ["status": "ALREADY_PROCESSED", "etag": .string(arrival.eTag ?? "")]
        }
        let source = StreamSource(bucket: arrival.bucket, key: arrival.key, eTag: metadata.eTag)
        let before: JSONValue = ["status": "ALREADY_PROCESSED", "etag": .string(source.eTag)]
        guard case .open(let seen) = try await tracker.standing(of: source, in: objects) else { return before }
        _ = try await references.check()
        if let execution = event.execution {
            guard try await tracker.acquire(source, owner: execution, seen: seen) else { return before }
        }
        return try await split.plan(source, byteCount: metadata.byteCount, rangeByteCount: rangeByteCount)
    }
}
