import JSON
import YAML

extension TemplateReader {
    private static let queueShape = MappingShape(
        subject: "a queue",
        used: [
            "DelaySeconds", "FifoQueue", "MaximumMessageSize", "MessageRetentionPeriod", "QueueName",
            "ReceiveMessageWaitTimeSeconds", "RedrivePolicy", "VisibilityTimeout",
        ],
        ignored: [
            "KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "RedriveAllowPolicy", "SqsManagedSseEnabled", "Tags",
        ],
        refused: ["ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"])

    mutating func readQueue(_ resource: Resource) {
        checkProperties(of: resource, TemplateReader.queueShape)
        let fifo = property(resource, "FifoQueue")
        guard bool(fifo, "FifoQueue") != true else {
            report(
                .unsupportedProperty, at: fifo?.position ?? resource.position,
                "FIFO queues are not there in a local run, only standard ones")
            return
        }
        guard let name = checkedName(of: resource, .queue) else { return }
        var queue = Application.Queue(
            logicalID: resource.logicalID, name: name, arn: account.queueARN(name), position: place(resource.position))
        func number(_ name: String, _ range: ClosedRange<Int>, _ value: inout Int) {
            if let found = integer(property(resource, name), name, in: range) { value = found }
        }
        number("VisibilityTimeout", 0...43_200, &queue.visibilityTimeoutSeconds)
        number("DelaySeconds", 0...900, &queue.delaySeconds)
        number("MessageRetentionPeriod", 60...1_209_600, &queue.retentionSeconds)
        number("ReceiveMessageWaitTimeSeconds", 0...20, &queue.receiveWaitSeconds)
        number("MaximumMessageSize", 1_024...1_048_576, &queue.maximumMessageByteCount)
        if let policy = property(resource, "RedrivePolicy") { queue.redrive = redrivePolicy(policy, of: name) }
        application.queues.append(queue)
    }

    private mutating func redrivePolicy(_ value: TemplateValue, of name: String) -> Application.RedrivePolicy? {
        var value = value
        // It may be written as a JSON text, too.
        if let text = value.text {
            guard let json = try? JSONValue(parsing: text), let arn = json["deadLetterTargetArn"]?.stringValue,
                let count = json["maxReceiveCount"]?.intValue
                    ?? json["maxReceiveCount"]?.stringValue.flatMap({ Int($0) }),
                (1...1_000).contains(count)
            else {
                report(.invalidValue, at: value.position, "RedrivePolicy has deadLetterTargetArn and maxReceiveCount")
                return nil
            }
            return redrivePolicy(arn, count, of: name, at: value.position)
        }
        check(value, MappingShape(subject: "RedrivePolicy", used: ["deadLetterTargetArn", "maxReceiveCount"]))
        guard let arn = text(value["deadLetterTargetArn"], "deadLetterTargetArn"),
            let count = integer(value["maxReceiveCount"], "maxReceiveCount", in: 1...1_000)
        else {
            if !value.isIncomplete, value["deadLetterTargetArn"] == nil || value["maxReceiveCount"] == nil {
                report(
                    .missingProperty, at: value.position, "RedrivePolicy has deadLetterTargetArn and maxReceiveCount")
            }
            return nil
        }
        value = value["deadLetterTargetArn"] ?? value
        return redrivePolicy(arn, count, of: name, at: value.position)
    }

    private mutating func redrivePolicy(
        _ arn: String, _ count: Int, of name: String, at position: YAMLPosition
    ) -> Application.RedrivePolicy {
        if arn == account.queueARN(name) {
            report(.invalidValue, at: position, "a queue is not its own dead-letter queue")
        }
        pendingQueues.append((logicalID, arn, position))
        return Application.RedrivePolicy(deadLetterARN: arn, maximumReceiveCount: count)
    }

    /// Reports queues by ARN that the application does not have.
    mutating func resolveQueues() {
        for (id, arn, position) in pendingQueues where !application.queues.contains(where: { $0.arn == arn }) {
            logicalID = id
            report(.unknownTarget, at: position, "the template has no standard queue \(arn)")
        }
        logicalID = nil
    }
}
