package import JSON

/// What happens to an execution. With their times, an execution's inputs are all there is to know of it: replayed in
/// order they give the same state, the same history and the same outstanding commands.
package enum ExecutionInput: Sendable, Hashable {
    /// The function answered; `payload` is its answer as it was spelled.
    case taskSucceeded(TaskToken, payload: String)
    case taskFailed(TaskToken, StateError)
    /// The task is still at work.
    case heartbeat(TaskToken)
    case timerFired(TimerID)
    case stop(error: String?, cause: String?)

    /// The input for a record; ``init(json:)`` reads it.
    package var json: JSONValue {
        switch self {
        case .taskSucceeded(let token, let payload): ["task": .string("\(token)"), "payload": .string(payload)]
        case .taskFailed(let token, let error):
            [
                "task": .string("\(token)"), "error": .string(error.name),
                "cause": error.cause.map { .string($0) } ?? .null,
            ]
        case .heartbeat(let token): ["heartbeat": .string("\(token)")]
        case .timerFired(let timer): ["timer": .int(timer.number)]
        case .stop(let error, let cause):
            ["stop": true, "error": error.map { .string($0) } ?? .null, "cause": cause.map { .string($0) } ?? .null]
        }
    }

    /// Reads a record; nil when it is none.
    package init?(json: JSONValue) {
        if let timer = json["timer"]?.intValue {
            self = .timerFired(TimerID(number: timer))
        } else if let token = json["heartbeat"]?.stringValue.flatMap({ TaskToken($0) }) {
            self = .heartbeat(token)
        } else if json["stop"] == true {
            self = .stop(error: json["error"]?.stringValue, cause: json["cause"]?.stringValue)
        } else if let token = json["task"]?.stringValue.flatMap({ TaskToken($0) }) {
            if let payload = json["payload"]?.stringValue {
                self = .taskSucceeded(token, payload: payload)
            } else if let error = json["error"]?.stringValue {
                self = .taskFailed(token, StateError(error, cause: json["cause"]?.stringValue))
            } else {
                return nil
            }
        } else {
            return nil
        }
    }
}
