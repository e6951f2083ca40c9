import EventRouter

/// Checks that a router can run here.
struct Doctor: Verb {
    static let name = "doctor"
    static let summary = "checks machine, libraries, port, data folder and template, and says what to do"
    static let options = [
        Option.data, .template, .json, .value("port", "N", "the port that the router would have (4566)"),
    ]
    static let details = "Exit status 1 when a check failed; warnings alone are status 0."

    private let project: Project
    private let port: UInt16
    private let asJSON: Bool

    init(_ arguments: Arguments) throws {
        project = try Project(arguments)
        port = UInt16(try arguments.integer("port", in: 0...65_535, default: 4566))
        asJSON = arguments.has("json")
    }

    func run() async throws -> Bool {
        let diagnoses =
            MachineChecks.all(dataFolder: project.data.root) + LibraryChecks.all()
            + (await ProjectChecks(project: project, port: port).all())
        for diagnosis in diagnoses { Console.print(asJSON ? diagnosis.json.text : diagnosis.text) }
        return !diagnoses.contains { $0.status == .failure }
    }
}
