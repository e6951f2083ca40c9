import Testing

@testable import StatesLanguage

@Suite("Definitions")
struct DefinitionTests {
    @Test(
        "what is wrong or not supported is told with its line",
        arguments: [
            (#""A": {"Type": "Pass", "Next": "B"}"#, "Missing 'Next' target: B"),
            (#""A": {"Type": "Pass"}"#, "neither Next nor End"),
            (#""A": {"Type": "Pass", "End": true, "Next": "A"}"#, "either Next or End"),
            (#""A": {"Type": "Pass", "End": true}, "B": {"Type": "Succeed"}"#, "State \"B\" is not reachable"),
            (#""A": {"Type": "Nope", "End": true}"#, "'Nope' is none of"),
            (#""A": {"Type": "Pass", "End": true, "Nxt": "B"}"#, "Nxt is no field of a Pass state"),
            (#""A": {"Type": "Wait", "Seconds": 1, "SecondsPath": "$.x", "End": true}"#, "exactly one of"),
            (#""A": {"Type": "Pass", "InputPath": "a.b", "End": true}"#, "is no JSONPath"),
            (#""A": {"Type": "Pass", "ResultPath": "$[*]", "End": true}"#, "must be a reference path"),
            (
                #""A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "NumericEquals": "1", "Next": "B"}]}, "B": {"Type": "Succeed"}"#,
                "must be a numeric"
            ),
            (
                #""A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:1:function:f", "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["X"]}], "End": true}"#,
                "must be the last"
            ),
        ])
    func findings(states: String, message: String) {
        let text = "{\"StartAt\": \"A\",\n\"States\": {\n\(states)}}"
        let error = #expect(throws: DefinitionError.self) {
            try StateMachine.parse(Array(text.utf8), file: "m.asl.json")
        }
        let found = error?.findings.first { $0.message.contains(message) }
        #expect(found != nil, "\(error?.description ?? "accepted")")
        #expect(found?.line == 3)
        #expect(found?.file == "m.asl.json")
    }

    @Test("bytes that are no JSON, or too many, are one finding")
    func unreadable() {
        for bytes in [Array("{".utf8), [], [UInt8](repeating: 0x20, count: (1 << 20) + 1), Array("[]".utf8)] {
            let error = #expect(throws: DefinitionError.self) { try StateMachine.parse(bytes, file: "m") }
            #expect(error?.findings.count == 1)
        }
    }

    @Test(
        "StringMatches takes * for anything and a backslash for a plain *",
        arguments: [
            ("*.csv", "a.csv", true), ("*.csv", "a.csv.gz", false), ("a*c*e", "abcde", true), ("a*c*e", "abde", false),
            ("*", "", true), ("", "", true), ("", "x", false), (#"a\*b"#, "a*b", true), (#"a\*b"#, "axb", false),
            ("ab*ab", "ab", false), ("**a", "ba", true),
        ])
    func stringMatches(pattern: String, text: String, expected: Bool) {
        #expect(Comparison.matches(text, Comparison.parts(pattern)) == expected)
    }
}
