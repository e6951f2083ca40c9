import Clocks
import JSON

/// A distributed Map at work: child executions over items, or batches of items.
struct MapRun: Sendable {
    struct Child: Sendable {
        var execution: Execution
        let index: Int
    }

    /// What has come of a child, for the files of results.
    struct Record: Sendable {
        let identity: ExecutionIdentity
        let input: JSONValue
        let startTime: Timestamp
        let stopTime: Timestamp
        let outcome: ExecutionOutcome
    }

    /// What the run itself waits for.
    enum Stage: Sendable {
        case reading
        case running
        case writing(JSONValue)
    }

    let arn: String
    let machine: StateMachine
    /// The event that told of its start.
    let startedID: Int
    let isExpress: Bool
    let tolerance: Tolerance
    let concurrency: Int
    var stage: Stage
    var attempt: Scope.Attempt?
    /// Files of a manifest that are still to be read.
    var filesToRead: [JSONValue] = []
    var items: [JSONValue] = []
    /// With a batcher: the inputs of the children, ready made.
    var batches: [JSONValue]?
    var outcomes: [ExecutionOutcome?] = []
    var records: [Record] = []
    /// Children to be started, by index; what is at and after `nextIndex` has not been started either.
    var again: [Int] = []
    var nextIndex = 0
    var running: [Int: Child] = [:]
    var failureCount = 0
    var doneCount = 0

    var total: Int { batches?.count ?? items.count }

    /// The next child to start.
    mutating func popNext() -> Int? {
        if !again.isEmpty { return again.removeFirst() }
        guard nextIndex < total else { return nil }
        defer { nextIndex += 1 }
        return nextIndex
    }
}
