import JSON

/// One state of a definition: what all types share, and its type's own fields.
///
/// An object, since a scope holds its state and is copied often; nothing of it changes.
package final class State: Sendable {
    package indirect enum Kind: Sendable {
        case pass(PassState)
        case task(TaskState)
        case choice(ChoiceState)
        case wait(WaitState)
        case succeed
        case fail(FailState)
        case parallel(ParallelState)
        case map(MapState)
    }

    package enum Transition: Sendable, Hashable {
        case next(String)
        case end
        /// Choice, Succeed and Fail go their own way.
        case none
    }

    package let name: String
    package let type: String
    package let kind: Kind
    package let language: QueryLanguage
    package let inputPath: PathChoice
    package let outputPath: PathChoice
    package let transition: Transition
    package let retriers: [Retrier]
    package let catchers: [Catcher]
    package let assign: StateTemplate?
    /// JSONata: what the state gives on.
    package let output: StateTemplate?
    /// The types of the events with which it is entered and left.
    let enteredType: String
    let exitedType: String
    /// Whether the type has retriers and catchers.
    let canBeRetried: Bool

    init(
        name: String, type: String, kind: Kind, language: QueryLanguage, inputPath: PathChoice, outputPath: PathChoice,
        transition: Transition, retriers: [Retrier], catchers: [Catcher], assign: StateTemplate?, output: StateTemplate?
    ) {
        self.name = name
        self.type = type
        self.kind = kind
        self.language = language
        self.inputPath = inputPath
        self.outputPath = outputPath
        self.transition = transition
        self.retriers = retriers
        self.catchers = catchers
        self.assign = assign
        self.output = output
        enteredType = "\(type)StateEntered"
        exitedType = "\(type)StateExited"
        canBeRetried = ["Task", "Parallel", "Map"].contains(type)
    }

    /// States this one may lead to, with the fields that say so.
    var targets: [(name: String, field: [String])] {
        var targets: [(String, [String])] = []
        if case .next(let name) = transition { targets.append((name, ["Next"])) }
        for (index, catcher) in catchers.enumerated() {
            targets.append((catcher.next, ["Catch", String(index), "Next"]))
        }
        if case .choice(let choice) = kind {
            for (index, rule) in choice.rules.enumerated() {
                targets.append((rule.next, ["Choices", String(index), "Next"]))
            }
            if let fallback = choice.fallback { targets.append((fallback, ["Default"])) }
        }
        return targets
    }

    var isTerminal: Bool {
        switch kind {
        case .succeed, .fail: true
        default: transition == .end
        }
    }

    static let types = ["Pass", "Task", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"]

    private static let jsonPathFields = [
        "InputPath", "OutputPath", "ResultPath", "Parameters", "ResultSelector", "Result", "ItemsPath", "SecondsPath",
        "TimestampPath", "TimeoutSecondsPath", "HeartbeatSecondsPath", "MaxConcurrencyPath", "ErrorPath", "CausePath",
        "ToleratedFailureCountPath", "ToleratedFailurePercentagePath",
    ]

    /// Reads a state that stands alone, with the groups inside it.
    static func read(
        _ name: String, _ value: JSONValue, at path: [String], reader: DefinitionReader, language: QueryLanguage
    ) -> State? {
        guard let reading = begin(name, value, at: path, reader: reader, language: language) else { return nil }
        let groups = (0..<reading.inner.groupCount).map { index in
            reading.inner.fields(index).flatMap { StateGroup.read($0) }
        }
        return reading.end(groups)
    }

    /// A state that has been read up to the groups inside it.
    struct Reading {
        let inner: InnerGroups
        /// Reads the rest; nil when it is no state.
        let end: ([StateGroup?]) -> State?
    }

    /// Reads a state up to the groups inside it.
    static func begin(
        _ name: String, _ value: JSONValue, at path: [String], reader: DefinitionReader,
        language inherited: QueryLanguage
    ) -> Reading? {
        var language = inherited
        if let text = value["QueryLanguage"]?.stringValue, let own = QueryLanguage(rawValue: text) {
            language = own
            if inherited == .jsonata, own == .jsonPath {
                reader.report(
                    "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", at: path)
            }
        }
        guard let fields = FieldReader(value, at: path, reader: reader, language: language) else { return nil }
        guard let type = fields.string("Type") else {
            if value["Type"] == nil { fields.reportHere("These fields are required: [Type]") }
            return nil
        }
        if let text = fields.string("QueryLanguage"), QueryLanguage(rawValue: text) == nil {
            fields.report("QueryLanguage", "must be JSONPath or JSONata")
        }
        let assign = type == "Fail" ? nil : fields.assign()
        var output: StateTemplate?
        switch language {
        case .jsonPath:
            fields.refuse(
                ["Arguments", "Output"] + (type == "Map" ? ["Items"] : []),
                because: "belongs to JSONata, and this state's language is JSONPath")
        case .jsonata:
            if type != "Fail" { output = fields.template("Output") }
            fields.refuse(jsonPathFields, because: "belongs to JSONPath, and this state's language is JSONata")
        }
        guard let inner = readKind(type, fields) else { return nil }
        let ownAssign = assign
        let ownOutput = output
        return Reading(inner: inner) { groups in
            end(name, type, inner.kind(groups), fields, assign: ownAssign, output: ownOutput)
        }
    }

    private static func readKind(_ type: String, _ fields: FieldReader) -> InnerGroups? {
        switch type {
        case "Pass": return InnerGroups(.pass(PassState.read(fields)))
        case "Task": return InnerGroups(TaskState.read(fields).map(Kind.task))
        case "Choice": return InnerGroups(ChoiceState.read(fields).map(Kind.choice))
        case "Wait": return InnerGroups(WaitState.read(fields).map(Kind.wait))
        case "Succeed": return InnerGroups(.succeed)
        case "Fail": return InnerGroups(.fail(FailState.read(fields)))
        case "Parallel": return ParallelState.begin(fields)
        case "Map": return MapState.begin(fields)
        default:
            fields.report("Type", "'\(type)' is none of \(types.joined(separator: ", "))")
            return nil
        }
    }

    private static func end(
        _ name: String, _ type: String, _ kind: Kind?, _ fields: FieldReader, assign: StateTemplate?,
        output: StateTemplate?
    ) -> State? {
        let language = fields.language
        let hasPaths = type != "Fail" && language == .jsonPath
        let inputPath: PathChoice = hasPaths ? fields.optionalPath("InputPath") : .whole
        let outputPath: PathChoice = hasPaths ? fields.optionalPath("OutputPath") : .whole
        let transition = readTransition(type, fields)
        let canFail = ["Task", "Parallel", "Map"].contains(type)
        let retriers = canFail ? Retrier.readAll(fields) : []
        let catchers = canFail ? Catcher.readAll(fields) : []
        fields.finish("a \(type) state")
        guard let kind else { return nil }
        return State(
            name: name, type: type, kind: kind, language: language, inputPath: inputPath, outputPath: outputPath,
            transition: transition, retriers: retriers, catchers: catchers, assign: assign, output: output)
    }

    private static func readTransition(_ type: String, _ fields: FieldReader) -> Transition {
        guard !["Choice", "Succeed", "Fail"].contains(type) else { return .none }
        let next = fields.string("Next")
        let end = fields.value("End")
        if let end, end.boolValue == nil { fields.report("End", "must be true or false") }
        switch (next, end?.boolValue == true) {
        case (let name?, false): return .next(name)
        case (nil, true): return .end
        case (.some, true): fields.reportHere("a state has either Next or End, not both")
        case (nil, false):
            if !fields.has("Next") { fields.reportHere("the state has neither Next nor End (MISSING_TRANSITION)") }
        }
        return .none
    }
}
