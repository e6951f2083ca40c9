import EventRouter
import FileSystem
import JSON
import StatesLanguage

/// Tells what of the state machines the executions have reached.
struct Coverage: Verb {
    static let name = "coverage"
    static let summary = "tells which states, choice rules, retriers and catchers the executions have reached"
    static let options = [
        Option.data, .json,
        .value("simulation", "FOLDER", "counts over the worlds that 'turntable simulate --keep' left there"),
        .value("state-machine", "NAME", "only this one: its name or ARN", isRepeatable: true),
        .value("fail-under", "PERCENT", "exit status 1 when fewer of all points were reached"),
        .value("junit", "FILE", "writes JUnit's XML, a test a point"),
        .value(
            "propose-mocks", "FILE",
            "writes test cases that reach more, in Step Functions Local's format; their inputs to FILE.inputs.json"),
        .flag("error-names", "counts each error name of a retrier or catcher as a point of its own"),
    ]
    static let details =
        "Counts over all executions that the data folder holds, or a simulation's worlds, by the points of each machine's present definition. "
        + "'--json' prints a line a point, and one for each machine. Every proposed case was run in process, with its mocks, and "
        + "reached what it is for; what no case was found for is named with the reason. 'turntable serve --mock-config FILE' runs "
        + "them: start-execution with '#CASE' behind the machine's ARN."

    private let project: Project
    private let simulation: String?
    private let machines: [String]
    private let threshold: Double?
    private let junit: String?
    private let mocks: String?
    private let countsErrorNames: Bool
    private let asJSON: Bool

    init(_ arguments: Arguments) throws {
        project = try Project(arguments)
        machines = arguments.all("state-machine")
        simulation = arguments.value("simulation")
        junit = arguments.value("junit")
        mocks = arguments.value("propose-mocks")
        countsErrorNames = arguments.has("error-names")
        asJSON = arguments.has("json")
        threshold = try arguments.value("fail-under").map { text in
            guard let number = Double(text), (0...100).contains(number) else {
                throw UsageError("--fail-under takes a number from 0 to 100, not '\(text)'")
            }
            return number
        }
    }

    func run() async throws -> Bool {
        let paths = try stores()
        let store = try await ExecutionStore(path: paths[0], mode: .readOnly)
        var reports: [CoverageReport] = []
        var proposals: [CaseProposals] = []
        for arn in try await wanted(in: store) {
            guard var coverage = try await MachineCoverage(arn, in: store, keepsSamples: mocks != nil) else {
                Console.note("turntable: \(arn): no definition is kept, so nothing can be counted")
                continue
            }
            for path in paths.dropFirst() {
                try await coverage.read(ExecutionStore(path: path, mode: .readOnly))
            }
            let report = coverage.report(countsErrorNames: countsErrorNames)
            reports.append(report)
            if asJSON {
                for line in CoverageText.lines(report, coverage) { Console.print(line.text) }
            } else {
                Console.write(CoverageText.table(report))
            }
            if mocks != nil {
                let proposer = CaseProposer(
                    map: coverage.map, machine: coverage.name, sampleInput: coverage.sampleInput,
                    answers: coverage.answers)
                let proposed = proposer.proposals(for: report.missing.map(\.item))
                proposals.append(proposed)
                if asJSON {
                    for line in CoverageText.lines(proposed, coverage.map) { Console.print(line.text) }
                } else {
                    Console.write(CoverageText.table(proposed, coverage.map))
                }
            }
            for remark in CoverageText.remarks(coverage) { Console.note("turntable: \(remark)") }
        }
        if reports.isEmpty { Console.note("no state machines and no executions yet: there is nothing to count") }
        if let junit { try FileSystem.writeFileAtomically(junit, Array(CoverageReport.junit(reports).utf8)) }
        if let mocks {
            try write(CaseProposals.configuration(proposals), to: mocks)
            try write(CaseProposals.inputs(proposals), to: "\(mocks).inputs.json")
        }
        guard let threshold, CoverageReport.percentage(reports) < threshold else { return true }
        let missing = reports.flatMap { report in
            report.missing.map { "\n  \(report.machine)/\($0.item.path): \($0.item.name)" }
        }
        throw CommandError(
            "coverage is \(CoverageReport.text(CoverageReport.percentage(reports))) %, under the \(CoverageReport.text(threshold)) % "
                + "of --fail-under; not reached:\(missing.joined())")
    }

    /// The stores to read; one at least.
    private func stores() throws -> [String] {
        guard let simulation else { return [project.data.executions] }
        let worlds = try FileSystem.list(simulation).filter { $0.hasPrefix("world-") }.sorted()
        guard !worlds.isEmpty else {
            throw CommandError("\(simulation) holds no worlds: 'turntable simulate --keep' says where it leaves them")
        }
        return try worlds.map { try DataFolder("\(simulation)/\($0)").executions }
    }

    private func write(_ value: JSONValue, to file: String) throws {
        try FileSystem.writeFileAtomically(file, value.bytes(.pretty) + [0x0A])
    }

    /// The ARNs of the machines that were asked for.
    private func wanted(in store: ExecutionStore) async throws -> [String] {
        let all = try await store.machineARNs()
        guard !machines.isEmpty else { return all }
        func name(_ arn: String) -> String { arn.split(separator: ":").last.map(String.init) ?? arn }
        return try machines.flatMap { wanted in
            let found = all.filter { $0 == wanted || name($0) == wanted }
            guard !found.isEmpty else {
                throw CommandError(
                    "no state machine '\(wanted)' in \(simulation ?? project.data.executions)"
                        + Suggestion.hint(for: wanted, in: all.map(name)))
            }
            return found
        }
    }
}
