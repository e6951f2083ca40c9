package import JSON

/// What happens to an execution. With their times, an execution's inputs are all there is to know of it: replayed in
/// order they give the same state, the same history and the same outstanding commands.
package enum ExecutionInput: Sendable, Hashable {
    /// The task is done; `payload` is its answer as it was spelled.
    case taskSucceeded(TaskToken, payload: String)
    case taskFailed(TaskToken, StateError)
    /// The call that begins a job, or hands out a token, has been made; `payload` is its answer.
    case taskSubmitted(TaskToken, payload: String)
    /// A worker has taken an activity's work.
    case activityStarted(TaskToken, worker: String?)
    /// The task is still at work.
    case heartbeat(TaskToken)
    case timerFired(TimerID)
    case stop(error: String?, cause: String?)
    /// A child execution of a distributed Map is stopped: the one at the end of these numbers, from the execution down.
    case stopChild(path: [Int], error: String?, cause: String?)
    /// The run of a distributed Map goes on by other rules.
    case updateMapRun(MapRunUpdate)
    /// An execution that ended badly goes on where it stood.
    case redrive

    /// The input for a record; ``init(json:)`` reads it.
    package var json: JSONValue {
        func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
        return switch self {
        case .taskSucceeded(let token, let payload): ["task": .string("\(token)"), "payload": .string(payload)]
        case .taskFailed(let token, let error):
            ["task": .string("\(token)"), "error": .string(error.name), "cause": text(error.cause)]
        case .taskSubmitted(let token, let payload):
            ["submitted": .string("\(token)"), "payload": .string(payload)]
        case .activityStarted(let token, let worker): ["activity": .string("\(token)"), "worker": text(worker)]
        case .heartbeat(let token): ["heartbeat": .string("\(token)")]
        case .timerFired(let timer): ["timer": timer.children.isEmpty ? .int(timer.number) : .string("\(timer)")]
        case .stop(let error, let cause): ["stop": true, "error": text(error), "cause": text(cause)]
        case .stopChild(let path, let error, let cause):
            ["stopChild": .array(path.map { .int($0) }), "error": text(error), "cause": text(cause)]
        case .updateMapRun(let update): .object(update.json)
        case .redrive: ["redrive": true]
        }
    }

    /// Reads a record; nil when it is none.
    package init?(json: JSONValue) {
        func token(_ key: String) -> TaskToken? { json[key]?.stringValue.flatMap { TaskToken($0) } }
        if let timer = json["timer"] {
            guard let id = timer.intValue.map({ TimerID(number: $0) }) ?? timer.stringValue.flatMap({ TimerID($0) })
            else { return nil }
            self = .timerFired(id)
        } else if let token = token("heartbeat") {
            self = .heartbeat(token)
        } else if json["stop"] == true {
            self = .stop(error: json["error"]?.stringValue, cause: json["cause"]?.stringValue)
        } else if let path = json["stopChild"]?.arrayValue?.compactMap(\.intValue), !path.isEmpty {
            self = .stopChild(path: path, error: json["error"]?.stringValue, cause: json["cause"]?.stringValue)
        } else if let update = MapRunUpdate(json: json) {
            self = .updateMapRun(update)
        } else if json["redrive"] == true {
            self = .redrive
        } else if let token = token("activity") {
            self = .activityStarted(token, worker: json["worker"]?.stringValue)
        } else if let token = token("submitted"), let payload = json["payload"]?.stringValue {
            self = .taskSubmitted(token, payload: payload)
        } else if let token = token("task") {
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
