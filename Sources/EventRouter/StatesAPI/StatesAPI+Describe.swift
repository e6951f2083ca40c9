import JSON
import StatesLanguage

extension StatesAPI {
    /// DescribeStateMachine, of a machine, a version, an alias (the version with most weight) or a Map state's label.
    func describeStateMachine(_ parameters: StatesParameters) async throws -> JSONValue {
        let arn = try parameters.arn("stateMachineArn", .stateMachine)
        let hidesDefinition = try parameters.isMetadataOnly()
        var found = try await find(arn, allowsLabel: true)
        if let alias = found.alias, let heaviest = alias.routes.max(by: { $0.weight < $1.weight }) {
            found.version = try await store.version(heaviest.version, of: found.machine.arn)
        }
        let definition = found.version?.definition ?? found.machine.definition
        if let label = arn.label, !StatesAPI.hasMapState(label, definition) { throw StatesError.noMachine(arn.text) }
        let settings = found.version?.settings ?? found.machine.settings
        var members: JSONObject = [
            "stateMachineArn": .string(arn.text), "name": .string(found.machine.name),
            "status": found.machine.isDeleting ? "DELETING" : "ACTIVE",
            "definition": .string(hidesDefinition ? "{}" : String(decoding: definition, as: UTF8.self)),
            "roleArn": .string(found.version?.roleARN ?? found.machine.roleARN),
            "type": .string(found.machine.kind.rawValue),
            "creationDate": (found.version?.createdAt ?? found.machine.createdAt).epochSeconds,
        ]
        members.set(settings)
        members.set("label", arn.label)
        members.set("revisionId", found.version == nil ? found.machine.revisionID : found.version?.revisionID)
        members.set("description", found.version?.description)
        if !hidesDefinition { members.setVariableReferences(of: definition) }
        return .object(members)
    }

    /// DescribeStateMachineForExecution: what the execution runs, whatever became of the machine since.
    func describeStateMachineForExecution(_ parameters: StatesParameters) async throws -> JSONValue {
        let hidesDefinition = try parameters.isMetadataOnly()
        let found = try await execution(try parameters.arn("executionArn", .execution))
        guard let (definition, role) = try await store.definition(ofExecution: found.record.number) else {
            throw StatesError.noExecution(found.record.arn)
        }
        let arn = try StatesARN(found.record.stateMachineARN, .stateMachine)
        let machine = try await store.machine(arn.machineARN)
        var version: MachineVersion?
        // Of a child of a distributed Map it is the machine that has the Map.
        if let text = found.origin.versionARN, let number = try StatesARN(text, .stateMachine).version {
            version = try await store.version(number, of: arn.machineARN)
        }
        var members: JSONObject = [
            "stateMachineArn": .string(arn.text), "name": .string(String(arn.parts[0].prefix { $0 != "/" })),
            "definition": .string(hidesDefinition ? "{}" : String(decoding: definition, as: UTF8.self)),
            "roleArn": .string(role),
            "updateDate": min(machine?.updatedAt ?? found.record.startedAt, found.record.startedAt).epochSeconds,
        ]
        members.set(version?.settings ?? machine?.settings ?? MachineSettings())
        members.set("revisionId", found.origin.revisionID)
        members.set("label", arn.label)
        members.set("mapRunArn", found.record.mapRunARN)
        if !hidesDefinition { members.setVariableReferences(of: definition) }
        return .object(members)
    }

    /// Whether a definition has a Map state of this label: what the state says, else its name.
    private static func hasMapState(_ label: String, _ definition: [UInt8]) -> Bool {
        func search(_ machine: JSONValue) -> Bool {
            (machine["States"]?.objectValue ?? [:]).contains { name, state in
                if state["Type"] == "Map", (state["Label"]?.stringValue ?? name) == label { return true }
                let inner = [state["Iterator"], state["ItemProcessor"]] + (state["Branches"]?.arrayValue ?? [])
                return inner.contains { $0.map(search) ?? false }
            }
        }
        return (try? JSONValue(parsing: definition)).map(search) ?? false
    }
}

extension JSONObject {
    fileprivate mutating func set(_ settings: MachineSettings) {
        self["loggingConfiguration"] = settings.logging
        self["tracingConfiguration"] = settings.tracing
        self["encryptionConfiguration"] = settings.encryption.json
    }

    fileprivate mutating func setVariableReferences(of definition: [UInt8]) {
        let references = VariableReferences(definition).json
        if let references { self["variableReferences"] = references }
    }
}
