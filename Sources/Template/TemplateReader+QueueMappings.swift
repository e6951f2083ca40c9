import JSON
import YAML

extension TemplateReader {
    private static let usedProperties: Set<String> = [
        "BatchSize", "Enabled", "FilterCriteria", "FunctionResponseTypes", "MaximumBatchingWindowInSeconds",
        "ScalingConfig",
    ]
    /// What the mappings of streams have.
    private static let otherProperties: Set<String> = [
        "AmazonManagedKafkaEventSourceConfig", "BisectBatchOnFunctionError", "DestinationConfig",
        "DocumentDBEventSourceConfig", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts", "ParallelizationFactor",
        "ProvisionedPollerConfig", "Queues", "SelfManagedEventSource", "SelfManagedKafkaEventSourceConfig",
        "SourceAccessConfigurations", "StartingPosition", "StartingPositionTimestamp", "Topics",
        "TumblingWindowInSeconds",
    ]
    private static let ignoredProperties: Set<String> = ["KmsKeyArn", "LoggingConfig", "MetricsConfig", "Tags"]

    /// Reads an `SQS` event of a function.
    mutating func readQueueEvent(_ event: Event, functionARN: String) {
        let value = event.properties.map { evaluate($0) } ?? TemplateValue(.map([]), at: event.position)
        check(
            value,
            MappingShape(
                subject: "an SQS event", used: TemplateReader.usedProperties.union(["Queue"]),
                ignored: TemplateReader.ignoredProperties, refused: ["ProvisionedPollerConfig"]))
        addMapping(
            value, queue: value["Queue"], named: "Queue", logicalID: event.logicalID, functionARN: functionARN,
            at: event.position)
    }

    /// Reads an `AWS::Lambda::EventSourceMapping`; only those of queues are there in a local run.
    mutating func readMapping(_ resource: Resource) {
        let value = evaluated(resource)
        if let source = value["EventSourceArn"], let arn = text(source, "EventSourceArn"),
            !arn.hasPrefix("arn:\(account.partition):sqs:")
        {
            warn(
                .unsupportedResource, at: source.position,
                "only mappings of queues deliver events in a local run, this is of \(arn)")
            return
        }
        checkProperties(
            of: resource,
            MappingShape(
                subject: "a mapping of a queue",
                used: TemplateReader.usedProperties.union(["EventSourceArn", "FunctionName"]),
                ignored: TemplateReader.ignoredProperties, refused: TemplateReader.otherProperties))
        guard let nameValue = value["FunctionName"], let name = text(nameValue, "FunctionName") else {
            if !value.isIncomplete {
                report(.missingProperty, at: resource.position, "an event source mapping has a FunctionName")
            }
            return
        }
        let arn = name.hasPrefix("arn:") ? name : account.functionARN(name)
        pendingFunctions.append((logicalID, arn, nameValue.position))
        addMapping(
            value, queue: value["EventSourceArn"], named: "EventSourceArn", logicalID: resource.logicalID,
            functionARN: arn, at: resource.position)
    }

    private mutating func addMapping(
        _ value: TemplateValue, queue: TemplateValue?, named name: String, logicalID id: String, functionARN: String,
        at position: YAMLPosition
    ) {
        guard let queue, let queueARN = text(queue, name) else {
            if !value.isIncomplete { report(.missingProperty, at: position, "the event source has no \(name)") }
            return
        }
        var mapping = Application.QueueMapping(
            logicalID: id, functionARN: functionARN, queueARN: queueARN, position: place(position))
        mapping.isEnabled = bool(value["Enabled"], "Enabled") ?? true
        mapping.batchingWindowSeconds =
            integer(value["MaximumBatchingWindowInSeconds"], "MaximumBatchingWindowInSeconds", in: 0...300) ?? 0
        mapping.batchSize = integer(value["BatchSize"], "BatchSize", in: 1...10_000) ?? 10
        if mapping.batchSize > 10, mapping.batchingWindowSeconds == 0 {
            report(
                .invalidValue, at: value["BatchSize"]?.position ?? position,
                "a BatchSize above 10 needs a MaximumBatchingWindowInSeconds of 1 at least")
        }
        if let scaling = value["ScalingConfig"] {
            check(scaling, MappingShape(subject: "ScalingConfig", used: ["MaximumConcurrency"]))
            mapping.maximumConcurrency = integer(
                scaling["MaximumConcurrency"], "MaximumConcurrency", in: 2...1_000)
        }
        for type in elements(value["FunctionResponseTypes"], "FunctionResponseTypes") {
            guard type.text == "ReportBatchItemFailures" else {
                report(.invalidValue, at: type.position, "the FunctionResponseTypes are ReportBatchItemFailures")
                continue
            }
            mapping.reportsItemFailures = true
        }
        if let criteria = value["FilterCriteria"] {
            check(criteria, MappingShape(subject: "FilterCriteria", used: ["Filters"]))
            for filter in elements(criteria["Filters"], "Filters") {
                check(filter, MappingShape(subject: "a filter", used: ["Pattern"]))
                guard let pattern = filter["Pattern"] else { continue }
                if let json = self.pattern(pattern)?.json { mapping.filters.append(json) }
            }
        }
        application.queueMappings.append(mapping)
    }

    /// Leaves out mappings of queues that are not the template's, and reports those whose queue shows messages again before
    /// the function's time is over, as Lambda does.
    mutating func checkMappings() {
        for mapping in application.queueMappings {
            guard let queue = application.queues.first(where: { $0.arn == mapping.queueARN }) else {
                logicalID = mapping.logicalID
                warn(
                    .unknownTarget, at: mapping.position,
                    "the queue \(mapping.queueARN) is not in the template: its messages are not delivered in a local run"
                )
                continue
            }
            guard let function = application.functions.first(where: { $0.arn == mapping.functionARN }),
                queue.visibilityTimeoutSeconds < function.timeoutSeconds
            else { continue }
            logicalID = mapping.logicalID
            report(
                .invalidValue, at: mapping.position,
                "the visibility timeout of the queue \(queue.name), \(queue.visibilityTimeoutSeconds) seconds, is less than "
                    + "the function's Timeout of \(function.timeoutSeconds) seconds")
        }
        logicalID = nil
        let known = Set(application.queues.map(\.arn))
        application.queueMappings.removeAll { !known.contains($0.queueARN) }
    }
}
