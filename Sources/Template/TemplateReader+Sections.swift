import YAML

extension TemplateReader {
    private static let sections: Set<String> = [
        "AWSTemplateFormatVersion", "Transform", "Description", "Metadata", "Parameters", "Mappings", "Conditions",
        "Resources", "Outputs", "Globals", "Rules", "Hooks",
    ]
    private static let resourceAttributes: Set<String> = [
        "Type", "Properties", "DependsOn", "Condition", "Metadata", "DeletionPolicy", "UpdateReplacePolicy",
        "CreationPolicy", "UpdatePolicy", "Connectors", "IgnoreGlobals",
    ]

    mutating func read() -> Application {
        let start = YAMLPosition(line: 1, column: 1)
        do {
            let bytes = try load(file)
            do throws(YAMLError) {
                readDocument(try YAMLDocument.parse(bytes, file: file))
            } catch {
                report(.invalidYAML, at: error.position, error.detail)
            }
        } catch {
            report(.unreadableFile, at: start, "the template could not be read: \(error)")
        }
        var seen: Set<Finding> = []
        application.findings =
            findings.filter { finding in
                // The same place is read for several resources when it stands in Globals or behind a reference.
                var anonymous = finding
                anonymous.logicalID = nil
                return seen.insert(anonymous).inserted
            }.sorted { $0.position < $1.position }
        return application
    }

    private mutating func readDocument(_ root: YAMLNode) {
        guard let entries = root.mapping else {
            report(
                .invalidValue, at: root.position, "a template is a mapping with Resources; this is a \(root.kindName)")
            return
        }
        for entry in entries where !TemplateReader.sections.contains(entry.key) {
            report(.unknownProperty, at: entry.keyPosition, "a template has no section \"\(entry.key)\"")
        }
        for entry in entries where ["Rules", "Hooks"].contains(entry.key) {
            warn(.unsupportedProperty, at: entry.keyPosition, "the section \(entry.key) has no part in a local run")
        }
        application.description = root["Description"]?.scalar?.text
        readParameters(root["Parameters"])
        mappings = root["Mappings"]
        for entry in root["Conditions"]?.mapping ?? [] { conditions[entry.key] = entry }
        globals = root["Globals"]
        readGlobals()
        guard let section = root["Resources"], let entries = section.mapping, !entries.isEmpty else {
            report(.missingProperty, at: root["Resources"]?.position ?? root.position, "the template has no Resources")
            return
        }
        guard entries.count <= TemplateReader.maximumResourceCount else {
            report(
                .invalidValue, at: section.position,
                "the template has \(entries.count) resources; CloudFormation takes "
                    + "\(TemplateReader.maximumResourceCount)"
            )
            return
        }
        for entry in entries { enter(entry) }
        findGeneratedQueues()
        checkTransform(root["Transform"])
        for entry in entries {
            logicalID = entry.key
            checkReferences(in: entry)
        }
        logicalID = nil
        for entry in root["Outputs"]?.mapping ?? [] where holds(entry.value["Condition"]) {
            checkReferences(in: entry.value)
        }
        if let globals { checkReferences(in: globals) }
        checkCycles()
        for entry in conditions.values { _ = condition(entry.key, at: entry.keyPosition) }
        for resource in resources {
            logicalID = resource.logicalID
            read(resource)
        }
        logicalID = nil
        resolveTargets()
        resolveQueues()
        checkMappings()
        readSensors(root["Metadata"]?["Turntable"])
        checkNames()
    }

    private mutating func readGlobals() {
        let known: Set<String> = [
            "Function", "Api", "HttpApi", "WebSocketApi", "SimpleTable", "StateMachine", "LayerVersion",
            "CapacityProvider",
        ]
        for entry in globals?.mapping ?? [] where !known.contains(entry.key) {
            report(.unknownProperty, at: entry.keyPosition, "Globals has no section \"\(entry.key)\"")
        }
    }

