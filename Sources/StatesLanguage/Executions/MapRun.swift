import Clocks
import JSON

/// A distributed Map at work: child executions over items, or batches of items.
struct MapRun: Sendable {
    struct Child: Sendable {
        var execution: Execution
        let index: Int
        var redriveCount = 0
    }

    /// What has come of a child, for the files of results.
    struct Record: Sendable {
        let identity: ExecutionIdentity
        let input: JSONValue
        let startTime: Timestamp
        let stopTime: Timestamp
        let outcome: ExecutionOutcome
        let redriveCount: Int
    }

    /// What the run itself waits for.
    enum Stage: Sendable {
        case reading
        case running
        case writing(JSONValue)
    }

    /// A child to be started.
    enum Next {
        /// The first time, for the item or batch of this index.
        case new(Int)
        /// Once more: the child of this number.
        case again(Int)
    }

    let arn: String
    let machine: StateMachine
    /// The event that told of its start.
    let startedID: Int
    let isExpress: Bool
    let hasWriter: Bool
    var tolerance: Tolerance
    /// As it was set; 0 for as many as there may be.
    var maximumConcurrency: Int
    var stage: Stage
    var attempt: Scope.Attempt?
    /// Files of a manifest that are still to be read.
    var filesToRead: [JSONValue] = []
    var items: [JSONValue] = []
    /// With a batcher: the inputs of the children, ready made.
    var batches: [JSONValue]?
    /// Items in all batches, or without batches.
    var itemCount = 0
    var outcomes: [ExecutionOutcome?] = []
    var records: [Record] = []
    /// Numbers of children to be started again; what is at and after `nextIndex` has not been started at all.
    var again: [Int] = []
    var nextIndex = 0
    /// By their numbers, as those that ended badly: a redrive goes on with them.
    var running: [Int: Child] = [:]
    var unsuccessful: [Int: Child] = [:]
    var failureCount = 0
    var doneCount = 0
    var redriveCount = 0

    var total: Int { batches?.count ?? items.count }

    /// Children that may run at once.
    var concurrency: Int {
        let limit = MapState.distributedConcurrencyLimit
        return maximumConcurrency > 0 ? min(maximumConcurrency, limit) : limit
    }

    var isDone: Bool { running.isEmpty && doneCount >= total }

    /// Whether so many have failed that the run does.
    var isFailing: Bool { tolerance.isExceeded(by: failureCount, of: total) }

    /// The next child to start; nil when none is left or none may be started now.
    mutating func popNext() -> Next? {
        guard case .running = stage, running.count < concurrency else { return nil }
        if !again.isEmpty { return .again(again.removeFirst()) }
        guard nextIndex < total else { return nil }
        defer { nextIndex += 1 }
        return .new(nextIndex)
    }

    /// Items that a child is for.
    func itemCount(at index: Int) -> Int { batches?[index]["Items"]?.arrayValue?.count ?? 1 }

    /// Takes over what has come of a child.
    mutating func settle(_ number: Int, _ child: Child, _ outcome: ExecutionOutcome, at time: Timestamp) {
        outcomes[child.index] = outcome
        doneCount += 1
        if case .succeeded = outcome {
        } else {
            failureCount += 1
            unsuccessful[number] = child
        }
        guard hasWriter else { return }
        records.append(
            Record(
                identity: child.execution.identity, input: child.execution.input, startTime: child.execution.startTime,
                stopTime: time, outcome: outcome, redriveCount: child.redriveCount))
    }

    /// Has all that ended badly, and can go on, wait for its turn.
    mutating func prepareRedrive() {
        // The history of a child that is full has no room for another event.
        let numbers = unsuccessful.keys.sorted().filter { number in
            isExpress || unsuccessful[number].map { $0.execution.canGoOn } ?? false
        }
        var dropped: Set<String> = []
        for case let child? in numbers.map({ unsuccessful[$0] }) {
            outcomes[child.index] = nil
            dropped.insert(child.execution.identity.arn)
        }
        doneCount -= numbers.count
        failureCount -= numbers.count
        records.removeAll { dropped.contains($0.identity.arn) }
        again = numbers
    }
}
