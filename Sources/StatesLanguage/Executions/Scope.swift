import Clocks
import JSON

/// States being run one after the other: the machine's own, a branch's, or an iteration's.
struct Scope: Sendable {
    struct Item: Sendable {
        let index: Int
        let value: JSONValue
    }

    /// What the current state waits for.
    ///
    /// The large ones are boxed: a scope is copied often.
    enum Phase: Sendable {
        case nothing
        indirect case task(Attempt)
        case timer(TimerID)
        indirect case children(Children)
        indirect case mapRun(MapRun)
    }

    struct Attempt: Sendable {
        let request: TaskRequest
        var timeout: TimerID?
        var heartbeat: TimerID?
        let heartbeatSeconds: Int?
        /// Whether the call has been made and its job is waited for.
        var isSubmitted = false
        /// Whether `lambda:invoke` asked for the log.
        var hasLog = false
    }

    /// The scopes below a Parallel or Map state.
    struct Children: Sendable {
        var running: Set<Int> = []
        var outputs: [JSONValue?]
        /// Outputs that are there.
        var doneCount = 0
        /// Of a Map: what has no iteration yet.
        var nextIndex: Int
        let items: [JSONValue]
        let concurrency: Int
        /// Iterations that may fail, and those that have.
        var tolerance = Tolerance()
        var failureCount = 0
    }

    let group: StateGroup
    let parent: Int?
    /// Which branch or iteration of its parent's state this is.
    let index: Int
    let item: Item?
    /// The event that the next one follows.
    var lastID: Int
    var state: State
    /// Those of the scopes around it, as they stood when this one began, and its own.
    var variables: [String: JSONValue] = [:]
    var enteredID = 0
    /// The event that the state's entry followed.
    var idBeforeEntry = 0
    var enteredTime = Timestamp(microsecondsSinceEpoch: 0)
    /// The input as it came into the state, which ResultPath adds to.
    var rawInput: JSONValue = .null
    /// Retries so far, for each of the state's retriers.
    var retries: [Int] = []
    /// Attempts before the last redrive, so that no token is given twice.
    var earlierAttempts = 0
    var phase: Phase = .nothing
    /// Whether a Map or Parallel state has begun its children.
    var hasStartedChildren = false

    var retryCountNow: Int { retries.reduce(0, +) }
    var attemptNumber: Int { earlierAttempts + retryCountNow }

    /// What the context object shows: nil in states that can't be retried.
    var retryCount: Int? { state.canBeRetried ? retryCountNow : nil }
}

/// How many items of a Map may fail before the Map does.
struct Tolerance: Sendable {
    var count: Int?
    var percentage: Double?

    /// Whether so many failures of so many items are too many.
    func isExceeded(by failures: Int, of total: Int) -> Bool {
        guard failures > 0 else { return false }
        if count == nil, percentage == nil { return true }
        if let count, failures > count { return true }
        if let percentage, total > 0, Double(failures) * 100 / Double(total) > percentage { return true }
        return false
    }
}
