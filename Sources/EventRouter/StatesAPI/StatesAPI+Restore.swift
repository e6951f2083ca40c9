import Clocks
import JSON
import StatesLanguage
import Template

extension StatesAPI {
    /// State machines read at once.
    private static let restoreBatchCount = 100

    /// Brings back the state machines and versions of an earlier run, and takes over those of the template, which is the
    /// truth about them: what was changed over the API is changed back, and what is no longer in it is gone.
    ///
    /// - Returns: What a user should know: machines whose definition can't be run any more.
    /// - Throws: ``ExecutionError`` with code `.storage`.
    func restore(_ templates: [Application.StateMachine]) async throws(ExecutionError) -> [String] {
        for template in templates { try await adopt(template) }
        let names = Set(templates.map(\.arn))
        var remarks: [String] = []
        var last = ""
        while true {
            let page = try await store.machines(after: last, limit: StatesAPI.restoreBatchCount)
            for summary in page {
                last = summary.arn
                guard let machine = try await store.machine(summary.arn) else { continue }
                if machine.origin == .template, !names.contains(machine.arn) {
                    try await store.removeMachine(machine.arn)
                    continue
                }
                if machine.isDeleting { continue }
                await restore(machine.machineDefinition, under: machine.arn, &remarks)
                for number in versionNumbers(of: machine) {
                    guard let version = try await store.version(number, of: machine.arn) else { continue }
                    await restore(version.machineDefinition, under: version.arn, &remarks)
                }
            }
            if page.count < StatesAPI.restoreBatchCount { return remarks }
        }
    }

    private func restore(_ definition: MachineDefinition, under arn: String, _ remarks: inout [String]) async {
        do throws(ExecutionError) {
            try await engine.register(definition, under: arn)
        } catch {
            remarks.append("executions of \(arn) can't be started: \(error)")
        }
    }

    /// Takes over a state machine of the template.
    private func adopt(_ template: Application.StateMachine) async throws(ExecutionError) {
        let definition = MachineDefinition(template)
        let now = clock.now
        var settings = MachineSettings()
        settings.isTraced = template.isTraced
        let fresh = MachineRecord(
            arn: definition.arn, name: template.name, kind: definition.kind, roleARN: definition.roleARN,
            definition: definition.bytes, file: definition.file, settings: settings, createdAt: now, updatedAt: now,
            origin: .template)
        guard var machine = try await store.machine(definition.arn), machine.kind == fresh.kind else {
            try await store.removeMachine(definition.arn)
            try await store.keep(fresh)
            return
        }
        let isChanged =
            machine.definition != fresh.definition || machine.roleARN != fresh.roleARN || machine.settings != settings
        guard isChanged || machine.origin != .template || machine.isDeleting else { return }
        machine.definition = fresh.definition
        machine.file = fresh.file
        machine.roleARN = fresh.roleARN
        machine.settings = settings
        machine.origin = .template
        machine.isDeleting = false
        if isChanged {
            machine.revisionID = entropy.uuid()
            machine.updatedAt = max(now, machine.updatedAt)
        }
        try await store.keep(machine)
    }
}
