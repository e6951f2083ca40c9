import JSON
import TestSupport
import Testing

@testable import StatesLanguage

/// What histories tell of a definition's points.
@Suite("Coverage")
struct CoverageTests {
    static func map(_ states: String, startAt: String = "A") throws -> CoverageMap {
        try CoverageMap(Array("{\"StartAt\": \"\(startAt)\", \"States\": {\(states)}}".utf8), file: "test.asl.json")
    }

    static func walk(_ events: [JSONValue], _ map: CoverageMap) -> CoverageCounts {
        var walk = HistoryWalk(map: map, identity: InProcessDriver.identity)
        for event in events { walk.take(event) }
        walk.finish()
        return walk.counts
    }

    /// Runs a machine and counts what its history tells; each call of a state takes the next of its answers.
    static func run(
        _ map: CoverageMap, _ input: JSONValue = [:], _ answers: [String: [InProcessDriver.Answer]] = [:]
    ) throws -> CoverageCounts {
        var driver = InProcessDriver()
        var calls: [String: Int] = [:]
        driver.functions = { request in
            let call = calls[request.state, default: 0]
            calls[request.state] = call + 1
            let list = answers[request.state] ?? []
            return call < list.count ? list[call] : .payload("{}")
        }
        let result = try driver.run(map.machine, input: input)
        return walk(result.events.map(\.json), map)
    }

    static func error(_ name: String) -> InProcessDriver.Answer { .failure(StateError(name, cause: "c")) }

    private func points(_ counts: CoverageCounts, _ state: String) -> Set<CoveragePoint.Kind> {
        Set(counts.points.keys.filter { $0.state == state && !$0.isErrorName }.map(\.kind))
    }

    private static let task = "\"Type\": \"Task\", \"Resource\": \"\(StateTests.function)\""

