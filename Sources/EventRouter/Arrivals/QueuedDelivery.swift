package import Clocks
import Delivery
import JSON

/// One event on its way to one target, kept until the target has it.
package struct QueuedDelivery: Sendable, Hashable {
    package enum Target: Sendable, Hashable {
        /// An asynchronous invocation of the function of this ARN.
        case function(arn: String)
        /// A new execution of the state machine of this ARN.
        case stateMachine(arn: String)
        /// A message to the queue of this ARN.
        case queue(arn: String)
        /// A message to the topic of this ARN.
        case topic(arn: String)

        package var arn: String {
            switch self {
            case .function(let arn), .stateMachine(let arn), .queue(let arn), .topic(let arn): arn
            }
        }
    }

    /// The number under which it is kept; 0 until it is.
    package var id: Int64 = 0
    package var target: Target
    /// What sends it: the ARN of a rule, or of a bucket that notifies.
    package var origin: String
    /// The execution's name, or the invocation's request id: the same whenever this delivery is tried.
    package var name: String
    /// The target's input: JSON.
    package var payload: [UInt8]
    package var acceptedAt: Timestamp
    /// When it is tried next.
    package var due: Timestamp
    /// Times the function ran and failed, or the start was refused.
    package var attempts = 0
    /// Times in a row that the function was not run.
    package var refusals = 0
    /// The invocation's trace id and client context, if the caller gave any.
    package var traceID: String?
    package var clientContext: String?
    package var details = Details()

    /// What is known of some deliveries only.
    package struct Details: Sendable, Hashable {
        /// The target's id in the rule or schedule that sends the event.
        var targetID: String?
        /// The event as it came, when the target is given something else of it and what can't be delivered is kept.
        var event: String?
        /// The last answer of a function that failed.
        var response: String?
        /// Of a message.
        var attributes: [String: MessageAttribute] = [:]

        var json: JSONValue? {
            var members: JSONObject = [:]
            members["targetID"] = targetID.map { .string($0) }
            members["event"] = event.map { .string($0) }
            members["response"] = response.map { .string($0) }
            if !attributes.isEmpty { members["attributes"] = MessageAttribute.json(attributes) }
            return members.isEmpty ? nil : .object(members)
        }

        init() {}

        init(json: JSONValue?) {
            targetID = json?["targetID"]?.stringValue
            event = json?["event"]?.stringValue
            response = json?["response"]?.stringValue
            attributes = MessageAttribute.all(in: json?["attributes"]) ?? [:]
        }
    }

    package init(
        target: Target, origin: String, name: String, payload: [UInt8], acceptedAt: Timestamp, due: Timestamp
    ) {
        self.target = target
        self.origin = origin
        self.name = name
        self.payload = payload
        self.acceptedAt = acceptedAt
        self.due = due
    }
}
