import JSON

/// An error of the States Language: its name, which retriers and catchers match, and its cause.
package struct StateError: Error, Sendable, Hashable {
    /// Where an expression failed: such failures have a history event of their own.
    package struct Evaluation: Sendable, Hashable {
        /// The field, such as `Output/result`; nil for the state's input.
        let field: String?
        /// Whether the expression gave a value, which then was of no use.
        let hasValue: Bool
    }

    package let name: String
    package let cause: String?
    let evaluation: Evaluation?

    package init(_ name: String, cause: String?) { self.init(name, cause: cause, evaluation: nil) }

    init(_ name: String, cause: String?, evaluation: Evaluation?) {
        self.name = name
        self.cause = cause
        self.evaluation = evaluation
    }

    static let timeout = "States.Timeout"
    static let runtimeName = "States.Runtime"
    static let dataLimitName = "States.DataLimitExceeded"
    static let queryName = "States.QueryEvaluationError"
    static let intrinsicName = "States.IntrinsicFailure"
    static let thresholdName = "States.ExceedToleratedFailureThreshold"
    static let readerName = "States.ItemReaderFailed"
    static let writerName = "States.ResultWriterFailed"

    /// - Parameter name: The state, or the task's resource.
    static func dataLimitExceeded(_ name: String) -> StateError {
        StateError(
            dataLimitName,
            cause:
                "The state/task '\(name)' returned a result with a size exceeding the maximum number of bytes service limit."
        )
    }

    /// A value that could not be read again once it was written down.
    static func tooDeep(_ name: String) -> StateError {
        StateError(
            dataLimitName,
            cause: "The state/task '\(name)' returned a result that nests deeper than "
                + "\(JSONValue.defaultMaximumDepth) levels.")
    }

    static func runtime(_ cause: String) -> StateError { StateError(runtimeName, cause: cause) }

    static func query(_ cause: String, field: String?, hasValue: Bool = false) -> StateError {
        StateError(queryName, cause: cause, evaluation: Evaluation(field: field, hasValue: hasValue))
    }

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
        guard [StateError.runtimeName, StateError.queryName, StateError.intrinsicName].contains(name), let cause,
            !cause.hasPrefix("An error occurred")
        else { return self }
        return StateError(
            name,
            cause:
                "An error occurred while executing the state '\(state)' (entered at the event id #\(eventID)). \(cause)",
            evaluation: evaluation)
    }
}
