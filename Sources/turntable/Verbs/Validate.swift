import JSON
import Template

/// Checks the template and its state machines.
struct Validate: Verb {
    static let name = "validate"
    static let summary = "checks the template and its state machines; every finding with file and line"
    static let options = [
        Option.template, .json, .value("parameter", "NAME=VALUE", "a parameter of the template", isRepeatable: true),
    ]
    static let details = "Exit status 1 when there is an error; warnings alone are status 0."

    private let project: Project
    private let asJSON: Bool

    init(_ arguments: Arguments) throws {
        project = try Project(arguments)
        asJSON = arguments.has("json")
    }

    func run() async throws -> Bool {
        let findings = ProjectFindings(project: project).all()
        for finding in findings { Console.print(asJSON ? finding.json.text : "\(finding)") }
        let errors = findings.count { $0.severity == .error }
        if !asJSON {
            Console.note(
                findings.isEmpty
                    ? "\(project.templateFile): no findings" : "\(errors) errors, \(findings.count - errors) warnings")
        }
        return errors == 0
    }
}

extension Finding {
    fileprivate var json: JSONLine {
        JSONLine([
            ("file", .string(position.file)), ("line", .int(position.line)), ("column", .int(position.column)),
            ("severity", .string(severity.rawValue)), ("code", .string(code.rawValue)),
            ("resource", logicalID.map { .string($0) } ?? .null), ("message", .string(message)),
        ])
    }
}
