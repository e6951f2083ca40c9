import EventRouter
import StatesLanguage
import Template

/// Everything that is to be said of a template and its state machines, in one list.
struct ProjectFindings {
    let project: Project

    func all() -> [Finding] {
        let application = project.application()
        let routes = EventRoutes.compile(application).findings
        return application.findings + routes + application.stateMachines.flatMap(findings)
    }

    private func findings(_ machine: Application.StateMachine) -> [Finding] {
        let found: [DefinitionFinding]
        do {
            found = try StateMachine.parse(machine.definition.json, file: machine.definition.file).warnings
        } catch {
            found = error.findings
        }
        return found.map { finding in
            Finding(
                severity: finding.severity == .error ? .error : .warning, code: .invalidDefinition,
                position: TemplatePosition(
                    file: finding.file, line: finding.line + machine.definition.lineOffset, column: finding.column),
                logicalID: machine.logicalID, message: "\(finding.message)\(finding.location.map { " (\($0))" } ?? "")")
        }
    }
}
