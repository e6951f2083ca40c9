import Clocks
import Delivery
import HTTPServer
import JSON
import Template

/// The API of SQS as far as messages go, as its clients speak it: AWS JSON 1.0, a POST with the operation in the header
/// `X-Amz-Target`. Queues are made by the template only.
struct QueueAPI: Sendable {
    static let targetPrefix = "AmazonSQS."
    /// Entries of a batch at most.
    static let batchLimit = 10

    let queues: MessageQueues

    /// The answer to a request for SQS, or nil when it is for another service.
    func respond(to request: HTTPRequest) async -> HTTPResponse? {
        guard let target = request.headers["X-Amz-Target"], target.hasPrefix(QueueAPI.targetPrefix) else { return nil }
        do {
            guard request.method == "POST", !request.isBodyTooLarge else {
                throw QueueError.invalid(
                    "operations of SQS are a POST of at most \(FrontDoor.limits.maximumBodyByteCount) bytes")
            }
            let body: JSONValue
            do { body = request.body.isEmpty ? [:] : try JSONValue(parsing: request.body) } catch {
                throw QueueError("SerializationException", "the request is no JSON: \(error)")
            }
            let answer = try await perform(String(target.dropFirst(QueueAPI.targetPrefix.count)), body, request)
            return response(200, .object(answer))
        } catch let error as QueueError {
            var response = response(error.status, error.json)
            response.headers["x-amzn-query-error"] = "\(error.queryCode);\(error.status < 500 ? "Sender" : "Receiver")"
            return response
        } catch {
            return response(500, QueueError("InternalError", "\(error)").json)
        }
    }

