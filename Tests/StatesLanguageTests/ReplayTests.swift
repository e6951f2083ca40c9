import Clocks
import JSON
import Testing

@testable import StatesLanguage

/// What a restart counts on: inputs and their times are all there is to know of an execution.
@Suite("Replay")
struct ReplayTests {
    private static let definition = """
        {"StartAt": "P", "TimeoutSeconds": 500, "States": {
          "P": {"Type": "Parallel", "Next": "M", "ResultPath": "$.p", "Branches": [
              {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "\(StateTests.function)",
                "TimeoutSeconds": 20, "HeartbeatSeconds": 6, "End": true,
                "Retry": [{"ErrorEquals": ["States.ALL"], "JitterStrategy": "FULL", "MaxAttempts": 4}]}}},
              {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3, "End": true}}}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "M"}]},
          "M": {"Type": "Map", "ItemsPath": "$.l", "MaxConcurrency": 2, "End": true, "ItemProcessor": {
            "StartAt": "I", "States": {"I": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
              "Parameters": {"FunctionName": "f", "Payload.$": "$"}, "OutputPath": "$.Payload", "TimeoutSeconds": 5,
              "Retry": [{"ErrorEquals": ["States.Timeout", "Busy"], "MaxAttempts": 2}],
              "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "L"}], "End": true},
              "L": {"Type": "Pass", "End": true}}}}}}
        """

    private static func execution(_ seed: UInt64) throws -> Execution {
        let machine = try StateMachine.parse(Array(definition.utf8), file: "replay")
        return Execution(
            machine: machine, identity: InProcessDriver.identity, input: ["l": [1, 2, 3]], seed: seed)
    }

    /// What was asked of a driver, kept by the commands alone.
    private struct Ledger {
        var tasks: [TaskToken: TaskRequest] = [:]
        var timers: [TimerID: Timestamp] = [:]
        var dead: [ExecutionInput] = []

        mutating func settle(_ input: ExecutionInput) {
            switch input {
            case .taskSucceeded(let token, _), .taskFailed(let token, _):
                if tasks.removeValue(forKey: token) != nil { dead.append(input) }
            case .timerFired(let timer): if timers.removeValue(forKey: timer) != nil { dead.append(input) }
            case .heartbeat, .stop, .taskSubmitted, .activityStarted, .redrive, .stopChild, .updateMapRun: break
            }
        }

        mutating func carryOut(_ commands: [Command]) {
            for command in commands {
                switch command {
                case .startTask(let request): tasks[request.token] = request
                case .cancelTask(let token): settle(.taskSucceeded(token, payload: "0"))
                case .setTimer(let timer, let time): timers[timer] = time
                case .cancelTimer(let timer): settle(.timerFired(timer))
                case .finish: break
                }
            }
        }

        var outstanding: Set<Command> {
            Set(tasks.values.map { .startTask($0) } + timers.map { .setTimer($0.key, at: $0.value) })
        }
    }

    /// Runs an execution on inputs drawn at random, late and repeated ones among them.
    private static func run(_ seed: UInt64) throws -> (inputs: [(ExecutionInput, Timestamp)], events: [HistoryEvent]) {
        let random = SeededEntropy(seed: seed &* 7_919 &+ 1)
        func below(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
        var execution = try execution(seed)
        var now = InProcessDriver().start
        var ledger = Ledger()
        var inputs: [(ExecutionInput, Timestamp)] = []
        let first = execution.start(at: now)
        var events = first.events
        ledger.carryOut(first.commands)
        while execution.outcome == nil {
            let tasks = ledger.tasks.keys.sorted { "\($0)" < "\($1)" }
            let input: ExecutionInput
            switch below(6) {
            case 0 where !tasks.isEmpty: input = .taskSucceeded(tasks[below(tasks.count)], payload: " {\"v\": 1.0}")
            case 1 where !tasks.isEmpty:
                input = .taskFailed(tasks[below(tasks.count)], StateError(["Busy", "X"][below(2)], cause: nil))
            case 2 where !tasks.isEmpty: input = .heartbeat(tasks[below(tasks.count)])
            case 3 where !ledger.dead.isEmpty: input = ledger.dead[below(ledger.dead.count)]
            default:
                let timer = try #require(
                    ledger.timers.min { ($0.value, $0.key.number) < ($1.value, $1.key.number) })
                now = max(now, timer.value)
                input = .timerFired(timer.key)
            }
            let isDead = ledger.dead.contains(input)
            inputs.append((input, now))
            let before = execution.outstandingCommands
            ledger.settle(input)
            let step = execution.handle(input, at: now)
            ledger.carryOut(step.commands)
            events += step.events
            #expect(step.isIgnored == isDead, "\(input)")
            if isDead {
                #expect(step.events.isEmpty && step.commands.isEmpty && execution.outstandingCommands == before)
            }
            #expect(Set(execution.outstandingCommands) == ledger.outstanding, "after \(input)")
        }
        #expect(ledger.outstanding.isEmpty)
        return (inputs, events)
    }

