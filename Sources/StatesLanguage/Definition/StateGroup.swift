import JSON

/// States that follow each other: a machine's, a branch's or an iteration's.
package struct StateGroup: Sendable {
    package let startAt: String
    package let states: [String: State]

    /// Reads `StartAt` and `States`, and checks that each state can be reached, each `Next` leads somewhere and some
    /// state ends the group.
    ///
    /// The groups inside its states are read one after the other, not one inside the other: how deep they nest is no
    /// matter for the stack.
    static func read(_ fields: FieldReader) -> StateGroup? {
        var open = [StateGroupReading(fields)]
        while true {
            let reading = open[open.count - 1]
            if let fields = reading.nextInnerGroup() {
                if let refusal = refusal(of: fields, in: open) {
                    fields.reportHere(refusal)
                    reading.took(nil)
                    continue
                }
                open.append(StateGroupReading(fields))
            } else if !reading.beginState() {
                let group = reading.end()
                open.removeLast()
                guard let outer = open.last else { return group }
                outer.took(group)
            }
        }
    }

    /// Why a group may not be inside those that are being read; nil when it may.
    private static func refusal(of fields: FieldReader, in open: [StateGroupReading]) -> String? {
        if open.count >= DefinitionReader.maximumGroupDepth {
            return "Parallel and Map states in one another nest deeper than \(DefinitionReader.maximumGroupDepth - 1) "
                + "levels, which is not supported"
        }
        if fields.isDistributed, open.count(where: { $0.fields.isDistributed }) >= MapState.maximumDistributedDepth {
            return "distributed Maps in one another nest deeper than \(MapState.maximumDistributedDepth) levels, "
                + "which is not supported: a distributed Map holds this one"
        }
        return nil
    }

    static func check(
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
