import Clocks
import JSON

/// States being run one after the other: the machine's own, a branch's, or an iteration's.
struct Scope: Sendable {
    struct Item: Sendable {
        let index: Int
        let value: JSONValue
    }

    /// What the current state waits for.
    enum Phase: Sendable {
        case nothing
        case task(Attempt)
        case timer(TimerID)
        case children(Children)
    }

    struct Attempt: Sendable {
        let request: TaskRequest
        var timeout: TimerID?
        var heartbeat: TimerID?
        let heartbeatSeconds: Int?
        /// Whether `lambda:invoke` asked for the log.
        let hasLog: Bool
    }

    /// The scopes below a Parallel or Map state.
    struct Children: Sendable {
        var running: Set<Int> = []
        var outputs: [JSONValue?]
        /// Of a Map: what has no iteration yet.
        var nextIndex: Int
        let items: [JSONValue]
        let concurrency: Int
    }

    let group: StateGroup
    let parent: Int?
    /// Which branch or iteration of its parent's state this is.
    let index: Int
    let item: Item?
    /// The event that the next one follows.
    var lastID: Int
    var state: State
    var enteredID = 0
    var enteredTime = Timestamp(microsecondsSinceEpoch: 0)
    /// The input as it came into the state, which ResultPath adds to.
    var rawInput: JSONValue = .null
    /// Retries so far, for each of the state's retriers.
    var retries: [Int] = []
    var phase: Phase = .nothing

    var attemptNumber: Int { retries.reduce(0, +) }

    /// What the context object shows: nil in states that can't be retried.
    var retryCount: Int? { ["Task", "Parallel", "Map"].contains(state.type) ? attemptNumber : nil }
}
