import FileSystem
import JSON
import TestSupport
import Testing

@testable import StatesLanguage

/// Findings of a definition, each at its line and place.
@Suite("Findings")
struct FindingTests {
    private static let function = StateTests.function

    private static func findings(_ text: String) -> [DefinitionFinding] {
        do {
            return try StateMachine.parse(Array(text.utf8), file: "m.asl.json").warnings
        } catch {
            return error.findings
        }
    }

    /// Expects one finding only, with its message, line and place.
    private static func expect(_ text: String, _ message: String, line: Int, at location: String) {
        let found = findings(text)
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.message.contains(message) == true, "\(found)")
        #expect(found.first?.line == line, "\(found)")
        #expect(found.first?.location == location, "\(found)")
        #expect(found.first?.severity == .error)
    }

    @Test(
        "a field that is wrong or belongs elsewhere is told by its name, at its line",
        arguments: [
            ("Pass", #""Arguments": {}"#, "Arguments belongs to JSONata"),
            ("Pass", #""Output": {}"#, "Output belongs to JSONata"),
            ("Map", #""Label": "x""#, "Label belongs to a Map whose processor has the mode DISTRIBUTED"),
            ("Map", #""Items": []"#, "Items belongs to JSONata"),
            ("Map", #""ToleratedFailureCount": -1"#, "whole number of at least 0"),
            ("Map", #""ToleratedFailurePercentage": 101"#, "a number from 0 to 100"),
            ("Pass", #""Assign": []"#, "Assign must be an object"),
            ("Pass", #""OutputPath": "States.Format('a')""#, "is no JSONPath"),
            ("Pass", #""InputPath": "$.a[?(@.b]""#, "')' is missing"),
            ("Pass", #""InputPath": "$.a.lenght()""#, "no function lenght()"),
            ("Pass", #""InputPath": "$states.input""#, "is JSONata's"),
            ("Pass", #""Reslt": 1"#, "Reslt is no field of a Pass state"),
            ("Pass", #""Retry": []"#, "Retry is no field of a Pass state"),
            ("Pass", #""InputPath": 1"#, "InputPath must be a string"),
            ("Pass", #""ResultPath": "$$.x""#, "reference path"),
            ("Task", #""TimeoutSeconds": 0"#, "whole number from 1"),
            ("Task", #""TimeoutSeconds": 1.5"#, "whole number"),
            ("Task", #""HeartbeatSeconds": "5""#, "whole number"),
            ("Task", #""Retry": {}"#, "Retry must be a list"),
            ("Map", #""MaxConcurrency": -1"#, "whole number of at least 0"),
            ("Pass", #""Comment": 1"#, "Comment must be a string"),
        ])
    func field(type: String, field: String, message: String) {
        let own =
            switch type {
            case "Task": #", "Resource": "\#(Self.function)""#
            case "Map": #", "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}"#
            default: ""
            }
        let name = field.split(separator: "\"")[0]
        Self.expect(
            """
            {"StartAt": "A",
             "States": {
              "A": {"Type": "\(type)", "End": true\(own),
               \(field)
            }}}
            """, message, line: 4, at: "/States/A/\(name)")
    }

    @Test(
        "a resource that is none is refused by what it is",
        arguments: [
            ("f", "is not recognized"), ("arn:aws:states:::glue", "is not recognized"),
            ("arn:aws:states:::glue:startJobRun.async", "is not recognized"),
            (
                "arn:aws:states:::dynamodb:query",
                "The resource provided arn:aws:states:::dynamodb:query is not recognized."
            ),
            ("arn:aws:states:::lambda:invoke.sync", "is not recognized"),
            ("arn:aws:states:::aws-sdk:s3", "is not recognized"),
            ("arn:aws:s3:::b:c", "is not recognized"),
        ])
    func resource(text: String, message: String) {
        Self.expect(
            "{\"StartAt\": \"A\", \"States\": {\n\"A\": {\"Type\": \"Task\", \"End\": true,\n\"Resource\": \"\(text)\"}}}",
            message, line: 3, at: "/States/A/Resource")
    }

    @Test(
        "what is wrong in the parts of a state stands at its place",
        arguments: [
            (#""Retry": [{}]"#, "These fields are required: [ErrorEquals]", "/Retry/0"),
            (#""Retry": [{"ErrorEquals": []}]"#, "must be a list of error names", "/Retry/0/ErrorEquals"),
            (#""Retry": [{"ErrorEquals": ["States.ALL", "X"]}]"#, "stands alone", "/Retry/0/ErrorEquals"),
            (#""Retry": [{"ErrorEquals": ["X"], "BackoffRate": 0.5}]"#, "at least 1", "/Retry/0/BackoffRate"),
            (#""Retry": [{"ErrorEquals": ["X"], "MaxAttempts": -1}]"#, "whole number", "/Retry/0/MaxAttempts"),
            (#""Retry": [{"ErrorEquals": ["X"], "IntervalSeconds": 0}]"#, "from 1", "/Retry/0/IntervalSeconds"),
            (
                #""Retry": [{"ErrorEquals": ["X"], "JitterStrategy": "HALF"}]"#, "FULL or NONE",
                "/Retry/0/JitterStrategy"
            ),
            (
                #""Retry": [{"ErrorEquals": ["X"], "IntervalSeconds": 5, "MaxDelaySeconds": 5}]"#, "greater than",
                "/Retry/0/MaxDelaySeconds"
            ),
            (#""Catch": [{"ErrorEquals": ["X"]}]"#, "These fields are required: [Next]", "/Catch/0"),
            (#""Catch": [{"ErrorEquals": ["X"], "Next": "Z"}]"#, "Missing 'Next' target: Z", "/Catch/0/Next"),
            (#""Parameters": {"a": [{"b.$": 5}]}"#, "must be a JSONPath", "/Parameters/a/0/b.$"),
            (#""ResultSelector": {"a.$": "a"}"#, "is no JSONPath", "/ResultSelector/a.$"),
            (#""TimeoutSeconds": 5, "TimeoutSecondsPath": "$.t""#, "either TimeoutSeconds", ""),
        ])
    func part(field: String, message: String, place: String) {
        Self.expect(
            """
            {"StartAt": "A", "States": {
              "A": {"Type": "Task", "Resource": "\(Self.function)", "End": true, \(field)}}}
            """, message, line: 2, at: "/States/A\(place)")
    }

    @Test(
        "what is wrong with the machine itself is told too",
        arguments: [
            (#"{"States": {"A": {"Type": "Succeed"}}}"#, "These fields are required: [StartAt]"),
            (#"{"StartAt": "A"}"#, "These fields are required: [States]"),
            (#"{"StartAt": "A", "States": []}"#, "object is expected"),
            (
                #"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}, "Extra": 1}"#,
                "Extra is no field of a state machine"
            ),
            (
                #"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}, "QueryLanguage": "XPath"}"#,
                "must be JSONPath or JSONata"
            ),
            (
                #"{"StartAt": "A", "States": {"A": {"Type": "Succeed", "QueryLanguage": "JSONPath"}}, "QueryLanguage": "JSONata"}"#,
                "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
            ),
            (
                #"{"StartAt": "A", "States": {"A": {"Type": "Succeed", "Output": "{% 1 + %}"}}, "QueryLanguage": "JSONata"}"#,
                "Output is no JSONata: S0207"
            ),
            (#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}, "Version": "2.0"}"#, "Version must be"),
            (#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}, "TimeoutSeconds": 0}"#, "whole number"),
            (#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}"#, "No end state found"),
            (#"{"StartAt": "A", "States": {"A": {}}}"#, "These fields are required: [Type]"),
            (#"null"#, "must be a valid JSON object"),
        ])
    func machine(text: String, message: String) {
        let found = Self.findings(text)
        #expect(found.contains { $0.message.contains(message) }, "\(found)")
    }

    @Test("all findings of a definition are told at once, each with its place")
    func all() {
        let found = Self.findings(
            """
            {"StartAt": "A", "States": {
              "A": {"Type": "Pass", "Next": "B", "Output": {}},
              "B": {"Type": "Wait", "Next": "C"},
              "C": {"Type": "Parallel", "End": true, "Branches": [
                {"StartAt": "A", "States": {"A": {"Type": "Nope"}}}]}}}
            """)
        #expect(found.map(\.line).sorted() == [2, 3, 5, 5], "\(found)")
        #expect(found.first?.description.hasPrefix("m.asl.json:2:") == true)
    }

    @Test("the pipeline's own state machine has no findings")
    func pipeline() throws {
        let path = "\(Repository.root)/infra/statemachines/stream-pipeline.asl.json"
        let text = String(decoding: try FileSystem.readFile(path), as: UTF8.self)
            .replacing(/\$\{[A-Za-z]+\}/, with: Self.function)
        #expect(Self.findings(text).isEmpty)
        let machine = try StateMachine.parse(Array(text.utf8), file: path)
        #expect(machine.states.startAt == "Receive")
        #expect(machine.warnings.isEmpty)
    }
}
