package import Clocks
package import JSON

/// How an execution stands; the raw values are AWS's.
package enum ExecutionStatus: String, Sendable, Hashable, CaseIterable {
    case running = "RUNNING"
    case succeeded = "SUCCEEDED"
    case failed = "FAILED"
    case timedOut = "TIMED_OUT"
    case aborted = "ABORTED"
    /// Only of a child of a distributed Map: it ended badly and waits for its turn to go on.
    case pendingRedrive = "PENDING_REDRIVE"
}

/// What is kept of one execution beside its history.
package struct ExecutionRecord: Sendable, Hashable {
    package var arn: String
    package var name: String
    package var stateMachineARN: String
    package var status: ExecutionStatus
    /// JSON text.
    package var input: String
    /// JSON text; nil until and unless the execution succeeds.
    package var output: String?
    package var error: String?
    package var cause: String?
    package var startedAt: Timestamp
    package var stoppedAt: Timestamp?
    /// Events in its history so far.
    package var eventCount: Int
    /// Its number in the store: later ones are greater.
    package var number: Int64
    /// Of a child of a distributed Map: the run that it belongs to, and the items that it is for.
    package var mapRunARN: String?
    package var itemCount: Int?
    /// Times that it went on after a bad end, and the last one's time.
    package var redriveCount = 0
    package var redrivenAt: Timestamp?

    /// Whether its state machine is of the express kind; then its name ends with a UUID.
    package var isExpress: Bool { name.contains(":") }

    /// A name as it was given, without what was added to make it unique.
    static func givenName(_ name: String) -> String { name.firstIndex(of: ":").map { String(name[..<$0]) } ?? name }

    /// As DescribeExecution has it, with times in ISO 8601.
    package var json: JSONValue {
        var members: JSONObject = [
            "executionArn": .string(arn),
            "stateMachineArn": .string(stateMachineARN),
            "name": .string(name),
            "status": .string(status.rawValue),
            "startDate": .string(startedAt.iso8601),
        ]
        members["stopDate"] = stoppedAt.map { .string($0.iso8601) }
        members["input"] = .string(input)
        members["output"] = output.map(JSONValue.string)
        members["error"] = error.map(JSONValue.string)
        members["cause"] = cause.map(JSONValue.string)
        members["mapRunArn"] = mapRunARN.map(JSONValue.string)
        return .object(members)
    }
}

/// Which executions are asked for; nil members ask for any.
package struct ExecutionFilter: Sendable, Hashable {
    package var stateMachineARN: String?
    package var status: ExecutionStatus?
    /// The run of a distributed Map whose children are asked for; without it there are no children.
    package var mapRunARN: String?

    package init(stateMachineARN: String? = nil, status: ExecutionStatus? = nil, mapRunARN: String? = nil) {
        self.stateMachineARN = stateMachineARN
        self.status = status
        self.mapRunARN = mapRunARN
    }
}

/// A run of executions, the newest first.
package struct ExecutionPage: Sendable, Hashable {
    package var executions: [ExecutionRecord]
    /// What to pass as `before` for the next page; nil when this is the last.
    package var next: Int64?
}

/// A run of an execution's history.
package struct HistoryPage: Sendable, Hashable {
    /// The events in AWS's shape.
    package var events: [JSONValue]
    /// What to pass as `after` for the next page: an event's id; nil when this is the last.
    package var next: Int?
}
