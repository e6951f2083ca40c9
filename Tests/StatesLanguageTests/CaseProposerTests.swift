import Clocks
import FileSystem
import JSON
import TestSupport
import Testing

@testable import StatesLanguage

/// Proposed cases, each run again here as somebody who uses the written file would.
@Suite("Proposed cases")
struct CaseProposerTests {
    private static let task = "\"Type\": \"Task\", \"Resource\": \"\(StateTests.function)\""

    /// Proposes cases for all points, runs the written configuration, and checks what it was said to reach.
    @discardableResult
    private static func check(_ map: CoverageMap, _ sample: JSONValue? = nil) throws -> CaseProposals {
        let proposer = CaseProposer(map: map, machine: "m", sampleInput: sample)
        let proposals = proposer.proposals(for: map.items)
        let mocks = try MockConfiguration(
            JSONValue(parsing: CaseProposals.configuration([proposals]).text()))
        let inputs = CaseProposals.inputs([proposals])
        #expect(mocks.unknownStates(of: "m", in: map.machine).isEmpty)
        #expect(mocks.testCases(of: "m") == proposals.cases.map(\.name).sorted())
        var reached: Set<CoveragePoint> = []
        for proposed in proposals.cases {
            let result = try MockedRun(mocks, "m", proposed.name).run(
                map.machine, input: try #require(inputs["m"]?[proposed.name]))
            let counts = CaseProposer.counts(result, map, InProcessDriver.identity)
            #expect(counts.reached == proposed.reached, "\(proposed.name)")
            #expect(counts.reached.contains(proposed.target), "\(proposed.name)")
            reached.formUnion(counts.reached)
        }
        // Each point is reached or named, never both.
        for item in map.items {
            #expect(
                reached.contains(item.point) != proposals.gaps.contains { $0.item.point == item.point },
                "\(item.path) \(item.name)")
        }
        #expect(proposals.gaps.allSatisfy { !$0.reason.isEmpty })
        return proposals
    }

    @Test("the sample pipeline is reached whole")
    func pipeline() throws {
        let name = "stream-pipeline.asl.json"
        let text = String(
            decoding: try FileSystem.readFile("\(Repository.root)/infra/statemachines/\(name)"), as: UTF8.self
        ).replacing(/\$\{[A-Za-z]+\}/, with: StateTests.function)
        let proposals = try Self.check(try CoverageMap(Array(text.utf8), file: name))
        #expect(proposals.gaps.isEmpty, "\(proposals.gaps.map { "\($0.item.path) \($0.item.name): \($0.reason)" })")
    }

    @Test(
        "a rule's values are found near what it compares with",
        arguments: [
            #""Variable": "$.x", "StringEquals": "a""#, #""Variable": "$.x.y[2].z", "BooleanEquals": false"#,
            #""Variable": "$.x", "NumericGreaterThan": 5"#, #""Variable": "$.x", "NumericLessThanEquals": -0.5"#,
            #""Variable": "$.x", "StringMatches": "a*b*""#, #""Variable": "$.x", "StringLessThan": "b""#,
            #""Variable": "$.x", "TimestampGreaterThan": "2030-01-01T00:00:00Z""#,
            #""Variable": "$.x", "IsPresent": false"#, #""Variable": "$.x", "IsNull": true"#,
            #""Variable": "$.x", "NumericEqualsPath": "$.y""#, #""Variable": "$.x", "StringLessThanPath": "$.y""#,
            #""And": [{"Variable": "$.x", "IsPresent": true}, {"Variable": "$.x", "NumericGreaterThan": 3}, {"Variable": "$.x", "NumericLessThan": 4}]"#,
            #""Or": [{"Variable": "$.x", "StringEquals": "a"}, {"Not": {"Variable": "$.y", "BooleanEquals": true}}]"#,
            #""Not": {"And": [{"Variable": "$.x", "IsPresent": true}, {"Variable": "$.x", "IsString": true}]}"#,
            #""Variable": "$$.Execution.Input.k", "NumericEquals": 9"#,
        ])
    func rules(rule: String) throws {
        for first in [
            #""A": {"Type": "Pass", "Next": "C"}"#, #""A": {\#(Self.task), "Next": "C"}"#,
            #""A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload.$": "$.deep.p"}, "OutputPath": "$.Payload", "Next": "C"}"#,
            #""A": {"Type": "Pass", "Parameters": {"x.$": "$.in.x", "y.$": "$.in.y"}, "Next": "C"}"#,
        ] {
            if first.contains("Parameters\": {\"x"), rule.contains("IsPresent") || rule.contains("x.y") { continue }
            let map = try CoverageTests.map(
                """
                \(first), "C": {"Type": "Choice", "Choices": [{\(rule), "Next": "D"}], "Default": "E"},
                "D": {"Type": "Succeed"}, "E": {"Type": "Succeed"}
                """)
            let proposals = try Self.check(map)
            #expect(proposals.gaps.isEmpty, "\(first): \(proposals.gaps.map(\.reason))")
        }
    }

