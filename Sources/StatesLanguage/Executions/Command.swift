package import Clocks
package import JSON

/// What the driver of an execution is to do, once the step that asks for it has been recorded.
package enum Command: Sendable, Hashable {
    case startTask(TaskRequest)
    /// The task's answer is of no use any more; the function may be left to end by itself.
    case cancelTask(TaskToken)
    case setTimer(TimerID, at: Timestamp)
    case cancelTimer(TimerID)
    case finish(ExecutionOutcome)
}

/// A task to be done, at least once; the answer comes back with its token.
package struct TaskRequest: Sendable, Hashable {
    package enum Work: Sendable, Hashable {
        /// A function by its ARN or name, and what it gets.
        case function(String, payload: JSONValue)
        /// Work for whoever asks for this activity's.
        case activity(arn: String, input: JSONValue)
        /// A service's action. With `.sync` and `.waitForTaskToken` the driver says ``ExecutionInput/taskSubmitted(_:payload:)``
        /// once the call is made, and the answer comes later.
        case service(ServiceIntegration, JSONValue)
        /// The text of an object, or a list of objects, for a distributed Map.
        case readItems(ServiceIntegration, JSONValue)
        /// Objects to be written for a distributed Map: keys and texts.
        case writeObjects(bucket: String, [WrittenObject])
    }

    package struct WrittenObject: Sendable, Hashable {
        package let key: String
        package let text: String
    }

    package let token: TaskToken
    package let work: Work
    /// The state that asks.
    package let state: String
    /// Attempts of this state before this one: from 0.
    package let retryCount: Int
    /// Seconds that the state allows; the execution sets its own timer for them.
    package let timeoutSeconds: Int?
    package let heartbeatSeconds: Int?

    /// The function and its payload, where it is one.
    package var function: String {
        if case .function(let name, _) = work { name } else { "" }
    }

    package var payload: JSONValue {
        switch work {
        case .function(_, let payload): payload
        case .activity(_, let input): input
        case .service(_, let parameters), .readItems(_, let parameters): parameters
        case .writeObjects: .null
        }
    }
}

/// Names one attempt of one task: an answer with the token of an earlier attempt is ignored.
package struct TaskToken: Sendable, Hashable, CustomStringConvertible {
    /// Child executions of distributed Maps on the way to the task, by their numbers; none in the execution itself.
    package var children: [Int] = []
    /// The scope (the machine, a branch, an iteration) that the state runs in.
    package let scope: Int
    /// The id of the event with which the state was entered.
    package let enteredID: Int
    /// From 0.
    package let attempt: Int

    package init(scope: Int, enteredID: Int, attempt: Int) {
        self.scope = scope
        self.enteredID = enteredID
        self.attempt = attempt
    }

    /// Reads what ``description`` gives.
    package init?(_ text: String) {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let last = halves.last else { return nil }
        let parts = last.split(separator: "-", omittingEmptySubsequences: false).compactMap { Int($0) }
        guard parts.count == 3 else { return nil }
        self.init(scope: parts[0], enteredID: parts[1], attempt: parts[2])
        children = halves.dropLast().compactMap { Int($0) }
        guard children.count == halves.count - 1 else { return nil }
    }

    package var description: String {
        children.map { "\($0)/" }.joined() + "\(scope)-\(enteredID)-\(attempt)"
    }

    func inside(_ child: Int) -> TaskToken {
        var token = self
        token.children.insert(child, at: 0)
        return token
    }

    var outside: TaskToken {
        var token = self
        token.children.removeFirst()
        return token
    }
}

/// Names one timer of an execution; never used again.
package struct TimerID: Sendable, Hashable, CustomStringConvertible {
    /// As in ``TaskToken``.
    package var children: [Int] = []
    package let number: Int

    package init(number: Int) { self.number = number }

    /// Reads what ``description`` gives.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).compactMap { Int($0) }
        guard let last = parts.last, parts.count == text.count(where: { $0 == "/" }) + 1 else { return nil }
        number = last
        children = Array(parts.dropLast())
    }

    package var description: String { children.map { "\($0)/" }.joined() + String(number) }

    func inside(_ child: Int) -> TimerID {
        var timer = self
        timer.children.insert(child, at: 0)
        return timer
    }

    var outside: TimerID {
        var timer = self
        timer.children.removeFirst()
        return timer
    }
}

/// How an execution ended.
package enum ExecutionOutcome: Sendable, Hashable {
    case succeeded(output: JSONValue)
    case failed(StateError)
    case timedOut
    case aborted(StateError)
}
