import EventRouter
import FileSystem
import HTTPServer
import SQLite
import StatesLanguage
import Template

/// What the project and its data folder give: executables, template, data folder, port.
struct ProjectChecks {
    let project: Project
    let port: UInt16

    func all() async -> [Diagnosis] {
        [await data(), databases()] + template() + [portCheck()]
    }

    func data() async -> Diagnosis {
        let root = project.data.root
        do {
            guard try FileSystem.status(root) != nil else {
                return .pass("data folder", "\(root) is not there yet; 'turntable serve' makes it")
            }
            let probe = "\(root)/.doctor-probe"
            try FileSystem.writeFileAtomically(probe, [1], isDurable: true)
            try FileSystem.rename(probe, to: "\(probe)-renamed")
            try FileSystem.removeFile("\(probe)-renamed")
        } catch {
            return .failure(
                "data folder", "\(error)", advice: "make \(root) writable, or choose another folder with --data")
        }
        return .pass("data folder", "\(root) can be written")
    }

    func databases() -> Diagnosis {
        var checked: [String] = []
        for path in [project.data.tables, project.data.executions] {
            do {
                guard try FileSystem.status(path) != nil else { continue }
                let findings = try DatabaseHealth.findings(in: path)
                guard findings.isEmpty else {
                    return .failure(
                        "databases", "\(path): \(findings[0])",
                        advice:
                            "stop the router, keep a copy, and let 'sqlite3 \(path) .recover' save what can be saved")
                }
                checked.append(FileSystem.name(of: path))
            } catch {
                return .failure("databases", "\(error)", advice: "check that \(path) is a SQLite file that can be read")
            }
        }
        return .pass("databases", checked.isEmpty ? "none yet" : "\(checked.joined(separator: " and ")) are whole")
    }

    func template() -> [Diagnosis] {
        let findings = ProjectFindings(project: project).all()
        let errors = findings.filter { $0.severity == .error }
        guard errors.isEmpty else {
            return [
                .failure(
                    "template", "\(errors.count) errors in \(project.templateFile), the first: \(errors[0])",
                    advice: "'turntable validate' shows them all")
            ]
        }
        let application = project.application()
        let missing = application.functions.filter { function in
            (try? FunctionConfiguration(function, settings: settings(application))) == nil
        }
        let executables: Diagnosis =
            missing.isEmpty
            ? .pass("executables", "all \(application.functions.count) functions have one")
            : .failure(
                "executables", "none for \(missing.map(\.name).joined(separator: ", "))",
                advice: "run 'make build'")
        return [.pass("template", "\(project.templateFile) can be run"), executables]
    }

    private func settings(_ application: Application) throws -> RouterSettings {
        RouterSettings(
            data: project.data, application: application, productsFolder: try project.productsFolder(),
            templateFolder: try project.templateFolder())
    }

    func portCheck() -> Diagnosis {
        do {
            let server = try HTTPServer(limits: HTTPLimits()) { _ in HTTPResponse(status: 404) }
            server.close(port: try server.listen(port: port))
            return .pass("port", "127.0.0.1:\(port) is free")
        } catch {
            return .warning(
                "port", "\(error)", advice: "if no router is meant to be running, use 'turntable serve --port 0'")
        }
    }
}
