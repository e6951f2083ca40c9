package import EventRouter
import FileSystem
import Glibc
import Synchronization

/// Lives worlds, as many at the same time as there are cores, and shrinks those that do not hold.
package struct Simulator: Sendable {
    package let scenario: any Scenario
    /// The router's settings, but for the data folder.
    package let settings: RouterSettings
    package let environment: [String: String]
    /// Where the worlds' folders are made.
    package let folder: String
    /// Whether a world's folder stays when it is over, for people to look at.
    package var keepsFolders = false
    /// Whether each world is lived twice, and does not hold when the second time differs.
    package var livesTwice = false

    package init(
        scenario: any Scenario, settings: RouterSettings, environment: [String: String] = [:], folder: String? = nil
    ) throws {
        self.scenario = scenario
        self.settings = settings
        self.environment = environment
        self.folder = try folder ?? Simulator.temporaryFolder("simulation")
        try FileSystem.createDirectories(self.folder)
    }

    private static let folderCount = Atomic(0)

    /// An empty folder of this process alone, in memory where the machine has some that can be written to; the caller removes it.
    ///
    /// - Throws: ``SimulationError``.
    package static func temporaryFolder(_ name: String) throws -> String {
        let number = folderCount.add(1, ordering: .relaxed).newValue
        for place in ["/dev/shm", "/tmp"] {
            let path = "\(place)/turntable-\(name)-\(getpid())-\(number)"
            do throws(FileSystemError) {
                try FileSystem.createDirectories(path, permissions: 0o700)
                return path
            } catch { continue }
        }
        throw SimulationError("neither /dev/shm nor /tmp can be written to, where worlds have their folders")
    }

    /// Lives one world.
    package func run(_ plan: WorldPlan, name: String? = nil) async throws -> WorldResult {
        let name = name ?? "world-\(plan.seed)"
        var result = try await live(plan, name)
        guard livesTwice else { return result }
        let again = try await live(plan, name)
        if let difference = result.difference(from: again) { result.violations.append(difference) }
        return result
    }

    private func live(_ plan: WorldPlan, _ name: String) async throws -> WorldResult {
        let data = "\(folder)/\(name)"
        try FileSystem.removeTree(data)
        var settings = settings
        settings.data = try DataFolder(data)
        let world = try World(
            plan, scenario: scenario, place: World.Place(settings: settings, environment: environment))
        let result = try await world.run()
        if !keepsFolders { try FileSystem.removeTree(data) }
        return result
    }

    /// Lives a world for each seed, and gives the results in the seeds' order.
    ///
    /// - Parameter stopsAtFailure: Whether no further world is begun after one that does not hold.
    package func run(
        seeds: ClosedRange<UInt64>, plan: @escaping @Sendable (UInt64) -> WorldPlan, cores: Int,
        stopsAtFailure: Bool = false, each: (WorldResult) -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: (UInt64, WorldResult).self) { group in
            var next = seeds.lowerBound
            var shown = seeds.lowerBound
            var waiting: [UInt64: WorldResult] = [:]
            var hasFailed = false
            var isDone = false
            func begin() {
                guard !isDone, !(stopsAtFailure && hasFailed) else { return }
                let seed = next
                if next == seeds.upperBound { isDone = true } else { next += 1 }
                group.addTask { (seed, try await self.run(plan(seed))) }
            }
            for _ in 0..<max(cores, 1) { begin() }
            while let (seed, result) = try await group.next() {
                waiting[seed] = result
                if !result.holds { hasFailed = true }
                while let result = waiting.removeValue(forKey: shown) {
                    each(result)
                    shown += 1
                }
                begin()
            }
        }
    }

    // MARK: - Shrinking

    /// Worlds lived to make one smaller, at most.
    static let shrinkLimit = 400

    /// The smallest world found that does not hold, either: without files and faults that it does not need.
    ///
    /// Delta debugging (Zeller, Hildebrandt: "Simplifying and Isolating Failure-Inducing Input", 2002) over the faults, then over
    /// the files, until neither gets smaller.
    package func shrink(_ failed: WorldResult) async throws -> WorldResult {
        var best = failed
        var budget = Simulator.shrinkLimit
        var plan = failed.plan
        plan.faults = Set(failed.faults)
        plan.files = failed.plan.files ?? Set(2..<(failed.plan.fileCount + 2))
        func fails(_ plan: WorldPlan) async throws -> WorldResult? {
            guard budget > 0 else { return nil }
            budget -= 1
            let result = try await run(plan, name: "shrinking-\(plan.seed)")
            return result.holds ? nil : result
        }
        guard let again = try await fails(plan) else { return failed }
        best = again
        var isSmaller = true
        while isSmaller {
            isSmaller = false
            let faults = try await reduce(best.plan.faults?.sorted() ?? []) { kept in
                var plan = best.plan
                plan.faults = Set(kept)
                return try await fails(plan)
            }
            if let faults { (best, isSmaller) = (faults, true) }
            let files = try await reduce((best.plan.files ?? []).sorted()) { kept in
                var plan = best.plan
                plan.files = Set(kept)
                return try await fails(plan)
            }
            if let files { (best, isSmaller) = (files, true) }
        }
        // Faults that can no longer strike are not needed to tell of it.
        best.plan.faults = best.plan.faults?.intersection(best.faults)
        return best
    }

    /// Leaves out as many elements as can be; nil when none can.
    ///
    /// Tries parts alone before it tries what is left without them: what takes many together is rarer than what takes few.
    private func reduce<Element>(
        _ elements: [Element], _ fails: ([Element]) async throws -> WorldResult?
    ) async throws -> WorldResult? {
        var current = elements
        var best: WorldResult?
        var size = max(1, current.count / 2)
        search: while !current.isEmpty {
            for isComplement in [false, true] where isComplement || size < current.count {
                for start in stride(from: 0, to: current.count, by: size) {
                    let part = start..<min(start + size, current.count)
                    var kept = Array(current[part])
                    if isComplement {
                        kept = current
                        kept.removeSubrange(part)
                    }
                    if let result = try await fails(kept) {
                        (best, current) = (result, kept)
                        size = isComplement ? min(size, max(1, kept.count)) : max(1, kept.count / 2)
                        continue search
                    }
                }
            }
            if size == 1 { break }
            size /= 2
        }
        return best
    }
}
