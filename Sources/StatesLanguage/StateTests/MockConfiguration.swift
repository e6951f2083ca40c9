package import JSON

/// Mocked answers of tasks, as Step Functions Local reads them from `MockConfigFile.json`.
///
/// A machine has test cases; a test case gives states of the machine to named responses; a response has an answer for
/// each invocation of the state, counted from 0. An execution picks its test case with the machine's ARN:
/// `arn:...:stateMachine:NAME#CASE`.
package struct MockConfiguration: Sendable {
    /// What a task gives instead of doing its work.
    package enum Response: Sendable, Hashable {
        /// The answer as the service would give it.
        case result(JSONValue)
        case failure(StateError)
    }

    private struct Numbered: Sendable {
        let attempts: ClosedRange<Int>
        let response: Response
    }

    /// Machines, their test cases, and the responses by state.
    private let cases: [String: [String: [String: String]]]
    private let responses: [String: [Numbered]]

    /// Reads a configuration.
    ///
    /// - Throws: ``MockConfigurationError`` with everything that is wrong.
    package init(_ value: JSONValue) throws(MockConfigurationError) {
        var problems: [String] = []
        func members(_ value: JSONValue?, _ place: String) -> [(key: String, value: JSONValue)] {
            guard let value else { return [] }
            guard let object = value.objectValue else {
                problems.append("\(place) must be an object, not \(value.kindName)")
                return []
            }
            return Array(object)
        }
        if value.objectValue == nil { problems.append("a mock configuration is an object, not \(value.kindName)") }
        for key in value.objectValue?.keys ?? [] where key != "StateMachines" && key != "MockedResponses" {
            problems.append("'\(key)' is no field of a mock configuration: StateMachines and MockedResponses are")
        }

        var responses: [String: [Numbered]] = [:]
        for (name, value) in members(value["MockedResponses"], "MockedResponses") {
            let place = "MockedResponses/\(name)"
            var numbered: [Numbered] = []
            for (key, value) in members(value, place) {
                guard let attempts = MockConfiguration.range(key) else {
                    problems.append("\(place): '\(key)' is neither a number such as 0 nor a range such as 1-2")
                    continue
                }
                if let other = numbered.first(where: { $0.attempts.overlaps(attempts) }) {
                    problems.append("\(place): '\(key)' overlaps '\(MockConfiguration.spelled(other.attempts))'")
                }
                switch MockConfiguration.response(value) {
                case .success(let response): numbered.append(Numbered(attempts: attempts, response: response))
                case .failure(let problem): problems.append("\(place)/\(key) \(problem.text)")
                }
            }
            if numbered.isEmpty, value.objectValue?.isEmpty == true { problems.append("\(place) has no response") }
            responses[name] = numbered
        }

        var cases: [String: [String: [String: String]]] = [:]
        for (machine, value) in members(value["StateMachines"], "StateMachines") {
            let place = "StateMachines/\(machine)"
            for key in value.objectValue?.keys ?? [] where key != "TestCases" {
                problems.append("\(place): '\(key)' is no field of a machine: TestCases is")
            }
            if value.objectValue != nil, value["TestCases"] == nil { problems.append("\(place) has no TestCases") }
            var ofMachine: [String: [String: String]] = [:]
            for (testCase, value) in members(value["TestCases"], "\(place)/TestCases") {
                var states: [String: String] = [:]
                for (state, value) in members(value, "\(place)/TestCases/\(testCase)") {
                    let place = "\(place)/TestCases/\(testCase)/\(state)"
                    guard let name = value.stringValue else {
                        problems.append("\(place) must be the name of a mocked response, not \(value.kindName)")
                        continue
                    }
                    if responses[name] == nil {
                        problems.append("\(place) names the mocked response '\(name)', and there is none")
                    }
                    states[state] = name
                }
                ofMachine[testCase] = states
            }
            cases[machine] = ofMachine
        }
        guard problems.isEmpty else { throw MockConfigurationError(problems: problems) }
        self.cases = cases
        self.responses = responses
    }

    /// The machine's name or ARN, and the test case behind its `#`.
    package static func split(_ text: String) -> (machine: String, testCase: String?) {
        guard let separator = text.lastIndex(of: "#") else { return (text, nil) }
        return (String(text[..<separator]), String(text[text.index(after: separator)...]))
    }

    package func testCases(of machine: String) -> [String] { (cases[machine] ?? [:]).keys.sorted() }

    /// Names of states that a test case mocks and `machine` does not have: a slip that would go unseen otherwise.
    package func unknownStates(of name: String, in machine: StateMachine) -> [String] {
        let mocked = Set((cases[name] ?? [:]).values.flatMap(\.keys))
        return mocked.filter { machine.states.state(named: $0) == nil }.sorted()
    }

    /// Whether the test case mocks the state: its task is not done then, whatever the attempt.
    package func isMocked(machine: String, testCase: String, state: String) -> Bool {
        cases[machine]?[testCase]?[state] != nil
    }

    /// What a state's task gives at one invocation; nil when the test case leaves the state alone.
    ///
    /// - Parameter attempt: Invocations of the state in the execution before this one, retries among them. One that has
    ///   no response is `States.Runtime`.
    package func response(machine: String, testCase: String, state: String, attempt: Int) -> Response? {
        guard let name = cases[machine]?[testCase]?[state] else { return nil }
        if let found = responses[name]?.first(where: { $0.attempts.contains(attempt) }) { return found.response }
        return .failure(
            .runtime("The mocked response '\(name)' of the state '\(state)' has no answer for invocation \(attempt)."))
    }

    /// The answer to a task as a driver hands it to an execution that has ``Execution/hasPlainAnswers``; nil when the
    /// test case leaves the state alone.
    ///
    /// A function that is the state's `Resource` itself answers with its payload alone, which is the mock's `Payload`.
    package func answer(
        to request: TaskRequest, of definition: StateMachine, machine: String, testCase: String, attempt: Int
    ) -> StateTest.Answer? {
        switch response(machine: machine, testCase: testCase, state: request.state, attempt: attempt) {
        case nil: return nil
        case .failure(let error)?: return .failure(error)
        case .result(let result)?:
            if case .task(let task)? = definition.states.state(named: request.state)?.kind,
                case .function = task.resource, let payload = result["Payload"]
            {
                return .payload(payload.text())
            }
            return .payload(result.text())
        }
    }

    private struct Problem: Error {
        let text: String
    }

    private static func response(_ value: JSONValue) -> Result<Response, Problem> {
        guard let object = value.objectValue, object.count == 1, let (key, content) = object.first else {
            return .failure(Problem(text: "must be an object with either Return or Throw"))
        }
        switch key {
        case "Return": return .success(.result(content))
        case "Throw":
            guard let error = content["Error"]?.stringValue else {
                return .failure(Problem(text: "/Throw must have an Error, a string"))
            }
            if let cause = content["Cause"], cause.stringValue == nil {
                return .failure(Problem(text: "/Throw/Cause must be a string, not \(cause.kindName)"))
            }
            for name in content.objectValue?.keys ?? [] where name != "Error" && name != "Cause" {
                return .failure(Problem(text: "/Throw: '\(name)' is no field of it: Error and Cause are"))
            }
            return .success(.failure(StateError(error, cause: content["Cause"]?.stringValue)))
        default: return .failure(Problem(text: "has '\(key)', and a response has either Return or Throw"))
        }
    }

    private static func range(_ text: String) -> ClosedRange<Int>? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part -> Int? in
            part.allSatisfy { ("0"..."9").contains($0) } ? Int(part) : nil
        }
        guard numbers.count == parts.count, let first = numbers.first, let last = numbers.last, numbers.count <= 2,
            first <= last
        else { return nil }
        return first...last
    }

    private static func spelled(_ range: ClosedRange<Int>) -> String {
        range.count == 1 ? String(range.lowerBound) : "\(range.lowerBound)-\(range.upperBound)"
    }
}

/// A mock configuration that can't be used, with everything found in it.
package struct MockConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    package let problems: [String]

    package var description: String { problems.joined(separator: "\n") }
}
