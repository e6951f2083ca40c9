/// An error of the States Language: its name, which retriers and catchers match, and its cause.
package struct StateError: Error, Sendable, Hashable {
    package let name: String
    package let cause: String?

    package init(_ name: String, cause: String?) {
        self.name = name
        self.cause = cause
    }

    static let timeout = "States.Timeout"
    static let runtimeName = "States.Runtime"
    static let dataLimitName = "States.DataLimitExceeded"

    /// - Parameter name: The state, or the task's resource.
    static func dataLimitExceeded(_ name: String) -> StateError {
        StateError(
            dataLimitName,
            cause:
                "The state/task '\(name)' returned a result with a size exceeding the maximum number of bytes service limit."
        )
    }

    static func runtime(_ cause: String) -> StateError { StateError(runtimeName, cause: cause) }

    /// Names that stand for groups of errors (States Language, "Errors"). What the machine itself got wrong is matched
    /// by its own name alone; what has grown too large also by `States.ALL`.
    func isMatched(by names: [String]) -> Bool {
        let isTerminal = name == StateError.runtimeName || name == StateError.dataLimitName
        return names.contains { pattern in
            switch pattern {
            case name: true
            case "States.ALL": name != StateError.runtimeName
            case "States.TaskFailed": !isTerminal && name != StateError.timeout
            default: false
            }
        }
    }

    /// With the place that AWS puts before the cause of what the interpreter itself found.
    func located(in state: String, enteredAt eventID: Int) -> StateError {
        guard name == StateError.runtimeName, let cause, !cause.hasPrefix("An error occurred") else { return self }
        return StateError(
            name,
            cause:
                "An error occurred while executing the state '\(state)' (entered at the event id #\(eventID)). \(cause)"
        )
    }
}
