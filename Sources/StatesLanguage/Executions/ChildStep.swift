package import JSON

/// What a step did to one child execution.
package struct ChildStep: Sendable {
    /// The child's numbers, from the execution down: what stands before its tasks' tokens.
    package var path: [Int]
    package var identity: ExecutionIdentity
    package var mapRunARN: String
    /// Its input, in the step that starts it for the first time.
    package var input: JSONValue?
    package var events: [HistoryEvent]
    package var outcome: ExecutionOutcome?
    package var isExpress: Bool
    /// Items of the Map that it is for.
    package var itemCount: Int
    /// Times that it went on, or began again, after a bad end.
    package var redriveCount: Int
    /// Whether it went on with this step.
    package var isRedrive = false
    /// Whether it waits for its turn to go on; its outcome is that of the time before.
    package var awaitsRedrive = false

    func inside(_ child: Int) -> ChildStep {
        var step = self
        step.path.insert(child, at: 0)
        return step
    }
}

/// How the run of a distributed Map stands after a step.
package struct MapRunStep: Sendable, Hashable {
    package enum Status: String, Sendable, Hashable {
        case running = "RUNNING"
        case succeeded = "SUCCEEDED"
        case failed = "FAILED"
        case aborted = "ABORTED"
    }

    package var arn: String
    /// The execution whose state it is, which may be a child itself.
    package var executionARN: String
    /// The state machine with the Map's label: what its children are executions of.
    package var machineARN: String
    package var status: Status
    package var isExpress: Bool
    /// Whether results are written into objects.
    package var hasWriter: Bool
    /// Items, and children that they make, once they are known.
    package var itemCount: Int
    package var childCount: Int
    /// As the definition or an update says; 0 for as many as there may be.
    package var maximumConcurrency: Int
    package var toleratedFailureCount: Int
    package var toleratedFailurePercentage: Double
    package var redriveCount: Int
}

/// A change of a map run that is under way; nil members stay as they are.
package struct MapRunUpdate: Sendable, Hashable {
    package var arn: String
    /// The children on the way to the execution whose run it is, from the execution down.
    package var path: [Int] = []
    package var maximumConcurrency: Int?
    package var toleratedFailureCount: Int?
    package var toleratedFailurePercentage: Double?

    package init(
        arn: String, path: [Int] = [], maximumConcurrency: Int? = nil, toleratedFailureCount: Int? = nil,
        toleratedFailurePercentage: Double? = nil
    ) {
        self.arn = arn
        self.path = path
        self.maximumConcurrency = maximumConcurrency
        self.toleratedFailureCount = toleratedFailureCount
        self.toleratedFailurePercentage = toleratedFailurePercentage
    }

    var outside: MapRunUpdate {
        var update = self
        update.path.removeFirst()
        return update
    }

    /// The members of its record.
    var json: JSONObject {
        var members: JSONObject = ["mapRun": .string(arn), "path": .array(path.map { .int($0) })]
        members["maxConcurrency"] = maximumConcurrency.map { .int($0) }
        members["toleratedFailureCount"] = toleratedFailureCount.map { .int($0) }
        members["toleratedFailurePercentage"] = toleratedFailurePercentage.map { .double($0) }
        return members
    }

    /// Reads a record; nil when it is none.
    init?(json: JSONValue) {
        guard let arn = json["mapRun"]?.stringValue, let path = json["path"]?.arrayValue?.compactMap(\.intValue) else {
            return nil
        }
        self.init(
            arn: arn, path: path, maximumConcurrency: json["maxConcurrency"]?.intValue,
            toleratedFailureCount: json["toleratedFailureCount"]?.intValue,
            toleratedFailurePercentage: json["toleratedFailurePercentage"]?.doubleValue)
    }
}
