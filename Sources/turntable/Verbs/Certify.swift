import FileSystem
import JSON
import Simulation

/// Writes down what a simulation has shown, for people and for programs.
struct Certify: Verb {
    static let name = "certify"
    static let summary = "simulates, and writes a certificate of what was tried and what held"
    static let options =
        SimulationRequest.options + [
            .value("out", "FOLDER", "where certificate.json and certificate.html are written (.)")
        ]
    static let details =
        """
        The certificate names the bytes that were tried by their SHA-256, the seeds, the faults that struck by their kind, the kinds of
        places at which something was killed out of those that were passed, and a digest of all results: the same bytes and seeds give
        the same digest on any machine. Exit status 1 when a world does not hold; the certificate then says so.
        """

    private let request: SimulationRequest
    private let folder: String

    init(_ arguments: Arguments) throws {
        request = try SimulationRequest(arguments)
        folder = arguments.value("out") ?? "."
    }

    func run() async throws -> Bool {
        let application = try request.application()
        let subjects = try Certificate.subjects(
            of: application, productsFolder: try request.project.productsFolder(),
            templateFolder: try request.project.templateFolder())
        try FileSystem.createDirectories(folder)
        let simulator = try request.simulator(of: application)
        defer { try? FileSystem.removeTree(simulator.folder) }
        let certificate = try await TerminationSignals.cancelling { [request] in
            try await Certify.certificate(request, simulator, subjects)
        }
        try FileSystem.writeFileAtomically("\(folder)/certificate.json", certificate.json.bytes(.pretty) + [0x0A])
        try FileSystem.writeFileAtomically(
            "\(folder)/certificate.html", Array(CertificatePage(certificate: certificate).html.utf8))
        Console.print(certificate.summary.text)
        Console.print(certificate.claim)
        Console.print("written to \(folder)/certificate.json and \(folder)/certificate.html")
        return certificate.holds
    }

    private static func certificate(
        _ request: SimulationRequest, _ simulator: Simulator, _ subjects: [Certificate.Subject]
    ) async throws -> Certificate {
        var summary = SimulationSummary()
        var violations: [String] = []
        let started = ContinuousClock.now
        try await simulator.run(
            seeds: request.seeds,
            plan: { WorldPlan(seed: $0, fileCount: request.fileCount, kinds: request.kinds) }, cores: request.cores
        ) { result in
            summary.add(result)
            if violations.isEmpty { violations = result.violations.map { "seed \(result.plan.seed): \($0)" } }
        }
        summary.took(ContinuousClock.now - started)
        return Certificate(
            subjects: subjects, seeds: request.seeds, fileCount: request.fileCount, kinds: request.kinds,
            summary: summary, violations: violations)
    }
}
