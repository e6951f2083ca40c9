import EventRouter
import FileSystem
import Glibc
import Simulation
import Template
import TestSupport

/// The sample pipeline as simulations live it.
enum SamplePipeline {
    /// Lives worlds in a folder of their own.
    ///
    /// - Parameters:
    ///   - stateMachine: Changes the text of the pipeline's state machine.
    ///   - mutants: Functions for which the test's own executable stands in.
    static func withSimulator<Result>(
        stateMachine change: (String) -> String = { $0 }, mutants: [String] = [], environment: [String: String] = [:],
        _ body: (Simulator) async throws -> Result
    ) async throws -> Result {
        try await withTemporaryDirectory { folder in
            let infra = "\(Repository.root)/infra"
            let template = "\(infra)/template.yaml"
            let application = Application.read(template, options: TemplateOptions()) { path in
                let bytes = try FileSystem.readFile(path)
                guard path.hasSuffix("/stream-pipeline.asl.json") else { return bytes }
                return Array(change(String(decoding: bytes, as: UTF8.self)).utf8)
            }
            guard application.canRun else { throw SimulationError("\(application.findings)") }
            let products = "\(folder)/products"
            try FileSystem.createDirectories(products)
            for function in application.functions {
                guard case .product(let name) = function.executable else { continue }
                let stand = mutants.contains(name) ? "mutants" : name
                guard symlink("\(Repository.products)/\(stand)", "\(products)/\(name)") == 0 else {
                    throw SimulationError("could not link \(name): errno \(errno)")
                }
            }
            let settings = RouterSettings(
                data: try DataFolder("\(folder)/data"), application: application, productsFolder: products,
                templateFolder: infra)
            let simulator = try Simulator(scenario: MusicScenario(), settings: settings, environment: environment)
            defer { try? FileSystem.removeTree(simulator.folder) }
            return try await body(simulator)
        }
    }
}