    @Test("variables, catchers' outputs, branches and items are traced, and loops with retries are run")
    func traced() throws {
        let map = try CoverageTests.map(
            """
            "A": {\(Self.task), "ResultPath": "$.r", "Assign": {"v.$": "$.n"}, "Next": "P",
              "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 2}, {"ErrorEquals": ["Never"], "MaxAttempts": 0}],
              "Catch": [{"ErrorEquals": ["Busy"], "ResultPath": "$.e", "Next": "K"}, {"ErrorEquals": ["States.ALL"], "Next": "K"}]},
            "K": {"Type": "Choice", "Choices": [{"Variable": "$.e.Error", "IsPresent": true, "Next": "F"}], "Default": "F"},
            "F": {"Type": "Fail", "ErrorPath": "$.e.Error"},
            "P": {"Type": "Parallel", "ResultPath": null, "Next": "C", "Retry": [{"ErrorEquals": ["Late"], "MaxAttempts": 1}],
              "Catch": [{"ErrorEquals": ["Late"], "Next": "Z"}], "Branches": [
                {"StartAt": "B", "States": {"B": {\(Self.task), "End": true, "Retry": [{"ErrorEquals": ["Late"], "MaxAttempts": 1}]}}},
                {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.list", "End": true,
                  "Catch": [{"ErrorEquals": ["Odd"], "Next": "N"}], "ItemSelector": {"v.$": "$$.Map.Item.Value.k"},
                  "ItemProcessor": {"StartAt": "Q", "States": {
                    "Q": {"Type": "Choice", "Choices": [{"Variable": "$.v", "NumericGreaterThan": 7, "Next": "O"}], "Default": "G"},
                    "O": {"Type": "Fail", "Error": "Odd"}, "G": {"Type": "Succeed"}}}}, "N": {"Type": "Pass", "End": true}}}]},
            "C": {"Type": "Choice", "Choices": [{"Variable": "$v", "NumericEquals": 4, "Next": "Z"},
              {"Variable": "$.r.ok", "BooleanEquals": true, "Next": "Z"}], "Default": "Z"},
            "Z": {"Type": "Succeed"}
            """)
        let proposals = try Self.check(map)
        #expect(proposals.gaps.isEmpty, "\(proposals.gaps.map { "\($0.item.path) \($0.item.name): \($0.reason)" })")
    }

    @Test("a loop that a rule keeps going ends with later answers")
    func loops() throws {
        let map = try CoverageTests.map(
            """
            "A": {"Type": "Wait", "Seconds": 60, "Next": "T"}, "T": {\(Self.task), "ResultPath": "$.t", "Next": "C"},
            "C": {"Type": "Choice", "Choices": [{"Variable": "$.t.status", "StringEquals": "DONE", "Next": "Z"},
              {"Variable": "$.t.status", "StringEquals": "RUNNING", "Next": "A"}], "Default": "F"},
            "Z": {"Type": "Succeed"}, "F": {"Type": "Fail", "Error": "E"}
            """)
        let proposals = try Self.check(map)
        #expect(proposals.gaps.isEmpty)
        let proposed = try #require(proposals.cases.first { $0.target.kind == .rule(1) })
        #expect(proposed.responses.values.first?["0"]?["Return"]?["Payload"]?["status"] == "RUNNING")
        #expect(proposed.responses.values.first?["1"]?["Return"]?["Payload"] == [:])
    }

