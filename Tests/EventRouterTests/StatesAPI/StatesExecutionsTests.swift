import Clocks
import JSON
import TestSupport
import Testing

@testable import EventRouter

@Suite("Step Functions' executions", .timeLimit(.minutes(10)))
struct StatesExecutionsTests {
    typealias World = StatesWorld

    @Test("a name gives the execution that runs with the same input, and is refused otherwise")
    func idempotency() async throws {
        try await World.run { world in
            let arn = try await world.create("m", World.wait)
            let first = try await world.start(arn, ["name": "e", "input": "{\"a\":1}"])
            #expect(first == "arn:aws:states:us-east-1:111111111111:execution:m:e")
            #expect(try await world.start(arn, ["name": "e", "input": "{\"a\":1}"]) == first)
            let other: JSONValue = ["stateMachineArn": .string(arn), "name": "e", "input": "{}"]
            let (status, body) = try await world.call("StartExecution", other)
            #expect(status == 400)
            #expect(body["__type"] == "ExecutionAlreadyExists")
            #expect(body["message"] == .string("Execution Already Exists: '\(first)'"))
            #expect(
                try await world.refusal("StartExecution", ["stateMachineArn": .string(arn), "name": "a b"])
                    == "InvalidName")
            let large = JSONValue.string("\"" + String(repeating: "a", count: 262_144) + "\"")
            #expect(
                try await world.refusal("StartExecution", ["stateMachineArn": .string(arn), "input": large])
                    == "ValidationException")
            // Fewer characters than allowed, more bytes.
            let wide = JSONValue.string("\"" + String(repeating: "ü", count: 200_000) + "\"")
            #expect(
                try await world.refusal("StartExecution", ["stateMachineArn": .string(arn), "input": wide])
                    == "InvalidExecutionInput")
        }
    }

    @Test("input and output are there unless only the rest is asked for; times are seconds with milliseconds")
    func description() async throws {
        try await World.run { world in
            let arn = try await world.create("m")
            let text = #"{"b": 1.0, "a": "ü"}"#
            let execution = try await world.start(arn, ["input": .string(text), "traceHeader": "Root=1-2"])
            _ = try await world.engine.waitUntilEnded(execution)
            let full = try await world.ask("DescribeExecution", ["executionArn": .string(execution)])
            #expect(full["input"] == .string(text))
            #expect(full["output"] == #"{"a":1}"#)
            #expect(full["traceHeader"] == "Root=1-2")
            #expect(full["startDate"] == .double(Double(world.clock.now.millisecondsSinceEpoch) / 1_000))
            let part = try await world.ask(
                "DescribeExecution", ["executionArn": .string(execution), "includedData": "METADATA_ONLY"])
            #expect(part["input"] == nil && part["output"] == nil)
            #expect(part["outputDetails"] == ["included": false])
            let events = try await world.ask(
                "GetExecutionHistory", ["executionArn": .string(execution), "includeExecutionData": false])["events"]
            #expect(events?[0]?["executionStartedEventDetails"] == ["roleArn": .string(World.role)])
            #expect(events?[0]?["timestamp"]?.doubleValue != nil)
        }
    }

    @Test("stopping records error and cause; stopping again says when it ended")
    func stopping() async throws {
        try await World.run { world in
            let execution = JSONValue.string(try await world.start(try await world.create("m", World.wait)))
            let stop: JSONValue = ["executionArn": execution, "error": "Enough", "cause": "is enough"]
            let first = try await world.ask("StopExecution", stop)
            world.clock.advance(by: .seconds(5))
            #expect(try await world.ask("StopExecution", stop) == first)
            let found = try await world.ask("DescribeExecution", ["executionArn": execution])
            #expect(found["status"] == "ABORTED" && found["error"] == "Enough" && found["cause"] == "is enough")
            #expect(
                try await world.refusal(
                    "StopExecution", ["executionArn": "arn:aws:states:us-east-1:111111111111:execution:m:none"])
                    == "ExecutionDoesNotExist")
        }
    }

    @Test("an express machine runs while the caller waits, the same name as often as one likes")
    func express() async throws {
        try await World.run { world in
            let arn = JSONValue.string(try await world.create("m", World.pass, ["type": "EXPRESS"]))
            let start: JSONValue = ["stateMachineArn": arn, "name": "e", "input": "{\"x\":1}"]
            var seen: Set<String> = []
            for _ in 0..<3 {
                let answer = try await world.ask("StartSyncExecution", start)
                let execution = try #require(answer["executionArn"]?.stringValue)
                #expect(execution.hasPrefix("arn:aws:states:us-east-1:111111111111:express:m:e:"))
                #expect(seen.insert(execution).inserted)
                #expect(answer["status"] == "SUCCEEDED" && answer["output"] == #"{"a":1}"#)
                #expect(answer["name"] == "e" && answer["stateMachineArn"] == arn)
                #expect(
                    answer["billingDetails"] == ["billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 100])
                let started = try await world.start(arn.stringValue!, ["name": "e"])
                #expect(seen.insert(started).inserted)
                for operation in ["DescribeExecution", "GetExecutionHistory", "StopExecution"] {
                    let (_, body) = try await world.call(operation, ["executionArn": .string(execution)])
                    #expect(
                        body["message"] == "Invalid Arn: 'Resource type not valid in this context: express'")
                }
            }
            #expect(
                try await world.refusal("ListExecutions", ["stateMachineArn": arn]) == "StateMachineTypeNotSupported")
            let failing = JSONValue.string(try await world.create("f", World.fail, ["type": "EXPRESS"]))
            let failed = try await world.ask("StartSyncExecution", ["stateMachineArn": failing])
            #expect(failed["status"] == "FAILED" && failed["error"] == "Bad" && failed["cause"] == "so it is")
        }
    }

    @Test("an express execution that was running goes on after a restart, under its name")
    func expressRestart() async throws {
        let definition =
            #"{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"Next":"P"},"#
            + #""P":{"Type":"Pass","Parameters":{"name.$":"$$.Execution.Name","id.$":"$$.Execution.Id"},"End":true}}}"#
        try await withTemporaryDirectory { folder in
            let clock = ManualClock()
            let execution = try await World.with(folder, clock: clock) { world in
                try await world.start(try await world.create("m", definition, ["type": "EXPRESS"]), ["name": "e"])
            }
            try await World.with(folder, clock: clock) { world in
                clock.advance(by: .seconds(60))
                let ended = try await world.engine.waitUntilEnded(execution)
                #expect(ended.output == #"{"name":"e","id":"\#(execution)"}"#)
            }
        }
    }

    @Test("pages of any size make the whole list, each entry once", arguments: [1, 2, 3, 7, 100])
    func paging(pageCount: Int) async throws {
        try await World.run { world in
            let entropy = SeededEntropy(seed: UInt64(pageCount))
            let count = Int(entropy.next() % 12) + pageCount % 2
            var machines: Set<String> = []
            for number in 0..<count { machines.insert(try await world.create("m-\(entropy.next() % 1_000)-\(number)")) }
            let listed = try await world.all("ListStateMachines", "stateMachines", [:], pageCount: pageCount)
            #expect(listed.count == count)
            #expect(Set(listed.compactMap { $0["stateMachineArn"]?.stringValue }) == machines)

            let arn = try await world.create("runs", World.pass, ["publish": true])
            var executions: [String] = []
            for number in 0..<count { executions.append(try await world.start(arn, ["name": .string("e\(number)")])) }
            try await world.engine.waitUntilIdle()
            for filter in [[:], ["statusFilter": "SUCCEEDED"], ["redriveFilter": "NOT_REDRIVEN"]] as [JSONObject] {
                var members = filter
                members["stateMachineArn"] = .string(arn)
                let found = try await world.all("ListExecutions", "executions", members, pageCount: pageCount)
                #expect(found.compactMap { $0["executionArn"]?.stringValue } == executions.reversed())
            }
            for number in 0..<count {
                try await world.ask("CreateActivity", ["name": .string("a\(number)")])
                try await world.ask(
                    "CreateStateMachineAlias",
                    [
                        "name": .string("a\(number)"),
                        "routingConfiguration": [["stateMachineVersionArn": .string(arn + ":1"), "weight": 100]],
                    ])
            }
            #expect(try await world.all("ListActivities", "activities", [:], pageCount: pageCount).count == count)
            let aliases = try await world.all(
                "ListStateMachineAliases", "stateMachineAliases", ["stateMachineArn": .string(arn)],
                pageCount: pageCount)
            #expect(Set(aliases.compactMap { $0["stateMachineAliasArn"]?.stringValue }).count == count)

            let execution = JSONValue.string(try await world.start(arn))
            try await world.engine.waitUntilIdle()
            for isReversed in [false, true] {
                let events = try await world.all(
                    "GetExecutionHistory", "events",
                    ["executionArn": execution, "reverseOrder": .bool(isReversed)], pageCount: pageCount)
                #expect(events.compactMap { $0["id"]?.intValue } == (isReversed ? [4, 3, 2, 1] : [1, 2, 3, 4]))
            }
        }
    }

    @Test("a token is good for the list that gave it, and nothing else is one")
    func tokens() async throws {
        try await World.run { world in
            for name in ["a", "b"] { _ = try await world.create(name) }
            let token = try #require(try await world.ask("ListStateMachines", ["maxResults": 1])["nextToken"])
            #expect(try await world.refusal("ListActivities", ["nextToken": token]) == "InvalidToken")
            let arn = JSONValue.string(World.account.stateMachineARN("a"))
            for text in [
                "x", "e30=", "W10=", "!!!!", String(repeating: "A", count: 1_024), token.stringValue! + "AAAA",
            ] {
                #expect(
                    try await world.refusal(
                        "ListExecutions", ["stateMachineArn": arn, "nextToken": .string(text)]) == "InvalidToken")
            }
        }
    }

    @Test("a history of thousands of events comes in pages of a thousand")
    func longHistory() async throws {
        let items = JSONValue.array((0..<600).map(JSONValue.int)).text()
        let definition =
            #"{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":"#
            + #"{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}"#
        try await World.run { world in
            let execution = try await world.start(try await world.create("m", definition), ["input": .string(items)])
            let ended = try await world.engine.waitUntilEnded(execution)
            #expect(ended.status == .succeeded)
            for isReversed in [false, true] {
                let events = try await world.all(
                    "GetExecutionHistory", "events",
                    ["executionArn": .string(execution), "reverseOrder": .bool(isReversed)], pageCount: 1_000)
                let numbers = events.compactMap { $0["id"]?.intValue }
                #expect(numbers == (isReversed ? (1...ended.eventCount).reversed() : Array(1...ended.eventCount)))
            }
        }
    }
}
