import JSON

/// What a state that is tried alone is given, and what it shows of its work, stage by stage.
struct Inspection: Sendable {
    /// Stands for the context object.
    var context: JSONValue?
    /// Stands for the work of a Map or Parallel state; a task's comes from the driver.
    var mock: StateTest.Mock?
    var initialVariables: [String: JSONValue] = [:]
    /// Retries that the retrier which takes the error has made already.
    var retryCount = 0
    /// Iterations of a Map that are said to have failed.
    var failedIterationCount: Int?
    /// What an ItemReader is said to have read.
    var readerData: String?

    private(set) var stages = JSONObject()
    private(set) var numbers = JSONObject()
    private(set) var nextState: String?
    private(set) var output: JSONValue?
    private(set) var variables: [String: JSONValue] = [:]
    private(set) var error: StateError?
    private(set) var hasLeft = false
    private(set) var retry: (index: Int, seconds: Double)?
    /// The retrier that matched and had no attempt left.
    var exhaustedRetrier: Int?
    private(set) var catcher: Int?
    /// Items of a Map, once they are known.
    var iterationCount: Int?

    /// Whether there is nothing left to see: the state has ended, or would be tried again.
    var isOver: Bool { hasLeft || retry != nil }

    mutating func note(_ stage: String, _ value: JSONValue, _ isThere: Bool = true) {
        if isThere { stages[stage] = value }
    }

    mutating func note(_ name: String, number: JSONValue) { numbers[name] = number }

    mutating func left(to next: String?, output: JSONValue, variables: [String: JSONValue]) {
        guard !hasLeft else { return }
        hasLeft = true
        nextState = next
        self.output = output
        self.variables = variables
    }

    mutating func failed(_ error: StateError) { if !isOver { self.error = error } }

    mutating func retried(index: Int, seconds: Double, _ error: StateError) {
        if retry == nil { retry = (index, seconds) }
        self.error = error
    }

    mutating func caught(index: Int, _ error: StateError) {
        catcher = index
        self.error = error
    }
}
