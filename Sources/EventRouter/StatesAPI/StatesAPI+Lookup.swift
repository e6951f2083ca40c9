import JSON

/// What an ARN of a state machine, a version or an alias leads to.
struct FoundMachine: Sendable {
    var machine: MachineRecord
    /// The version that is meant; for an alias one that its weights lead to.
    var version: MachineVersion?
    var alias: MachineAlias?

    /// Under which executions are started of it.
    var engineKey: String { version?.arn ?? machine.arn }
}

extension StatesAPI {
    /// The state machine of this ARN. One that was to go with its last execution goes now if that has ended.
    func machine(_ arn: String) async throws -> MachineRecord? {
        guard let machine = try await store.machine(arn) else { return nil }
        guard machine.isDeleting, !(await engine.hasOpenExecutions(of: arn)) else { return machine }
        try await store.removeMachine(arn, ifDeleting: true)
        return nil
    }

    /// What the ARN leads to.
    ///
    /// - Parameters:
    ///   - fraction: The draw that picks one of an alias' versions.
    ///   - allowsLabel: Whether the ARN may be that of a Map state, which leads to the machine that has it.
    /// - Throws: ``StatesError`` `StateMachineDoesNotExist`, with the ARN as it was given.
    func find(
        _ arn: StatesARN, fraction: Double = 0, allowsLabel: Bool = false
    ) async throws -> FoundMachine {
        guard arn.label == nil || allowsLabel else { throw StatesError.noMachine(arn.text) }
        guard let machine = try await machine(arn.machineARN) else { throw StatesError.noMachine(arn.text) }
        var found = FoundMachine(machine: machine)
        if let number = arn.version {
            guard let version = try await store.version(number, of: machine.arn) else {
                throw StatesError.noMachine(arn.text)
            }
            found.version = version
        } else if let name = arn.alias {
            guard let alias = try await store.alias(name, of: machine.arn),
                let number = alias.version(at: fraction),
                let version = try await store.version(number, of: machine.arn)
            else { throw StatesError.noMachine(arn.text) }
            found.version = version
            found.alias = alias
        }
        return found
    }

    /// The state machine of an ARN without a qualifier, which is not about to go.
    func changeableMachine(_ arn: StatesARN) async throws -> MachineRecord {
        guard arn.qualifier == nil, arn.label == nil, let machine = try await machine(arn.machineARN) else {
            throw StatesError.noMachine(arn.text)
        }
        guard !machine.isDeleting else { throw StatesError.deleting(arn.text) }
        return machine
    }

    /// The execution of this ARN, with how it came to be.
    func execution(_ arn: StatesARN) async throws -> ListedExecution {
        guard let found = try await store.listedExecution(named: arn.executionName, of: arn.labelledMachineARN) else {
            throw StatesError.noExecution(arn.text)
        }
        return found
    }
}

extension JSONObject {
    /// Sets what there is of it.
    mutating func set(_ key: String, _ text: String?) { if let text { self[key] = .string(text) } }
}
