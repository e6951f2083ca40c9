import JSON

/// A group of states while it is being read, with the state whose groups are read first.
final class StateGroupReading {
    let fields: FieldReader
    private let startAt: String?
    private let place: [String]
    private let members: [(key: String, value: JSONValue)]
    private let names: [String]
    private var position = 0
    private var states: [String: State] = [:]
    /// Whether `States` is there and an object.
    private let isThere: Bool
    private var open: State.Reading?
    private var innerGroups: [StateGroup?] = []

    init(_ fields: FieldReader) {
        self.fields = fields
        startAt = fields.string("StartAt", isRequired: true)
        place = fields.path + ["States"]
        var object: FieldReader?
        if fields.has("States") {
            object = fields.inner(fields.value("States"), ["States"])
            if object?.object.isEmpty == true { fields.report("States", "holds no state") }
        } else {
            fields.require("States")
        }
        isThere = object != nil
        members = object?.object.map { ($0.key, $0.value) } ?? []
        names = members.map(\.key)
    }

    /// Begins the next state.
    ///
    /// - Returns: False when there is none.
    func beginState() -> Bool {
        guard position < members.count else { return false }
        let (name, value) = members[position]
        position += 1
        let path = place + [name]
        fields.reader.noteState(name, at: path)
        if name.count > 80 { fields.reader.report("a state's name has at most 80 characters", at: path) }
        open = State.begin(name, value, at: path, reader: fields.reader, language: fields.reader.machineLanguage)
        return true
    }

    /// The next group inside the state that was begun; the state is made when there is none.
    func nextInnerGroup() -> FieldReader? {
        guard let reading = open else { return nil }
        while innerGroups.count < reading.inner.groupCount {
            if let fields = reading.inner.fields(innerGroups.count) { return fields }
            innerGroups.append(nil)
        }
        if let state = reading.end(innerGroups) { states[state.name] = state }
        open = nil
        innerGroups = []
        return nil
    }

    /// Takes over a group inside the state that was begun.
    func took(_ group: StateGroup?) { innerGroups.append(group) }

    func end() -> StateGroup? {
        defer { if let what = fields.groupName { fields.finish(what) } }
        guard isThere, let startAt else { return nil }
        if !names.contains(startAt) {
            fields.reader.report(
                "Missing 'StartAt' target: \(startAt)", at: fields.path + ["StartAt"], code: "MISSING_TRANSITION_TARGET"
            )
        }
        StateGroup.check(states, names: names, startAt: startAt, place: place, reader: fields.reader)
        return StateGroup(startAt: startAt, states: states)
    }
}

/// The groups of states inside a state: a Parallel's branches, a Map's processor.
struct InnerGroups {
    let groupCount: Int
    /// The fields of a group; nil, with a finding, when it is no object.
    let fields: (Int) -> FieldReader?
    /// What the state is with its groups, each nil when it can't be read.
    let kind: ([StateGroup?]) -> State.Kind?

    /// Of a state without groups.
    init(_ kind: State.Kind?) {
        groupCount = 0
        fields = { _ in nil }
        self.kind = { _ in kind }
    }

    init(
        count: Int, fields: @escaping (Int) -> FieldReader?, kind: @escaping ([StateGroup?]) -> State.Kind?
    ) {
        groupCount = count
        self.fields = fields
        self.kind = kind
    }
}

extension FieldReader {
    /// Whether this is the processor of a distributed Map.
    var isDistributed: Bool { object["ProcessorConfig"]?["Mode"]?.stringValue == "DISTRIBUTED" }
}
