import Digest
import StatesLanguage

extension ExecutionEngine {
    /// Makes a version of a state machine known, under the version's ARN. Executions of it are the machine's.
    ///
    /// - Throws: ``ExecutionError`` as ``register(_:)`` does.
    func register(_ definition: MachineDefinition, under arn: String) async throws(ExecutionError) {
        let machine = Machine(
            definition: definition, digest: sha256(definition.bytes),
            parsed: try ExecutionEngine.parse(definition.bytes, file: definition.file))
        try await store.keepDefinition(definition.bytes, file: definition.file, digest: machine.digest)
        machines[arn] = machine
    }

    /// Starts no more executions of what was registered under this ARN; those that run go on.
    func forget(_ arn: String) { machines[arn] = nil }

    /// Whether executions of a state machine or one of its versions are running or about to be.
    func hasOpenExecutions(of machineARN: String) -> Bool {
        running.values.contains { $0.reducer.identity.stateMachineARN == machineARN }
            || starts.contains { $0.machine.definition.arn == machineARN }
    }
}
