/// What those who watch are told of executions, after it is recorded.
package enum ExecutionObservation: Sendable {
    case started(arn: String)
    case stateEntered(arn: String, state: String)
    case finished(arn: String, status: ExecutionStatus, error: String?)
    /// A running execution was found at the start and goes on.
    case continued(arn: String)
    /// A step could not be recorded; it is tried again, and what it asks for waits.
    case storageFailed(any Error)
}

/// How many executions there were since the engine was made.
package struct ExecutionCounters: Sendable, Hashable {
    package var running = 0
    package var started = 0
    package var continued = 0
    package var succeeded = 0
    package var failed = 0
    package var timedOut = 0
    package var aborted = 0
    /// Tasks under way, and those that wait for their turn.
    package var tasks = 0
    package var waitingTasks = 0
}
