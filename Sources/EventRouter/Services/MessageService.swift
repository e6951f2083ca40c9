import Clocks
import Delivery
import Digest
import JSON
import StatesLanguage
import Template

/// SQS and SNS as far as a state machine sends. A queue of the template gets the message; of other queues, and of topics,
/// there is only the log. A callback's token is in the message, as on AWS.
struct MessageService: Sendable {
    static let actions: Set<String> = [
        "sqs:sendMessage", "sns:publish", "aws-sdk:sqs:sendMessage", "aws-sdk:sns:publish",
    ]
    /// Bytes of a message to a topic at most (SNS's quota: 256 KiB).
    static let maximumByteCount = 262_144

    let queues: MessageQueues
    let clock: any WallClock
    let entropy: any Entropy

    func answer(
        _ integration: ServiceIntegration, _ parameters: JSONValue, requestID: String
    ) async throws(StateError) -> JSONValue {
        let isQueue = integration.action == "sendMessage"
        let service = isQueue ? "SQS" : "SNS"
        let (placeField, bodyField) = isQueue ? ("QueueUrl", "MessageBody") : ("TopicArn", "Message")
        guard let place = parameters[placeField]?.stringValue, let name = MessageLog.name(in: place) else {
            throw .service(
                service, "InvalidParameterException",
                "The parameter \(placeField) names no \(isQueue ? "queue" : "topic")")
        }
        guard let body = parameters[bodyField] else {
            throw .service(
                "Amazon\(service)", "MissingParameterException", "The request must contain the parameter \(bodyField).")
        }
        let queue = isQueue ? queues.queue(place) : nil
        guard let attributes = MessageAttribute.all(in: parameters["MessageAttributes"]) else {
            throw .service(
                service, "InvalidParameterValueException",
                "The message attributes have each a DataType and a value of it.")
        }
        let text = body.stringValue ?? body.text()
        let byteCount = text.utf8.count + MessageAttribute.byteCount(of: attributes)
        let limit = queue?.maximumMessageByteCount ?? MessageService.maximumByteCount
        guard byteCount <= limit else {
            throw .service(
                service, "InvalidParameterException", "\(bodyField) has \(byteCount) bytes, \(limit) are allowed")
        }
        var message = MessageQueues.Outgoing(id: entropy.uuid(), body: text, attributes: attributes)
        for (key, value) in parameters.objectValue ?? [:]
        where key != placeField && key != bodyField && key != "MessageAttributes" { message.remarks[key] = value }
        if let delay = parameters["DelaySeconds"] {
            guard let seconds = delay.intValue, (0...900).contains(seconds) else {
                throw .service(service, "InvalidParameterValueException", "DelaySeconds is a number from 0 to 900")
            }
            message.delay = .seconds(seconds)
        }
        message.traceHeader =
            parameters["MessageSystemAttributes"]?["AWSTraceHeader"]?["StringValue"]?.stringValue
        do {
            if let queue {
                _ = try await queues.send(message, to: queue)
            } else {
                try queues.write(message, to: name, at: clock.now)
            }
        } catch {
            throw .service(
                service, "InternalErrorException", "The message could not be kept: \(error)", statusCode: 500)
        }
        var answer: JSONObject = ["MessageId": .string(message.id)]
        if isQueue {
            answer["MD5OfMessageBody"] = .string(md5(Array(text.utf8)))
            answer["MD5OfMessageAttributes"] = MessageAttribute.digest(of: attributes).map { .string($0) }
        }
        return .serviceAnswer(answer, requestID: requestID)
    }
}
