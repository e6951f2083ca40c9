import JSON

/// The points of a definition, in its order, and what to call them.
package struct CoverageMap: Sendable {
    package struct Item: Sendable {
        package let point: CoveragePoint
        /// Where the state is: `Fan[1]/Work` is in the second branch of Fan, `Each[]/Work` in what Each does for an item.
        package let path: String
        /// `rule 0: $.status StringEquals "PASSED" → Etl`.
        package let name: String
        /// What makes it the same point in another version of the definition.
        let signature: String
    }

    /// States that follow each other inside a state: a branch, or what a Map does for an item.
    struct Group: Sendable, Hashable {
        let state: String
        let branch: Int
    }

    struct Place: Sendable {
        let state: State
        /// Nil for the machine's own states.
        let group: Group?
        let path: String
    }

    package let machine: StateMachine
    package private(set) var items: [Item] = []
    private(set) var places: [String: Place] = [:]

    /// Reads a definition.
    ///
    /// - Throws: ``DefinitionError`` as ``StateMachine/parse(_:file:type:)`` does.
    package init(_ bytes: [UInt8], file: String, type: StateMachineType = .standard) throws(DefinitionError) {
        machine = try StateMachine.parse(bytes, file: file, type: type)
        // The order of the states, and conditions as they are written, stand in the text alone.
        let document = (try? JSONDocument(parsing: bytes, maximumDepth: DefinitionReader.maximumDepth))?.value ?? .null
        add(machine.states, document, nil, "")
    }

    private mutating func add(_ states: StateGroup, _ json: JSONValue, _ group: Group?, _ prefix: String) {
        for (name, json) in json["States"]?.objectValue ?? [:] {
            guard let state = states.states[name] else { continue }
            let path = prefix + name
            places[name] = Place(state: state, group: group, path: path)
            func add(_ kind: CoveragePoint.Kind, _ text: String, _ signature: String) {
                items.append(
                    Item(
                        point: CoveragePoint(state: name, kind: kind), path: path, name: text,
                        signature: "\(name)\u{0}\(signature)"))
            }
            add(.entered, "entered", "entered")
            switch state.kind {
            case .task, .parallel, .map: add(.succeeded, "succeeded", "succeeded")
            case .choice(let choice):
                for (index, rule) in choice.rules.enumerated() {
                    let text = CoverageMap.text(of: json["Choices"]?[index] ?? .null)
                    add(.rule(index), "rule \(index): \(text) → \(rule.next)", "rule \(text) \(rule.next)")
                }
                if let fallback = choice.fallback {
                    // What Default means depends on the rules before it.
                    let rules = (json["Choices"]?.arrayValue ?? []).map { CoverageMap.text(of: $0) }
                    add(.fallback, "Default → \(fallback)", "Default \(fallback) \(rules)")
                }
            default: break
            }
            for (index, retrier) in state.retriers.enumerated() {
                let names = retrier.errors.joined(separator: ", ")
                let most = retrier.maximumAttempts
                if most > 0 {
                    add(.retried(index), "retrier \(index): \(names)", "retrier \(names)")
                    for error in retrier.errors where retrier.errors.count > 1 {
                        add(.retriedError(index, error), "retrier \(index) for \(error)", "retrier \(names) \(error)")
                    }
                }
                add(.exhausted(index), "retrier \(index) exhausted after \(most)", "exhausted \(names)")
            }
            for (index, catcher) in state.catchers.enumerated() {
                let names = catcher.errors.joined(separator: ", ")
                add(.caught(index), "catcher \(index): \(names) → \(catcher.next)", "catcher \(names) \(catcher.next)")
                for error in catcher.errors where catcher.errors.count > 1 {
                    add(.caughtError(index, error), "catcher \(index) for \(error)", "catcher \(names) \(error)")
                }
            }
            switch state.kind {
            case .parallel(let parallel):
                for (index, branch) in parallel.branches.enumerated() {
                    self.add(
                        branch, json["Branches"]?[index] ?? .null, Group(state: name, branch: index),
                        "\(path)[\(index)]/")
                }
            case .map(let map):
                self.add(
                    map.processor, json["ItemProcessor"] ?? json["Iterator"] ?? .null, Group(state: name, branch: 0),
                    "\(path)[]/")
            default: break
            }
        }
    }

    /// A rule's condition as people read it.
    private static func text(of rule: JSONValue) -> String {
        if let condition = rule["Condition"]?.stringValue { return condition }
        for (key, word) in [("And", " and "), ("Or", " or ")] {
            if let inner = rule[key]?.arrayValue {
                return inner.map { "(\(text(of: $0)))" }.joined(separator: word)
            }
        }
        if let inner = rule["Not"] { return "not (\(text(of: inner)))" }
        let comparison = rule.objectValue?.first { Comparison.names.contains($0.key) }
        let operand = comparison.map { " \($0.key) \($0.value.text())" } ?? ""
        return (rule["Variable"]?.stringValue ?? "") + operand
    }

    package func path(of state: String) -> String { places[state]?.path ?? state }

    /// Points of another version of the definition as points of this one; those that this one does not have are left out.
    package func translation(from other: CoverageMap) -> [CoveragePoint: CoveragePoint] {
        var own: [String: [CoveragePoint]] = [:]
        for item in items.reversed() { own[item.signature, default: []].append(item.point) }
        var translation: [CoveragePoint: CoveragePoint] = [:]
        for item in other.items { translation[item.point] = own[item.signature]?.popLast() }
        return translation
    }

    /// Whether some of the states are run by executions of their own.
    package var hasDistributedMap: Bool {
        places.values.contains { if case .map(let map) = $0.state.kind { map.distribution != nil } else { false } }
    }
}
