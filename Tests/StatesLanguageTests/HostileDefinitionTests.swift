import Clocks
import FileSystem
import Glibc
import JSON
import TestSupport
import Testing

@testable import StatesLanguage

/// Definitions and inputs that want all time, memory or stack there is: each gets a clear answer within bounds.
///
/// The times are those of a debug build on a busy machine: many times what they take, a fraction of what they took.
@Suite("Hostile definitions", .serialized)
struct HostileDefinitionTests {
    /// Runs `body`, which must be quick and take little memory, on a stack of 512 KiB.
    private static func bounded<Result>(
        _ limit: Duration = .seconds(20), megabytes: Int = 400, _ what: String = "", _ body: () throws -> Result
    ) throws -> Result {
        let memory = residentMegabytes
        let start = ContinuousClock.now
        var result: Swift.Result<Result, any Error>?
        SmallStack.run { result = Swift.Result(catching: body) }
        let time = ContinuousClock.now - start
        #expect(time < limit, "\(what)")
        #expect(residentMegabytes - memory < megabytes, "\(what)")
        return try #require(result).get()
    }

    private static var residentMegabytes: Int {
        let pages = (try? FileSystem.readFile("/proc/self/statm")).map { String(decoding: $0, as: UTF8.self) }
        return (pages?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4_096 / 1_000_000
    }

    private static func parse(_ text: String) throws -> StateMachine {
        try StateMachine.parse(Array(text.utf8), file: "hostile")
    }

    /// What is found in a definition, as far as it can't be run.
    private static func findings(_ bytes: [UInt8]) throws -> [DefinitionFinding] {
        try bounded {
            do {
                _ = try StateMachine.parse(bytes, file: "hostile")
                return []
            } catch let error as DefinitionError {
                return error.findings
            }
        }
    }

    private static func run(
        _ states: String, _ input: JSONValue = [:], start: String = "A", language: String = "JSONPath",
        _ limit: Duration = .seconds(20), functions: @escaping (TaskRequest) -> InProcessDriver.Answer = { _ in .none }
    ) throws -> InProcessDriver.Result {
        try bounded(limit, "\(states.prefix(80))") {
            let machine = try parse(
                #"{"QueryLanguage": "\#(language)", "StartAt": "\#(start)", "States": {\#(states)}}"#)
            var driver = InProcessDriver()
            driver.functions = functions
            return try driver.run(machine, input: input)
        }
    }

    private static func error(_ result: InProcessDriver.Result) -> StateError? {
        if case .failed(let error) = result.outcome { error } else { nil }
    }

    // MARK: Size

    @Test("a definition of 1 MB is read, and of more is refused before it is")
    func megabyte() throws {
        let comment = String(repeating: "x", count: (1 << 20) - 100)
        let text = #"{"Comment": "\#(comment)", "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#
        #expect(try Self.findings(Array(text.utf8)) == [])
        let found = try Self.findings(Array((text + String(repeating: " ", count: 200)).utf8))
        #expect(found.count == 1 && found.first?.message.contains("1048576 bytes") == true)
    }

    @Test("ten thousand states are read, checked and run")
    func manyStates() throws {
        let states = (0..<10_000).map { index in
            #""S\#(index)": {"Type": "Pass", "Next": "S\#(index + 1)"}"#
        }.joined(separator: ",\n")
        let result = try Self.run(states + #", "S10000": {"Type": "Succeed"}"#, start: "S0")
        #expect(result.events.count == 20_004)
    }

    @Test("ten thousand mistakes are all told with their lines")
    func manyMistakes() throws {
        let states = (0..<10_000).map { #""S\#($0)": {"Type": "Pass", "Next": "nowhere \#($0)"}"# }
        let text = #"{"StartAt": "S0", "States": {"# + "\n" + states.joined(separator: ",\n") + "}}"
        let found = try Self.findings(Array(text.utf8))
        #expect(found.count >= 10_000)
        #expect(found.first { $0.message.hasSuffix("nowhere 9999") }?.line == 10_001)
    }

    @Test("a megabyte of values far down is read in bounded memory")
    func positions() throws {
        // A value's place must not cost as much as its path is long.
        let depth = 380
        let values = String(repeating: "1,", count: 200_000) + "1"
        let opening = String(repeating: #"{"abcdefghijklmnopqrstuvwxyz":"#, count: depth)
        let text =
            #"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true, "Result": "# + opening + "[\(values)]"
            + String(repeating: "}", count: depth) + "}}}"
        #expect(try Self.findings(Array(text.utf8)).count <= 1)
    }

    // MARK: Depth

    @Test("nesting deeper than 400 levels is refused", arguments: ["[", "{\"a\":"])
    func deepJSON(opening: String) throws {
        for count in [500, 100_000] {
            let found = try Self.findings(Array(String(repeating: opening, count: count).utf8))
            #expect(found.count == 1)
        }
    }

    /// A Parallel in a Parallel, as deep as a definition goes.
    private static func nested(_ kind: String, _ depth: Int, _ inner: String) -> String {
        var text = inner
        for level in 0..<depth {
            let first = level == 0 ? "A" : "P\(level - 1)"
            switch kind {
            case "Parallel":
                text =
                    #""P\#(level)": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "\#(first)", "States": {\#(text)}}]}"#
            case "Distributed":
                text =
                    #""P\#(level)": {"Type": "Map", "ItemsPath": "$.l", "ItemSelector": {"l": [1]}, "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "\#(first)", "States": {\#(text)}}}"#
            default:
                text =
                    #""P\#(level)": {"Type": "Map", "ItemsPath": "$.l", "ItemSelector": {"l": [1]}, "End": true, "ItemProcessor": {"StartAt": "\#(first)", "States": {\#(text)}}}"#
            }
        }
        return text
    }

    @Test("branches in branches begin, end and fail one in the other", arguments: ["Parallel", "Map"])
    func deepBranches(kind: String) throws {
        let depth = kind == "Parallel" ? 95 : 100
        for inner in [#""A": {"Type": "Pass", "End": true}"#, #""A": {"Type": "Fail", "Error": "E"}"#] {
            let result = try Self.run(Self.nested(kind, depth, inner), ["l": [1]], start: "P\(depth - 1)")
            #expect(result.events.count > 2 * depth)
            if inner.contains("Fail") { #expect(Self.error(result)?.name == "E") }
        }
    }

    @Test("branches nested too deep are refused", arguments: ["Parallel", "Map"])
    func tooDeepBranches(kind: String) throws {
        for depth in [kind == "Parallel" ? 100 : 101, 500, 2_000] {
            let text = Self.nested(kind, depth, #""A": {"Type": "Pass", "End": true}"#)
            let found = try Self.findings(Array(#"{"StartAt": "P\#(depth - 1)", "States": {\#(text)}}"#.utf8))
            #expect(found.contains { $0.message.contains("levels") || $0.message.contains("deep") }, "\(found)")
        }
    }

    @Test("conditions nested too deep are refused")
    func deepConditions() throws {
        for (opening, closing) in [(#"{"Not":"#, "}"), (#"{"And": ["#, "]}")] {
            let condition =
                String(repeating: opening, count: 150) + #"{"Variable": "$", "IsNull": true}"#
                + String(repeating: closing, count: 150)
            let rule = String(condition.dropLast()) + #", "Next": "A"}"#
            let found = try Self.findings(
                Array(
                    #"{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [\#(rule)], "Default": "A"}}}"#
                        .utf8))
            #expect(found.contains { $0.message.contains("deeper than 64 levels") })
        }
    }

    @Test("data that grows a level with each state ends in an error before it can't be read again")
    func growingDepth() throws {
        for (state, language) in [
            (#""Parameters": {"a.$": "$"}"#, "JSONPath"),
            (#""ResultPath": "$.\#(String(repeating: "a.", count: 200))a""#, "JSONPath"),
            (#""Output": {"a": "{% $states.input %}"}"#, "JSONata"),
            (#""Output": "{% [[$states.input]] %}""#, "JSONata"),
        ] {
            let result = try Self.run(
                #""A": {"Type": "Pass", \#(state), "Next": "C"}, "C": {"Type": "Choice", "Choices": [\#(Self.never(language))], "Default": "A"}, "B": {"Type": "Succeed"}"#,
                language: language)
            let error = Self.error(result)
            #expect(
                error?.name == "States.DataLimitExceeded" || error?.name == "States.QueryEvaluationError"
                    || error?.name == "States.Runtime", "\(state)")
        }
    }

    /// A choice rule that never holds and leads to the end.
    private static func never(_ language: String) -> String {
        language == "JSONata"
            ? #"{"Condition": "{% false %}", "Next": "B"}"# : #"{"Variable": "$.none", "IsPresent": true, "Next": "B"}"#
    }

    /// A text that nests `2 * count` levels deep.
    private static func deepText(_ count: Int) -> String {
        String(repeating: #"{"a":["#, count: count) + "1" + String(repeating: "]}", count: count)
    }

    @Test("values 500 levels deep go through states, events and paths on a small stack, or end in an error")
    func deepValues() throws {
        let text = Self.deepText(250)
        let input = try Self.bounded { try JSONValue(parsing: text) }
        for (state, language) in [
            (#""Type": "Pass", "ResultPath": "$""#, "JSONPath"),
            (#""Type": "Pass", "OutputPath": "$..a""#, "JSONPath"),
            (#""Type": "Pass", "InputPath": "$..[?(@ == $)]""#, "JSONPath"),
            (#""Type": "Pass", "InputPath": "$..[?(@..a)]""#, "JSONPath"),
            (#""Type": "Pass", "Parameters": {"n.$": "States.ArrayLength(States.Array($, $))"}"#, "JSONPath"),
            (#""Type": "Pass", "Parameters": {"n.$": "States.JsonToString($)"}"#, "JSONPath"),
            (#""Type": "Pass", "Parameters": {"n.$": "States.StringToJson(States.JsonToString($))"}"#, "JSONPath"),
            (#""Type": "Pass", "Parameters": {"n.$": "States.Format('{}', $)"}"#, "JSONPath"),
            (#""Type": "Pass", "Parameters": {"n.$": "States.ArrayUnique(States.Array($, $))"}"#, "JSONPath"),
            (#""Type": "Pass", "Parameters": {"n.$": "States.ArrayContains(States.Array($, 1), $)"}"#, "JSONPath"),
            (#""Type": "Pass", "Parameters": {"n.$": "States.JsonMerge($, $, false)"}"#, "JSONPath"),
            (#""Type": "Pass", "Assign": {"v.$": "$"}"#, "JSONPath"),
            (
                #""Type": "Map", "ItemsPath": "$.a", "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}"#,
                "JSONPath"
            ),
            (
                #""Type": "Parallel", "Branches": [{"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}]"#,
                "JSONPath"
            ),
            (#""Type": "Pass", "Output": "{% $states.input %}""#, "JSONata"),
            (#""Type": "Pass", "Output": "{% $string($states.input) %}""#, "JSONata"),
            (#""Type": "Pass", "Output": "{% $count($states.input.**) %}""#, "JSONata"),
            (#""Type": "Pass", "Output": "{% $states.input = $states.input %}""#, "JSONata"),
            (#""Type": "Pass", "Output": "{% $distinct([$states.input, $states.input]) %}""#, "JSONata"),
            (#""Type": "Pass", "Output": "{% $merge([$states.input, $states.context]) %}""#, "JSONata"),
            (
                #""Type": "Pass", "Assign": {"v": "{% $states.input %}"}, "Output": "{% $states.input ~> |**|{}| %}""#,
                "JSONata"
            ),
        ] {
            let result = try Self.run(#""A": {\#(state), "End": true}"#, input, language: language)
            SmallStack.run {
                for event in result.events {
                    let bytes = event.json.bytes()
                    #expect((try? JSONValue(parsing: bytes)) != nil, "\(state)")
                }
            }
        }
    }

    @Test("what a task gives that nests 500 levels deep goes on, and deeper is no JSON")
    func deepAnswers() throws {
        for (count, isRead) in [(250, true), (300, false), (50_000, false)] {
            let text = Self.deepText(count)
            let result = try Self.run(
                #""A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f", "End": true}"#,
                functions: { _ in .payload(text) })
            if isRead {
                #expect(try Self.bounded { result.outcome == .succeeded(output: try JSONValue(parsing: text)) })
            } else {
                #expect(Self.error(result) != nil || result.outcome == .succeeded(output: .string(text)))
            }
        }
    }

    @Test(
        "templates as deep as they may nest are read and filled, and refused beyond; results may be deeper",
        arguments: [
            ("JSONPath", #""Parameters": "#, #"{"a.$": "$"}"#), ("JSONPath", #""Parameters": "#, "1"),
            ("JSONPath", #""Result": "#, "1"), ("JSONata", #""Output": "#, #""{% $states.input %}""#),
            ("JSONata", #""Assign": {"v": "#, #""{% $states.input %}""#), ("JSONata", #""Output": "#, "1"),
        ])
    func deepTemplates(language: String, field: String, inner: String) throws {
        for opening in ["[", "{\"a\":"] {
            let limit = field.contains("Result") ? 390 : FieldReader.maximumTemplateDepth
            let isAssign = field.contains("{")
            func states(_ depth: Int) -> String {
                let closing = opening == "[" ? "]" : "}"
                let text =
                    String(repeating: opening, count: depth) + inner + String(repeating: closing, count: depth)
                    + (isAssign ? "}" : "")
                return #""A": {"Type": "Pass", \#(field)\#(text), "End": true}"#
            }
            let result = try Self.run(
                states(limit - (isAssign ? 1 : 0) - (inner.contains("{\"") ? 1 : 0)), ["x": 1], language: language)
            #expect(Self.error(result) == nil)
            guard limit < 390 else { continue }
            let found = try Self.findings(
                Array(#"{"QueryLanguage": "\#(language)", "StartAt": "A", "States": {\#(states(390))}}"#.utf8))
            #expect(found.contains { $0.message.contains("nests deeper than \(limit) levels") }, "\(found)")
        }
    }

    @Test("distributed Maps in one another run as deep as a definition says, and are refused beyond")
    func deepChildren() throws {
        for (depth, isRun) in [(MapState.maximumDistributedDepth, true), (MapState.maximumDistributedDepth + 1, false)]
        {
            let text = Self.nested("Distributed", depth, #""A": {"Type": "Pass", "End": true}"#)
            if isRun {
                for inner in [#""A": {"Type": "Pass", "End": true}"#, #""A": {"Type": "Fail", "Error": "E"}"#] {
                    let text = Self.nested("Distributed", depth, inner)
                    let result = try Self.run(text, ["l": [1]], start: "P\(depth - 1)")
                    if inner.contains("Fail") {
                        #expect(Self.error(result)?.name == "States.ExceedToleratedFailureThreshold")
                    } else {
                        #expect(Self.error(result) == nil)
                    }
                }
            } else {
                let found = try Self.findings(
                    Array(#"{"StartAt": "P\#(depth - 1)", "States": {\#(text)}}"#.utf8))
                #expect(found.contains { $0.message.contains("distributed Map") }, "\(found)")
            }
        }
    }

    // MARK: Time

    @Test("a circle without a Wait ends at the history's limit")
    func circle() throws {
        let result = try Self.run(
            #""A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Choice", "Choices": [\#(Self.never("JSONPath").replacing("\"B\"", with: "\"C\""))], "Default": "A"}, "C": {"Type": "Succeed"}"#
        )
        #expect(result.events.count == 25_000)
        #expect(result.events.last?.type == "ExecutionFailed")
        #expect(Self.error(result)?.cause?.contains("maximum number of history events (25000)") == true)
    }

    @Test("a history ends with the execution's end at its limit, wherever that falls")
    func eventLimit() throws {
        let pass = #"{"Type": "Pass", "End": true}"#
        let fail = #"{"Type": "Fail", "Error": "E"}"#
        let machine = try Self.parse(
            #"""
            {"StartAt": "M", "States": {
              "M": {"Type": "Map", "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [
                {"StartAt": "A", "States": {"A": \#(pass)}}, {"StartAt": "B", "States": {"B": \#(fail)}},
                {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 5, "End": true}}}],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "I"}], "Next": "I"},
                "I": {"Type": "Map", "ItemsPath": "$$.Execution.Input", "End": true,
                  "ItemProcessor": {"StartAt": "C", "States": {"C": \#(pass)}}}}},
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "E"}], "Next": "E"},
              "E": {"Type": "Succeed"}}}
            """#)
        func run(_ limit: Int) -> (events: [HistoryEvent], outcome: ExecutionOutcome?) {
            var limits = Execution.Limits()
            limits.maximumEventCount = limit
            var execution = Execution(
                machine: machine,
                identity: ExecutionIdentity(
                    arn: "arn:aws:states:us-east-1:000000000000:execution:m:e", name: "e",
                    stateMachineARN: "arn:aws:states:us-east-1:000000000000:stateMachine:m", stateMachineName: "m",
                    roleARN: "r"),
                input: [1, 2, 3], seed: 1, limits: limits)
            let events = execution.start(at: Timestamp(microsecondsSinceEpoch: 0)).events
            return (events, execution.outcome)
        }
        let whole = run(25_000)
        #expect(whole.events.last?.type == "ExecutionSucceeded")
        for limit in 4..<whole.events.count {
            let cut = run(limit)
            #expect(cut.events.count == limit)
            #expect(cut.events.last?.type == "ExecutionFailed" && cut.events.last?.id == limit)
            guard case .failed(let error)? = cut.outcome else {
                Issue.record("\(limit): \(String(describing: cut.outcome))")
                continue
            }
            #expect(error.name == "States.Runtime" && error.cause?.contains("(\(limit))") == true)
            #expect(cut.events.dropLast() == whole.events.prefix(limit - 1))
        }
        #expect(run(whole.events.count).outcome == whole.outcome)
    }

    @Test(
        "ranges of a billion items are refused before they are made",
        arguments: [
            ("JSONata", #""Output": "{% [1..1000000000] %}""#), ("JSONata", #""Output": "{% $sum([1..999999999]) %}""#),
            ("JSONata", #""Output": "{% [1..9000000].[1..9000000] %}""#),
            ("JSONPath", #""Parameters": {"n.$": "States.ArrayRange(0, 1000000000, 1)"}"#),
            ("JSONPath", #""Parameters": {"n.$": "States.ArrayRange(-9007199254740991, 9007199254740991, 1)"}"#),
        ])
    func ranges(language: String, state: String) throws {
        let error = Self.error(try Self.run(#""A": {"Type": "Pass", \#(state), "End": true}"#, language: language))
        #expect(["States.QueryEvaluationError", "States.IntrinsicFailure"].contains(error?.name))
        #expect(error?.cause?.isEmpty == false)
    }

    @Test("expressions that never end are stopped")
    func endlessExpressions() throws {
        for text in [
            "($f := function(){ $f() }; $f())", "($f := function($s){ $f($s & $s) }; $f('ab'))",
            "$match($pad('',40,'a') & 'b', /(a+)+$/)", "($f := function($o){ $f([$o,$o]) }; $f(1))",
        ] {
            let result = try Self.run(
                #""A": {"Type": "Pass", "Output": "{% \#(text) %}", "End": true}"#, language: "JSONata", .seconds(120))
            #expect(Self.error(result)?.name == "States.QueryEvaluationError", "\(text)")
        }
    }

    @Test(
        "deep scans of deep scans stop at the path's work",
        arguments: [
            "$..*..*..*..*..*..*", "$..[*]..[*]..[*]..[*]", "$..[?(@..*..*..*..*)]", "$..[?(@..[?(@..*)])]..*..*",
            "$..[?($.list subsetof $.list)]..[?($.list anyof $.list)]",
            "$..[?($.list contains $.deep)]..*..*..*",
        ])
    func deepScans(path: String) throws {
        var deep: JSONValue = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac"]
        for _ in 0..<60 { deep = ["a": deep, "b": [deep.arrayValue == nil ? 1 : 2, 3]] }
        let list = JSONValue.array((0..<4_000).map { .int($0) })
        let result = try Self.run(
            #""A": {"Type": "Pass", "InputPath": "\#(path)", "End": true}"#, ["deep": deep, "list": list], .seconds(60))
        let error = Self.error(result)
        #expect(["States.Runtime", "States.DataLimitExceeded"].contains(error?.name), "\(result.outcome)")
        if error?.name == "States.Runtime" { #expect(error?.cause?.contains("looks at more than") == true) }
    }

    @Test(
        "a search that goes back and forth is given up, and one that needs not is none",
        arguments: ["$..[?(@ =~ /(a+)+b/)]..[?(@ =~ /(a+)+b/)]", "$..[?(@ =~ /.*(a+)+$/)]", "$..[?(@ =~ /(a|aa)+$/)]"])
    func backtracking(path: String) throws {
        let texts = JSONValue.array((0..<20).map { .string(String(repeating: "a", count: 60) + "c\($0)") })
        let result = try Self.run(
            #""A": {"Type": "Pass", "InputPath": "\#(path)", "End": true}"#, ["a": texts], .seconds(60))
        // Nothing matches: found by what must be in the text, or given up.
        let error = Self.error(result)
        #expect(
            result.outcome == .succeeded(output: []) || error?.cause?.contains("looks at more than") == true,
            "\(result.outcome)")
    }

    @Test("patterns with many stars are matched in linear time, whatever the text")
    func manyStars() throws {
        let text = String(repeating: "a", count: 200_000)
        for (pattern, holds) in [
            (String(repeating: "*a", count: 50_000) + "*b", false),
            (String(repeating: "*a", count: 50_000) + "*", true),
            ("*" + String(repeating: "a", count: 100_000) + "b*", false),
            ("*" + String(repeating: "ab", count: 50_000) + "*", false),
        ] {
            let result = try Self.run(
                #""A": {"Type": "Choice", "Choices": [{"Variable": "$", "StringMatches": "\#(pattern)", "Next": "Y"}], "Default": "N"}, "Y": {"Type": "Pass", "Result": 1, "End": true}, "N": {"Type": "Pass", "Result": 0, "End": true}"#,
                .string(text))
            #expect(result.outcome == .succeeded(output: holds ? 1 : 0))
        }
    }

    // MARK: Memory

    private static let large = JSONValue.string(String(repeating: "x", count: 200_000))

    @Test(
        "a template that asks for a large value over and over stops at the data limit while it is made",
        arguments: ["Pass", "Task", "Parallel", "Map"])
    func exponentialTemplates(type: String) throws {
        let fields = (0..<5_000).map { #""f\#($0).$": "$""# }.joined(separator: ",")
        let state =
            switch type {
            case "Pass": #""Type": "Pass", "Parameters": {\#(fields)}"#
            case "Task":
                #""Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f", "Parameters": {\#(fields)}"#
            case "Parallel":
                #""Type": "Parallel", "Parameters": {\#(fields)}, "Branches": [{"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}]"#
            default:
                #""Type": "Map", "ItemsPath": "$$.Execution.Input.l", "ItemSelector": {\#(fields)}, "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}"#
            }
        let result = try Self.run(#""A": {\#(state), "End": true}"#, ["l": [1, 2, 3], "x": Self.large])
        #expect(Self.error(result)?.name == "States.DataLimitExceeded")
        for event in result.events { #expect(event.json.bytes().count < 600_000) }
    }

    @Test("data that doubles with each state ends at the data limit")
    func doubling() throws {
        for (state, language) in [
            (#""Parameters": {"a.$": "$", "b.$": "$"}"#, "JSONPath"),
            (#""Output": "{% {'a': $states.input, 'b': $states.input} %}""#, "JSONata"),
            (
                #""Assign": {"v": "{% [$states.input, $states.input] %}"}, "Output": "{% [$states.input, $states.input] %}""#,
                "JSONata"
            ),
        ] {
            let result = try Self.run(
                #""A": {"Type": "Pass", \#(state), "Next": "C"}, "C": {"Type": "Choice", "Choices": [\#(Self.never(language))], "Default": "A"}, "B": {"Type": "Succeed"}"#,
                ["x": 1], language: language)
            #expect(Self.error(result)?.name == "States.DataLimitExceeded", "\(result.outcome)")
            #expect(result.events.count < 100)
        }
    }

    @Test("calls that make texts without end are stopped while they make them")
    func hugeTexts() throws {
        let places = String(repeating: "{}", count: 1_000)
        let values = String(repeating: ", $.x", count: 1_000)
        let quoted = String(repeating: "States.JsonToString(", count: 10) + "$" + String(repeating: ")", count: 10)
        for call in [
            "States.Format('\(places)'\(values))", quoted,
            "States.Format('{}{}{}{}{}{}', \(Array(repeating: "$.x", count: 6).joined(separator: ", ")))",
        ] {
            let input: JSONValue = ["x": call == quoted ? .string(String(repeating: "\"", count: 60_000)) : Self.large]
            let result = try Self.run(
                #""A": {"Type": "Pass", "Parameters": {"n.$": "\#(call)"}, "End": true}"#, input)
            #expect(
                ["States.IntrinsicFailure", "States.DataLimitExceeded"].contains(Self.error(result)?.name),
                "\(result.outcome)")
        }
    }

    // MARK: Encoding

    @Test(
        "bytes that are no UTF-8 are refused where they stand",
        arguments: [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x80],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) throws {
        let before = Array(#"{"StartAt": "A","#.utf8) + [0x0A] + Array(#""Comment": ""#.utf8)
        let after = Array(#"", "States": {"A": {"Type": "Succeed"}}}"#.utf8)
        let found = try Self.findings(before + bytes + after)
        #expect(found.count == 1 && found.first?.line == 2 && found.first?.code == "INVALID_JSON_DESCRIPTION")
        #expect(try Self.findings(bytes + before + after).count == 1)
    }

    // MARK: Maps

    @Test("a distributed Map over many items takes linear time")
    func manyItems() throws {
        let items = JSONValue.array((0..<2_000).map { .int($0) })
        let result = try Self.run(
            #""A": {"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}}"#,
            items)
        #expect(result.outcome == .succeeded(output: items))
    }
}
