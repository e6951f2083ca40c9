import EventRouter
import JSON
import StatesLanguage
import Synchronization

/// One state machine's coverage, counted from the executions that data folders hold.
struct MachineCoverage: Sendable {
    let arn: String
    let map: CoverageMap
    private(set) var counts = CoverageCounts()
    /// Executions that ran another definition than the machine's present one.
    private(set) var otherVersionCount = 0
    /// Executions whose definition the store has not kept.
    private(set) var unknownVersionCount = 0
    /// Executions of which the child executions could not be replayed.
    private(set) var unreplayedCount = 0
    /// What an execution was given, and what its tasks answered: where proposals start from.
    private(set) var sampleInput: JSONValue?
    private(set) var answers: [String: JSONValue] = [:]

    var name: String { arn.split(separator: ":").last.map(String.init) ?? arn }

    /// Executions read at once: each may have an input and an output of 256 KiB.
    private static let pageCount = 32
    /// Events read at once.
    private static let eventPageCount = 256
    /// Other definitions kept ready at once.
    private static let versionCount = 16

    private struct Version {
        let map: CoverageMap
        /// Nil for the present definition.
        let translation: [CoveragePoint: CoveragePoint]?
    }

    private var versions: [String: Version]
    private let currentDigest: String
    private let kind: StateMachineType
    private let keepsSamples: Bool

    /// Reads all executions of a machine.
    ///
    /// - Parameter keepsSamples: Whether an input and the tasks' answers are kept.
    /// - Returns: Nil when the store knows no definition of the machine.
    init?(_ arn: String, in store: ExecutionStore, keepsSamples: Bool) async throws {
        guard let current = try await store.currentDefinition(of: arn) else { return nil }
        self.arn = arn
        self.keepsSamples = keepsSamples
        kind = current.kind
        currentDigest = current.definition.digest
        map = try CoverageMap(current.definition.bytes, file: current.definition.file, type: current.kind)
        versions = [currentDigest: Version(map: map, translation: nil)]
        try await read(store)
    }

    /// Adds another store's executions of the machine, page by page.
    mutating func read(_ store: ExecutionStore) async throws {
        var before: Int64?
        repeat {
            let page = try await store.executions(
                matching: ExecutionFilter(stateMachineARN: arn), before: before, limit: MachineCoverage.pageCount)
            for record in page.executions {
                // One that was pruned meanwhile is gone.
                guard let digest = try await store.definitionDigest(of: record) else { continue }
                if versions[digest] == nil {
                    if versions.count > MachineCoverage.versionCount {
                        versions = versions.filter { $0.key == currentDigest }
                    }
                    guard let stored = try await store.storedDefinition(digest),
                        let other = try? CoverageMap(stored.bytes, file: stored.file, type: kind)
                    else {
                        unknownVersionCount += 1
                        continue
                    }
                    versions[digest] = Version(map: other, translation: map.translation(from: other))
                }
                guard let version = versions[digest] else { continue }
                if version.translation != nil { otherVersionCount += 1 }
                try await add(record, version, in: store, keepsSamples: keepsSamples)
            }
            before = page.next
        } while before != nil
    }

    private mutating func add(
        _ record: ExecutionRecord, _ version: Version, in store: ExecutionStore, keepsSamples: Bool
    ) async throws {
        let identity = ExecutionIdentity(
            arn: record.arn, name: record.name, stateMachineARN: arn, stateMachineName: name, roleARN: "")
        var walk = HistoryWalk(map: version.map, identity: identity, keepsAnswers: keepsSamples)
        var after: Int?
        repeat {
            let page = try await store.history(of: record, after: after, limit: MachineCoverage.eventPageCount)
            for event in page.events { walk.take(event) }
            after = page.next
        } while after != nil
        walk.finish()
        counts.add(walk.counts, version.translation)
        if keepsSamples, version.translation == nil {
            // The newest come first: what they have stays.
            if sampleInput == nil { sampleInput = try? JSONValue(parsing: record.input) }
            answers.merge(walk.answers) { kept, _ in kept }
        }
        guard version.map.hasDistributedMap, record.status != .running else { return }
        let children = ChildWalks(map: version.map)
        do {
            try await store.replayChildren(of: record, machine: version.map.machine) { children.take($0) }
            counts.add(children.counts, version.translation)
        } catch {
            unreplayedCount += 1
        }
    }

    func report(countsErrorNames: Bool) -> CoverageReport {
        CoverageReport(machine: name, map: map, counts: counts, countsErrorNames: countsErrorNames)
    }
}

/// Goes through the histories of child executions while they are made.
private final class ChildWalks: Sendable {
    private struct State {
        var walks: [String: HistoryWalk] = [:]
        var counts = CoverageCounts()
    }

    private let map: CoverageMap
    private let state = Mutex(State())

    init(map: CoverageMap) { self.map = map }

    func take(_ step: ChildStep) {
        state.withLock { state in
            var walk =
                state.walks.removeValue(forKey: step.identity.arn) ?? HistoryWalk(map: map, identity: step.identity)
            for event in step.events { walk.take(event.json) }
            if step.outcome == nil {
                state.walks[step.identity.arn] = walk
            } else {
                walk.finish()
                state.counts.add(walk.counts.inParent)
            }
        }
    }

    var counts: CoverageCounts { state.withLock { $0.counts } }
}

extension CoverageCounts {
    /// A child's counts, as part of the execution that started it.
    fileprivate var inParent: CoverageCounts {
        var counts = self
        counts.executionCount = 0
        return counts
    }
}
