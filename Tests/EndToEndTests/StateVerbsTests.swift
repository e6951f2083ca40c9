import FileSystem
import JSON
import TestSupport
import Testing

@Suite("Verbs that try states and expressions", .timeLimit(.minutes(10)))
struct StateVerbsTests {
    private func turntable(_ arguments: [String], in folder: String) async throws -> FinishedProcess {
        try await runProcess(RouterUnderTest.turntable, arguments, directory: folder)
    }

    private func write(_ files: [String: String], to folder: String) throws {
        for (name, text) in files { try FileSystem.writeFileAtomically("\(folder)/\(name)", Array(text.utf8)) }
    }

    private static let machine = """
        {"StartAt": "A", "States": {
          "A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f",
            "Payload.$": "$"}, "ResultSelector": {"n.$": "$.Payload.n"}, "ResultPath": "$.r",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}], "Next": "B"},
          "B": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $n + $states.input.n %}", "End": true}}}
        """

    @Test("test-state shows what came of a state, with a mock and without")
    func states() async throws {
        try await withTemporaryDirectory { folder in
            try write(
                [
                    "m.json": Self.machine, "in.json": #"{"n": 1}"#, "v.json": #"{"n": 2}"#,
                    "good.json": #"{"result": {"Payload": {"n": 3}}}"#,
                    "bad.json": #"{"errorOutput": {"error": "E", "cause": "c"}}"#,
                ], to: folder)
            let state = ["test-state", "--definition", "m.json", "--input", "in.json", "--state"]
            let good = try await turntable(
                state + ["A", "--mock", "good.json", "--json", "--level", "debug"], in: folder)
            #expect(good.status == 0, "\(good.errorOutput)")
            let response = try JSONValue(parsing: good.output)
            #expect(response["output"] == #"{"n": 1, "r": {"n": 3}}"#)
            #expect(response["nextState"] == "B")
            #expect(response["inspectionData"]?["afterResultSelector"] == #"{"n": 3}"#)

            let caught = try await turntable(state + ["A", "--mock", "bad.json"], in: folder)
            #expect(caught.status == 0)
            #expect(caught.output.contains("CAUGHT_ERROR"))

            let sum = try await turntable(state + ["B", "--variables", "v.json", "--json"], in: folder)
            #expect(try JSONValue(parsing: sum.output) == ["output": "3", "status": "SUCCEEDED"])
            // Without the variable the expression has no value.
            let failed = try await turntable(state + ["B"], in: folder)
            #expect(failed.status == 1)
            #expect(failed.output.contains("States.QueryEvaluationError"))

            let asking = try await turntable(state + ["A"], in: folder)
            #expect(asking.status == 1)
            #expect(asking.errorOutput.contains("the function f") && asking.errorOutput.contains("--mock"))
            let unknown = try await turntable(state + ["C"], in: folder)
            #expect(unknown.status == 1)
            #expect(unknown.errorOutput.contains("State not found"))
            #expect(try await turntable(["test-state"], in: folder).status == 2)
            #expect(try await turntable(state + ["B", "--level", "all"], in: folder).status == 2)
        }
    }

    @Test("jsonata prints the result, nothing for undefined, and an error with its code and place")
    func expressions() async throws {
        try await withTemporaryDirectory { folder in
            try write(
                ["in.json": #"{"a": [1, 2, 3]}"#, "b.json": #"{"x": 10}"#, "e.jsonata": "$sum(a) +\n  $x"], to: folder)
            let input = ["--input", "in.json", "--bindings", "b.json"]
            let sum = try await turntable(["jsonata", "--expression-file", "e.jsonata"] + input, in: folder)
            #expect(sum.status == 0)
            #expect(sum.output == "16\n")
            #expect(try await turntable(["jsonata", "a[1]"] + input, in: folder).output == "2\n")
            let nothing = try await turntable(["jsonata", "b"] + input, in: folder)
            #expect(nothing.status == 0)
            #expect(nothing.output.isEmpty)

            let wrong = try await turntable(["jsonata", "1 + \"a\""], in: folder)
            #expect(wrong.status == 1)
            #expect(wrong.output.isEmpty)
            #expect(wrong.errorOutput.hasPrefix("T2002: "))
            #expect(wrong.errorOutput.wholeMatch(of: /T2002: [^\n]+ \(position \d+\)\n/) != nil)

            try FileSystem.writeFileAtomically(
                "\(folder)/broken.jsonata", Array("$length(\"".utf8) + [0xFF] + Array("\")".utf8))
            let repaired = try await turntable(["jsonata", "--expression-file", "broken.jsonata"], in: folder)
            #expect(repaired.output == "1\n")
            for arguments in [[], ["1", "--expression-file", "e.jsonata"]] {
                #expect(try await turntable(["jsonata"] + arguments, in: folder).status == 2)
            }
            let noObject = try await turntable(["jsonata", "1", "--bindings", "in2.json"], in: folder)
            #expect(noObject.status == 1)
        }
    }
}
