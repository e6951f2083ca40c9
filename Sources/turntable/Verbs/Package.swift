import FileSystem
import JSON
import Packaging

/// Makes the zips that Lambda takes.
struct Package: Verb {
    static let name = "package"
    static let summary = "makes one zip per function for Lambda, reproducible to the byte, and tells what each needs"
    static let positionals = ["[FUNCTION...]"]
    static let options = [
        Option.template, .json,
        .value("out", "DIR", "where the zips go (\(PackageTarget.defaultFolder))"),
        .flag(
            "bundle", "puts this machine's loader and libraries into the zip, for systems older than Amazon Linux 2023"),
        .value("parameter", "NAME=VALUE", "a parameter of the template", isRepeatable: true),
    ]
    static let details =
        "Packages the executables beside this program: those of a release build ('make package'). All functions of the\n"
        + "template that it makes, unless some are named. Exit status 1 when one would not start on provided.al2023: it needs a\n"
        + "newer glibc, or a library that is not there. The zip is written all the same."

    private let project: Project
    private let functions: [String]
    private let folder: String
    private let bundlesLibraries: Bool
    private let asJSON: Bool

    init(_ arguments: Arguments) throws {
        project = try Project(arguments)
        functions = arguments.positionals
        folder = arguments.value("out") ?? PackageTarget.defaultFolder
        bundlesLibraries = arguments.has("bundle")
        asJSON = arguments.has("json")
    }

    func run() async throws -> Bool {
        let targets = try PackageTarget.named(functions, in: project)
        let products = try project.productsFolder()
        try FileSystem.createDirectories(folder)
        var allCanRun = true
        for target in targets {
            let package = try target.package(productsFolder: products, bundlesLibraries: bundlesLibraries)
            let path = "\(folder)/\(target.product).zip"
            try FileSystem.writeFileAtomically(path, package.archive)
            let report = PackageReport(package, path: path, target: target.lambda)
            Console.print(asJSON ? report.json.text() : report.text)
            allCanRun = allCanRun && report.canRun
        }
        return allCanRun
    }
}
