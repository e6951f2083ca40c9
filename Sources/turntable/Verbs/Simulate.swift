import FileSystem
import JSON
import Simulation

/// Tries the pipeline under the worst delivery that AWS allows.
struct Simulate: Verb {
    static let name = "simulate"
    static let summary =
        "tries the pipeline under duplicates, disorder, delays, crashes and full disks, and checks the numbers"
    static let options =
        SimulationRequest.options + [
            .value("only-files", "LIST", "numbers of the files that arrive, to replay a small world"),
            .value("only-fault", "FAULT", "a fault that strikes, to replay a small world", isRepeatable: true),
            .flag("timeline", "tell what happens in each world"),
            .flag("twice", "live each world twice; it does not hold unless both come out the same"),
            .flag("keep", "leave the worlds' data folders, and say where"),
            .flag("keep-going", "go on after a world that does not hold"), .json,
        ]
    static let details =
        """
        Each seed makes a world: files, times of arrival, and faults within what AWS allows. Functions are real processes, held at
        all that others can see; time is virtual; the router is killed and started again. At the end of each world the KPIs are worked
        out anew from the archived files, and every file, row and item must be accounted for.

        A template of your own names two programs under Metadata.Turntable.Simulation: Files, run as 'PROGRAM SEED COUNT FOLDER',
        writes FOLDER/present/BUCKET/KEY and COUNT files FOLDER/arriving/BUCKET/KEY; Invariants, run as 'PROGRAM DATA FOLDER' with
        the data folder at rest and those files, ends with 0, or prints what does not hold and ends with 1.

        Exit status 1 when a world does not hold: it is made smaller, and the command that replays it is shown.
        Kinds of faults: \(FaultKind.allCases.map(\.rawValue).joined(separator: ", ")).
        """

    private let request: SimulationRequest
    private let files: Set<Int>?
    private let faults: Set<Fault>?
    private let showsTimeline: Bool
    private let livesTwice: Bool
    private let keeps: Bool
    private let keepsGoing: Bool
    private let asJSON: Bool

    init(_ arguments: Arguments) throws {
        request = try SimulationRequest(arguments)
        files = try arguments.value("only-files").map { text in
            let numbers = text.split(separator: ",").map { Int($0) }
            guard numbers.allSatisfy({ $0 != nil }) else { throw UsageError("--only-files takes numbers with commas") }
            return Set(numbers.compactMap { $0 })
        }
        let replayed = try arguments.all("only-fault").map { text in
            guard let fault = Fault(text) else { throw UsageError("'\(text)' is no fault as KIND@SITE") }
            return fault
        }
        faults = replayed.isEmpty ? nil : Set(replayed)
        showsTimeline = arguments.has("timeline")
        livesTwice = arguments.has("twice")
        keeps = arguments.has("keep")
        keepsGoing = arguments.has("keep-going")
        asJSON = arguments.has("json")
    }

    func run() async throws -> Bool {
        var simulator = try request.simulator(of: try request.application())
        simulator.keepsFolders = keeps
        simulator.livesTwice = livesTwice
        let folder = simulator.folder
        defer { if keeps { Console.note("the worlds are in \(folder)") } else { try? FileSystem.removeTree(folder) } }
        return try await TerminationSignals.cancelling { [simulator] in try await live(simulator) }
    }

    private func live(_ simulator: Simulator) async throws -> Bool {
        var summary = SimulationSummary()
        var failed: WorldResult?
        let plan: @Sendable (UInt64) -> WorldPlan = { [request, files, faults] seed in
            WorldPlan(seed: seed, fileCount: request.fileCount, files: files, kinds: request.kinds, faults: faults)
        }
        let started = ContinuousClock.now
        try await simulator.run(
            seeds: request.seeds, plan: plan, cores: request.cores, stopsAtFailure: !keepsGoing
        ) { result in
            summary.add(result)
            if showsTimeline { for entry in result.timeline.entries { Console.print("\(entry)") } }
            if !result.holds, failed == nil { failed = result }
        }
        summary.took(ContinuousClock.now - started)
        Console.print(asJSON ? summary.json.text() : summary.text)
        guard let failed else { return true }
        try await tell(of: failed, simulator)
        return false
    }

    /// Shows a world that does not hold, as small as it can be made.
    private func tell(of failed: WorldResult, _ simulator: Simulator) async throws {
        Console.note("seed \(failed.plan.seed) does not hold:")
        for violation in failed.violations.prefix(20) { Console.note("  \(violation)") }
        Console.note("looking for the smallest world that does not hold either ...")
        let small = try await simulator.shrink(failed)
        Console.note(
            "\(small.plan.files?.count ?? request.fileCount) files and \(small.faults.count) faults are enough:")
        for violation in small.violations.prefix(20) { Console.note("  \(violation)") }
        Console.note("what happens:")
        for entry in small.timeline.entries { Console.note("  \(entry)") }
        Console.note("digests: \(failed.digest) as it was, \(small.digest) as small as this")
        var words = ["turntable simulate --seeds \(small.plan.seed) --files \(small.plan.fileCount)"]
        words.append("--only-files \((small.plan.files ?? []).sorted().map { "\($0)" }.joined(separator: ","))")
        words += small.faults.sorted().map { "--only-fault '\($0)'" }
        if small.faults.isEmpty { words.append("--faults none") }
        Console.note("replay it: \(words.joined(separator: " ")) --timeline")
    }
}
