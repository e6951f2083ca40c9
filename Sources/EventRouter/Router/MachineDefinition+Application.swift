import StatesLanguage
import Template

extension MachineDefinition {
    /// The state machine that a template describes, under the names it gives.
    init(_ machine: Application.StateMachine) {
        self.init(
            arn: machine.arn, roleARN: machine.roleARN, bytes: machine.definition.json,
            file: machine.definition.file, kind: machine.kind == .express ? .express : .standard)
    }
}
