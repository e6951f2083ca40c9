import JSON
import YAML

extension TemplateReader {
    private static let serverlessShape = MappingShape(
        subject: "a state machine",
        used: ["Definition", "DefinitionSubstitutions", "DefinitionUri", "Events", "Name", "Role", "Tracing", "Type"],
        ignored: [
            "AutoPublishAlias", "DeploymentPreference", "Logging", "PermissionsBoundary", "Policies", "PropagateTags",
            "RolePath", "Tags", "UseAliasAsEventTarget",
        ])
    private static let plainShape = MappingShape(
        subject: "a state machine",
        used: [
            "Definition", "DefinitionS3Location", "DefinitionString", "DefinitionSubstitutions", "RoleArn",
            "StateMachineName", "StateMachineType", "TracingConfiguration",
        ], ignored: ["EncryptionConfiguration", "LoggingConfiguration", "Tags"])

    mutating func readStateMachine(_ resource: Resource) {
        let isServerless = resource.isServerless
        checkProperties(of: resource, isServerless ? TemplateReader.serverlessShape : TemplateReader.plainShape)
        guard let name = checkedName(of: resource, .stateMachine) else { return }
        let typeName = isServerless ? "Type" : "StateMachineType"
        let typeValue = property(resource, typeName)
        let spelling = text(typeValue, typeName) ?? "STANDARD"
        guard let kind = Application.StateMachine.Kind(rawValue: spelling) else {
            report(.invalidValue, at: typeValue?.position ?? resource.position, "\(typeName) is STANDARD or EXPRESS")
            return
        }
        let arn = account.stateMachineARN(name)
        if isServerless {
            for event in events(of: resource) { readEvent(event, of: .stateMachine(arn), arn: arn) }
        }
        let role = text(property(resource, isServerless ? "Role" : "RoleArn"), "Role")
        let tracing = property(resource, isServerless ? "Tracing" : "TracingConfiguration")
        guard let definition = definition(of: resource) else { return }
        application.stateMachines.append(
            Application.StateMachine(
                logicalID: resource.logicalID, name: name, arn: arn,
                roleARN: role ?? account.roleARN(account.generatedName(for: "\(resource.logicalID)Role")), kind: kind,
                definition: definition, isTraced: bool(tracing?["Enabled"], "Enabled") ?? false,
                position: place(resource.position)))
        checkFunctions(of: definition)
    }

    private mutating func definition(of resource: Resource) -> Application.Definition? {
        let names = ["Definition", "DefinitionString", "DefinitionUri", "DefinitionS3Location"]
        let present = names.filter { resource.properties?[$0] != nil }
        guard present.count == 1, let name = present.first else {
            let wanted = resource.isServerless ? "DefinitionUri and Definition" : names.joined(separator: ", ")
            report(
                .missingProperty, at: resource.position,
                "a state machine has one of \(wanted); here are \(present.count)")
            return nil
        }
        guard let value = property(resource, name), !value.isUnknown else { return nil }
        let substitutions = substitutions(resource)
        let source: Application.Definition
        switch name {
        case "Definition":
            if value.isIncomplete { return nil }
            guard value.members != nil else {
                report(.invalidValue, at: value.position, "Definition is a mapping; this is \(value.kindName)")
                return nil
            }
            source = Application.Definition(json: LineKeepingJSON.bytes(of: value), file: file)
        case "DefinitionString":
            guard let text = text(value, name) else { return nil }
            source = Application.Definition(
                json: Array(text.utf8), file: file, lineOffset: lineOffset(ofTextAt: resource.properties?[name]))
        default:
            guard let loaded = loadDefinition(value, name) else { return nil }
            source = loaded
        }
        return substituted(source, substitutions)
    }

    /// The lines before the first of a text that is written in the template.
    private func lineOffset(ofTextAt node: YAMLNode?) -> Int {
        guard let node else { return 0 }
        let argument = TemplateFunction(node)?.argument ?? node
        let text = argument.scalar ?? argument.sequence?.first?.scalar
        let position = argument.sequence?.first?.position ?? argument.position
        // The text of a block begins in the line after its `|`.
        return text?.style == .literal || text?.style == .folded ? position.line : position.line - 1
    }

    private mutating func loadDefinition(_ value: TemplateValue, _ name: String) -> Application.Definition? {
        guard let uri = value.text, !uri.hasPrefix("s3://") else {
            report(
                .unsupportedProperty, at: value.position,
                "a definition that is in S3 can't be run locally; \(name) must be a file beside the template")
            return nil
        }
        let path = path(besideTemplate: uri)
        let bytes: [UInt8]
        do {
            bytes = try load(path)
        } catch {
            report(.missingDefinitionFile, at: value.position, "the definition \(path) could not be read: \(error)")
            return nil
        }
        guard uri.hasSuffix(".yaml") || uri.hasSuffix(".yml") else {
            return Application.Definition(json: bytes, file: path)
        }
        do throws(YAMLError) {
            let document = TemplateValue(literal: try YAMLDocument.parse(bytes, file: path))
            return Application.Definition(json: LineKeepingJSON.bytes(of: document), file: path)
        } catch {
            report(.invalidYAML, at: TemplatePosition(file: path, error.position), error.detail)
            return nil
        }
    }

    private func path(besideTemplate uri: String) -> String {
        guard !uri.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return uri }
        let relative = uri.hasPrefix("./") ? String(uri.dropFirst(2)) : uri
        return "\(file[...slash])\(relative)"
    }

    private mutating func substitutions(_ resource: Resource) -> [String: String]? {
        guard let value = property(resource, "DefinitionSubstitutions") else { return [:] }
        if value.isIncomplete { return nil }
        var substitutions: [String: String] = [:]
        for member in members(value, "DefinitionSubstitutions") {
            if let text = text(member.value, member.key) { substitutions[member.key] = text }
        }
        return substitutions
    }

    /// The definition with its `${...}` replaced; nil substitutions are not known in full, which was reported.
    private mutating func substituted(
        _ source: Application.Definition, _ substitutions: [String: String]?
    ) -> Application.Definition {
        let result = DefinitionSubstitution.apply(substitutions ?? [:], to: source.json)
        for missing in substitutions == nil ? [] : result.missing {
            let position = TemplatePosition(
                file: source.file, line: missing.line + source.lineOffset, column: missing.column)
            warn(
                .unknownSubstitution, at: position,
                "${\(missing.name)} has no value among the DefinitionSubstitutions and stays as it is")
        }
        return Application.Definition(
            json: result.bytes, file: source.file, lineOffset: source.lineOffset, substitutions: substitutions ?? [:])
    }

    /// Reports functions that a definition calls and the template does not have. A definition that is no JSON is left
    /// to whoever reads it as a state machine.
    private mutating func checkFunctions(of definition: Application.Definition) {
        guard let document = try? JSONDocument(parsing: definition.json) else { return }
        for call in FunctionCall.all(in: document.value) where !hasFunctionLater(call.function) {
            let place = document.position(at: call.path)
            let position = TemplatePosition(
                file: definition.file, line: place.line + definition.lineOffset, column: place.column)
            report(
                .unknownFunction, at: position,
                "the state machine calls the function \(call.function), which the template does not have")
        }
    }

    /// Like `hasFunction`, at a time when not all functions were read.
    private mutating func hasFunctionLater(_ name: String) -> Bool {
        for resource in resources where resource.type == "AWS::Serverless::Function" {
            if physicalName(of: resource, at: resource.position) == name { return true }
        }
        return false
    }
}
