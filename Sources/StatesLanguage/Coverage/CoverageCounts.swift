/// How often each point was reached, and what the histories did not tell.
package struct CoverageCounts: Sendable, Hashable {
    package var points: [CoveragePoint: Int] = [:]
    /// Errors as they came up, by state.
    package var errors: [String: [String: Int]] = [:]
    package var executionCount = 0
    package var eventCount = 0
    /// States that histories name and the definition does not have, with their events.
    package var unknownStates: [String: Int] = [:]
    /// Exits of states of which the history does not tell which way they went.
    package var undetermined: [String: Int] = [:]
    /// Events that are none: no object, no type, or no ids.
    package var malformedEventCount = 0

    /// Names kept of what is not bounded by the definition.
    static let nameLimit = 100

    package init() {}

    mutating func count(_ state: String, _ kind: CoveragePoint.Kind) {
        points[CoveragePoint(state: state, kind: kind), default: 0] += 1
    }

    mutating func note(error: String, in state: String) {
        CoverageCounts.add(1, error, to: &errors[state, default: [:]])
    }

    mutating func note(unknown state: String) { CoverageCounts.add(1, state, to: &unknownStates) }

    private static func add(_ count: Int, _ name: String, to names: inout [String: Int]) {
        guard names[name] != nil || names.count < nameLimit else { return }
        names[name, default: 0] += count
    }

    /// Adds counts of another version of the definition.
    ///
    /// - Parameter translation: Points of that version as points of this one; nil when they are the same.
    package mutating func add(_ other: CoverageCounts, _ translation: [CoveragePoint: CoveragePoint]? = nil) {
        for (point, count) in other.points {
            if let translation {
                if let own = translation[point] { points[own, default: 0] += count }
            } else {
                points[point, default: 0] += count
            }
        }
        for (state, names) in other.errors {
            for (name, count) in names { CoverageCounts.add(count, name, to: &errors[state, default: [:]]) }
        }
        for (name, count) in other.unknownStates { CoverageCounts.add(count, name, to: &unknownStates) }
        for (name, count) in other.undetermined { undetermined[name, default: 0] += count }
        executionCount += other.executionCount
        eventCount += other.eventCount
        malformedEventCount += other.malformedEventCount
    }
}
