package import Clocks
package import JSON

/// One state tried alone: AWS's TestState as a value.
///
/// The state runs on the same reducer as whole executions do. What needs somebody else, a function say, comes out as a
/// request, and ``resume(_:)`` takes the answer; with a mock there is none of that. A Wait state waits for no time.
package struct StateTest: Sendable {
    /// How much a test tells beside the output.
    package enum InspectionLevel: String, Sendable {
        case info = "INFO", debug = "DEBUG", trace = "TRACE"
    }

    /// What stands for the work of a state.
    package enum Mock: Sendable, Hashable {
        case result(JSONValue)
        case failure(StateError)
    }

    /// What came of a task that was asked for.
    package enum Answer: Sendable {
        /// The function's or service's answer as it is spelled.
        case payload(String)
        case failure(StateError)
    }

    package enum Progress: Sendable {
        /// A task to be done within its `timeoutSeconds`; a test goes on with ``StateTest/resume(_:)``.
        case task(TaskRequest)
        /// The response as AWS gives it.
        case done(JSONValue)
    }

    /// The name that AWS gives to a state that is tried alone, also when it has one in its machine.
    static let stateName = "StateName"
    /// Seconds that AWS lets a test take.
    static let maximumSeconds = 300

    let state: State
    let level: InspectionLevel
    let input: JSONValue
    let mock: Mock?
    let configuration: Configuration
    let variables: [String: JSONValue]
    let context: JSONValue?
    let roleARN: String?

    private var execution: Execution?
    private var waiting: TaskToken?
    private var time = Timestamp(microsecondsSinceEpoch: 0)

    /// Reads and checks a request in the shape of AWS's API: `definition`, `input`, `mock` and the rest.
    ///
    /// - Throws: ``StateTestError`` with AWS's code and, where it is known, AWS's message.
    package init(request: JSONValue) throws(StateTestError) {
        let reader = StateTestReader(request: request)
        try reader.checkStateName()
        level = try reader.level()
        roleARN = try reader.string("roleArn")
        mock = try reader.mock()
        configuration = try reader.configuration(hasMock: mock != nil)
        state = try reader.state()
        try StateTestReader.check(state, hasMock: mock != nil)
        if let source = configuration.errorSource { try StateTestReader.check(source, in: state) }
        input = try reader.input()
        variables = try reader.variables()
        if case .result(let result)? = mock {
            try StateTestReader.check(result, of: state, mode: try reader.validationMode())
        }
        context = try reader.context(for: state, hasMock: mock != nil)
    }

    /// Starts the test.
    ///
    /// - Parameters:
    ///   - region: Of the made-up execution that the state is in, as `account` is.
    ///   - seed: What jitter and random values depend on.
    /// - Throws: ``StateTestError`` for what only shows when the state runs.
    package mutating func start(
        at time: Timestamp, region: String, account: String, seed: UInt64
    ) throws(StateTestError) -> Progress {
        let entropy = SeededEntropy(seed: seed)
        let (machineName, name) = (entropy.uuid(), entropy.uuid())
        let prefix = "arn:aws:states:\(region):\(account)"
        let identity = ExecutionIdentity(
            arn: "\(prefix):express:\(machineName):\(name)", name: name,
            stateMachineARN: "\(prefix):stateMachine:\(machineName)", stateMachineName: machineName,
            roleARN: roleARN ?? "")
        let machine = StateMachine(
            comment: nil, states: StateGroup(startAt: state.name, states: [state.name: state]), timeoutSeconds: nil,
            warnings: [])
        var execution = Execution(machine: machine, identity: identity, input: input, seed: entropy.next())
        var inspection = Inspection()
        inspection.context = context ?? madeContext(identity, time)
        inspection.mock = mock
        inspection.initialVariables = variables
        inspection.retryCount = configuration.retryCount
        inspection.failedIterationCount = configuration.failedIterationCount
        inspection.readerData = configuration.readerData
        execution.inspection = inspection
        execution.hasPlainAnswers = mock != nil
        self.time = time
        let step = execution.start(at: time)
        self.execution = execution
        return try proceed(step)
    }

    /// Goes on with what came of the task that the test asked for.
    package mutating func resume(_ answer: Answer) throws(StateTestError) -> Progress {
        guard let waiting else { return .done(response()) }
        self.waiting = nil
        return try proceed(take(answer, of: waiting))
    }

    private mutating func take(_ answer: Answer, of token: TaskToken) -> Step {
        switch answer {
        case .payload(let text): execution?.handle(.taskSucceeded(token, payload: text), at: time) ?? Step()
        case .failure(let error): execution?.handle(.taskFailed(token, error), at: time) ?? Step()
        }
    }

    /// Does what can be done here until the state has ended or needs somebody else.
    private mutating func proceed(_ first: Step) throws(StateTestError) -> Progress {
        var step = first
        while let current = execution?.inspection, !current.isOver, execution?.outcome == nil {
            var next: Step?
            for command in step.commands {
                switch command {
                case .startTask(let request):
                    guard let mock else {
                        waiting = request.token
                        return .task(request)
                    }
                    switch mock {
                    case .result(let result): next = take(.payload(result.text()), of: request.token)
                    case .failure(let error): next = take(.failure(error), of: request.token)
                    }
                case .setTimer(let timer, let deadline) where next == nil:
                    guard case .wait = state.kind else { continue }
                    guard deadline - time <= .seconds(StateTest.maximumSeconds) else {
                        execution?.inspection?.failed(StateError(StateError.timeout, cause: nil))
                        return .done(response())
                    }
                    time = max(time, deadline)
                    next = execution?.handle(.timerFired(timer), at: time)
                default: break
                }
                if next != nil { break }
            }
            guard let next else { break }
            step = next
        }
        if let count = configuration.failedIterationCount, let iterations = execution?.inspection?.iterationCount,
            count > iterations
        {
            throw .validation(
                "Map iteration failure count must be less than or equal to the number of Map iterations")
        }
        return .done(response())
    }

    /// The context object of an execution that AWS makes up.
    private func madeContext(_ identity: ExecutionIdentity, _ time: Timestamp) -> JSONValue {
        var stateObject: JSONObject = ["Name": .string(state.name), "EnteredTime": .string(time.iso8601)]
        if ["Task", "Parallel", "Map"].contains(state.type) {
            stateObject["RetryCount"] = .int(configuration.retryCount)
        }
        var object: JSONObject = [
            "Execution": [
                "Id": .string(identity.arn), "Input": input, "Name": .string(identity.name),
                "RoleArn": roleARN.map { .string($0) } ?? .null, "StartTime": .string(time.iso8601),
            ],
            "StateMachine": [
                "Id": .string(identity.stateMachineARN), "Name": .string(identity.stateMachineName),
            ],
            "State": .object(stateObject),
        ]
        if case .task(let task) = state.kind, case .service(let service) = task.resource,
            service.pattern == .waitForTaskToken
        {
            let token = TaskToken(scope: Execution.rootScope, enteredID: 2, attempt: 0)
            object["Task"] = ["Token": .string(CallbackToken(executionARN: identity.arn, token: token).text)]
        }
        return .object(object)
    }

    private func response() -> JSONValue {
        guard let inspection = execution?.inspection else { return [:] }
        return StateTestResponse(inspection: inspection, state: state, input: input, level: level).json
    }
}

/// A test that AWS refuses.
package struct StateTestError: Error, Sendable, Hashable, CustomStringConvertible {
    /// `ValidationException`, `InvalidDefinition`, `InvalidExecutionInput`.
    package let code: String
    package let message: String

    package var description: String { "\(code): \(message)" }

    static func validation(_ message: String) -> StateTestError {
        StateTestError(code: "ValidationException", message: message)
    }
}

extension StateTest {
    /// `stateConfiguration`: how far the state is said to have come.
    package struct Configuration: Sendable, Hashable {
        /// Retries by the retrier that takes the mocked error.
        var retryCount = 0
        /// The state inside a Map or Parallel state that the mocked error comes from.
        var errorSource: String?
        var failedIterationCount: Int?
        /// What the ItemReader is said to have read.
        var readerData: String?
    }
}
