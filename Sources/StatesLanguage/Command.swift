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
    package let token: TaskToken
    /// The function's ARN or name.
    package let function: String
    /// What the function gets.
    package let payload: JSONValue
    /// Seconds that the state allows; the execution sets its own timer for them.
    package let timeoutSeconds: Int?
}

/// Names one attempt of one task: an answer with the token of an earlier attempt is ignored.
package struct TaskToken: Sendable, Hashable, CustomStringConvertible {
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
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).compactMap { Int($0) }
        guard parts.count == 3 else { return nil }
        self.init(scope: parts[0], enteredID: parts[1], attempt: parts[2])
    }

    package var description: String { "\(scope)-\(enteredID)-\(attempt)" }
}

/// Names one timer of an execution; never used again.
package struct TimerID: Sendable, Hashable {
    package let number: Int
    package init(number: Int) { self.number = number }
}

/// How an execution ended.
package enum ExecutionOutcome: Sendable, Hashable {
    case succeeded(output: JSONValue)
    case failed(StateError)
    case timedOut
    case aborted(StateError)
}