    /// Takes up a resource, unless its condition is false.
    private mutating func enter(_ entry: YAMLEntry) {
        logicalID = entry.key
        defer { logicalID = nil }
        guard entry.key.utf8.allSatisfy({ $0.isAlphanumeric }) else {
            report(.invalidValue, at: entry.keyPosition, "a logical id has letters and digits only")
            return
        }
        guard let attributes = entry.value.mapping else {
            report(.invalidValue, at: entry.value.position, "a resource is a mapping with Type and Properties")
            return
        }
        for attribute in attributes where !TemplateReader.resourceAttributes.contains(attribute.key) {
            report(
                .unknownProperty, at: attribute.keyPosition,
                "a resource has no attribute \"\(attribute.key)\"; what belongs to its type stands under Properties")
        }
        guard let type = entry.value["Type"]?.scalar?.text, !type.isEmpty else {
            report(.missingProperty, at: entry.keyPosition, "the resource has no Type")
            return
        }
        guard holds(entry.value["Condition"]) else {
            conditionalAway[entry.key] = entry.value["Condition"]?.scalar?.text ?? ""
            return
        }
        let own = entry.value["Properties"]
        resourceIndices[entry.key] = resources.count
        resources.append(
            Resource(
                logicalID: entry.key, type: type, node: entry.value, position: entry.keyPosition,
                properties: merged(globalsNode(for: type, ignoring: entry.value["IgnoreGlobals"]), own)))
    }

    /// The part of Globals for a resource of this type.
    private func globalsNode(for type: String, ignoring: YAMLNode?) -> YAMLNode? {
        let prefix = "AWS::Serverless::"
        guard type.hasPrefix(prefix), let section = globals?[String(type.dropFirst(prefix.count))] else { return nil }
        if ignoring?.scalar?.text == "*" { return nil }
        guard let ignored = ignoring?.sequence?.compactMap({ $0.scalar?.text }), let entries = section.mapping else {
            return section
        }
        return YAMLNode(
            content: .mapping(entries.filter { !ignored.contains($0.key) }), tag: section.tag,
            position: section.position)
    }

    /// SAM's merge: mappings are merged, lists joined with the global one first, all else replaced.
    private func merged(_ global: YAMLNode?, _ own: YAMLNode?) -> YAMLNode? {
        guard let global else { return own }
        guard let own else { return global }
        if TemplateFunction(global) != nil || TemplateFunction(own) != nil { return own }
        switch (global.content, own.content) {
        case (.mapping(let globals), .mapping(let owns)):
            var entries: [YAMLEntry] = []
            for entry in globals {
                let mine = owns.first { $0.key == entry.key }
                guard let value = merged(entry.value, mine?.value) else { continue }
                entries.append(YAMLEntry(key: entry.key, keyPosition: (mine ?? entry).keyPosition, value: value))
            }
            entries += owns.filter { own in !globals.contains { $0.key == own.key } }
            return YAMLNode(content: .mapping(entries), tag: nil, position: own.position)
        case (.sequence(let globals), .sequence(let owns)):
            return YAMLNode(content: .sequence(globals + owns), tag: nil, position: own.position)
        default: return own
        }
    }

    private mutating func checkTransform(_ node: YAMLNode?) {
        let serverless = "AWS::Serverless-2016-10-31"
        // Functions in policies of deletion need nothing here; the functions that it adds are refused where they stand.
        let languageExtensions = "AWS::LanguageExtensions"
        let names = node?.sequence ?? [node].compactMap { $0 }
        var isServerless = false
        for name in names {
            guard let text = name.scalar?.text else {
                report(
                    .unsupportedFunction, at: name.position, "a Transform with parameters can't be carried out locally")
                continue
            }
            if text == serverless {
                isServerless = true
            } else if text != languageExtensions {
                report(.unsupportedFunction, at: name.position, "the transform \(text) can't be carried out locally")
            }
        }
        guard !isServerless, let first = resources.first(where: \.isServerless) else { return }
        report(
            .missingProperty, at: first.position,
            "\(first.type) needs \"Transform: \(serverless)\" at the top of the template")
    }

    private mutating func holds(_ condition: YAMLNode?) -> Bool {
        guard let condition else { return true }
        guard let name = condition.scalar?.text else {
            report(.invalidValue, at: condition.position, "Condition takes the name of a condition")
            return true
        }
        return self.condition(name, at: condition.position)
    }
}

extension UInt8 {
    /// Whether it is an ASCII letter or digit.
    var isAlphanumeric: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
    }
}