    @Test("replayed inputs give the same events, outcome and, at each cut, the same commands", arguments: 0..<30)
    func property(seed: Int) throws {
        let seed = UInt64(seed)
        let (inputs, events) = try Self.run(seed)
        #expect(events.map(\.id) == Array(1...events.count))
        #expect(events.allSatisfy { $0.previousID < $0.id })
        for cut in stride(from: 0, through: inputs.count, by: 3) {
            var whole = try Self.execution(seed)
            var replayed = whole.start(at: InProcessDriver().start).events
            for (input, time) in inputs.prefix(cut) { replayed += whole.handle(input, at: time).events }
            var again = try Self.execution(seed)
            _ = again.start(at: InProcessDriver().start)
            for (input, time) in inputs.prefix(cut) {
                let recorded = try #require(try ExecutionInput(json: JSONValue(parsing: input.json.text())))
                #expect(recorded == input)
                _ = again.handle(recorded, at: time)
            }
            #expect(again.outstandingCommands == whole.outstandingCommands)
            for (input, time) in inputs.dropFirst(cut) { replayed += again.handle(input, at: time).events }
            #expect(replayed == events)
            #expect(again.outcome != nil)
        }
    }

    @Test("an answer counts for the attempt that it is of, and for no other")
    func deadAttempts() throws {
        let machine = try StateTests.machine(
            #""A": {"Type": "Task", "Resource": "\#(StateTests.function)", "TimeoutSeconds": 5, "End": true, "Retry": [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 1}]}"#
        )
        var execution = Execution(machine: machine, identity: InProcessDriver.identity, input: [:], seed: 1)
        let start = InProcessDriver().start
        guard case .startTask(let dead)? = execution.start(at: start).commands.first,
            case .setTimer(let timer, _)? = execution.outstandingCommands.last
        else {
            Issue.record("no task is started")
            return
        }
        guard
            case .setTimer(let retry, let time)? = execution.handle(.timerFired(timer), at: start + .seconds(5))
                .commands.last
        else {
            Issue.record("no retry is set")
            return
        }
        #expect(time == start + .seconds(6))
        #expect(execution.handle(.taskSucceeded(dead.token, payload: "1"), at: time).isIgnored)
        guard case .startTask(let alive)? = execution.handle(.timerFired(retry), at: time).commands.first else {
            Issue.record("the task is not started again")
            return
        }
        #expect(alive.token != dead.token)
        for late: ExecutionInput in [
            .taskSucceeded(dead.token, payload: "1"), .taskFailed(dead.token, StateError("E", cause: nil)),
            .heartbeat(dead.token), .timerFired(timer), .timerFired(retry),
            .taskSucceeded(TaskToken(scope: 9, enteredID: 2, attempt: 0), payload: "1"),
        ] {
            let step = execution.handle(late, at: time)
            #expect(step.isIgnored && step.events.isEmpty && step.commands.isEmpty, "\(late)")
        }
        #expect(!execution.handle(.taskSucceeded(alive.token, payload: "2"), at: time).isIgnored)
        #expect(execution.outcome == .succeeded(output: 2))
    }

    @Test(
        "a record that is none is not read",
        arguments: [
            "{}", "[]", "1", #"{"task": "1-2", "payload": "1"}"#, #"{"task": "1-2-3"}"#, #"{"timer": "x"}"#,
            #"{"stop": false}"#,
        ])
    func badRecord(text: String) throws {
        #expect(try ExecutionInput(json: JSONValue(parsing: text)) == nil)
    }
}
