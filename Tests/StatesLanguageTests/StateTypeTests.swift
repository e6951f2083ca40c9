import Clocks
import JSON
import Testing

@testable import StatesLanguage

/// Each type of state by itself: input, output, time and errors.
@Suite("Types of states")
struct StateTypeTests {
    static func result(_ states: String, _ input: JSONValue = [:]) throws -> InProcessDriver.Result {
        try InProcessDriver().run(StateTests.machine(states), input: input)
    }

    private static func seconds(_ result: InProcessDriver.Result) -> Double {
        ((result.events.last?.time ?? InProcessDriver().start) - InProcessDriver().start).inSeconds
    }

    @Test(
        "a Pass state takes Result, or Parameters, or its input, through the paths",
        arguments: [
            ("", #"{"a": 1}"#, #"{"a": 1}"#),
            (#", "InputPath": "$.a""#, #"{"a": [1, {}]}"#, #"[1, {}]"#),
            (#", "InputPath": null"#, #"{"a": 1}"#, "{}"),
            (#", "OutputPath": null"#, #"{"a": 1}"#, "{}"),
            (#", "OutputPath": "$.a""#, #"{"a": null}"#, "null"),
            (#", "Result": {"x.$": "$.a"}"#, "1", #"{"x.$": "$.a"}"#),
            (#", "Result": 2, "ResultPath": "$.b.c""#, #"{"a": 1}"#, #"{"a": 1, "b": {"c": 2}}"#),
            (#", "Result": 2, "ResultPath": "$.a[1]""#, #"{"a": [0, 1]}"#, #"{"a": [0, 2]}"#),
            (#", "Result": 2, "ResultPath": null"#, #"{"a": 1}"#, #"{"a": 1}"#),
            (#", "InputPath": "$.a", "ResultPath": "$.b""#, #"{"a": 1}"#, #"{"a": 1, "b": 1}"#),
            (
                #", "Parameters": {"x.$": "$.a", "y": [{"z.$": "$.a"}], "n": null}"#, #"{"a": "1"}"#,
                #"{"x": "1", "y": [{"z": "1"}], "n": null}"#
            ),
            (#", "Parameters": {"x.$": "$..v"}"#, #"{"a": {"v": 1}, "b": [{"v": 2}]}"#, #"{"x": [1, 2]}"#),
            (
                #", "Parameters": {"x.$": "$.l[-1]", "y.$": "$.l[0:2]"}"#, #"{"l": [1, 2, 3]}"#,
                #"{"x": 3, "y": [1, 2]}"#
            ),
        ])
    func pass(fields: String, input: String, output: String) throws {
        let result = try Self.result(#""A": {"Type": "Pass", "End": true\#(fields)}"#, JSONValue(parsing: input))
        #expect(try result.outcome == .succeeded(output: JSONValue(parsing: output)))
        #expect(
            result.events.map(\.type) == [
                "ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded",
            ])
        #expect(result.events.map(\.previousID) == [0, 0, 2, 3])
    }

    @Test(
        "a path that finds nothing, or a result with no place, is an error that names the state",
        arguments: [
            (#", "InputPath": "$.x""#, "States.Runtime"), (#", "OutputPath": "$.x""#, "States.Runtime"),
            (#", "Parameters": {"a.$": "$.x"}"#, "States.Runtime"),
            (#", "Parameters": {"a.$": "$$.Nothing"}"#, "States.Runtime"),
            (#", "Result": 1, "ResultPath": "$.a.b""#, "States.ResultPathMatchFailure"),
            (#", "Result": 1, "ResultPath": "$.l[4]""#, "States.ResultPathMatchFailure"),
        ])
    func pathFailure(fields: String, name: String) throws {
        let result = try Self.result(#""A": {"Type": "Pass", "End": true\#(fields)}"#, ["a": 1, "l": []])
        guard case .failed(let error) = result.outcome else {
            Issue.record("\(result.outcome)")
            return
        }
        #expect(error.name == name)
        #expect(error.cause?.isEmpty == false)
        if name == "States.Runtime" { #expect(error.cause?.contains("'A' (entered at the event id #2)") == true) }
        #expect(result.events.last?.type == "ExecutionFailed")
    }

    @Test(
        "a Wait state ends at its time, and at once when that is past",
        arguments: [
            (#""Seconds": 0"#, 0), (#""Seconds": 90"#, 90), (#""SecondsPath": "$.s""#, 7),
            (#""Timestamp": "2024-06-25T10:00:30Z""#, 30), (#""TimestampPath": "$.t""#, 60),
            (#""Timestamp": "1999-01-01T00:00:00Z""#, 0),
        ])
    func wait(fields: String, duration: Double) throws {
        let input: JSONValue = ["s": 7, "t": "2024-06-25T12:01:00+02:00"]
        let result = try Self.result(#""A": {"Type": "Wait", "End": true, \#(fields)}"#, input)
        #expect(result.outcome == .succeeded(output: input))
        #expect(Self.seconds(result) == duration)
    }

    @Test(
        "what a Wait state's path finds must be seconds or a time",
        arguments: [
            (#""SecondsPath": "$.x""#, "does not reference"), (#""SecondsPath": "$.text""#, "cannot be parsed"),
            (#""SecondsPath": "$.negative""#, "negative"), (#""SecondsPath": "$.large""#, "too large"),
            (#""SecondsPath": "$.null""#, ""), (#""TimestampPath": "$.x""#, "does not reference"),
            (#""TimestampPath": "$.text""#, "ISO-8601"), (#""TimestampPath": "$.negative""#, "ISO-8601"),
            (#""TimestampPath": "$.blank""#, "ISO-8601"), (#""TimestampPath": "$.far""#, "2^31-1"),
        ])
    func waitFailure(fields: String, cause: String) throws {
        let input: JSONValue = [
            "text": "5", "negative": -1, "large": 100_000_000, "null": nil, "blank": "2024-06-25 10:00:00Z",
            "far": "9999-01-01T00:00:00Z",
        ]
        let result = try Self.result(#""A": {"Type": "Wait", "End": true, \#(fields)}"#, input)
        guard case .failed(let error) = result.outcome else {
            Issue.record("\(result.outcome)")
            return
        }
        #expect(error.name == "States.Runtime")
        #expect(cause.isEmpty || error.cause?.contains(cause) == true, "\(error.cause ?? "")")
    }

    @Test("Succeed ends with its input, Fail with what it says or finds")
    func ends() throws {
        let succeeded = try Self.result(#""A": {"Type": "Succeed", "InputPath": "$.a"}"#, ["a": 5])
        #expect(succeeded.outcome == .succeeded(output: 5))
        #expect(succeeded.events.map(\.type).contains("SucceedStateExited"))
        for (fields, name, cause) in [
            ("", "", nil), (#", "Error": "E", "Cause": "c""#, "E", "c"),
            (#", "ErrorPath": "$.e", "CausePath": "$$.State.Name""#, "Named", "A"),
        ] {
            let result = try Self.result(#""A": {"Type": "Fail"\#(fields)}"#, ["e": "Named"])
            #expect(result.outcome == .failed(StateError(name, cause: cause)))
            #expect(result.events.map(\.type) == ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"])
        }
    }

    @Test("the context object shows the execution, the machine, the state and, in a Map, the item")
    func context() throws {
        let result = try Self.result(
            #"""
            "A": {"Type": "Map", "ItemsPath": "$.l", "End": true, "ItemProcessor": {"StartAt": "P", "States": {
              "P": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "Q", "States": {
                "Q": {"Type": "Pass", "InputPath": "$$", "End": true}}}]}}}}
            """#, ["l": ["x"]])
        guard case .succeeded(let output) = result.outcome, let seen = output[0]?[0] else {
            Issue.record("\(result.outcome)")
            return
        }
        #expect(seen["Execution"]?["Id"]?.stringValue == InProcessDriver.identity.arn)
        #expect(seen["Execution"]?["Input"] == ["l": ["x"]])
        #expect(seen["Execution"]?["StartTime"] == "2024-06-25T10:00:00.000Z")
        #expect(seen["StateMachine"]?["Name"] == "machine")
        #expect(seen["State"]?["Name"] == "Q")
        #expect(seen["Map"]?["Item"] == ["Index": 0, "Value": "x"])
    }

    @Test("stopping ends everything that runs")
    func stop() throws {
        let machine = try StateTests.machine(#""A": {"Type": "Wait", "Seconds": 5, "End": true}"#)
        var execution = Execution(machine: machine, identity: InProcessDriver.identity, input: [:], seed: 1)
        let start = Timestamp(secondsSinceEpoch: 0)
        guard case .setTimer(let timer, _)? = execution.start(at: start).commands.first else {
            Issue.record("no timer is set")
            return
        }
        let step = execution.handle(.stop(error: "E", cause: "c"), at: start + .seconds(1))
        #expect(step.events.map(\.type) == ["ExecutionAborted"])
        #expect(step.commands == [.cancelTimer(timer), .finish(.aborted(StateError("E", cause: "c")))])
        #expect(execution.outstandingCommands.isEmpty)
        #expect(execution.handle(.stop(error: nil, cause: nil), at: start).isIgnored)
    }
}
