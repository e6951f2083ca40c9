import JSON
import Testing

@testable import StatesLanguage

@Suite("Mock configurations")
struct MockConfigurationTests {
    private static func configuration(_ responses: String, cases: String = #"{"C": {"A": "r"}}"#) throws
        -> MockConfiguration
    {
        try MockConfiguration(
            try JSONValue(
                parsing: #"{"StateMachines": {"M": {"TestCases": \#(cases)}}, "MockedResponses": {"r": \#(responses)}}"#
            ))
    }

    private static let definition = """
        "A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"},
          "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 3}],
          "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}], "Next": "B"},
        "B": {"Type": "Pass", "End": true}
        """

    @Test("answers follow the invocations of a state, and a range stands for several of them")
    func attempts() throws {
        let mocks = try Self.configuration(
            #"{"0": {"Throw": {"Error": "Busy", "Cause": "c"}}, "1-2": {"Throw": {"Error": "Busy"}}, "3": {"Return": {"Payload": 1}}}"#
        )
        func response(_ attempt: Int) -> MockConfiguration.Response? {
            mocks.response(machine: "M", testCase: "C", state: "A", attempt: attempt)
        }
        #expect(response(0) == .failure(StateError("Busy", cause: "c")))
        #expect(response(1) == .failure(StateError("Busy", cause: nil)))
        #expect(response(2) == response(1))
        #expect(response(3) == .result(["Payload": 1]))
        guard case .failure(let error)? = response(4) else {
            Issue.record("an invocation without an answer is no error")
            return
        }
        #expect(error.name == "States.Runtime")
        #expect(mocks.response(machine: "M", testCase: "C", state: "B", attempt: 0) == nil)
        #expect(mocks.response(machine: "M", testCase: "D", state: "A", attempt: 0) == nil)
        #expect(mocks.response(machine: "N", testCase: "C", state: "A", attempt: 0) == nil)

        let machine = try StateTests.machine(Self.definition)
        let result = try MockedRun(mocks, "M", "C").run(machine, input: ["x": 1])
        #expect(result.outcome == .succeeded(output: ["Payload": 1]), "no envelope comes around a mocked answer")
        #expect(result.events.count { $0.type == "TaskFailed" } == 3)
    }

    @Test("a function that is the resource itself gives the payload of its mock")
    func payload() throws {
        let mocks = try Self.configuration(#"{"0": {"Return": {"StatusCode": 200, "Payload": {"a": 1}}}}"#)
        let machine = try StateTests.machine(
            #""A": {"Type": "Task", "Resource": "\#(StateTests.function)", "End": true}"#)
        #expect(try MockedRun(mocks, "M", "C").run(machine, input: [:]).outcome == .succeeded(output: ["a": 1]))
    }

    @Test(
        "what is wrong is told",
        arguments: [
            (#"{"0": {"Return": 1}, "0-2": {"Return": 2}}"#, #"{"C": {"A": "r"}}"#, "'0-2' overlaps '0'"),
            (#"{"2-1": {"Return": 1}}"#, #"{"C": {"A": "r"}}"#, "'2-1' is neither"),
            (#"{"-1": {"Return": 1}}"#, #"{"C": {"A": "r"}}"#, "'-1' is neither"),
            (#"{"one": {"Return": 1}}"#, #"{"C": {"A": "r"}}"#, "'one' is neither"),
            (#"{"0": {"Return": 1, "Throw": {"Error": "E"}}}"#, #"{"C": {"A": "r"}}"#, "either Return or Throw"),
            (#"{"0": {"Raise": 1}}"#, #"{"C": {"A": "r"}}"#, "'Raise'"),
            (#"{"0": {"Throw": {"Cause": "c"}}}"#, #"{"C": {"A": "r"}}"#, "must have an Error"),
            (#"{"0": {"Return": 1}}"#, #"{"C": {"A": "s"}}"#, "'s', and there is none"),
            (#"{"0": {"Return": 1}}"#, #"{"C": {"A": 1}}"#, "not number"),
            ("{}", #"{"C": {"A": "r"}}"#, "has no response"), ("[]", #"{"C": {"A": "r"}}"#, "not array"),
        ])
    func problems(responses: String, cases: String, expected: String) throws {
        let error = #expect(throws: MockConfigurationError.self) {
            try Self.configuration(responses, cases: cases)
        }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    }

    @Test("a machine's ARN picks the test case, and states that are not there are found")
    func names() throws {
        let arn = "arn:aws:states:us-east-1:111111111111:stateMachine:M"
        #expect(MockConfiguration.split("\(arn)#Happy path").machine == arn)
        #expect(MockConfiguration.split("\(arn)#Happy path").testCase == "Happy path")
        #expect(MockConfiguration.split(arn).testCase == nil)
        let mocks = try Self.configuration(#"{"0": {"Return": 1}}"#, cases: #"{"C": {"A": "r", "Z": "r"}}"#)
        #expect(mocks.unknownStates(of: "M", in: try StateTests.machine(Self.definition)) == ["Z"])
    }
}
