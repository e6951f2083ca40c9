import JSON
import Testing

@testable import StatesLanguage

/// Every comparison against values of its own kind, of other kinds, and none at all.
@Suite("Choice rules")
struct ChoiceTests {
    /// Where the rule sends an input: its branch, the default, or an error.
    private static func taken(_ rule: String, _ input: String, hasDefault: Bool = true) throws -> String {
        let fallback = hasDefault ? #", "Default": "No""# : ""
        let machine = try StateTests.machine(
            """
            "A": {"Type": "Choice", "Choices": [{\(rule), "Next": "Yes"}]\(fallback)},
            "Yes": {"Type": "Pass", "Result": "yes", "End": true}, "No": {"Type": "Pass", "Result": "no", "End": true}
            """.replacing(hasDefault ? "\u{0}" : #", "No": {"Type": "Pass", "Result": "no", "End": true}"#, with: ""))
        switch try InProcessDriver().run(machine, input: JSONValue(parsing: input)).outcome {
        case .succeeded(let output): return output.text().replacing("\"", with: "")
        case .failed(let error): return error.name
        default: return "neither"
        }
    }

    @Test(
        "a comparison holds for values of its kind, and never for another's",
        arguments: [
            (#""StringEquals": "a""#, #""a""#, true), (#""StringEquals": "a""#, #""A""#, false),
            (#""StringEquals": "é""#, #""e\u0301""#, false), (#""StringEquals": """#, #""""#, true),
            (#""StringEquals": "1""#, "1", false), (#""StringEquals": "null""#, "null", false),
            (#""StringLessThan": "b""#, #""a""#, true), (#""StringLessThan": "a""#, #""B""#, true),
            (#""StringLessThan": "10""#, #""9""#, false), (#""StringGreaterThan": "a""#, #""aa""#, true),
            (#""StringLessThanEquals": "a""#, #""a""#, true), (#""StringGreaterThanEquals": "a""#, #""Z""#, false),
            (#""NumericEquals": 1"#, "1.0", true), (#""NumericEquals": 1"#, #""1""#, false),
            (#""NumericEquals": 0"#, "-0.0", true), (#""NumericEquals": 1"#, "true", false),
            (#""NumericEquals": 0"#, "null", false), (#""NumericEquals": 100"#, "1e2", true),
            (#""NumericLessThan": 2"#, "1.999", true), (#""NumericGreaterThan": -1"#, "-1", false),
            (#""NumericLessThanEquals": -1"#, "-1", true), (#""NumericGreaterThanEquals": 3"#, "[4]", false),
            (#""BooleanEquals": true"#, "true", true), (#""BooleanEquals": false"#, "true", false),
            (#""BooleanEquals": false"#, "0", false), (#""BooleanEquals": true"#, #""true""#, false),
            (#""TimestampEquals": "2024-06-25T10:00:00Z""#, #""2024-06-25T12:00:00+02:00""#, true),
            (#""TimestampEquals": "2024-06-25T10:00:00Z""#, #""yesterday""#, false),
            (#""TimestampLessThan": "2024-06-25T10:00:00Z""#, #""2024-06-25T09:59:59.999Z""#, true),
            (#""TimestampGreaterThan": "2024-06-25T10:00:00Z""#, "1719309600", false),
            (#""TimestampGreaterThanEquals": "2024-06-25T10:00:00Z""#, #""2024-06-25T10:00:00Z""#, true),
            (#""TimestampLessThanEquals": "2024-06-25T10:00:00Z""#, #""2024-06-25T10:00:01Z""#, false),
            (#""StringMatches": "streams/*.csv""#, #""streams/a/b.csv""#, true),
            (#""StringMatches": "*""#, "1", false), (#""StringMatches": "*""#, #""""#, true),
            (#""IsNull": true"#, "null", true), (#""IsNull": true"#, "{}", false), (#""IsNull": false"#, "0", true),
            (#""IsString": true"#, #""""#, true), (#""IsString": true"#, "null", false),
            (#""IsNumeric": true"#, "1e400", true), (#""IsNumeric": true"#, #""1""#, false),
            (#""IsBoolean": true"#, "false", true), (#""IsBoolean": false"#, "0", true),
            (#""IsTimestamp": true"#, #""2024-06-25T10:00:00Z""#, true),
            (#""IsTimestamp": true"#, #""2024-06-25""#, false), (#""IsTimestamp": true"#, "[]", false),
            (#""IsPresent": true"#, "null", true), (#""IsPresent": false"#, "null", false),
        ])
    func comparison(rule: String, value: String, holds: Bool) throws {
        #expect(try Self.taken("\"Variable\": \"$.x\", \(rule)", "{\"x\": \(value)}") == (holds ? "yes" : "no"))
    }

    @Test(
        "the Path forms compare with another value of the input",
        arguments: [
            ("StringEqualsPath", #""a""#, #""a""#, true), ("StringEqualsPath", #""1""#, "1", false),
            ("StringLessThanPath", #""a""#, #""b""#, true), ("NumericGreaterThanPath", "2", "1", true),
            ("NumericEqualsPath", "1", #""1""#, false), ("NumericLessThanEqualsPath", "1", "1.0", true),
            ("BooleanEqualsPath", "false", "false", true), ("BooleanEqualsPath", "false", "null", false),
            ("TimestampLessThanPath", #""2024-01-01T00:00:00Z""#, #""2024-01-02T00:00:00Z""#, true),
            ("TimestampEqualsPath", #""2024-01-01T00:00:00Z""#, "0", false),
        ])
    func pathComparison(name: String, left: String, right: String, holds: Bool) throws {
        let input = "{\"x\": \(left), \"y\": \(right)}"
        #expect(try Self.taken(#""Variable": "$.x", "\#(name)": "$.y""#, input) == (holds ? "yes" : "no"))
    }

    @Test("a path that finds nothing is an error, but for IsPresent")
    func missing() throws {
        #expect(try Self.taken(#""Variable": "$.x", "StringEquals": "a""#, "{}") == "States.Runtime")
        #expect(try Self.taken(#""Variable": "$.x", "StringEqualsPath": "$.y""#, #"{"x": "a"}"#) == "States.Runtime")
        #expect(try Self.taken(#""Variable": "$.x", "IsNull": true"#, "{}") == "States.Runtime")
        #expect(try Self.taken(#""Variable": "$.x.y", "IsPresent": false"#, #"{"x": 1}"#) == "yes")
        #expect(try Self.taken(#""Variable": "$.x", "IsPresent": true"#, "{}") == "no")
    }

    @Test("And and Or stop at the first that decides, so that IsPresent guards what follows")
    func guarded() throws {
        let present = #"{"Variable": "$.x", "IsPresent": true}"#
        let absent = #"{"Variable": "$.x", "IsPresent": false}"#
        let equal = #"{"Variable": "$.x", "NumericEquals": 1}"#
        #expect(try Self.taken("\"And\": [\(present), \(equal)]", "{}") == "no")
        #expect(try Self.taken("\"And\": [\(present), \(equal)]", #"{"x": 1}"#) == "yes")
        #expect(try Self.taken("\"Or\": [\(absent), \(equal)]", "{}") == "yes")
        #expect(try Self.taken("\"Not\": \(equal)", #"{"x": 2}"#) == "yes")
        #expect(try Self.taken("\"Not\": {\"Not\": {\"Or\": [\(equal), \(absent)]}}", #"{"x": 1}"#) == "yes")
        #expect(try Self.taken("\"Not\": \(equal)", "{}") == "States.Runtime")
    }

    @Test("the first rule that holds is taken, and without a Default none is an error")
    func orderAndDefault() throws {
        #expect(
            try Self.taken(#""Variable": "$.x", "NumericEquals": 1"#, #"{"x": 2}"#, hasDefault: false)
                == "States.NoChoiceMatched")
        let machine = try StateTests.machine(
            """
            "A": {"Type": "Choice", "Default": "C", "Choices": [
              {"Variable": "$.x", "NumericGreaterThan": 1, "Next": "B"},
              {"Variable": "$.x", "NumericGreaterThan": 0, "Next": "C"}]},
            "B": {"Type": "Pass", "Result": "B", "End": true}, "C": {"Type": "Pass", "Result": "C", "End": true}
            """)
        #expect(try InProcessDriver().run(machine, input: ["x": 2]).outcome == .succeeded(output: "B"))
        #expect(try InProcessDriver().run(machine, input: ["x": 1]).outcome == .succeeded(output: "C"))
    }
}
