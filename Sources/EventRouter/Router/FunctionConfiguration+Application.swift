import FileSystem
package import Template

extension FunctionConfiguration {
    /// The function as the emulated Lambda runs it: the template's settings, the executable built here or the one in
    /// `CodeUri`, and the data folder in `TURNTABLE_DATA`.
    ///
    /// - Throws: ``RouterError`` with code `.executableMissing` when there is no executable, naming where it should be.
    package init(_ function: Application.Function, settings: RouterSettings) throws(RouterError) {
        let path: String
        let taskRoot: String
        switch function.executable {
        case .product(let name):
            path = "\(settings.productsFolder)/\(name)"
            taskRoot = settings.productsFolder
        case .bootstrap(let folder):
            taskRoot = folder.hasPrefix("/") ? folder : "\(settings.templateFolder)/\(folder)"
            path = "\(taskRoot)/bootstrap"
        }
        let status = try? FileSystem.status(path)
        guard status?.kind == .file, (status?.mode ?? 0) & 0o111 != 0 else {
            throw RouterError(
                code: .executableMissing,
                "\(function.position): function \(function.name) has no executable at \(path): run 'make build', or put a "
                    + "'bootstrap' that can be executed into its CodeUri")
        }
        var environment = function.environment
        environment["TURNTABLE_DATA"] = settings.data.root
        self.init(
            name: function.name, arn: function.arn, executablePath: path, handler: function.handler,
            environment: environment, memoryMB: function.memorySizeMB, timeout: .seconds(function.timeoutSeconds),
            reservedConcurrency: function.reservedConcurrentExecutions, allowsLoops: function.allowsLoops,
            logFormat: .json, taskRoot: taskRoot,
            region: settings.application.account.region)
    }
}
