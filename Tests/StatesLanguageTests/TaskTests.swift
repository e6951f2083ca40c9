import Clocks
import JSON
import Testing

@testable import StatesLanguage

/// What a task gets and gives, and what becomes of its errors.
@Suite("Tasks")
struct TaskTests {
    private static func machine(_ fields: String, more: String = "", resource: String = StateTests.function) throws
        -> StateMachine
    {
        try StateTests.machine(#""A": {"Type": "Task", "Resource": "\#(resource)"\#(fields)}\#(more)"#)
    }

    private static func run(
        _ machine: StateMachine, _ input: JSONValue = [:], _ answer: @escaping (TaskRequest) -> InProcessDriver.Answer
    ) throws -> InProcessDriver.Result {
        var driver = InProcessDriver()
        driver.functions = answer
        return try driver.run(machine, input: input)
    }

    @Test("the function gets the effective input, and its answer goes through selector and paths")
    func data() throws {
        let machine = try Self.machine(
            #", "InputPath": "$.in", "Parameters": {"p.$": "$.v"}, "ResultSelector": {"r.$": "$.x"}, "ResultPath": "$.out", "OutputPath": "$.out.r", "End": true"#
        )
        var got: JSONValue = .null
        let result = try Self.run(machine, ["in": ["v": 3]]) { request in
            got = request.payload
            return .payload(#"{"x": [1, 2.50]}"#)
        }
        #expect(got == ["p": 3])
        #expect(result.outcome == .succeeded(output: [1, 2.5]))
    }

    @Test(
        "lambda:invoke hands on Payload and wraps the answer",
        arguments: [
            (#""Payload": {"a": 1}"#, #"{"a": 1}"#), (#""Payload": null"#, "{}"), (#""Payload": "[1]""#, "[1]"),
            (#""LogType": "None""#, "{}"),
        ])
    func invoke(parameters: String, payload: String) throws {
        let machine = try Self.machine(
            #", "Parameters": {"FunctionName": "f", \#(parameters)}, "End": true"#,
            resource: "arn:aws:states:::lambda:invoke")
        let result = try Self.run(machine) { request in
            #expect(request.function == "f")
            return .payload(request.payload.text())
        }
        guard case .succeeded(let output) = result.outcome else {
            Issue.record("\(result.outcome)")
            return
        }
        #expect(try output["Payload"] == JSONValue(parsing: payload))
        #expect(output["StatusCode"] == 200)
        #expect(output["SdkHttpMetadata"]?["HttpHeaders"]?["Date"] == "Tue, 25 Jun 2024 10:00:00 GMT")
        #expect(output["LogResult"] == nil)
        #expect(result.events.map(\.type).contains("TaskSucceeded"))
    }

    @Test("a Payload that is no JSON fails without a call")
    func invokeWithoutJSON() throws {
        let machine = try Self.machine(
            #", "Parameters": {"FunctionName": "f", "Payload": "plain"}, "End": true"#,
            resource: "arn:aws:states:::lambda:invoke")
        let result = try Self.run(machine) { _ in
            Issue.record("the function is called")
            return .none
        }
        guard case .failed(let error) = result.outcome else {
            Issue.record("\(result.outcome)")
            return
        }
        #expect(error.name == "Lambda.InvalidRequestContentException")
        #expect(result.events.suffix(2).map(\.type) == ["TaskFailed", "ExecutionFailed"])
    }

    @Test("an answer that is no JSON, or over 256 KiB, is an error", arguments: ["{", "", "nope", "1 2"])
    func answer(text: String) throws {
        let machine = try Self.machine(#", "End": true"#)
        guard case .failed(let error) = try Self.run(machine, [:], { _ in .payload(text) }).outcome else {
            Issue.record("'\(text)' is taken for an answer")
            return
        }
        #expect(error.name == "States.Runtime")
        let largest = "\"" + String(repeating: "a", count: 262_142) + "\""
        #expect(
            try Self.run(machine, [:], { _ in .payload(largest) }).outcome
                == .succeeded(output: JSONValue(parsing: largest)))
        guard case .failed(let error) = try Self.run(machine, [:], { _ in .payload(largest + " ") }).outcome else {
            Issue.record("an answer of over 256 KiB is taken")
            return
        }
        #expect(error.name == "States.DataLimitExceeded")
    }

    @Test(
        "the first catcher that matches is taken",
        arguments: [
            ("Mine", "B"), ("Other", "C"), ("States.Timeout", "D"), ("States.DataLimitExceeded", "D"),
            ("States.Runtime", nil),
        ])
    func catchOrder(name: String, taken: String?) throws {
        let machine = try Self.machine(
            #", "Next": "E", "Catch": [{"ErrorEquals": ["Mine", "Rare"], "Next": "B"}, {"ErrorEquals": ["States.TaskFailed"], "Next": "C"}, {"ErrorEquals": ["States.ALL"], "ResultPath": null, "Next": "D"}]"#,
            more: ["B", "C", "D", "E"].map { #", "\#($0)": {"Type": "Pass", "End": true}"# }.joined())
        let result = try Self.run(machine, ["in": 1]) { _ in .failure(StateError(name, cause: nil)) }
        guard let taken else {
            #expect(result.outcome == .failed(StateError(name, cause: nil)))
            return
        }
        let caught: JSONValue = taken == "D" ? ["in": 1] : ["Error": .string(name), "Cause": ""]
        #expect(result.outcome == .succeeded(output: caught))
        let entered = result.events.compactMap { event -> String? in
            if case .stateEntered(let name, _) = event.details { name } else { nil }
        }
        #expect(entered == ["A", taken])
    }

    @Test("each retrier counts for itself, and the one that has no attempts left leaves it to the catchers")
    func retriers() throws {
        let machine = try Self.machine(
            #", "End": true, "Retry": [{"ErrorEquals": ["X"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 1}, {"ErrorEquals": ["Never"], "MaxAttempts": 0}, {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 10, "MaxAttempts": 1}]"#
        )
        var errors = ["X", "Y", "X", "X"]
        var attempts: [Int] = []
        let result = try Self.run(machine) { request in
            attempts.append(request.token.attempt)
            return .failure(StateError(errors.removeFirst(), cause: nil))
        }
        #expect(attempts == [0, 1, 2, 3])
        #expect(result.outcome == .failed(StateError("X", cause: nil)))
        #expect(((result.events.last?.time ?? InProcessDriver().start) - InProcessDriver().start).inSeconds == 12)
        let none = try Self.run(machine) { _ in .failure(StateError("Never", cause: nil)) }
        #expect(none.events.count { $0.type == "LambdaFunctionScheduled" } == 1)
    }

    @Test(
        "a retrier's delay grows by its rate up to its maximum",
        arguments: [
            (1, 2.0, nil, [1, 2, 4, 8]), (3, 1.0, nil, [3, 3, 3, 3]), (2, 1.5, 4, [2, 3, 4, 4]),
            (1, 1e300, nil, [1, 99_999_999, 99_999_999]),
        ] as [(Int, Double, Int?, [Double])])
    func delays(interval: Int, rate: Double, maximum: Int?, expected: [Double]) {
        func retrier(_ hasFullJitter: Bool) -> Retrier {
            Retrier(
                errors: ["X"], intervalSeconds: interval, maximumAttempts: 9, backoffRate: rate,
                maximumDelaySeconds: maximum, hasFullJitter: hasFullJitter)
        }
        for (retries, seconds) in expected.enumerated() {
            #expect(retrier(false).delaySeconds(after: retries, fraction: 0) == seconds)
            #expect(retrier(true).delaySeconds(after: retries, fraction: 0.25) == seconds / 4)
            #expect(retrier(true).delaySeconds(after: retries, fraction: 0) == 0)
        }
    }

    @Test("timeouts come from paths too, and a bad one is an error", arguments: [0, -1, 1.5, "5", nil] as [JSONValue])
    func timeoutPath(value: JSONValue) throws {
        let machine = try Self.machine(#", "TimeoutSecondsPath": "$.t", "End": true"#)
        let late = try Self.run(machine, ["t": 5]) { _ in .none }
        #expect(late.outcome == .failed(StateError("States.Timeout", cause: nil)))
        #expect(late.inputs.map { ($0.1 - InProcessDriver().start).inSeconds } == [5])
        guard case .failed(let error) = try Self.run(machine, ["t": value], { _ in .none }).outcome else {
            Issue.record("\(value) is taken for seconds")
            return
        }
        #expect(error.name == "States.Runtime")
    }

    @Test("RetryCount in the context object is that of the attempt")
    func retryCount() throws {
        let machine = try Self.machine(
            #", "Parameters": {"n.$": "$$.State.RetryCount"}, "Retry": [{"ErrorEquals": ["States.ALL"]}], "End": true"#)
        let result = try Self.run(machine) { request in
            request.payload["n"] == 2 ? .payload(request.payload.text()) : .failure(StateError("E", cause: nil))
        }
        #expect(result.outcome == .succeeded(output: ["n": 2]))
    }
}
