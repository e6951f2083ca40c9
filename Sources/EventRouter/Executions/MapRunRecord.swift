package import Clocks
package import StatesLanguage

/// What is kept of one run of a distributed Map beside its children.
package struct MapRunRecord: Sendable, Hashable {
    package var arn: String
    /// The execution whose state it is.
    package var executionARN: String
    /// The state machine with the Map's label.
    package var machineARN: String
    package var status: MapRunStep.Status
    package var isExpress: Bool
    package var hasWriter: Bool
    package var itemCount: Int
    package var childCount: Int
    package var maximumConcurrency: Int
    package var toleratedFailureCount: Int
    package var toleratedFailurePercentage: Double
    package var redriveCount: Int
    package var startedAt: Timestamp
    package var stoppedAt: Timestamp?
    package var redrivenAt: Timestamp?
    /// Its number in the store, and that of the execution whose replay brings it back.
    package var number: Int64
    package var root: Int64
}

/// How many children of a map run, or items of theirs, there are of each kind.
package struct MapRunCounts: Sendable, Hashable {
    package var total = 0
    package var statuses: [ExecutionStatus: Int] = [:]
    package var resultsWritten = 0
    /// Those that ended badly and whose history has no room to go on.
    package var failuresNotRedrivable = 0

    /// Those that have not been started.
    package var pending: Int { max(0, total - statuses.values.reduce(0, +)) }
}
