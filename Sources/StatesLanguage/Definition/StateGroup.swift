import JSON

/// States that follow each other: a machine's, a branch's or an iteration's.
package struct StateGroup: Sendable {
    package let startAt: String
    package let states: [String: State]

    /// Reads `StartAt` and `States`, and checks that each state can be reached, each `Next` leads somewhere and some
    /// state ends the group.
    static func read(_ fields: FieldReader) -> StateGroup? {
        let startAt = fields.string("StartAt", isRequired: true)
        let place = fields.path + ["States"]
        guard fields.has("States") else {
            fields.require("States")
            return nil
        }
        guard let object = fields.inner(fields.value("States"), ["States"]) else { return nil }
        if object.object.isEmpty { fields.report("States", "holds no state") }
        var states: [String: State] = [:]
        for (name, value) in object.object {
            let path = place + [name]
            fields.reader.noteState(name, at: path)
            if name.count > 80 { fields.reader.report("a state's name has at most 80 characters", at: path) }
            if let state = State.read(
                name, value, at: path, reader: fields.reader, language: fields.reader.machineLanguage)
            {
                states[name] = state
            }
        }
        guard let startAt else { return nil }
        if object.object[startAt] == nil {
            fields.reader.report(
                "Missing 'StartAt' target: \(startAt)", at: fields.path + ["StartAt"], code: "MISSING_TRANSITION_TARGET"
            )
        }
        check(states, names: object.object.keys, startAt: startAt, place: place, reader: fields.reader)
        return StateGroup(startAt: startAt, states: states)
    }

    private static func check(
        _ states: [String: State], names: [String], startAt: String, place: [String], reader: DefinitionReader
    ) {
        let known = Set(names)
        for (name, state) in states.sorted(by: { $0.key < $1.key }) {
            for (target, field) in state.targets where !known.contains(target) {
                reader.report(
                    "Missing '\(field.last ?? "Next")' target: \(target)", at: place + [name] + field,
                    code: "MISSING_TRANSITION_TARGET")
            }
        }
        // An unread state may lead anywhere, so nothing can be said of what is reached.
        guard states.count == names.count else { return }
        var reached: Set<String> = []
        var open = [startAt]
        while let name = open.popLast() {
            guard reached.insert(name).inserted, let state = states[name] else { continue }
            open += state.targets.map(\.name)
        }
        for name in names where !reached.contains(name) {
            reader.report(
                "State \"\(name)\" is not reachable.", at: place + [name], code: "MISSING_TRANSITION_TARGET")
        }
        if !states.values.contains(where: \.isTerminal) {
            reader.report(
                "No end state found: none has End, or is of type Succeed or Fail", at: place, code: "MISSING_END_STATE")
        }
    }
}
