import Clocks
import JSON
import StatesLanguage
import Template

extension StatesAPI {
    /// CreateStateMachine: one call may be made again; another for the same name is refused.
    func createStateMachine(_ parameters: StatesParameters) async throws -> JSONValue {
        let name = try parameters.string("name", 1...80)
        let definition = try parameters.string("definition", 1...1_048_576, isShown: false)
        let role = try parameters.string("roleArn", 1...256)
        let kind = try parameters.machineKind() ?? .standard
        var settings = MachineSettings()
        try settings.take(parameters)
        let tags = try parameters.tags() ?? []
        let publishes = try publishes(parameters)
        settings.wasPublished = publishes
        settings.publishedDescription = try parameters.optionalString("versionDescription", 0...256)
        guard ExecutionEngine.isValidName(name) else { throw StatesError.invalidName(name) }
        try StatesAPI.checkRole(role)
        try StatesAPI.checkTags(tags)
        try StatesAPI.checkDefinition(definition, kind: kind)
        let arn = account.stateMachineARN(name)
        let (given, checked) = (settings, definition)
        return try await gate.run {
            if let existing = try await machine(arn) {
                guard !existing.isDeleting else { throw StatesError.deleting(arn) }
                // As AWS has it, role and tags don't count and stay what they are.
                guard existing.definition == Array(checked.utf8), existing.kind == kind, existing.settings == given
                else {
                    throw StatesError("StateMachineAlreadyExists", "State Machine Already Exists: '\(arn)'")
                }
                let latest = publishes ? try await store.versions(of: arn, limit: 1).first : nil
                return created(existing, version: latest)
            }
            let now = clock.now
            var machine = MachineRecord(
                arn: arn, name: name, kind: kind, roleARN: role, definition: Array(checked.utf8), file: name,
                settings: given, createdAt: now, updatedAt: now, origin: .api)
            var version: MachineVersion?
            if publishes {
                version = try await publish(&machine, description: given.publishedDescription, tags: tags)
            } else {
                try await store.keep(machine, tags: tags)
            }
            try await engine.register(machine.machineDefinition)
            return created(machine, version: version)
        }
    }

    private func created(_ machine: MachineRecord, version: MachineVersion?) -> JSONValue {
        var members: JSONObject = [
            "stateMachineArn": .string(machine.arn), "creationDate": machine.createdAt.epochSeconds,
        ]
        members.set("stateMachineVersionArn", version?.arn)
        return .object(members)
    }

    private func publishes(_ parameters: StatesParameters) throws(StatesError) -> Bool {
        let publishes = try parameters.bool("publish") ?? false
        let description = try parameters.optionalString("versionDescription", 0...256)
        guard publishes || description == nil else {
            throw .validation("Version description can only be set when publish is true")
        }
        return publishes
    }

    static func checkRole(_ role: String) throws(StatesError) {
        guard role.hasPrefix("arn:"), role.split(separator: ":", omittingEmptySubsequences: false).count >= 6 else {
            throw .invalidARN("Invalid ARN prefix: \(role)")
        }
    }

    /// UpdateStateMachine: the executions to come run what is given; those that run keep what they began with.
    func updateStateMachine(_ parameters: StatesParameters) async throws -> JSONValue {
        let arn = try parameters.arn("stateMachineArn", .stateMachine)
        let definition = try parameters.optionalString("definition", 1...1_048_576, isShown: false)
        let role = try parameters.optionalString("roleArn", 1...256)
        let publishes = try publishes(parameters)
        let description = try parameters.optionalString("versionDescription", 0...256)
        if let role { try StatesAPI.checkRole(role) }
        // Wrong settings are refused before the machine is looked for.
        var settings = MachineSettings()
        try settings.take(parameters)
        return try await gate.run {
            var machine = try await changeableMachine(arn)
            let before = machine
            if let definition {
                try StatesAPI.checkDefinition(definition, kind: machine.kind)
                machine.definition = Array(definition.utf8)
            }
            if let role { machine.roleARN = role }
            try machine.settings.take(parameters)
            guard try definition != nil || role != nil || publishes || parameters.givesSettings() else {
                throw StatesError(
                    "MissingRequiredParameter",
                    "Either the definition, the role ARN, the LoggingConfiguration, the TracingConfiguration or the EncryptionConfiguration must be specified"
                )
            }
            machine.updatedAt = max(clock.now, machine.updatedAt)
            if machine.definition != before.definition || machine.roleARN != before.roleARN
                || machine.settings != before.settings
            {
                machine.revisionID = entropy.uuid()
            }
            var members: JSONObject = ["updateDate": machine.updatedAt.epochSeconds]
            members.set("revisionId", machine.revisionID)
            if publishes {
                members.set("stateMachineVersionArn", try await publish(&machine, description: description).arn)
            } else {
                try await store.keep(machine)
            }
            try await engine.register(machine.machineDefinition)
            return .object(members)
        }
    }

    /// DeleteStateMachine: it goes at once, or with the last of its executions.
    func deleteStateMachine(_ parameters: StatesParameters) async throws -> JSONValue {
        let arn = try parameters.arn("stateMachineArn", .stateMachine)
        guard arn.qualifier == nil, arn.label == nil else {
            throw StatesError.validation("a state machine is deleted by its own ARN, not by \(arn.text)")
        }
        return try await gate.run {
            guard var machine = try await machine(arn.machineARN), !machine.isDeleting else { return [:] }
            await engine.forget(machine.arn)
            for number in versionNumbers(of: machine) { await engine.forget(machine.versionARN(number)) }
            if await engine.hasOpenExecutions(of: machine.arn) {
                machine.isDeleting = true
                try await store.keep(machine)
            } else {
                try await store.removeMachine(machine.arn)
            }
            return [:]
        }
    }

    /// ListStateMachines.
    func listStateMachines(_ parameters: StatesParameters) async throws -> JSONValue {
        let page = try PageRequest(parameters, scope: "stateMachines")
        let found = try await store.machines(after: page.position ?? "", limit: page.readCount)
        return page.answer("stateMachines", found, position: \.arn) { machine in
            [
                "stateMachineArn": .string(machine.arn), "name": .string(machine.name),
                "type": .string(machine.kind.rawValue), "creationDate": machine.createdAt.epochSeconds,
            ]
        }
    }
}

extension StatesParameters {
    /// Whether UpdateStateMachine is given settings.
    fileprivate func givesSettings() throws(StatesError) -> Bool {
        for name in ["loggingConfiguration", "tracingConfiguration", "encryptionConfiguration"]
        where try object(name) != nil { return true }
        return false
    }
}