    @Test("what no case can reach is named with the reason")
    func gaps() throws {
        let map = try CoverageTests.map(
            """
            "A": {"Type": "Pass", "Result": {"k": 1}, "Next": "C"},
            "C": {"Type": "Choice", "Choices": [{"Variable": "$.k", "NumericEquals": 2, "Next": "Z"},
              {"And": [{"Variable": "$.k", "NumericEquals": 1}, {"Variable": "$.k", "IsString": true}], "Next": "Z"}],
              "Default": "J"},
            "J": {"Type": "Choice", "QueryLanguage": "JSONata", "Choices": [{"Condition": "{% $states.input.k = 3 %}", "Next": "Z"}],
              "Default": "T"},
            "T": {\(Self.task), "End": true, "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 99999}],
              "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]},
            "Z": {"Type": "Succeed"}
            """)
        let proposals = try Self.check(map)
        func reason(_ state: String, _ kind: CoveragePoint.Kind) -> String? {
            proposals.gaps.first { $0.item.point == CoveragePoint(state: state, kind: kind) }?.reason
        }
        #expect(reason("C", .rule(0)) == "'$.k' is always 1 there")
        #expect(reason("C", .rule(1)) == "'$.k' is always 1 there")
        #expect(reason("J", .rule(0)) == "the rules of 'J' are JSONata, for which no values are computed")
        #expect(reason("T", .exhausted(0))?.contains("no way") == true)
        #expect(proposals.gaps.count == 4)
    }

    private static let recorded = ["cases", "cases-lambda", "cases-services", "cases-mocked"].flatMap {
        RecordedCase.all($0)
    }

    @Test("definitions that were recorded: what is said to be reached is reached", arguments: recorded)
    func recordedDefinitions(recorded: RecordedCase) throws {
        guard let map = try? CoverageMap(recorded.definition.bytes(), file: recorded.name) else { return }
        try Self.check(map, recorded.input)
    }

    @Test("generated machines: what is said to be reached is reached", arguments: 0..<60)
    func generated(seed: Int) throws {
        let random = SeededEntropy(seed: UInt64(seed) &* 7_919 &+ 3)
        func below(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
        func pick(_ texts: [String]) -> String { texts[below(texts.count)] }
        let count = 3 + below(6)
        func next(_ index: Int) -> String { "S\(min(count, index + 1 + below(3)))" }
        func rule(_ index: Int) -> String {
            let variable = "\"Variable\": \"$.\(pick(["a", "b", "r.a", "e.Error"]))\""
            let test = pick([
                "\"NumericEquals\": \(below(3))", "\"NumericGreaterThan\": \(below(3))", "\"StringEquals\": \"x\"",
                "\"IsPresent\": true", "\"BooleanEquals\": true", "\"StringMatches\": \"a*\"", "\"IsNull\": false",
            ])
            let plain = "{\(variable), \(test)}"
            return pick([
                "\(variable), \(test)", "\"Not\": \(plain)",
                "\"And\": [{\(variable), \"IsPresent\": true}, \(plain)]",
                "\"Or\": [{\(variable), \"IsPresent\": false}, \(plain)]",
            ])
        }
        var states: [String] = []
        for index in 0..<count {
            let body: String
            switch below(6) {
            case 0: body = #""Type": "Pass", "Result": \#(below(4)), "ResultPath": "$.a", "Next": "\#(next(index))""#
            case 1, 2:
                let rules = (0...below(3)).map { _ in "{\(rule(index)), \"Next\": \"\(next(index))\"}" }
                body =
                    #""Type": "Choice", "Choices": [\#(rules.joined(separator: ", "))], "Default": "\#(next(index))""#
            case 3:
                body = """
                    "Type": "Parallel", "ResultPath": "$.p", "Next": "\(next(index))", "Branches": [
                      {"StartAt": "B\(index)", "States": {"B\(index)": {\(Self.task), "End": true}}},
                      {"StartAt": "W\(index)", "States": {"W\(index)": {"Type": "Wait", "Seconds": 5, "End": true}}}],
                    "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "\(next(index))"}]
                    """
            default:
                body = """
                    \(Self.task), "ResultPath": "$.r", "Next": "\(next(index))",
                    "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": \(below(3))}],
                    "Catch": [{"ErrorEquals": ["\(pick(["Busy", "Bad"]))"], "ResultPath": "$.e", "Next": "\(next(index))"},
                      {"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "\(next(index))"}]
                    """
            }
            states.append("\"S\(index)\": {\(body)}")
        }
        states.append("\"S\(count)\": {\"Type\": \"Succeed\"}")
        // States that nothing leads to are refused: a first state leads to all.
        let all = (0...count).map { #"{"Variable": "$.start", "NumericEquals": \#($0), "Next": "S\#($0)"}"# }
        states.append("\"A\": {\"Type\": \"Choice\", \"Choices\": [\(all.joined(separator: ", "))]}")
        try Self.check(try CoverageTests.map(states.joined(separator: ",\n")))
    }
}