    @Test("a task's retriers and catchers are told by its errors, in the definition's order")
    func errors() throws {
        let map = try Self.map(
            """
            "A": {\(Self.task), "End": true, "Retry": [
                {"ErrorEquals": ["Busy", "Late"], "MaxAttempts": 2}, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}],
              "Catch": [{"ErrorEquals": ["Busy"], "Next": "B"}, {"ErrorEquals": ["States.ALL"], "Next": "B"}]},
            "B": {"Type": "Pass", "End": true}
            """)
        #expect(points(try Self.run(map), "A") == [.entered, .succeeded])
        #expect(
            points(try Self.run(map, [:], ["A": [Self.error("Late")]]), "A") == [.entered, .succeeded, .retried(0)])
        let other = try Self.run(map, [:], ["A": [Self.error("X"), Self.error("X")]])
        #expect(points(other, "A") == [.entered, .retried(1), .exhausted(1), .caught(1)])
        let busy = try Self.run(map, [:], ["A": Array(repeating: Self.error("Busy"), count: 3)])
        #expect(points(busy, "A") == [.entered, .retried(0), .exhausted(0), .caught(0)])
        #expect(busy.points[CoveragePoint(state: "A", kind: .retriedError(0, "Busy"))] == 2)
        #expect(busy.points[CoveragePoint(state: "A", kind: .retriedError(0, "Late"))] == nil)
        #expect(busy.errors == ["A": ["Busy": 3]])
    }

    @Test("two rules that lead to the same state are told apart, by variables, context and JSONata, too")
    func rules() throws {
        let map = try Self.map(
            """
            "A": {"Type": "Pass", "Assign": {"v.$": "$.n"}, "Next": "C"},
            "C": {"Type": "Choice", "InputPath": "$.inner", "Choices": [
                {"Variable": "$v", "NumericEquals": 1, "Next": "D"}, {"Variable": "$.x", "IsPresent": true, "Next": "D"},
                {"Variable": "$$.Execution.Input.n", "NumericEquals": 3, "Next": "D"}], "Default": "D"},
            "D": {"Type": "Choice", "QueryLanguage": "JSONata", "Choices": [
                {"Condition": "{% $v > 1 %}", "Next": "E"}, {"Condition": "{% true %}", "Next": "E"}]},
            "E": {"Type": "Succeed"}
            """)
        for (input, first, second) in [
            (#"{"n": 1, "inner": {}}"#, .rule(0), .rule(1)), (#"{"n": 2, "inner": {"x": 1}}"#, .rule(1), .rule(0)),
            (#"{"n": 3, "inner": {}}"#, .rule(2), .rule(0)), (#"{"n": 0, "inner": {}}"#, .fallback, .rule(1)),
        ] as [(String, CoveragePoint.Kind, CoveragePoint.Kind)] {
            let counts = try Self.run(map, JSONValue(parsing: input))
            #expect(points(counts, "C") == [.entered, first])
            #expect(points(counts, "D") == [.entered, second])
            #expect(counts.undetermined.isEmpty)
        }
    }

    @Test("errors come up from branches and iterations to the states around them")
    func nested() throws {
        let map = try Self.map(
            """
            "A": {"Type": "Parallel", "End": true, "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 1}],
              "Catch": [{"ErrorEquals": ["Bad"], "Next": "Z"}, {"ErrorEquals": ["States.ALL"], "Next": "Z"}], "Branches": [
              {"StartAt": "B", "States": {"B": {\(Self.task), "End": true}}},
              {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.l", "MaxConcurrency": 1, "End": true,
                "ItemProcessor": {"StartAt": "C", "States": {
                  "C": {"Type": "Choice", "Choices": [{"Variable": "$$.Map.Item.Value", "NumericEquals": 1, "Next": "T"}],
                    "Default": "T"},
                  "T": {\(Self.task), "Next": "S"}, "S": {"Type": "Pass", "End": true}}}}}}]},
            "Z": {"Type": "Fail", "Error": "Bad"}
            """)
        #expect(map.path(of: "T") == "A[1]/M[]/T")
        let good = try Self.run(map, ["l": [1, 2, 3]])
        #expect(good.points[CoveragePoint(state: "C", kind: .rule(0))] == 1)
        #expect(good.points[CoveragePoint(state: "C", kind: .fallback)] == 2)
        #expect(good.points[CoveragePoint(state: "T", kind: .succeeded)] == 3)
        #expect(points(good, "A") == [.entered, .succeeded])
        #expect(points(good, "M") == [.entered, .succeeded])
        #expect(good.undetermined.isEmpty)
        let retried = try Self.run(map, ["l": [1, 2]], ["T": [.payload("{}"), Self.error("Busy")]])
        #expect(points(retried, "A") == [.entered, .retried(0), .succeeded])
        #expect(points(retried, "M") == [.entered, .succeeded])
        let caught = try Self.run(map, ["l": [1, 2]], ["B": [Self.error("Bad")]])
        #expect(points(caught, "A") == [.entered, .caught(0)])
        let exhausted = try Self.run(map, ["l": [1]], ["T": [Self.error("Busy"), Self.error("Busy")]])
        #expect(points(exhausted, "A") == [.entered, .retried(0), .exhausted(0), .caught(1)])
        #expect(exhausted.errors["A"] == ["Busy": 2])
    }

    @Test("an error of a state's own paths, which has no event, is told by the catcher's output")
    func silent() throws {
        let map = try Self.map(
            """
            "A": {\(Self.task), "Next": "B", "ResultPath": "$.n.x", "Catch": [
                {"ErrorEquals": ["Other"], "Next": "B", "ResultPath": "$.e"},
                {"ErrorEquals": ["States.ResultPathMatchFailure"], "Next": "B", "ResultPath": "$.e"}]},
            "B": {"Type": "Pass", "End": true}
            """)
        #expect(points(try Self.run(map, ["n": 1]), "A") == [.entered, .caught(1)])
        #expect(points(try Self.run(map, ["n": [:]]), "A") == [.entered, .succeeded])
    }

    @Test("a history of anything is counted as far as it tells something")
    func hostile() throws {
        let map = try Self.map(
            "\"A\": {\(Self.task), \"Next\": \"B\"}, \"B\": {\"Type\": \"Pass\", \"End\": true}")
        let result = try InProcessDriver().run(map.machine, input: [:])
        let events = result.events.map(\.json)
        var last = 0
        for count in 0...events.count {
            let counts = Self.walk(Array(events.prefix(count)), map)
            #expect(counts.points.count >= last)
            last = counts.points.count
            _ = Self.walk(Array(events.dropFirst(count)), map)
        }
        #expect(Self.walk(events.reversed(), map).points[CoveragePoint(state: "B", kind: .entered)] == 1)
        let foreign = try Self.map(#""A": {"Type": "Pass", "Next": "X"}, "X": {"Type": "Pass", "End": true}"#)
        let counts = Self.walk(events, foreign)
        #expect(counts.points.isEmpty)
        #expect(counts.unknownStates == ["A": 1, "B": 1])
        let odd: [JSONValue] = [
            1, [], [:], ["type": "TaskStateEntered"], ["type": "TaskStateEntered", "id": 2],
            ["type": "TaskStateEntered", "id": 3, "stateEnteredEventDetails": ["name": "A", "input": "{"]],
            ["type": "TaskStateExited", "id": 4, "previousEventId": 99, "stateExitedEventDetails": ["name": "A"]],
            ["type": "TaskStateExited", "id": 4, "previousEventId": 4, "stateExitedEventDetails": ["name": "A"]],
            ["type": "MapIterationStarted", "id": 5], ["type": "ExecutionRedriven", "id": 6],
            ["type": "LambdaFunctionFailed", "id": -1], ["type": "TaskFailed", "id": 7, "previousEventId": 6],
        ]
        #expect(Self.walk(odd, map).malformedEventCount == 5)
    }

    @Test("an execution that was redriven goes on where its branches stood")
    func redriven() throws {
        let map = try Self.map(
            """
            "A": {"Type": "Parallel", "Next": "Z", "Branches": [
              {"StartAt": "B", "States": {"B": {\(Self.task), "Next": "D"}, "D": {"Type": "Pass", "End": true}}},
              {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9, "Next": "C"}, "C": {"Type": "Choice",
                "Choices": [{"Variable": "$.k", "NumericEquals": 1, "Next": "Y"}], "Default": "Y"}, "Y": {"Type": "Succeed"}}}]},
            "Z": {"Type": "Succeed"}
            """)
        var execution = Execution(machine: map.machine, identity: InProcessDriver.identity, input: ["k": 1], seed: 1)
        var now = InProcessDriver().start
        var events: [HistoryEvent] = []
        var commands: [Command] = []
        func take(_ step: Step) {
            events += step.events
            commands = step.commands
        }
        take(execution.start(at: now))
        guard case .startTask(let first)? = commands.first else { return #expect(Bool(false), "no task") }
        take(execution.handle(.taskFailed(first.token, StateError("E", cause: nil)), at: now))
        #expect(execution.outcome != nil)
        take(execution.handle(.redrive, at: now))
        for command in commands {
            if case .startTask(let again) = command {
                events += execution.handle(.taskSucceeded(again.token, payload: "{}"), at: now).events
            }
        }
        while execution.outcome == nil, case .setTimer(let timer, let time)? = execution.outstandingCommands.last {
            now = time
            events += execution.handle(.timerFired(timer), at: now).events
        }
        let counts = Self.walk(events.map(\.json), map)
        #expect(points(counts, "B") == [.entered, .succeeded])
        #expect(points(counts, "C") == [.entered, .rule(0)])
        #expect(points(counts, "A") == [.entered, .succeeded])
        #expect(points(counts, "Z") == [.entered])
        #expect(counts.errors == ["A": ["E": 1], "B": ["E": 1]])
        #expect(counts.undetermined.isEmpty)
    }

    @Test("long histories, and long ones of nothing that hangs together, take time in proportion")
    func long() throws {
        let map = try Self.map(
            """
            "A": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "C", "States": {
              "C": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericLessThan": 1000, "Next": "S"}], "Default": "S"},
              "S": {"Type": "Succeed"}}}}
            """)
        let counts = try Self.run(map, .array((0..<3_000).map { .int($0) }))
        #expect(counts.points[CoveragePoint(state: "C", kind: .rule(0))] == 1_000)
        #expect(counts.points[CoveragePoint(state: "C", kind: .fallback)] == 2_000)
        let odd = (1...60_000).map { id -> JSONValue in
            let isEntry = id % 2 == 0
            return [
                "type": isEntry ? "ChoiceStateEntered" : "ChoiceStateExited", "id": .int(id),
                "previousEventId": .int(id + 7),
                isEntry ? "stateEnteredEventDetails" : "stateExitedEventDetails": ["name": "C", "input": "1"],
            ]
        }
        #expect(Self.walk(odd, map).points[CoveragePoint(state: "C", kind: .entered)] == 30_000)
    }

    @Test("points of another version are those that this one still has")
    func versions() throws {
        let old = try Self.map(
            """
            "A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsNull": true, "Next": "B"},
              {"Variable": "$.x", "IsString": true, "Next": "B"}], "Default": "B"}, "B": {"Type": "Pass", "End": true}
            """)
        let new = try Self.map(
            """
            "A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsString": true, "Next": "B"}], "Default": "B"},
            "B": {"Type": "Pass", "End": true}
            """)
        let translation = new.translation(from: old)
        #expect(translation[CoveragePoint(state: "A", kind: .rule(0))] == nil)
        #expect(translation[CoveragePoint(state: "A", kind: .fallback)] == nil)
        #expect(
            translation[CoveragePoint(state: "A", kind: .rule(1))] == CoveragePoint(state: "A", kind: .rule(0)))
        var counts = CoverageCounts()
        counts.add(try Self.run(old, ["x": "s"]), translation)
        #expect(counts.points.count == 3)
        #expect(CoverageReport(machine: "m", map: new, counts: counts).missing.map(\.item.point.kind) == [.fallback])
    }

    private static let recorded = ["cases", "cases-lambda", "cases-services"].flatMap { RecordedCase.all($0) }

    @Test("recorded histories: each exit of a Choice is told, and agrees with the next state", arguments: recorded)
    func recordedChoices(recorded: RecordedCase) throws {
        // Where the order was normalised the events' ids are gone.
        guard !recorded.history.isEmpty, recorded.json["historyOrderNormalised"] != true,
            let map = try? CoverageMap(recorded.definition.bytes(), file: recorded.name)
        else { return }
        let counts = Self.walk(recorded.history, map)
        #expect(counts.unknownStates.isEmpty)
        var entered: [String: Int] = [:]
        var targets: [String: [String: Int]] = [:]
        var caught: [String: Int] = [:]
        for event in recorded.history {
            if let name = event["stateEnteredEventDetails"]?["name"]?.stringValue { entered[name, default: 0] += 1 }
            guard let name = event["stateExitedEventDetails"]?["name"]?.stringValue,
                let next = recorded.history.first(where: {
                    $0["previousEventId"] == event["id"] && $0["stateEnteredEventDetails"] != nil
                })?["stateEnteredEventDetails"]?["name"]?.stringValue,
                let state = map.places[name]?.state
            else { continue }
            if case .choice = state.kind { targets[name, default: [:]][next, default: 0] += 1 }
            if !state.catchers.isEmpty, state.transition != .next(next) { caught[name, default: 0] += 1 }
        }
        for (name, count) in entered {
            #expect(counts.points[CoveragePoint(state: name, kind: .entered)] == count, "\(name)")
        }
        for (name, targets) in targets {
            guard case .choice(let choice)? = map.places[name]?.state.kind else { continue }
            var told: [String: Int] = [:]
            for (index, rule) in choice.rules.enumerated() {
                told[rule.next, default: 0] += counts.points[CoveragePoint(state: name, kind: .rule(index))] ?? 0
            }
            let fallback = counts.points[CoveragePoint(state: name, kind: .fallback)] ?? 0
            if let next = choice.fallback { told[next, default: 0] += fallback }
            #expect(told.filter { $0.value > 0 } == targets, "\(name)")
        }
        for (name, count) in caught {
            let told = counts.points.filter {
                if case .caught = $0.key.kind { $0.key.state == name } else { false }
            }
            #expect(told.values.reduce(0, +) == count, "\(name)")
        }
    }
}
