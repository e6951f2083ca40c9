import FileSystem
import JSON
import Packaging

/// Compares zips with the executables that run here.
struct Verify: Verb {
    static let name = "verify"
    static let summary = "compares the executables that run here with packages, and with what is deployed"
    static let positionals = ["[ZIP...]"]
    static let options = [
        Option.template, .json, .value("parameter", "NAME=VALUE", "a parameter of the template", isRepeatable: true),
    ]
    static let details =
        "Each zip is compared with the executable of its name beside this program, which is what the router runs. All packages\n"
        + "in \(PackageTarget.defaultFolder), unless some are named. Exit status 1 when one differs or is missing. What AWS has\n"
        + "deployed is compared by CodeSha256 (lambda:GetFunctionConfiguration) with the credentials and region of the\n"
        + "environment and AWS's shared files; when it can't be asked, the output says why."

    private let project: Project
    private let paths: [String]
    private let asJSON: Bool

    init(_ arguments: Arguments) throws {
        project = try Project(arguments)
        paths = arguments.positionals
        asJSON = arguments.has("json")
    }

    func run() async throws -> Bool {
        let targets = try PackageTarget.all(in: project)
        let zips =
            paths.isEmpty ? targets.map { "\(PackageTarget.defaultFolder)/\($0.product).zip" } : paths
        let products = try project.productsFolder()
        var allAreSame = true
        for path in zips {
            let fileName = FileSystem.name(of: path)
            let product = fileName.hasSuffix(".zip") ? String(fileName.dropLast(4)) : fileName
            guard let target = targets.first(where: { $0.product == product }) else {
                throw UsageError(
                    "\(path) has the name of no function; there are \(targets.map(\.product).joined(separator: ", "))")
            }
            guard try FileSystem.status(path)?.kind == .file else {
                throw CommandError("there is no package \(path): run 'make package'")
            }
            let comparison = try PackageComparison(FileSystem.readFile(path), name: path) { bundlesLibraries in
                try target.package(productsFolder: products, bundlesLibraries: bundlesLibraries)
            }
            let deployed = await DeployedFunctions.compare(comparison.codeSHA256, function: target.function)
            Console.print(
                asJSON
                    ? json(target, path, comparison, deployed).text : text(target, path, comparison, deployed))
            if comparison.status == .different { allAreSame = false }
            if case .different = deployed { allAreSame = false }
        }
        return allAreSame
    }

    private func text(
        _ target: PackageTarget, _ path: String, _ comparison: PackageComparison, _ deployed: DeployedComparison
    ) -> String {
        let said =
            switch comparison.status {
            case .same: "the same as what runs here"
            case .repacked: "the same files as what runs here, packed by another program"
            case .different: "DIFFERENT from what runs here"
            }
        return
            (["\(target.product)  \(path)", "  \(said), CodeSha256 \(comparison.codeSHA256)"]
            + comparison.differences.map { "    \($0)" } + ["  \(deployed.text)"]).joined(separator: "\n")
    }

    private func json(
        _ target: PackageTarget, _ path: String, _ comparison: PackageComparison, _ deployed: DeployedComparison
    ) -> JSONLine {
        var reason: String?
        if case .notCompared(let words) = deployed { reason = words }
        return JSONLine([
            ("function", .string(target.product)), ("zip", .string(path)),
            ("status", .string(comparison.status.rawValue)), ("code_sha256", .string(comparison.codeSHA256)),
            ("differences", .array(comparison.differences.map { .string($0) })),
            ("deployed", .string(deployed.name)), ("deployed_reason", reason.map { .string($0) } ?? .null),
        ])
    }
}
