import Clocks
import Delivery
import Events
import JSON
import Template

/// What follows when a delivery is over: the records and dead letters that its function or target asks for, as deliveries
/// that are kept in the transaction that ends it.
struct DeliveryOutcomes: Sendable {
    let routes: EventRoutes
    let bus: EventBus

    // MARK: - Asynchronous invocations

    /// The function has succeeded.
    func succeeded(_ delivery: QueuedDelivery, _ payload: [UInt8], at now: Timestamp) -> [QueuedDelivery] {
        guard let destination = routes.invocation(of: delivery.target.arn)?.onSuccess else { return [] }
        var delivery = delivery
        delivery.attempts += 1
        let record = record(delivery, .success, DeliveryOutcomes.value(payload), at: now)
        return deliveries(of: record, to: destination, after: delivery, at: now)
    }

    /// The event is given up.
    ///
    /// - Parameters:
    ///   - delivery: With the function's last answer, if it ran at all.
    ///   - refusal: Why it is not to run.
    func givenUp(
        _ delivery: QueuedDelivery, _ condition: InvocationRetry.Condition,
        refusal: InvocationRecord.Refusal? = nil, at now: Timestamp
    ) -> [QueuedDelivery] {
        guard let policy = routes.invocation(of: delivery.target.arn) else { return [] }
        let response = delivery.details.response.map { DeliveryOutcomes.value(Array($0.utf8)) }
        let record = record(delivery, condition, response, refusal: refusal, at: now)
        var made: [QueuedDelivery] = []
        if let arn = policy.deadLetterARN {
            var letter = message(to: arn, delivery.payload, after: delivery, "DeadLetterQueue", at: now)
            for (name, text) in record.deadLetterAttributes {
                letter.details.attributes[name] =
                    name == "ErrorCode"
                    ? MessageAttribute(dataType: "Number", value: .text(text)) : .string(text)
            }
            made.append(letter)
        }
        if let destination = policy.onFailure {
            made += deliveries(of: record, to: destination, after: delivery, at: now)
        }
        return made
    }

    private static func value(_ payload: [UInt8]) -> JSONValue {
        (try? JSONValue(parsing: payload)) ?? .string(String(decoding: payload, as: UTF8.self))
    }

    private func record(
        _ delivery: QueuedDelivery, _ condition: InvocationRetry.Condition, _ response: JSONValue?,
        refusal: InvocationRecord.Refusal? = nil, at now: Timestamp
    ) -> InvocationRecord {
        InvocationRecord(
            time: now, requestID: delivery.name, functionARN: delivery.target.arn, condition: condition,
            invokeCount: delivery.attempts, request: DeliveryOutcomes.value(delivery.payload), response: response,
            refusal: refusal)
    }

    private func deliveries(
        of record: InvocationRecord, to destination: EventRoutes.Destination, after delivery: QueuedDelivery,
        at now: Timestamp
    ) -> [QueuedDelivery] {
        let role = record.condition == .success ? "OnSuccess" : "OnFailure"
        switch destination {
        case .message(let arn): return [message(to: arn, record.json.bytes(), after: delivery, role, at: now)]
        case .function(let arn):
            return [made(.function(arn: arn), record.json.bytes(), after: delivery, role, at: now)]
        case .eventBus(let name):
            let outcome = record.condition == .success ? "Success" : "Failure"
            let account = routes.account
            let busARN = "arn:\(account.partition):events:\(account.region):\(account.accountID):event-bus/\(name)"
            let id = EventBus.name(
                eventID: delivery.name, to: delivery.target, targetID: role, from: delivery.target.arn, copy: 0)
            let event = EventBridgeEvent.envelope(
                id: id, detailType: "Lambda Function Invocation Result - \(outcome)", source: "lambda", time: now,
                account: account.accountID, region: account.region,
                resources: [busARN, "\(delivery.target.arn):$LATEST"], detail: record.json)
            return bus.deliveries(of: event, on: name, acceptedAt: now)
        }
    }

    // MARK: - Targets of rules and schedules

    /// The dead letter of an event that a target of a rule or schedule did not take.
    ///
    /// - Parameters:
    ///   - code: As EventBridge names it, such as `NO_RESOURCE`.
    ///   - reason: The limit that was reached; nil when the event was not tried again.
    func undeliverable(
        _ delivery: QueuedDelivery, code: String, message text: String, reason: TargetRetry.Reason?, at now: Timestamp
    ) -> [QueuedDelivery] {
        guard let place = routes.place(of: delivery), let queue = place.target.deadLetterARN else { return [] }
        let payload = delivery.details.event.map { Array($0.utf8) } ?? delivery.payload
        var letter = message(to: queue, payload, after: delivery, "DeadLetterConfig", at: now)
        var attributes = [
            "TARGET_ARN": delivery.target.arn, "ERROR_CODE": code, "ERROR_MESSAGE": text,
            "RETRY_ATTEMPTS": "\(max(delivery.attempts - 1, 0))",
        ]
        if place.isScheduler {
            attributes["SCHEDULE_ARN"] = delivery.origin
            attributes["EXECUTION_ID"] = delivery.name
            attributes["SCHEDULED_TIME"] = delivery.acceptedAt.spelled(fractionDigits: 0)
            attributes["IS_PAYLOAD_TRUNCATED"] = "false"
        } else {
            attributes["RULE_ARN"] = delivery.origin
        }
        if let reason { attributes["EXHAUSTED_RETRY_CONDITION"] = reason.rawValue }
        letter.details.attributes = attributes.mapValues { .string($0) }
        return [letter]
    }

    // MARK: - Deliveries

    private func message(
        to arn: String, _ payload: [UInt8], after delivery: QueuedDelivery, _ role: String, at now: Timestamp
    ) -> QueuedDelivery {
        made(ExecutionStore.DeliveryKind.message.target(arn), payload, after: delivery, role, at: now)
    }

    /// A delivery with a name of its own that is always the same. After a function's it is a part of the same chain of calls.
    private func made(
        _ target: QueuedDelivery.Target, _ payload: [UInt8], after delivery: QueuedDelivery, _ role: String,
        at now: Timestamp
    ) -> QueuedDelivery {
        var made = QueuedDelivery(
            target: target, origin: delivery.target.arn,
            name: EventBus.name(
                eventID: delivery.name, to: target, targetID: role, from: delivery.target.arn, copy: 0),
            payload: payload, acceptedAt: now, due: now)
        if case .function(let arn) = delivery.target {
            made.traceID = Lineage(header: delivery.traceID).adding(arn).header
        }
        return made
    }
}
