/// Why something could not be done with executions or their store.
package struct ExecutionError: Error, Sendable {
    package enum Code: String, Sendable, Hashable {
        /// Another router works on the data folder.
        case folderLocked
        /// The store was written by a later version.
        case newerSchema
        /// The store could not be opened, read or written.
        case storage
        case unknownStateMachine
        /// A state machine's definition can't be read.
        case invalidDefinition
        /// An execution's name is too long or has characters that AWS refuses.
        case invalidName
        /// An execution's input is no JSON, or over 256 KiB.
        case invalidInput
        /// There is an execution of that name with another input, or one that has ended.
        case executionAlreadyExists
        case unknownExecution
        /// The execution has ended already.
        case notRunning
        /// A task's token is none, or names nothing that is waited for.
        case invalidToken
        /// The task is not waited for any more.
        case taskTimedOut
        /// The execution runs, succeeded, or is too old or too long to go on.
        case notRedrivable
        /// There is no run of a distributed Map of this ARN.
        case unknownMapRun
        /// The map run has ended.
        case mapRunNotRunning
        /// A state machine asks for a service that this router has nobody for.
        case unservedIntegration
        case shuttingDown
    }

    package let code: Code
    /// What was being done, on what, what was found, and what to do.
    package let detail: String
    package let cause: (any Error)?

    package init(_ code: Code, _ detail: String, cause: (any Error)? = nil) {
        self.code = code
        self.detail = detail
        self.cause = cause
    }
}

extension ExecutionError: CustomStringConvertible {
    package var description: String { detail + (cause.map { ": \($0)" } ?? "") }
}
