package import Clocks

/// One event on its way to one target, kept until the target has it.
package struct QueuedDelivery: Sendable, Hashable {
    package enum Target: Sendable, Hashable {
        /// An asynchronous invocation of the function of this ARN.
        case function(arn: String)
        /// A new execution of the state machine of this ARN.
        case stateMachine(arn: String)

        package var arn: String {
            switch self {
            case .function(let arn), .stateMachine(let arn): arn
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
