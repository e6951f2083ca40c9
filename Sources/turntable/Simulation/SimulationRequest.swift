import EventRouter
import FileSystem
import Glibc
import JSON
import Simulation
import Template

/// Which worlds to live: what 'simulate' and 'certify' have in common.
struct SimulationRequest: Sendable {
    static let options = [
        Option.template,
        .value("seeds", "FROM..TO", "the worlds to live: 7, or 1..1000 (1..100)"),
        .value("files", "N", "input files of a world (12)"),
        .value("faults", "LIST", "kinds of faults, with commas, or 'none' (all)"),
        .value("state-machine", "NAME", "only this one is told of arrivals"),
        .value("cores", "N", "worlds at the same time (one for each core)"),
        .value("parameter", "NAME=VALUE", "a parameter of the template", isRepeatable: true),
    ]

    let project: Project
    let seeds: ClosedRange<UInt64>
    let fileCount: Int
    let kinds: Set<FaultKind>
    let cores: Int
    private let stateMachine: String?

    init(_ arguments: Arguments) throws {
        project = try Project(arguments)
        seeds = try SimulationRequest.seeds(arguments.value("seeds") ?? "1..100")
        fileCount = try arguments.integer("files", in: 1...1_000, default: 12)
        kinds = try SimulationRequest.kinds(arguments.value("faults"))
        cores = try arguments.integer("cores", in: 1...256, default: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        stateMachine = arguments.value("state-machine")
    }

    private static func seeds(_ text: String) throws -> ClosedRange<UInt64> {
        let parts = text.split(separator: "..", omittingEmptySubsequences: false).map(String.init)
        if let from = UInt64(parts[0]) {
            if parts.count == 1 { return from...from }
            if parts.count == 2, let to = UInt64(parts[1]), from <= to { return from...to }
        }
        throw UsageError("--seeds takes a number or a range such as 1..1000, not '\(text)'")
    }

    private static func kinds(_ text: String?) throws -> Set<FaultKind> {
        guard let text else { return Set(FaultKind.allCases) }
        if text == "none" { return [] }
        let known = FaultKind.allCases.map(\.rawValue)
        return Set(
            try text.split(separator: ",").map { name in
                guard let kind = FaultKind(rawValue: String(name)) else {
                    throw UsageError(
                        "--faults knows \(known.joined(separator: ", ")), not '\(name)'"
                            + Suggestion.hint(for: String(name), in: known))
                }
                return kind
            })
    }

    /// The template as worlds live it.
    ///
    /// - Throws: ``CommandError`` with what is wrong with the template; ``UsageError`` for a state machine it has not.
    func application() throws -> Application {
        var application = try project.runnableApplication()
        guard let stateMachine else { return application }
        let machines = application.stateMachines
        guard let machine = machines.first(where: { [$0.name, $0.logicalID, $0.arn].contains(stateMachine) }) else {
            throw UsageError(
                "\(project.templateFile) has no state machine '\(stateMachine)'"
                    + Suggestion.hint(for: stateMachine, in: machines.map(\.name)))
        }
        for index in application.rules.indices {
            application.rules[index].targets.removeAll { $0.kind != .stateMachine(machine.arn) }
        }
        application.rules.removeAll { $0.targets.isEmpty }
        for index in application.buckets.indices { application.buckets[index].notifications = [] }
        return application
    }

    /// A simulator of worlds in a folder of their own, which the caller removes.
    ///
    /// - Throws: ``CommandError`` for a template that says neither what arrives nor what must hold, and is not the sample's.
    func simulator(of application: Application) throws -> Simulator {
        let folder = try project.templateFolder()
        let scenario: any Scenario
        if let programs = application.simulation {
            scenario = ProgramScenario(programs, relativeTo: folder)
        } else if let music = MusicScenario(application) {
            scenario = music
        } else {
            throw CommandError(
                """
                \(project.templateFile) does not say what arrives in a world and what must hold of it: under \
                Metadata.Turntable.Simulation name two programs, Files and Invariants ('turntable simulate --help')
                """)
        }
        return try Simulator(
            scenario: scenario,
            settings: RouterSettings(
                data: project.data, application: application, productsFolder: try project.productsFolder(),
                templateFolder: folder))
    }
}
