package import Clocks
import Delivery
import Digest
import Events
import JSON
import Template

/// Makes what is told of executions whose status changes; it is kept together with the change.
package protocol StatusAnnouncing: Sendable {
    /// Whether anyone may want to hear of it.
    var hasListeners: Bool { get }

    /// The deliveries of a change.
    ///
    /// - Parameter record: The execution as it is from now on.
    func deliveries(of record: ExecutionRecord, _ origin: ExecutionOrigin, at time: Timestamp) -> [QueuedDelivery]

    /// Says that deliveries were kept.
    func wake()
}

/// Tells the default event bus of Standard executions that begin, end or go on: `Step Functions Execution Status Change`.
///
/// Express executions tell nothing, as at AWS, and neither do children of distributed Maps here.
package struct StatusEvents: StatusAnnouncing {
    /// Executions of one state machine that follow from one another's events; no more are started. AWS has no such limit,
    /// and a rule that starts what it listens to would keep a router busy for ever.
    static let chainLimit = 8
    /// An execution that ran this long begins a new chain: what goes on and on at a slow pace is left alone.
    static let chainBreak = Duration.seconds(60)
    /// Bytes of input and output, with their escapes, above which they are left out.
    static let dataLimit = 248 << 10

    private let bus: EventBus
    private let dispatcher: DeliveryDispatcher

    package init(bus: EventBus, dispatcher: DeliveryDispatcher) {
        self.bus = bus
        self.dispatcher = dispatcher
    }

    package var hasListeners: Bool { bus.routes.tellsOfExecutions }

    package func wake() { dispatcher.wake() }

    package func deliveries(
        of record: ExecutionRecord, _ origin: ExecutionOrigin, at time: Timestamp
    ) -> [QueuedDelivery] {
        guard hasListeners, !record.isExpress, record.mapRunARN == nil else { return [] }
        let account = bus.routes.account
        let event = EventBridgeEvent.envelope(
            id: StatusEvents.id(of: record), detailType: "Step Functions Execution Status Change",
            source: "aws.states", time: time, account: account.accountID, region: account.region,
            resources: [record.arn], detail: StatusEvents.detail(of: record, origin, at: time))
        let isLong = time - record.startedAt >= StatusEvents.chainBreak
        let chain = Lineage(header: isLong ? nil : origin.traceHeader).adding(record.stateMachineARN)
        return bus.deliveries(of: event, acceptedAt: time, traceHeader: chain.header)
    }

    /// The same for the same change, in the form of a UUID.
    static func id(of record: ExecutionRecord) -> String {
        let digits = Array(sha256(Array("\(record.arn)|\(record.status.rawValue)|\(record.redriveCount)".utf8)))
        return [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]].map { String($0) }
            .joined(separator: "-")
    }

    static func detail(of record: ExecutionRecord, _ origin: ExecutionOrigin, at now: Timestamp) -> JSONValue {
        func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
        func time(_ time: Timestamp?) -> JSONValue { time.map { .int(Int($0.millisecondsSinceEpoch)) } ?? .null }
        let input = JSONValue.string(record.input)
        let output = text(record.output)
        let outputCount = record.output == nil ? 0 : output.bytes().count
        let hasInput = input.bytes().count + outputCount <= StatusEvents.dataLimit
        let hasOutput = outputCount <= StatusEvents.dataLimit
        let refusal = record.redriveRefusal(at: now)
        return [
            "executionArn": .string(record.arn), "stateMachineArn": .string(record.stateMachineARN),
            "name": .string(record.name), "status": .string(record.status.rawValue),
            "startDate": time(record.startedAt), "stopDate": time(record.stoppedAt),
            "input": hasInput ? input : .null, "output": hasOutput ? output : .null,
            "inputDetails": ["included": .bool(hasInput)],
            "outputDetails": record.output == nil ? .null : ["included": .bool(hasOutput)],
            "error": text(record.error), "cause": text(record.cause),
            "stateMachineVersionArn": text(origin.versionARN), "stateMachineAliasArn": text(origin.aliasARN),
            "redriveCount": .int(record.redriveCount), "redriveDate": time(record.redrivenAt),
            "redriveStatus": refusal == nil ? "REDRIVABLE" : "NOT_REDRIVABLE", "redriveStatusReason": text(refusal),
        ]
    }
}

/// Tells nobody.
struct NoAnnouncements: StatusAnnouncing {
    var hasListeners: Bool { false }
    func deliveries(of record: ExecutionRecord, _ origin: ExecutionOrigin, at time: Timestamp) -> [QueuedDelivery] {
        []
    }
    func wake() {}
}
