import JSON
import Testing

@testable import StatesLanguage

/// Parallel and Map: what runs at once, and what a failure does to the rest.
@Suite("Parallel and Map")
struct ConcurrencyTests {
    private static let start = InProcessDriver().start

    private static func task(_ name: String, _ extra: String = "") -> String {
        #"{"StartAt": "\#(name)", "States": {"\#(name)": {"Type": "Task", "Resource": "\#(StateTests.function)", "End": true\#(extra)}}}"#
    }

    private static func execution(_ states: String, _ input: JSONValue) throws -> Execution {
        try Execution(
            machine: StateTests.machine(states), identity: InProcessDriver.identity, input: input, seed: 1)
    }

    private static func tokens(_ step: Step) -> [TaskToken] {
        step.commands.compactMap { if case .startTask(let request) = $0 { request.token } else { nil } }
    }

    @Test("a failed branch cancels the tasks and timers of the others")
    func parallelFailure() throws {
        var execution = try Self.execution(
            #""A": {"Type": "Parallel", "End": true, "Branches": [\#(Self.task("X")), \#(Self.task("Y", #", "TimeoutSeconds": 9"#)), {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9, "End": true}}}]}"#,
            [:])
        let first = execution.start(at: Self.start)
        let tokens = Self.tokens(first)
        #expect(tokens.count == 2)
        #expect(execution.outstandingCommands.count == 4)
        let step = execution.handle(.taskFailed(tokens[0], StateError("E", cause: "c")), at: Self.start)
        #expect(step.commands.contains(.cancelTask(tokens[1])))
        #expect(step.commands.count { if case .cancelTimer = $0 { true } else { false } } == 2)
        #expect(step.commands.last == .finish(.failed(StateError("E", cause: "c"))))
        #expect(execution.outstandingCommands.isEmpty)
        #expect(execution.handle(.taskSucceeded(tokens[1], payload: "1"), at: Self.start).isIgnored)
    }

    @Test("a Parallel state's error is retried with all branches, then caught")
    func parallelRetry() throws {
        let machine = try StateTests.machine(
            #""A": {"Type": "Parallel", "Next": "B", "Branches": [\#(Self.task("X")), \#(Self.task("Y"))], "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 1}], "Catch": [{"ErrorEquals": ["E"], "ResultPath": "$.e", "Next": "B"}]}, "B": {"Type": "Succeed"}"#
        )
        var calls = 0
        var driver = InProcessDriver()
        driver.functions = { request in
            calls += 1
            return .failure(StateError("E", cause: "\(calls)"))
        }
        let result = try driver.run(machine, input: ["in": 1])
        #expect(calls == 4)
        #expect(result.outcome == .succeeded(output: ["in": 1, "e": ["Error": "E", "Cause": "3"]]))
    }

    @Test("no more iterations run at once than the Map allows", arguments: [1, 2, 5, 0])
    func concurrency(limit: Int) throws {
        let items = JSONValue.array((0..<60).map { .int($0) })
        var execution = try Self.execution(
            #""A": {"Type": "Map", "End": true, "MaxConcurrency": \#(limit), "ItemProcessor": \#(Self.task("X"))}"#,
            items)
        var open = Self.tokens(execution.start(at: Self.start))
        let allowed = limit == 0 ? 40 : limit
        #expect(open.count == allowed)
        var answered = 0
        // The latest first: outputs keep the items' order whatever comes back when.
        while let token = open.popLast() {
            let request = execution.outstandingCommands.compactMap { command -> TaskRequest? in
                if case .startTask(let request) = command, request.token == token { request } else { nil }
            }
            let payload = try #require(request.first).payload.text()
            open += Self.tokens(execution.handle(.taskSucceeded(token, payload: payload), at: Self.start))
            answered += 1
            #expect(open.count == min(allowed, 60 - answered))
        }
        #expect(execution.outcome == .succeeded(output: items))
    }

    @Test("a failed iteration ends the Map, and those not begun never begin")
    func mapFailure() throws {
        var execution = try Self.execution(
            #""A": {"Type": "Map", "End": true, "MaxConcurrency": 2, "ItemProcessor": \#(Self.task("X"))}"#, [1, 2, 3])
        let tokens = Self.tokens(execution.start(at: Self.start))
        let step = execution.handle(.taskFailed(tokens[1], StateError("E", cause: nil)), at: Self.start)
        #expect(
            step.events.map(\.type) == [
                "LambdaFunctionFailed", "MapIterationFailed", "TaskStateAborted", "MapIterationAborted",
                "MapStateFailed",
                "ExecutionFailed",
            ])
        #expect(Self.tokens(step).isEmpty)
        #expect(step.commands.contains(.cancelTask(tokens[0])))
    }

    @Test(
        "what the paths of a Map find must fit",
        arguments: [
            (#", "ItemsPath": "$.none""#, false), (#", "ItemsPath": "$.text""#, false),
            (#", "ItemsPath": "$.l", "MaxConcurrencyPath": "$.text""#, false),
            (#", "ItemsPath": "$.l", "MaxConcurrencyPath": "$.negative""#, false),
            (#", "ItemsPath": "$.l", "MaxConcurrencyPath": "$.half""#, false),
            (#", "ItemsPath": "$.l", "ItemSelector": {"x.$": "$.none"}"#, false),
            (#", "ItemsPath": "$.l", "MaxConcurrencyPath": "$.zero""#, true),
            (#", "ItemsPath": "$..v""#, true),
        ])
    func mapPaths(fields: String, fits: Bool) throws {
        let machine = try StateTests.machine(
            #""A": {"Type": "Map", "End": true, "Iterator": \#(Self.task("X"))\#(fields)}"#)
        let result = try InProcessDriver().run(
            machine, input: ["text": "a", "negative": -1, "half": 0.5, "zero": 0, "l": [1], "in": ["v": 1]])
        switch result.outcome {
        case .succeeded(let output): #expect(fits && output == [1])
        case .failed(let error): #expect(!fits && error.name == "States.Runtime")
        default: Issue.record("\(result.outcome)")
        }
    }
}
