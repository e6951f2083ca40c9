import Clocks
import JSON
import Testing

@testable import StatesLanguage

@Suite("States")
struct StateTests {
    static let function = "arn:aws:lambda:us-east-1:111111111111:function:f"

    static func machine(_ states: String, startAt: String = "A") throws -> StateMachine {
        try StateMachine.parse(
            Array("{\"StartAt\": \"\(startAt)\", \"States\": {\(states)}}".utf8), file: "test.asl.json")
    }

    private func task(_ extra: String = "") -> String {
        "\"A\": {\"Type\": \"Task\", \"Resource\": \"\(Self.function)\", \"End\": true\(extra)}"
    }

    @Test("a task is retried at growing intervals, at most so often, then caught")
    func retryAndCatch() throws {
        let machine = try Self.machine(
            task(
                #", "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 2, "BackoffRate": 3, "MaxAttempts": 3, "MaxDelaySeconds": 10}], "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "B"}]"#
            ) + #", "B": {"Type": "Pass", "End": true}"#)
        var driver = InProcessDriver()
        driver.functions = { _ in .failure(StateError("Busy", cause: "later")) }
        let result = try driver.run(machine, input: ["x": 1])
        #expect(result.outcome == .succeeded(output: ["x": 1, "failure": ["Error": "Busy", "Cause": "later"]]))
        let scheduled = result.events.filter { $0.type == "LambdaFunctionScheduled" }.map {
            ($0.time - driver.start).inSeconds
        }
        #expect(scheduled == [0, 2, 8, 18])
    }

    @Test("full jitter stays below the interval and is the same for the same seed")
    func jitter() throws {
        let machine = try Self.machine(
            task(
                #", "Retry": [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 100, "MaxAttempts": 1, "JitterStrategy": "FULL"}]"#
            ))
        func delay(_ seed: UInt64) throws -> Double {
            var driver = InProcessDriver()
            driver.seed = seed
            driver.functions = { _ in .failure(StateError("X", cause: nil)) }
            return try (driver.run(machine, input: [:]).events.last?.time ?? driver.start).secondsSinceEpoch
        }
        #expect(try delay(1) == delay(1))
        #expect(try delay(1) != delay(2))
    }

    @Test("a task that never answers times out, and a late answer of a dead attempt is ignored")
    func timeout() throws {
        let machine = try Self.machine(task(#", "TimeoutSeconds": 5"#))
        var execution = Execution(machine: machine, identity: InProcessDriver.identity, input: [:], seed: 1)
        let start = Timestamp(secondsSinceEpoch: 0)
        let first = execution.start(at: start)
        guard case .startTask(let request)? = first.commands.first,
            case .setTimer(let timer, let at)? = first.commands.last
        else { return #expect(Bool(false), "\(first.commands)") }
        #expect(at == start + .seconds(5))
        #expect(execution.outstandingCommands == first.commands)
        let step = execution.handle(.timerFired(timer), at: at)
        #expect(step.commands.contains(.cancelTask(request.token)))
        #expect(execution.outcome == .failed(StateError("States.Timeout", cause: nil)))
        #expect(step.events.map(\.type) == ["LambdaFunctionTimedOut", "ExecutionFailed"])
        #expect(execution.handle(.taskSucceeded(request.token, payload: "1"), at: at).isIgnored)
    }

    @Test("a heartbeat puts the end off, a missing one is a timeout")
    func heartbeat() throws {
        let machine = try Self.machine(task(#", "HeartbeatSeconds": 5"#))
        var execution = Execution(machine: machine, identity: InProcessDriver.identity, input: [:], seed: 1)
        let start = Timestamp(secondsSinceEpoch: 0)
        let first = execution.start(at: start)
        guard case .startTask(let request)? = first.commands.first, case .setTimer(let timer, _)? = first.commands.last
        else { return #expect(Bool(false), "\(first.commands)") }
        let beat = execution.handle(.heartbeat(request.token), at: start + .seconds(3))
        #expect(beat.commands.contains(.cancelTimer(timer)))
        #expect(execution.handle(.timerFired(timer), at: start + .seconds(5)).isIgnored)
        guard case .setTimer(let next, let at)? = beat.commands.last else {
            return #expect(Bool(false), "\(beat.commands)")
        }
        #expect(at == start + .seconds(8))
        _ = execution.handle(.timerFired(next), at: at)
        #expect(execution.outcome == .failed(StateError("States.Timeout", cause: nil)))
    }

    @Test("the machine's own timeout ends it without error and cause")
    func machineTimeout() throws {
        let text =
            #"{"StartAt": "A", "TimeoutSeconds": 3, "States": {"A": {"Type": "Wait", "Seconds": 10, "End": true}}}"#
        let result = try InProcessDriver().run(StateMachine.parse(Array(text.utf8), file: "t"), input: [:])
        #expect(result.outcome == .timedOut)
        #expect(result.events.last?.type == "ExecutionTimedOut")
    }

    @Test("branches run on the same input, and one that fails ends the others")
    func parallel() throws {
        let states = """
            "A": {"Type": "Parallel", "End": true, "Branches": [
              {"StartAt": "X", "States": {"X": {"Type": "Pass", "Result": 1, "End": true}}},
              {"StartAt": "Y", "States": {"Y": {"Type": "Task", "Resource": "\(Self.function)", "End": true}}}]}
            """
        let machine = try Self.machine(states)
        #expect(try InProcessDriver().run(machine, input: ["v": 2]).outcome == .succeeded(output: [1, ["v": 2]]))
        var driver = InProcessDriver()
        driver.functions = { _ in .failure(StateError("Broken", cause: "c")) }
        let result = try driver.run(machine, input: [:])
        #expect(result.outcome == .failed(StateError("Broken", cause: "c")))
        #expect(result.events.suffix(2).map(\.type) == ["ParallelStateFailed", "ExecutionFailed"])
    }

    @Test("a Map gives outputs in the items' order, so many at once", arguments: [0, 1, 3])
    func map(concurrency: Int) throws {
        let machine = try Self.machine(
            """
            "A": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": \(concurrency), "End": true,
              "ItemSelector": {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "all.$": "$.n"},
              "ItemProcessor": {"StartAt": "W", "States": {
                "W": {"Type": "Task", "Resource": "\(Self.function)", "End": true}}}}
            """)
        let result = try InProcessDriver().run(machine, input: ["items": ["a", "b", "c", "d"], "n": 7])
        let expected = ["a", "b", "c", "d"].enumerated().map { index, item -> JSONValue in
            ["i": .int(index), "v": .string(item), "all": 7]
        }
        #expect(result.outcome == .succeeded(output: .array(expected)))
        #expect(result.events.count { $0.type == "MapIterationSucceeded" } == 4)
        #expect(try InProcessDriver().run(machine, input: ["items": [], "n": 1]).outcome == .succeeded(output: []))
    }

    @Test("a loop without end is ended by the history's limit")
    func endless() throws {
        let machine = try Self.machine(
            #""A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "C"}], "Default": "A"}, "C": {"Type": "Succeed"}"#
        )
        let result = try InProcessDriver().run(machine, input: [:])
        guard case .failed(let error) = result.outcome else { return #expect(Bool(false), "\(result.outcome)") }
        #expect(error.cause?.contains("25000") == true)
        #expect(result.events.count <= 25_000)
    }

    @Test("replayed inputs give the same history, outcome and, after each, the same outstanding commands")
    func replay() throws {
        let machine = try Self.machine(
            """
            "A": {"Type": "Map", "Next": "B", "MaxConcurrency": 2, "ItemProcessor": {"StartAt": "T", "States": {
              "T": {"Type": "Task", "Resource": "\(Self.function)", "TimeoutSeconds": 9, "Next": "W",
                "Retry": [{"ErrorEquals": ["States.ALL"], "JitterStrategy": "FULL", "MaxAttempts": 2}]},
              "W": {"Type": "Wait", "Seconds": 4, "End": true}}}},
            "B": {"Type": "Succeed"}
            """)
        for seed in 0..<20 {
            var calls = 0
            var driver = InProcessDriver()
            driver.seed = UInt64(seed)
            driver.functions = { request in
                calls += 1
                return calls % 3 == seed % 3 ? .failure(StateError("E", cause: nil)) : .payload(request.payload.text())
            }
            let original = try driver.run(machine, input: [1, 2, 3, 4])
            var first = Execution(
                machine: machine, identity: InProcessDriver.identity, input: [1, 2, 3, 4], seed: UInt64(seed))
            var events = first.start(at: driver.start).events
            for (index, (input, time)) in original.inputs.enumerated() {
                let recorded = try #require(ExecutionInput(json: JSONValue(parsing: input.json.text())))
                #expect(recorded == input)
                events += first.handle(recorded, at: time).events
                var again = Execution(
                    machine: machine, identity: InProcessDriver.identity, input: [1, 2, 3, 4], seed: UInt64(seed))
                _ = again.start(at: driver.start)
                for (input, time) in original.inputs.prefix(index + 1) { _ = again.handle(input, at: time) }
                #expect(again.outstandingCommands == first.outstandingCommands)
            }
            #expect(events == original.events)
            #expect(first.outcome == original.outcome)
        }
    }
}
