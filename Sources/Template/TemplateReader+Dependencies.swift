import YAML

extension TemplateReader {
    /// A reference to something of the template, and where it stands.
    private struct Reference {
        let logicalID: String
        let position: YAMLPosition
    }

    /// Reports references of a resource that lead nowhere.
    mutating func checkReferences(in entry: YAMLEntry) {
        guard resource(entry.key) != nil else { return }
        for reference in references(in: entry.value) { check(reference) }
    }

    mutating func checkReferences(in node: YAMLNode) {
        for reference in references(in: node) { check(reference) }
    }

    private mutating func check(_ reference: Reference) {
        let name = reference.logicalID
        if TemplateReader.pseudoParameters.contains(name) || parameters[name] != nil || resource(name) != nil
            || roleOwner(name) != nil || generatedQueues.contains(name)
        {
            return
        }
        if let condition = conditionalAway[name] {
            report(
                .unknownReference, at: reference.position,
                "\(name) is referred to, but is not created, since its condition \(condition) is false")
            return
        }
        let known = resources.map(\.logicalID) + parameters.keys.sorted()
        let near = nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
        report(
            .unknownReference, at: reference.position,
            "the template has no parameter and no resource \(name)\(near)")
    }

    /// Notes the queues that SAM makes for events whose `DeadLetterConfig` has no queue of the template's own.
    mutating func findGeneratedQueues() {
        for resource in resources where resource.isServerless {
            for event in resource.properties?["Events"]?.mapping ?? [] {
                let config = event.value["Properties"]?["DeadLetterConfig"]
                guard config?["Type"]?.scalar?.text == "SQS" else { continue }
                generatedQueues.insert(
                    config?["QueueLogicalId"]?.scalar?.text ?? "\(resource.logicalID)\(event.key)Queue")
            }
        }
    }

    /// All references in `node`, those in branches that a condition does not take left out.
    private mutating func references(in node: YAMLNode) -> [Reference] {
        if let function = TemplateFunction(node) {
            switch function.name {
            case "Ref":
                guard let name = function.argument.scalar?.text else { return [] }
                return [Reference(logicalID: name, position: function.position)]
            case "Fn::GetAtt":
                guard let (id, attribute) = TemplateFunction.attribute(function.argument) else { return [] }
                return [Reference(logicalID: id, position: function.position)] + references(in: attribute)
            case "Fn::Sub": return references(inSubstitution: function)
            case "Fn::If":
                guard let parts = function.argument.sequence, parts.count == 3, let name = parts[0].scalar?.text else {
                    return []
                }
                return references(in: condition(name, at: parts[0].position) ? parts[1] : parts[2])
            default: return references(in: function.argument)
            }
        }
        var found: [Reference] = []
        for node in node.sequence ?? [] { found += references(in: node) }
        for entry in node.mapping ?? [] {
            if entry.key == "DependsOn" {
                for node in entry.value.sequence ?? [entry.value] {
                    guard let name = node.scalar?.text else { continue }
                    found.append(Reference(logicalID: name, position: node.position))
                }
            } else {
                found += references(in: entry.value)
            }
        }
        return found
    }

    private mutating func references(inSubstitution function: TemplateFunction) -> [Reference] {
        var text = function.argument.scalar?.text
        var own: Set<String> = []
        var found: [Reference] = []
        if let parts = function.argument.sequence, parts.count == 2 {
            text = parts[0].scalar?.text
            own = Set(parts[1].mapping?.map(\.key) ?? [])
            found = references(in: parts[1])
        }
        for case .variable(let name) in text.flatMap(SubstitutionPart.parts(of:)) ?? [] where !own.contains(name) {
            let id = name.split(separator: ".", maxSplits: 1).first.map(String.init) ?? name
            found.append(Reference(logicalID: id, position: function.position))
        }
        return found
    }

    /// Reports resources that wait for one another.
    ///
    /// An S3 event of a function makes the bucket wait for the function, not the function for the bucket: SAM writes
    /// it into the bucket's notifications.
    mutating func checkCycles() {
        var edges: [String: [Reference]] = [:]
        for resource in resources {
            logicalID = resource.logicalID
            var node = resource.node
            if let own = resource.properties, var entries = node.mapping {
                entries.removeAll { $0.key == "Properties" }
                entries.append(YAMLEntry(key: "Properties", keyPosition: own.position, value: own))
                node = YAMLNode(content: .mapping(entries), tag: nil, position: node.position)
            }
            var own = references(in: node)
            if resource.type == "AWS::Serverless::Function" {
                for event in resource.properties?["Events"]?.mapping ?? []
                where event.value["Type"]?.scalar?.text == "S3" {
                    guard let bucket = event.value["Properties"]?["Bucket"] else { continue }
                    for reference in references(in: bucket) {
                        own.removeAll { $0.logicalID == reference.logicalID && $0.position == reference.position }
                        edges[reference.logicalID, default: []].append(
                            Reference(logicalID: resource.logicalID, position: reference.position))
                    }
                }
            }
            edges[resource.logicalID, default: []] += own
        }
        logicalID = nil
        var finished: Set<String> = []
        for resource in resources {
            var path: [Reference] = []
            visit(Reference(logicalID: resource.logicalID, position: resource.position), edges, &path, &finished)
        }
    }

    private mutating func visit(
        _ reference: Reference, _ edges: [String: [Reference]], _ path: inout [Reference], _ finished: inout Set<String>
    ) {
        let id = reference.logicalID
        guard self.resource(id) != nil, !finished.contains(id) else { return }
        if let start = path.firstIndex(where: { $0.logicalID == id }) {
            let cycle = path[start...].map(\.logicalID) + [id]
            logicalID = id
            let lines = (path[start...].dropFirst() + [reference]).map { "\($0.position.line)" }
            report(
                .circularDependency, at: reference.position,
                "circular dependency: \(cycle.joined(separator: " -> ")) "
                    + "(references in lines \(lines.joined(separator: ", ")))"
            )
            logicalID = nil
            return
        }
        path.append(reference)
        for next in edges[id] ?? [] { visit(next, edges, &path, &finished) }
        path.removeLast()
        finished.insert(id)
    }

    /// The name most like `name`, if it is at most two letters different.
    func nearest(to name: String, among candidates: [String]) -> String? {
        let wanted = Array(name.lowercased().utf8)
        let distances = candidates.map { ($0, TemplateReader.distance(wanted, Array($0.lowercased().utf8))) }
        guard let best = distances.min(by: { $0.1 < $1.1 }), best.1 <= min(2, wanted.count / 2) else { return nil }
        return best.0
    }

    /// Levenshtein's distance; 3 for texts whose lengths differ by more than 2.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        guard abs(left.count - right.count) <= 2, left.count <= 256 else { return 3 }
        var row = Array(0...right.count)
        for (i, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let substitution = diagonal + (byte == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substitution, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
