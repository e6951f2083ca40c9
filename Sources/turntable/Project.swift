import EventRouter
import FileSystem
import MusicPipeline
import Storage
import Template

/// The data folder and template that a command works on.
struct Project: Sendable {
    let data: DataFolder
    let templateFile: String
    private let parameters: [String: String]

    init(_ arguments: Arguments) throws {
        data = try DataFolder(arguments.dataFolder)
        templateFile = arguments.templateFile
        var parameters: [String: String] = [:]
        for text in arguments.all("parameter") {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw UsageError("--parameter takes NAME=VALUE, not '\(text)'") }
            parameters[String(parts[0])] = String(parts[1])
        }
        self.parameters = parameters
    }

    /// The template as it stands, with its findings.
    func application() -> Application {
        Application.read(templateFile, options: TemplateOptions(parameters: parameters)) { path in
            try FileSystem.readFile(path, maximumByteCount: Project.maximumFileByteCount)
        }
    }

    /// Bytes of a template or definition: CloudFormation's own limit is 1 MB.
    static let maximumFileByteCount = 4 << 20

    /// The template, after its warnings were printed.
    ///
    /// - Throws: ``CommandError`` with all errors when there are any.
    func runnableApplication() throws -> Application {
        let application = application()
        for finding in application.findings where finding.severity == .warning { Console.note("\(finding)") }
        guard application.canRun else {
            let errors = application.findings.filter { $0.severity == .error }.map { "\($0)" }
            throw CommandError("the template can't be run:\n" + errors.joined(separator: "\n"))
        }
        return application
    }

    /// The KPI table, under the name that the template gives it to the functions.
    func kpiTable() -> any Table {
        let environment = application().functions.lazy.map(\.environment).first { $0["KPI_TABLE"] != nil }
        return data.stores.table(PipelineNames(environment: environment ?? [:]).kpiSchema)
    }

    /// The folder of this executable, where the functions' executables are, too.
    func productsFolder() throws -> String {
        let executable = try FileSystem.realPath("/proc/self/exe")
        return FileSystem.parent(of: executable) ?? "/"
    }

    func templateFolder() throws -> String {
        FileSystem.parent(of: try FileSystem.absolutePath(templateFile)) ?? "/"
    }
}
