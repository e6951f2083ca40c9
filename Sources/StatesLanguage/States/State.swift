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

    static func read(
        _ name: String, _ value: JSONValue, at path: [String], reader: DefinitionReader,
        language inherited: QueryLanguage
    ) -> State? {
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
        let kind: Kind?
        switch type {
        case "Pass": kind = .pass(PassState.read(fields))
        case "Task": kind = TaskState.read(fields).map(Kind.task)
        case "Choice": kind = ChoiceState.read(fields).map(Kind.choice)
        case "Wait": kind = WaitState.read(fields).map(Kind.wait)
        case "Succeed": kind = .succeed
        case "Fail": kind = .fail(FailState.read(fields))
        case "Parallel": kind = ParallelState.read(fields).map(Kind.parallel)
        case "Map": kind = MapState.read(fields).map(Kind.map)
        default:
            fields.report("Type", "'\(type)' is none of \(types.joined(separator: ", "))")
            return nil
        }
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
