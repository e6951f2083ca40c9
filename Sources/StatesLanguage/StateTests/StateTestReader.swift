import JSON

/// Reads and checks the request of a test, in the order in which AWS refuses.
struct StateTestReader {
    /// Characters of a state's name at most.
    private static let maximumNameLength = 80

    let request: JSONValue

    func string(_ name: String) throws(StateTestError) -> String? {
        try StateTestReader.string(request, name)
    }

    private static func string(_ object: JSONValue, _ name: String) throws(StateTestError) -> String? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let text = value.stringValue else {
            throw StateTestError(code: "SerializationException", message: "\(name) must be a string")
        }
        return text
    }

    func checkStateName() throws(StateTestError) {
        guard let name = try string("stateName") else { return }
        if name.isEmpty {
            // AWS's libraries refuse this themselves, under this name; a client that does not gets the same answer here.
            throw StateTestError(
                code: "ParamValidationError",
                message:
                    "Parameter validation failed:\nInvalid length for parameter stateName, value: 0, valid min length: 1"
            )
        }
        guard name.count <= StateTestReader.maximumNameLength else {
            throw .validation(
                "1 validation error detected: Value '\(name)' at 'stateName' failed to satisfy constraint: Member must "
                    + "have length less than or equal to \(StateTestReader.maximumNameLength)")
        }
    }

    func level() throws(StateTestError) -> StateTest.InspectionLevel {
        guard let text = try string("inspectionLevel") else { return .info }
        guard let level = StateTest.InspectionLevel(rawValue: text) else {
            throw .validation(
                "1 validation error detected: Value '\(text)' at 'inspectionLevel' failed to satisfy constraint: Member "
                    + "must satisfy enum value set: [INFO, DEBUG, TRACE]")
        }
        return level
    }

    // MARK: The mock

    func mock() throws(StateTestError) -> StateTest.Mock? {
        guard let mock = request["mock"], !mock.isNull else { return nil }
        if request["revealSecrets"] == true {
            throw .validation("TestState does not support RevealSecrets when a mock is specified.")
        }
        _ = try validationMode()
        let text = try StateTestReader.string(mock, "result")
        let error = mock["errorOutput"].flatMap { $0.isNull ? nil : $0 }
        switch (text, error) {
        case (.some, .some):
            throw .validation("A test mock should have only one of the following fields: [result, errorOutput].")
        case (nil, nil):
            throw .validation("A test mock should have at least one of the following fields: [result, errorOutput].")
        case (let text?, nil):
            guard let result = try? JSONValue(parsing: text) else {
                throw .validation("Mocked result must be valid JSON")
            }
            return .result(result)
        case (nil, let error?):
            return .failure(
                StateError(
                    try StateTestReader.string(error, "error") ?? "",
                    cause: try StateTestReader.string(error, "cause")))
        }
    }

    func validationMode() throws(StateTestError) -> ResponseShape.Mode {
        guard let mock = request["mock"], let text = try StateTestReader.string(mock, "fieldValidationMode") else {
            return .strict
        }
        guard let mode = ResponseShape.Mode(rawValue: text) else {
            throw .validation(
                "1 validation error detected: Value '\(text)' at 'mock.fieldValidationMode' failed to satisfy "
                    + "constraint: Member must satisfy enum value set: [STRICT, PRESENT, NONE]")
        }
        return mode
    }

    func configuration(hasMock: Bool) throws(StateTestError) -> StateTest.Configuration {
        var configuration = StateTest.Configuration()
        guard let given = request["stateConfiguration"], !given.isNull else { return configuration }
        configuration.retryCount = try count(given, "retrierRetryCount", hasMock) ?? 0
        configuration.failedIterationCount = try count(given, "mapIterationFailureCount", hasMock)
        configuration.errorSource = try StateTestReader.string(given, "errorCausedByState")
        configuration.readerData = try StateTestReader.string(given, "mapItemReaderData")
        if configuration.errorSource != nil { try need(hasMock, "errorCausedByState") }
        if configuration.readerData != nil { try need(hasMock, "mapItemReaderData") }
        return configuration
    }

    private func count(_ given: JSONValue, _ name: String, _ hasMock: Bool) throws(StateTestError) -> Int? {
        guard let value = given[name], !value.isNull else { return nil }
        guard let number = value.intValue else {
            throw StateTestError(code: "SerializationException", message: "\(name) must be a number")
        }
        guard number >= 0 else {
            throw .validation(
                "1 validation error detected: Value '\(number)' at 'stateConfiguration.\(name)' failed to satisfy "
                    + "constraint: Member must have value greater than or equal to 0")
        }
        try need(hasMock, name)
        return number
    }

    private func need(_ hasMock: Bool, _ name: String) throws(StateTestError) {
        guard !hasMock else { return }
        throw .validation(
            "TestState does not support \(name.prefix(1).uppercased())\(name.dropFirst()) when a mock is not specified."
        )
    }

    // MARK: The state

    func state() throws(StateTestError) -> State {
        guard let text = try string("definition") else {
            throw .validation(
                "1 validation error detected: Value at 'definition' failed to satisfy constraint: Member must not be null"
            )
        }
        let bytes = Array(text.utf8)
        guard let name = try string("stateName") else { return try StateTestReader.single(bytes) }
        let machine: StateMachine
        do {
            machine = try StateMachine.parse(bytes, file: "definition")
        } catch {
            throw StateTestReader.invalid(error.findings)
        }
        guard let found = machine.states.state(named: name) else { throw .validation("State not found in definition") }
        return found.named(StateTest.stateName)
    }

    /// Reads the definition of one state; where it leads need not be there.
    private static func single(_ bytes: [UInt8]) throws(StateTestError) -> State {
        guard bytes.count <= DefinitionReader.maximumByteCount,
            let document = try? JSONDocument(parsing: bytes, maximumDepth: DefinitionReader.maximumDepth)
        else {
            throw StateTestError(
                code: "InvalidDefinition",
                message: "Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: the definition is no JSON at []'"
            )
        }
        let reader = DefinitionReader(
            document: document, file: "definition", language: .jsonPath, type: .standard)
        let state = State.read(StateTest.stateName, document.value, at: [], reader: reader, language: .jsonPath)
        guard let state, !reader.findings.contains(where: { $0.severity == .error }) else {
            throw invalid(reader.findings)
        }
        return state
    }

    private static func invalid(_ findings: [DefinitionFinding]) -> StateTestError {
        let errors = findings.filter { $0.severity == .error }.map { finding in
            "\(finding.code): \(finding.message)" + (finding.location.map { " at \($0)" } ?? "")
        }
        return StateTestError(
            code: "InvalidDefinition",
            message: "Invalid State Machine Definition: '\(errors.joined(separator: ", "))'")
    }

    /// Whether the state's type goes with or without a mock.
    static func check(_ state: State, hasMock: Bool) throws(StateTestError) {
        func refused(_ what: String) -> StateTestError {
            StateTestError(
                code: "InvalidDefinition",
                message: "TestState API does not support \(what). Supported state types include: "
                    + "[Task, Wait, Pass, Succeed, Fail, Choice]")
        }
        switch (state.kind, hasMock) {
        case (.map, false), (.parallel, false): throw refused("Map or Parallel states")
        case (.map, true), (.parallel, true), (.task, true): break
        case (.task(let task), false):
            switch task.resource {
            case .activity: throw refused("Activity tasks")
            case .service(let service) where service.pattern != .requestResponse:
                throw refused("\(service.pattern.rawValue) service integration patterns")
            default: break
            }
        case (_, true): throw .validation("State type '\(state.type)' is not supported when a mock is specified")
        case (_, false): break
        }
    }

    /// Whether a Map or Parallel state has the state that its error is said to come from.
    static func check(_ errorSource: String, in state: State) throws(StateTestError) {
        let groups: [StateGroup]
        switch state.kind {
        case .map(let map): groups = [map.processor]
        case .parallel(let parallel): groups = parallel.branches
        default: return
        }
        guard groups.contains(where: { $0.state(named: errorSource) != nil }) else {
            throw .validation("State '\(errorSource)' of errorCausedByState not found in definition")
        }
    }

    /// Whether a mocked result could be one of the state's.
    static func check(_ result: JSONValue, of state: State, mode: ResponseShape.Mode) throws(StateTestError) {
        switch state.kind {
        case .map(let map):
            if map.distribution?.writer != nil {
                guard result.objectValue != nil else { throw .validation("Mocked result must be a JSON object.") }
            } else {
                guard result.arrayValue != nil else { throw .validation("Mocked result must be an array.") }
            }
        case .parallel(let parallel):
            guard let results = result.arrayValue else { throw .validation("Mocked result must be an array.") }
            guard results.count == parallel.branches.count else {
                throw .validation("Mocked result must contain the same number of items as number of Parallel branches.")
            }
        case .task(let task):
            guard case .service(let service) = task.resource, let shape = ResponseShape.of(service) else { return }
            if let problem = shape.problem(of: result, mode) {
                throw .validation("Mock result schema validation error: \(problem)")
            }
        default: break
        }
    }

    // MARK: Input, variables, context

    func input() throws(StateTestError) -> JSONValue {
        guard let text = try string("input") else { return [:] }
        guard let value = try? JSONValue(parsing: text) else {
            throw StateTestError(
                code: "InvalidExecutionInput", message: "Invalid State Machine Execution Input: 'the input is no JSON'")
        }
        return value
    }

    func variables() throws(StateTestError) -> [String: JSONValue] {
        guard let text = try string("variables") else { return [:] }
        guard let object = (try? JSONValue(parsing: text))?.objectValue else {
            throw .validation("Invalid variables provided: must be a JSON object")
        }
        return Dictionary(object.map { ($0.key, $0.value) }) { $1 }
    }

    /// Members that a given context object may have.
    private static let contextFields: [String: [String: String]] = [
        "Execution": [
            "Id": "string", "Input": "any", "Name": "string", "RoleArn": "string", "StartTime": "string",
            "RedriveCount": "number", "RedriveTime": "string",
        ],
        "State": ["EnteredTime": "string", "Name": "string", "RetryCount": "number"],
        "StateMachine": ["Id": "string", "Name": "string"],
        "Task": ["Token": "string"],
    ]

    func context(for state: State, hasMock: Bool) throws(StateTestError) -> JSONValue? {
        guard let text = try string("context") else { return nil }
        try need(hasMock, "context")
        func invalid(_ message: String) -> StateTestError {
            .validation("Invalid Context object provided: \(message)")
        }
        guard let value = try? JSONValue(parsing: text), let object = value.objectValue else {
            throw invalid("must be a valid JSON object")
        }
        for (name, part) in object {
            if name == "Map" { throw invalid("'Map' field is not supported when mocking a Context object") }
            guard let fields = StateTestReader.contextFields[name] else {
                throw invalid("Field '\(name)' is not allowed")
            }
            if name == "Task", !state.waitsForOthers {
                throw invalid(
                    "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' "
                        + "service integration pattern")
            }
            guard let members = part.objectValue else { throw invalid("\(name) must be an object") }
            for (member, value) in members {
                guard let kind = fields[member] else { throw invalid("Field '\(member)' is not allowed") }
                guard kind == "any" || value.kindName == kind else {
                    throw invalid("\(name).\(member) must be a \(kind)")
                }
            }
        }
        return value
    }
}

extension State {
    /// The state under another name.
    func named(_ name: String) -> State {
        State(
            name: name, type: type, kind: kind, language: language, inputPath: inputPath, outputPath: outputPath,
            transition: transition, retriers: retriers, catchers: catchers, assign: assign, output: output)
    }

    /// Whether the task is over only when somebody says so.
    fileprivate var waitsForOthers: Bool {
        guard case .task(let task) = kind, case .service(let service) = task.resource else { return false }
        return service.pattern != .requestResponse
    }
}

extension StateGroup {
    /// The state of that name, here or in a Map or Parallel state.
    func state(named name: String) -> State? {
        if let state = states[name] { return state }
        for state in states.values {
            switch state.kind {
            case .map(let map): if let found = map.processor.state(named: name) { return found }
            case .parallel(let parallel):
                for branch in parallel.branches { if let found = branch.state(named: name) { return found } }
            default: break
            }
        }
        return nil
    }
}