    private func response(_ status: Int, _ body: JSONValue) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: ["Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": queues.entropy.uuid()],
            body: body.bytes())
    }

    private func perform(_ operation: String, _ body: JSONValue, _ request: HTTPRequest) async throws -> JSONObject {
        switch operation {
        case "ListQueues": return listQueues(body, request)
        case "GetQueueUrl":
            let name = try text(body, "QueueName")
            guard queues.queue(name)?.name == name else { throw QueueError.noQueue }
            return ["QueueUrl": .string(url(name, request))]
        case "GetQueueAttributes": return try await attributes(of: try queue(body), body)
        case "PurgeQueue":
            try await queues.store.purge(try queue(body).name)
            return [:]
        case "SendMessage": return try await send(body, to: try queue(body), request)
        case "SendMessageBatch":
            let queue = try queue(body)
            return try await batch(body) { try await send($0, to: queue, request) }
        case "ReceiveMessage": return try await receive(from: try queue(body), body)
        case "DeleteMessage":
            try await delete(body, from: try queue(body))
            return [:]
        case "DeleteMessageBatch":
            let queue = try queue(body)
            return try await batch(body) {
                try await delete($0, from: queue)
                return [:]
            }
        case "ChangeMessageVisibility":
            try await changeVisibility(body, in: try queue(body))
            return [:]
        case "ChangeMessageVisibilityBatch":
            let queue = try queue(body)
            return try await batch(body) {
                try await changeVisibility($0, in: queue)
                return [:]
            }
        default:
            throw QueueError(
                "UnsupportedOperation", "SQS's operation \(operation) is not served here: queues are the template's")
        }
    }

    // MARK: - Parameters

    private func text(_ body: JSONValue, _ name: String) throws -> String {
        guard let text = body[name]?.stringValue else { throw QueueError.missing(name) }
        return text
    }

    private func integer(_ body: JSONValue, _ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let value = body[name], !value.isNull else { return nil }
        guard let number = value.intValue, range.contains(number) else {
            throw QueueError.invalid(
                "Value \(value.text()) for parameter \(name) is invalid. Reason: Must be between \(range.lowerBound) and \(range.upperBound)."
            )
        }
        return number
    }

    private func queue(_ body: JSONValue) throws -> Application.Queue {
        guard let queue = queues.queue(try text(body, "QueueUrl")) else { throw QueueError.noQueue }
        return queue
    }

    private func url(_ name: String, _ request: HTTPRequest) -> String {
        "http://\(request.headers["Host"] ?? "127.0.0.1")/\(queues.account.accountID)/\(name)"
    }

    private func receipt(_ body: JSONValue, in queue: Application.Queue) throws -> (number: Int64, count: Int) {
        let handle = try text(body, "ReceiptHandle")
        guard let receipt = QueueMessage.receipt(handle), receipt.queue == queue.name else {
            throw QueueError(
                "ReceiptHandleIsInvalid", "The input receipt handle \"\(handle)\" is not a valid receipt handle.")
        }
        return (receipt.number, receipt.receiveCount)
    }

    /// Does one thing for each entry; those that fail are named in the answer.
    private func batch(_ body: JSONValue, _ one: (JSONValue) async throws -> JSONObject) async throws -> JSONObject {
        let entries = body["Entries"]?.arrayValue ?? []
        guard !entries.isEmpty else {
            throw QueueError("EmptyBatchRequest", "There should be at least one entry in the request.")
        }
        guard entries.count <= QueueAPI.batchLimit else {
            throw QueueError(
                "TooManyEntriesInBatchRequest",
                "Maximum number of entries per request are \(QueueAPI.batchLimit). You have sent \(entries.count).")
        }
        let ids = try entries.map { try text($0, "Id") }
        guard Set(ids).count == ids.count else {
            throw QueueError("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")
        }
        var done: [JSONValue] = []
        var failed: [JSONValue] = []
        for (id, entry) in zip(ids, entries) {
            do {
                var answer = try await one(entry)
                answer["Id"] = .string(id)
                done.append(.object(answer))
            } catch let error as QueueError {
                failed.append([
                    "Id": .string(id), "Code": .string(error.queryCode), "Message": .string(error.message),
                    "SenderFault": .bool(error.status < 500),
                ])
            }
        }
        return ["Successful": .array(done), "Failed": .array(failed)]
    }

    // MARK: - Queues

    private func listQueues(_ body: JSONValue, _ request: HTTPRequest) -> JSONObject {
        let prefix = body["QueueNamePrefix"]?.stringValue ?? ""
        let names = queues.all.map(\.name).filter { $0.hasPrefix(prefix) }
        return ["QueueUrls": .array(names.map { .string(url($0, request)) })]
    }

    private func attributes(of queue: Application.Queue, _ body: JSONValue) async throws -> JSONObject {
        let counts = try await queues.store.queueCounts(queue.name, at: queues.clock.now)
        var all: [(String, String)] = [
            ("QueueArn", queue.arn), ("ApproximateNumberOfMessages", "\(counts.visible)"),
            ("ApproximateNumberOfMessagesNotVisible", "\(counts.inFlight)"),
            ("ApproximateNumberOfMessagesDelayed", "\(counts.delayed)"),
            ("VisibilityTimeout", "\(queue.visibilityTimeoutSeconds)"), ("DelaySeconds", "\(queue.delaySeconds)"),
            ("MessageRetentionPeriod", "\(queue.retentionSeconds)"),
            ("MaximumMessageSize", "\(queue.maximumMessageByteCount)"),
            ("ReceiveMessageWaitTimeSeconds", "\(queue.receiveWaitSeconds)"),
        ]
        if let redrive = queue.redrive {
            let policy: JSONValue = [
                "deadLetterTargetArn": .string(redrive.deadLetterARN),
                "maxReceiveCount": .int(redrive.maximumReceiveCount),
            ]
            all.append(("RedrivePolicy", policy.text()))
        }
        let wanted = Set((body["AttributeNames"]?.arrayValue ?? []).compactMap(\.stringValue))
        let found = all.filter { wanted.contains("All") || wanted.contains($0.0) }
        return ["Attributes": .object(JSONObject(found.map { ($0.0, .string($0.1)) }))]
    }

    // MARK: - Messages

    private func send(_ body: JSONValue, to queue: Application.Queue, _ request: HTTPRequest) async throws -> JSONObject
    {
        guard let attributes = MessageAttribute.all(in: body["MessageAttributes"]) else {
            throw QueueError.invalid(
                "The message attributes have each a DataType of String, Number or Binary and a value of it.")
        }
        let trace = body["MessageSystemAttributes"]?["AWSTraceHeader"]?["StringValue"]?.stringValue
        var message = MessageQueues.Outgoing(
            id: queues.entropy.uuid(), body: try text(body, "MessageBody"), attributes: attributes,
            traceHeader: trace ?? request.headers["X-Amzn-Trace-Id"])
        message.delay = try integer(body, "DelaySeconds", in: 0...900).map { .seconds($0) }
        guard !message.body.isEmpty else { throw QueueError.missing("MessageBody") }
        guard message.byteCount <= queue.maximumMessageByteCount else {
            throw QueueError.invalid(
                "One or more parameters are invalid. Reason: Message must be shorter than \(queue.maximumMessageByteCount) bytes."
            )
        }
        let sent = try await queues.send(message, to: queue)
        var answer: JSONObject = ["MessageId": .string(sent.id), "MD5OfMessageBody": .string(sent.bodyDigest)]
        answer["MD5OfMessageAttributes"] = MessageAttribute.digest(of: attributes).map { .string($0) }
        return answer
    }

    private func receive(from queue: Application.Queue, _ body: JSONValue) async throws -> JSONObject {
        let limit = try integer(body, "MaxNumberOfMessages", in: 1...MessageQueues.receiveLimit) ?? 1
        let visibility = try integer(body, "VisibilityTimeout", in: 0...43_200).map { Duration.seconds($0) }
        let wait = try integer(body, "WaitTimeSeconds", in: 0...20) ?? queue.receiveWaitSeconds
        let messages = try await queues.receive(
            from: queue, limit: limit, visibility: visibility, wait: .seconds(wait))
        func names(_ keys: String...) -> [String] {
            keys.flatMap { (body[$0]?.arrayValue ?? []).compactMap(\.stringValue) }
        }
        let systemNames = Set(names("AttributeNames", "MessageSystemAttributeNames"))
        let attributeNames = names("MessageAttributeNames")
        let found = messages.map { message -> JSONValue in
            var members: JSONObject = [
                "MessageId": .string(message.id), "ReceiptHandle": .string(message.receiptHandle),
                "MD5OfBody": .string(message.bodyDigest), "Body": .string(message.body),
            ]
            let system = message.systemAttributes(account: queues.account.accountID).filter {
                systemNames.contains("All") || systemNames.contains($0.0)
            }
            if !system.isEmpty { members["Attributes"] = .object(JSONObject(system.map { ($0.0, .string($0.1)) })) }
            let attributes = message.attributes.filter { name, _ in
                attributeNames.contains { wanted in
                    wanted == "All" || wanted == name || wanted.hasSuffix(".*") && name.hasPrefix(wanted.dropLast(2))
                }
            }
            if let digest = MessageAttribute.digest(of: attributes) {
                members["MessageAttributes"] = MessageAttribute.json(attributes)
                members["MD5OfMessageAttributes"] = .string(digest)
            }
            return .object(members)
        }
        return found.isEmpty ? [:] : ["Messages": .array(found)]
    }

    private func delete(_ body: JSONValue, from queue: Application.Queue) async throws {
        let receipt = try receipt(body, in: queue)
        try await queues.store.delete([(receipt.number, receipt.count)], from: queue.name)
    }

    private func changeVisibility(_ body: JSONValue, in queue: Application.Queue) async throws {
        guard let seconds = try integer(body, "VisibilityTimeout", in: 0...43_200) else {
            throw QueueError.missing("VisibilityTimeout")
        }
        let receipt = try receipt(body, in: queue)
        let now = queues.clock.now
        let isDone = try await queues.store.changeVisibility(
            of: receipt.number, receiveCount: receipt.count, in: queue.name, until: now + .seconds(seconds), at: now)
        guard isDone else {
            throw QueueError(
                "MessageNotInflight", "The specified message isn't in flight.",
                queryCode: "AWS.SimpleQueueService.MessageNotInflight")
        }
        queues.notify(queue.name)
    }
}

/// An error answer of SQS's API.
struct QueueError: Error, Sendable {
    /// The name of the JSON protocol, which clients branch on.
    let name: String
    let message: String
    /// The code of the older protocol, which some clients branch on.
    let queryCode: String

    init(_ name: String, _ message: String, queryCode: String? = nil) {
        self.name = name
        self.message = message
        self.queryCode = queryCode ?? name
    }

    var status: Int { name == "InternalError" ? 500 : name == "UnsupportedOperation" ? 501 : 400 }
    var json: JSONValue { ["__type": .string("com.amazonaws.sqs#\(name)"), "message": .string(message)] }

    static let noQueue = QueueError(
        "QueueDoesNotExist", "The specified queue does not exist: queues are the template's.",
        queryCode: "AWS.SimpleQueueService.NonExistentQueue")
    static func missing(_ name: String) -> QueueError {
        QueueError("MissingParameter", "The request must contain the parameter \(name).")
    }
    static func invalid(_ message: String) -> QueueError { QueueError("InvalidParameterValue", message) }
}
