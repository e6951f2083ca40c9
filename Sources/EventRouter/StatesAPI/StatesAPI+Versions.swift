import Clocks
import JSON

extension StatesAPI {
    /// Keeps the machine and publishes it as it is; the same revision is not published twice.
    func publish(
        _ machine: inout MachineRecord, description: String?, tags: [ResourceTag] = []
    ) async throws -> MachineVersion {
        if let latest = try await version(of: machine, revision: machine.revisionID) {
            try await store.keep(machine, tags: tags)
            return latest
        }
        machine.lastVersion += 1
        let version = MachineVersion(
            machineARN: machine.arn, number: machine.lastVersion, kind: machine.kind, roleARN: machine.roleARN,
            definition: machine.definition, file: machine.file, settings: machine.settings,
            revisionID: machine.revisionID, description: description, createdAt: clock.now)
        try await store.keep(version, of: machine, tags: tags)
        try await engine.register(version.machineDefinition, under: version.arn)
        return version
    }

    /// The version that was published of a revision, if it is still there.
    private func version(of machine: MachineRecord, revision: String?) async throws -> MachineVersion? {
        guard machine.lastVersion > 0 else { return nil }
        var before = Int.max
        while true {
            let page = try await store.versions(of: machine.arn, before: before, limit: 100)
            if let found = page.first(where: { $0.revisionID == revision }) { return found }
            guard let last = page.last, page.count == 100 else { return nil }
            before = last.number
        }
    }

    /// The numbers of versions that were ever published.
    func versionNumbers(of machine: MachineRecord) -> Range<Int> { 1..<machine.lastVersion + 1 }

    /// PublishStateMachineVersion.
    func publishStateMachineVersion(_ parameters: StatesParameters) async throws -> JSONValue {
        let arn = try parameters.arn("stateMachineArn", .stateMachine)
        let revision = try parameters.optionalString("revisionId", 0...256)
        let description = try parameters.optionalString("description", 0...256)
        return try await gate.run {
            var machine = try await changeableMachine(arn)
            let current = machine.revisionID ?? "INITIAL"
            if let revision, revision != current {
                throw StatesError.conflict(
                    """
                    Failed to publish the State Machine version for revision \(revision). The current State Machine \
                    revision is \(current).
                    """)
            }
            let version = try await publish(&machine, description: description)
            return [
                "creationDate": version.createdAt.epochSeconds, "stateMachineVersionArn": .string(version.arn),
            ]
        }
    }

    /// ListStateMachineVersions, the newest first.
    func listStateMachineVersions(_ parameters: StatesParameters) async throws -> JSONValue {
        let arn = try parameters.arn("stateMachineArn", .stateMachine)
        let page = try PageRequest(parameters, scope: "versions \(arn.machineARN)")
        guard arn.qualifier == nil, arn.label == nil, try await machine(arn.machineARN) != nil else {
            throw StatesError.noMachine(arn.text)
        }
        let before = try page.number().flatMap { Int(exactly: $0) } ?? .max
        let found = try await store.versions(of: arn.machineARN, before: before, limit: page.readCount)
        return page.answer("stateMachineVersions", found, position: { String($0.number) }) { version in
            [
                "stateMachineVersionArn": .string(version.arn), "creationDate": version.createdAt.epochSeconds,
            ]
        }
    }

    /// DeleteStateMachineVersion: executions that run it go on; one that an alias names stays.
    func deleteStateMachineVersion(_ parameters: StatesParameters) async throws -> JSONValue {
        let arn = try parameters.arn("stateMachineVersionArn", .stateMachine, maximumLength: 2_000)
        guard let number = arn.version else {
            throw StatesError.validation("the ARN \(arn.text) is not that of a state machine's version")
        }
        return try await gate.run {
            let names = try await allAliases(of: arn.machineARN).filter { alias in
                alias.routes.contains { $0.version == number }
            }.map(\.name)
            guard names.isEmpty else {
                throw StatesError.conflict(
                    """
                    Version to be deleted must not be referenced by an alias. Current list of aliases referencing this \
                    version: [\(names.joined(separator: ", "))]
                    """)
            }
            await engine.forget(arn.text)
            try await store.removeVersion(number, of: arn.machineARN)
            return [:]
        }
    }
}
