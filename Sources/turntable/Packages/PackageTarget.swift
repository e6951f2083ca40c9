import FileSystem
import Packaging
import Template

/// A function that can be packaged: a product of the build that the template names.
struct PackageTarget: Sendable {
    /// Where packages are put, and where the template's `CodeUri` looks for them.
    static let defaultFolder = ".build/lambda"

    /// The product's name, which is the zip's, too.
    let product: String
    /// The function's name on Lambda.
    let function: String
    let lambda: LambdaTarget

    /// The template's functions that this build makes, in its order.
    ///
    /// - Throws: ``CommandError`` when the template has none, or can't be read.
    static func all(in project: Project) throws -> [PackageTarget] {
        let application = try project.runnableApplication()
        let targets = application.functions.compactMap { function -> PackageTarget? in
            guard case .product(let product) = function.executable,
                let machine = ELFFile.Machine(rawValue: function.architecture)
            else { return nil }
            return PackageTarget(
                product: product, function: function.name, lambda: .providedAL2023(machine))
        }
        guard !targets.isEmpty else {
            throw CommandError(
                "\(project.templateFile) has no function with Metadata.Turntable.Executable: there is nothing to package"
            )
        }
        return targets
    }

    /// The targets of these product or function names.
    ///
    /// - Throws: ``UsageError`` naming one that is not there.
    static func named(_ names: [String], in project: Project) throws -> [PackageTarget] {
        let all = try all(in: project)
        guard !names.isEmpty else { return all }
        return try names.map { name in
            guard let target = all.first(where: { $0.product == name || $0.function == name }) else {
                let known = all.map(\.product)
                throw UsageError(
                    "\(project.templateFile) has no function '\(name)' to package\(Suggestion.hint(for: name, in: known)); it has "
                        + known.joined(separator: ", "))
            }
            return target
        }
    }

    /// Packages the executable that stands beside this one, which is what the router runs.
    func package(productsFolder: String, bundlesLibraries: Bool) throws -> FunctionPackage {
        let path = "\(productsFolder)/\(product)"
        guard try FileSystem.status(path)?.kind == .file else {
            throw CommandError("there is no executable \(path): run 'make build'")
        }
        let bytes = try FileSystem.readFile(path, maximumByteCount: FunctionPackage.maximumExecutableByteCount)
        return try FunctionPackage(
            function: product, executable: bytes, folder: productsFolder, bundlesLibraries: bundlesLibraries)
    }
}
