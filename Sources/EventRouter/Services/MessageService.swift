import Clocks
import Digest
import FileSystem
import JSON
import StatesLanguage

/// SQS and SNS as far as a state machine sends: each queue and topic is a file of JSON lines in the data folder, read by
/// whoever likes. A callback's token is in the message, as on AWS.
struct MessageService: Sendable {
    static let actions: Set<String> = [
        "sqs:sendMessage", "sns:publish", "aws-sdk:sqs:sendMessage", "aws-sdk:sns:publish",
    ]
    /// Bytes of a message at most (SQS's and SNS's quota: 256 KiB).
    static let maximumByteCount = 262_144

    /// The folder of the files.
    let folder: String
    let clock: any WallClock
    let entropy: any Entropy

    func answer(
        _ integration: ServiceIntegration, _ parameters: JSONValue, requestID: String
    ) throws(StateError) -> JSONValue {
        let isQueue = integration.action == "sendMessage"
        let service = isQueue ? "SQS" : "SNS"
        let (placeField, bodyField) = isQueue ? ("QueueUrl", "MessageBody") : ("TopicArn", "Message")
        guard let place = parameters[placeField]?.stringValue,
            let name = place.split(whereSeparator: { $0 == "/" || $0 == ":" }).last.map(String.init),
            name.allSatisfy({ $0.isLetter || $0.isNumber || "-_.".contains($0) }), !name.hasPrefix(".")
        else {
            throw .service(
                service, "InvalidParameterException",
                "The parameter \(placeField) names no \(isQueue ? "queue" : "topic")")
        }
        guard let body = parameters[bodyField] else {
            throw .service(
                "Amazon\(service)", "MissingParameterException", "The request must contain the parameter \(bodyField).")
        }
        let text = body.stringValue ?? body.text()
        guard text.utf8.count <= MessageService.maximumByteCount else {
            throw .service(
                service, "InvalidParameterException",
                "\(bodyField) has \(text.utf8.count) bytes, \(MessageService.maximumByteCount) are allowed")
        }
        let messageID = entropy.uuid()
        var message: JSONObject = [
            "MessageId": .string(messageID), "Time": .string(clock.now.iso8601), "Body": .string(text),
        ]
        for (key, value) in parameters.objectValue ?? [:] where key != placeField && key != bodyField {
            message[key] = value
        }
        do {
            try FileSystem.createDirectories(folder)
            // One write of a line: what several tasks append does not mix.
            try File("\(folder)/\(name).jsonl", .append).write(JSONValue.object(message).bytes() + [0x0A])
        } catch {
            throw .service(
                service, "InternalErrorException", "The message could not be kept: \(error)", statusCode: 500)
        }
        var answer: JSONObject = ["MessageId": .string(messageID)]
        if isQueue { answer["MD5OfMessageBody"] = .string(md5(Array(text.utf8))) }
        return .serviceAnswer(answer, requestID: requestID)
    }
}
