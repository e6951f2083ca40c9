import JSON

/// What a state that is tried alone shows of its work, stage by stage.
struct Inspection: Sendable {
    /// Stands for the context object, where one was given.
    var context: JSONValue?
    /// Whether the task's result was given and comes as the service would give it.
    var hasMock = false
    private(set) var stages = JSONObject()
    private(set) var nextState: String?
    private(set) var output: JSONValue?
    private(set) var variables: [String: JSONValue] = [:]
    private(set) var error: StateError?
    private(set) var hasLeft = false
    private(set) var retry: (index: Int, seconds: Double)?
    private(set) var catcher: Int?

    mutating func note(_ stage: String, _ value: JSONValue, _ isThere: Bool = true) {
        if isThere, !stage.isEmpty { stages[stage] = value }
    }

    mutating func left(to next: String?, output: JSONValue, variables: [String: JSONValue]) {
        guard !hasLeft else { return }
        hasLeft = true
        nextState = next
        self.output = output
        self.variables = variables
    }

    mutating func failed(_ error: StateError) { if self.error == nil { self.error = error } }

    mutating func retried(index: Int, seconds: Double, _ error: StateError) {
        if retry == nil { retry = (index, seconds) }
        self.error = error
    }

    mutating func caught(index: Int, _ error: StateError) {
        catcher = index
        self.error = error
    }
}
