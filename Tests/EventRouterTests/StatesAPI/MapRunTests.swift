import Clocks
import FileSystem
import JSON
import SQLite
import TestSupport
import Testing

@testable import EventRouter

/// Runs of distributed Maps and their children: kept, listed, described, changed, stopped and redriven.
@Suite("Map runs", .timeLimit(.minutes(10)))
struct MapRunTests {
    typealias World = StatesWorld

    static let activity = "arn:aws:states:us-east-1:111111111111:activity:work"
    static let work = #""T":{"Type":"Task","Resource":"\#(activity)","End":true}"#
    static let pass = #""T":{"Type":"Pass","End":true}"#
    static let task = #""T":{"Type":"Task","Resource":"\#(Machines.lambda("f"))","End":true}"#

    /// A machine with a distributed Map over `$.items`, whose children run these states from `T`.
    static func map(_ states: String, _ more: String = "", kind: String = "STANDARD") -> String {
        #"{"StartAt":"M","States":{"M":{"Type":"Map","Label":"L","ItemsPath":"$.items","End":true,\#(more)"#
            + #""ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"\#(kind)"},"#
            + #""StartAt":"T","States":{\#(states)}}}}}"#
    }

    static func items(_ count: Int) -> JSONValue {
        .string(JSONValue.object(["items": .array((0..<count).map { .int($0) })]).text())
    }

    /// The only map run of an execution.
    static func run(_ world: World, _ execution: String) async throws -> JSONValue {
        let runs = try await world.ask("ListMapRuns", ["executionArn": .string(execution)])["mapRuns"]?.arrayValue
        try #require(runs?.count == 1)
        return try #require(runs?[0]["mapRunArn"])
    }

    static func children(_ world: World, _ run: JSONValue) async throws -> [JSONValue] {
        try await world.all("ListExecutions", "executions", ["mapRunArn": run], pageCount: 300)
    }

    /// Describes a run; its counts must add up, and be those of its children.
    @discardableResult
    static func describe(
        _ world: World, _ run: JSONValue, _ location: SourceLocation = #_sourceLocation
    ) async throws -> JSONValue {
        let found = try await world.ask("DescribeMapRun", ["mapRunArn": run], location)
        for counts in ["itemCounts", "executionCounts"] {
            let members = try #require(found[counts]?.objectValue, sourceLocation: location)
            let sum = ["pending", "running", "succeeded", "failed", "timedOut", "aborted", "pendingRedrive"]
                .reduce(0) { $0 + (members[$1]?.intValue ?? -1_000) }
            #expect(sum == members["total"]?.intValue, "\(members)", sourceLocation: location)
        }
        let children = try await children(world, run)
        let names = [
            "RUNNING": "running", "SUCCEEDED": "succeeded", "FAILED": "failed", "TIMED_OUT": "timedOut",
            "ABORTED": "aborted", "PENDING_REDRIVE": "pendingRedrive",
        ]
        for (status, name) in names {
            let count = children.count { $0["status"]?.stringValue == status }
            #expect(found["executionCounts"]?[name] == .int(count), "\(name)", sourceLocation: location)
        }
        return found
    }

    /// Takes the work of a child; its token.
    static func take(_ world: World) async throws -> (token: String, input: String) {
        try await world.engine.waitUntilIdle()
        let work = try #require(try await world.engine.activityWork(activity, worker: "w"))
        return (work.token, work.input)
    }

    // MARK: - What is kept

    @Test("a run and its children are listed and described, apart from the executions of the machine")
    func kept() async throws {
        try await World.run { world in
            let machine = try await world.create("m", Self.map(Self.pass, #""MaxConcurrency":2,"#))
            let parent = try await world.start(machine, ["name": "p", "input": Self.items(5)])
            _ = try await world.engine.waitUntilEnded(parent)
            let run = try await Self.run(world, parent)
            #expect(run.stringValue?.hasPrefix("arn:aws:states:us-east-1:111111111111:mapRun:m/L:") == true)
            let found = try await Self.describe(world, run)
            #expect(found["status"] == "SUCCEEDED" && found["maxConcurrency"] == 2 && found["redriveCount"] == 0)
            #expect(found["executionArn"] == .string(parent) && found["stopDate"] != nil)
            #expect(found["executionCounts"]?["succeeded"] == 5 && found["itemCounts"]?["resultsWritten"] == 5)

            let listed = try await world.all("ListExecutions", "executions", ["mapRunArn": run], pageCount: 2)
            #expect(listed.count == 5 && Set(listed.compactMap { $0["executionArn"] }).count == 5)
            #expect(listed.allSatisfy { $0["mapRunArn"] == run && $0["itemCount"] == 1 })
            let own = try await world.ask("ListExecutions", ["stateMachineArn": .string(machine)])["executions"]
            #expect(own?.arrayValue?.compactMap { $0["executionArn"] } == [.string(parent)])
            #expect(own?[0]?["mapRunArn"] == nil && own?[0]?["itemCount"] == nil)

            // The newest comes first.
            let child = try #require(listed.last?["executionArn"])
            #expect(child.stringValue?.hasPrefix("arn:aws:states:us-east-1:111111111111:execution:m/L:") == true)
            let described = try await world.ask("DescribeExecution", ["executionArn": child])
            #expect(described["input"] == "0" && described["output"] == "0" && described["mapRunArn"] == run)
            #expect(described["stateMachineArn"] == .string(machine + "/L") && described["status"] == "SUCCEEDED")
            #expect(described["redriveStatus"] == "NOT_REDRIVABLE" && described["redriveCount"] == 0)
            let events = try await world.ask("GetExecutionHistory", ["executionArn": child])["events"]?.arrayValue
            #expect(
                events?.compactMap { $0["type"] } == [
                    "ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded",
                ])
            let definition = try await world.ask("DescribeStateMachineForExecution", ["executionArn": child])
            #expect(definition["label"] == "L" && definition["mapRunArn"] == run && definition["name"] == "m")
            #expect(definition["stateMachineArn"] == .string(machine + "/L"))
            #expect(definition["roleArn"] == .string(World.role))
            #expect(try await world.store.counts() == [.succeeded: 1])
            #expect(try await world.store.executions().executions.map(\.arn) == [parent])
            let page = try await world.store.executions(matching: ExecutionFilter(mapRunARN: run.stringValue))
            #expect(page.executions.count == 5)
            // A child is found by its name, too.
            let name = try #require(described["name"]?.stringValue)
            #expect(try await world.store.execution(name)?.arn == child.stringValue)
        }
    }

    @Test("children of an express Map have no history and can only be described")
    func express() async throws {
        try await World.run { world in
            let more = #""ItemBatcher":{"MaxItemsPerBatch":2},"#
            let machine = try await world.create("m", Self.map(Self.pass, more, kind: "EXPRESS"))
            let parent = try await world.start(machine, ["input": Self.items(5)])
            _ = try await world.engine.waitUntilEnded(parent)
            let run = try await Self.run(world, parent)
            let found = try await Self.describe(world, run)
            #expect(found["executionCounts"]?["total"] == 3 && found["itemCounts"]?["total"] == 5)
            #expect(found["itemCounts"]?["succeeded"] == 5)
            let children = try await Self.children(world, run)
            #expect(children.map { $0["itemCount"] } == [1, 2, 2])
            let child = try #require(children.last?["executionArn"])
            #expect(child.stringValue?.hasPrefix("arn:aws:states:us-east-1:111111111111:express:m/L:") == true)
            let described = try await world.ask("DescribeExecution", ["executionArn": child])
            #expect(described["input"] == #"{"Items":[0,1]}"# && described["mapRunArn"] == run)
            #expect(described["name"]?.stringValue?.contains(":") == false)
            for operation in ["GetExecutionHistory", "StopExecution", "DescribeStateMachineForExecution"] {
                #expect(try await world.refusal(operation, ["executionArn": child]) == "InvalidArn")
            }
            let record = try #require(try await world.store.execution(child.stringValue ?? ""))
            #expect(try await world.store.history(of: record).events.isEmpty)
        }
    }

    @Test("the run of a Map within a child belongs to the child")
    func nested() async throws {
        let inner =
            #""T":{"Type":"Map","Label":"I","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","#
            + #""ExecutionType":"STANDARD"},"StartAt":"W","States":{"W":{"Type":"Task","Resource":"\#(Self.activity)","#
            + #""End":true}}}}"#
        try await withTemporaryDirectory { folder in
            let clock = ManualClock()
            var parent = ""
            try await World.with(folder, clock: clock) { world in
                let machine = try await world.create("m", Self.map(inner))
                parent = try await world.start(machine, ["input": #"{"items":[[1,2],[3]]}"#])
            }
            try await World.with(folder, clock: clock, seed: 2) { world in
                let run = try await Self.run(world, parent)
                let children = try await Self.children(world, run)
                #expect(children.count == 2)
                let child = try #require(children.last?["executionArn"]?.stringValue)
                let below = try await Self.run(world, child)
                #expect(below.stringValue?.contains(":mapRun:m/L/I:") == true)
                try await Self.describe(world, below)
                try await world.ask("UpdateMapRun", ["mapRunArn": below, "maxConcurrency": 7])
                let grandchild = try #require(try await Self.children(world, below).first?["executionArn"])
                try await world.ask("StopExecution", ["executionArn": grandchild, "error": "E"])
                #expect(try await world.ask("DescribeExecution", ["executionArn": grandchild])["error"] == "E")
                #expect(try await Self.describe(world, below)["maxConcurrency"] == 7)
                #expect(try await world.engine.waitUntilEnded(parent).error == "States.ExceedToleratedFailureThreshold")
                #expect(try await Self.describe(world, below)["status"] == "FAILED")
                #expect(try await Self.describe(world, run)["executionCounts"]?["aborted"] == 1)
                try await world.ask("RedriveExecution", ["executionArn": .string(parent)])
                for _ in 0..<3 {
                    let (token, input) = try await Self.take(world)
                    try await world.engine.answer(token, .success(output: input))
                }
                #expect(try await world.engine.waitUntilEnded(parent).output == "[[1,2],[3]]")
                #expect(try await Self.describe(world, below)["redriveCount"] == 1)
            }
        }
    }

    @Test(
        "what names no run is refused as at AWS",
        arguments: [
            (
                "DescribeMapRun", ["mapRunArn": "arn:aws:states:us-east-1:111111111111:mapRun:m/L:none"],
                "ResourceNotFound"
            ),
            (
                "UpdateMapRun", ["mapRunArn": "arn:aws:states:us-east-1:111111111111:mapRun:m/L:none"],
                "ResourceNotFound"
            ),
            (
                "ListExecutions", ["mapRunArn": "arn:aws:states:us-east-1:111111111111:mapRun:m/L:none"],
                "ResourceNotFound"
            ),
            ("DescribeMapRun", ["mapRunArn": "arn:aws:states:us-east-1:111111111111:mapRun:m:none"], "InvalidArn"),
            ("DescribeMapRun", ["mapRunArn": "arn:aws:states:us-east-1:111111111111:mapRun:m/L"], "InvalidArn"),
            ("DescribeMapRun", ["mapRunArn": "arn:aws:states:us-east-1:111111111111:execution:m:n"], "InvalidArn"),
            ("DescribeMapRun", [:], "ValidationException"),
            ("UpdateMapRun", ["mapRunArn": "x"], "InvalidArn"),
            (
                "UpdateMapRun",
                ["mapRunArn": "arn:aws:states:us-east-1:111111111111:mapRun:m/L:none", "maxConcurrency": -1],
                "ValidationException"
            ),
            (
                "UpdateMapRun",
                [
                    "mapRunArn": "arn:aws:states:us-east-1:111111111111:mapRun:m/L:none",
                    "toleratedFailurePercentage": 100.5,
                ],
                "ValidationException"
            ),
            (
                "UpdateMapRun",
                ["mapRunArn": "arn:aws:states:us-east-1:111111111111:mapRun:m/L:none", "toleratedFailureCount": "1"],
                "SerializationException"
            ),
            (
                "ListMapRuns", ["executionArn": "arn:aws:states:us-east-1:111111111111:execution:m:none"],
                "ExecutionDoesNotExist"
            ),
            ("ListMapRuns", ["executionArn": "arn:aws:states:us-east-1:111111111111:stateMachine:m"], "InvalidArn"),
            (
                "DescribeExecution", ["executionArn": "arn:aws:states:us-east-1:111111111111:execution:m/L:none"],
                "ExecutionDoesNotExist"
            ),
            (
                "DescribeExecution", ["executionArn": "arn:aws:states:us-east-1:111111111111:express:m:a:b"],
                "InvalidArn"
            ),
            (
                "ListExecutions",
                [
                    "stateMachineArn": "arn:aws:states:us-east-1:111111111111:stateMachine:m",
                    "statusFilter": "PENDING_REDRIVE",
                ],
                "ValidationException"
            ),
        ] as [(String, JSONObject, String)])
    func refused(operation: String, members: JSONObject, error: String) async throws {
        try await World.run { world in
            _ = try await world.create("m")
            #expect(try await world.refusal(operation, .object(members)) == error)
        }
    }

    // MARK: - Restarts

    @Test("after a restart children are where they were: tasks, callbacks and stops reach them, their rows go on")
    func restart() async throws {
        let states =
            #""T":{"Type":"Choice","Choices":[{"Variable":"$","NumericGreaterThan":1,"Next":"S"}],"Default":"A"},"#
            + #""A":{"Type":"Task","Resource":"\#(Self.activity)","End":true},"#
            + #""S":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","End":true,"#
            + #""Parameters":{"QueueUrl":"https://sqs/0/q","MessageBody":{"t.$":"$$.Task.Token"}}}"#
        try await withTemporaryDirectory { folder in
            let clock = ManualClock()
            var (parent, token) = ("", "")
            var before: [JSONValue] = []
            try await World.with(folder, clock: clock, hasServices: true) { world in
                let machine = try await world.create("m", Self.map(states, #""ToleratedFailureCount":1,"#))
                parent = try await world.start(machine, ["input": Self.items(4)])
                token = try await Self.take(world).token
                before = try await Self.children(world, try await Self.run(world, parent))
            }
            clock.advance(by: .seconds(5))
            try await World.with(folder, clock: clock, seed: 2, hasServices: true) { world in
                try await world.engine.waitUntilIdle()
                let run = try await Self.run(world, parent)
                #expect(try await Self.children(world, run) == before)
                #expect(try await Self.describe(world, run)["executionCounts"]?["running"] == 4)
                try await world.engine.answer(token, .success(output: "10"))
                try await world.engine.answer(try await Self.take(world).token, .success(output: "11"))
                let queue = try FileSystem.readFile("\(folder)/queues/q.jsonl").split(separator: 0x0A)
                try #require(queue.count == 2)
                let body = try JSONValue(parsing: Array(queue[0]))["Body"]?.stringValue ?? ""
                let callback = try #require(try JSONValue(parsing: Array(body.utf8))["t"]?.stringValue)
                try await world.ask("SendTaskSuccess", ["taskToken": .string(callback), "output": "12"])
                let last = try await Self.children(world, run).filter { $0["status"] == "RUNNING" }
                try #require(last.count == 1)
                let stop: JSONValue = ["executionArn": last[0]["executionArn"] ?? .null, "cause": "c"]
                let stopped = try await world.ask("StopExecution", stop)
                #expect(stopped["stopDate"] == world.clock.now.epochSeconds)
                #expect(try await world.ask("StopExecution", stop) == stopped)
                let ended = try await world.engine.waitUntilEnded(parent)
                #expect(ended.status == .succeeded && ended.output == "[10,11,12]", "\(ended)")
                let found = try await Self.describe(world, run)
                #expect(found["executionCounts"]?["aborted"] == 1 && found["status"] == "SUCCEEDED")
                let events = try await world.ask(
                    "GetExecutionHistory", ["executionArn": last[0]["executionArn"] ?? .null])["events"]
                #expect(events?.arrayValue?.last?["type"] == "ExecutionAborted")
                #expect(
                    events?.arrayValue?.compactMap { $0["id"]?.intValue } == Array(1...(events?.arrayValue?.count ?? 0))
                )
            }
        }
    }

    @Test("new limits hold at once, after a restart, and until the run has ended")
    func update() async throws {
        try await withTemporaryDirectory { folder in
            let clock = ManualClock()
            var parent = ""
            try await World.with(folder, clock: clock) { world in
                let machine = try await world.create("m", Self.map(Self.work, #""MaxConcurrency":1,"#))
                parent = try await world.start(machine, ["input": Self.items(6)])
                let run = try await Self.run(world, parent)
                #expect(try await Self.describe(world, run)["executionCounts"]?["running"] == 1)
                try await world.ask(
                    "UpdateMapRun", ["mapRunArn": run, "maxConcurrency": 3, "toleratedFailurePercentage": 20.5])
                let found = try await Self.describe(world, run)
                #expect(found["executionCounts"]?["running"] == 3 && found["maxConcurrency"] == 3)
                #expect(found["toleratedFailurePercentage"] == 20.5 && found["toleratedFailureCount"] == 0)
            }
            try await World.with(folder, clock: clock, seed: 2) { world in
                let run = try await Self.run(world, parent)
                let found = try await Self.describe(world, run)
                #expect(found["executionCounts"]?["running"] == 3 && found["toleratedFailurePercentage"] == 20.5)
                // One of six is below 20.5 percent.
                try await world.engine.answer(try await Self.take(world).token, .failure(error: "E", cause: nil))
                #expect(try await Self.describe(world, run)["executionCounts"]?["running"] == 3)
                try await world.ask("UpdateMapRun", ["mapRunArn": run, "toleratedFailurePercentage": 10])
                let ended = try await world.engine.waitUntilEnded(parent)
                #expect(ended.error == "States.ExceedToleratedFailureThreshold")
                let last = try await Self.describe(world, run)
                #expect(last["status"] == "FAILED" && last["executionCounts"]?["aborted"] == 3)
                #expect(last["executionCounts"]?["pending"] == 2 && last["executionCounts"]?["failed"] == 1)
                #expect(
                    try await world.refusal("UpdateMapRun", ["mapRunArn": run, "maxConcurrency": 1])
                        == "ValidationException")
            }
        }
    }

    // MARK: - Failures

    @Test("as many may fail as the Map tolerates", arguments: [(2, "SUCCEEDED"), (1, "FAILED")])
    func tolerance(count: Int, status: String) async throws {
        let functions = ScriptedFunctions { request, _ in
            ["1", "3"].contains(String(decoding: request.payload, as: UTF8.self))
                ? ScriptedFunctions.failure("Bad") : .success(payload: request.payload)
        }
        try await withTemporaryDirectory { folder in
            try await World.with(folder, functions: functions) { world in
                let more = #""MaxConcurrency":1,"ToleratedFailureCount":\#(count),"#
                let machine = try await world.create("m", Self.map(Self.task, more))
                let parent = try await world.start(machine, ["input": Self.items(5)])
                #expect(try await world.engine.waitUntilEnded(parent).status.rawValue == status)
                let run = try await Self.run(world, parent)
                let found = try await Self.describe(world, run)
                #expect(found["status"] == .string(status) && found["toleratedFailureCount"] == .int(count))
                #expect(found["executionCounts"]?["failed"] == 2)
                #expect(found["executionCounts"]?["succeeded"] == (count == 2 ? 3 : 2))
                let failed = try await world.ask("ListExecutions", ["mapRunArn": run, "statusFilter": "FAILED"])
                #expect(failed["executions"]?.arrayValue?.count == 2)
                let child = try #require(failed["executions"]?[0]?["executionArn"])
                let described = try await world.ask("DescribeExecution", ["executionArn": child])
                #expect(described["error"] == "Bad" && described["redriveStatus"] == "REDRIVABLE_BY_MAP_RUN")
                #expect(
                    try await world.refusal("RedriveExecution", ["executionArn": child]) == "ExecutionNotRedrivable")
            }
        }
    }

    @Test(
        "a redrive has what failed go on, keeps what succeeded, and counts",
        arguments: ["STANDARD", "EXPRESS"], [false, true])
    func redrive(kind: String, restarts: Bool) async throws {
        try await withTemporaryDirectory { folder in
            let clock = ManualClock()
            var parent = ""
            func first(_ world: World) async throws {
                let machine = try await world.create("m", Self.map(Self.work, #""MaxConcurrency":2,"#, kind: kind))
                parent = try await world.start(machine, ["input": Self.items(4)])
                try await world.engine.answer(try await Self.take(world).token, .success(output: "\"kept\""))
                try await world.engine.answer(try await Self.take(world).token, .failure(error: "E", cause: "c"))
                #expect(try await world.engine.waitUntilEnded(parent).status == .failed)
            }
            func second(_ world: World) async throws {
                let run = try await Self.run(world, parent)
                let failed = try await Self.describe(world, run)["executionCounts"]
                #expect(failed?["failed"] == 1 && failed?["aborted"] == 1 && failed?["pending"] == 1)
                #expect(
                    try await world.ask("DescribeExecution", ["executionArn": .string(parent)])["redriveStatus"]
                        == "REDRIVABLE")
                clock.advance(by: .seconds(60))
                let redriven = try await world.ask("RedriveExecution", ["executionArn": .string(parent)])
                let found = try await Self.describe(world, run)
                #expect(found["status"] == "RUNNING" && found["stopDate"] == nil && found["redriveCount"] == 1)
                #expect(found["redriveDate"] == redriven["redriveDate"])
                #expect(found["executionCounts"]?["running"] == 2 && found["executionCounts"]?["succeeded"] == 1)
                let again = try await world.ask("DescribeExecution", ["executionArn": .string(parent)])
                #expect(again["redriveCount"] == 1 && again["redriveDate"] == redriven["redriveDate"])
                #expect(again["redriveStatusReason"] == "Execution is RUNNING and cannot be redriven")
            }
            func third(_ world: World) async throws {
                let run = try await Self.run(world, parent)
                for _ in 0..<3 {
                    let (token, input) = try await Self.take(world)
                    try await world.engine.answer(token, .success(output: input))
                }
                let ended = try await world.engine.waitUntilEnded(parent)
                #expect(ended.output == #"["kept",1,2,3]"#)
                let found = try await Self.describe(world, run)
                #expect(found["status"] == "SUCCEEDED" && found["executionCounts"]?["succeeded"] == 4)
                let listed = try await world.ask("ListExecutions", ["mapRunArn": run, "redriveFilter": "REDRIVEN"])
                #expect(listed["executions"]?.arrayValue?.count == 2 && listed["executions"]?[0]?["redriveCount"] == 1)
                let child = try #require(listed["executions"]?[0]?["executionArn"])
                let described = try await world.ask("DescribeExecution", ["executionArn": child])
                #expect(described["error"] == nil && described["cause"] == nil)
                let events = try await world.store.history(
                    of: try #require(try await world.store.execution(child.stringValue ?? ""))
                ).events
                #expect(events.compactMap { $0["id"]?.intValue } == (events.isEmpty ? [] : Array(1...events.count)))
                #expect(events.contains { $0["type"] == "ExecutionRedriven" } == (kind == "STANDARD"))
                let own = try await world.ask("GetExecutionHistory", ["executionArn": .string(parent)])["events"]
                let told = own?.arrayValue?.first { $0["type"] == "MapRunRedriven" }
                #expect(told?["mapRunRedrivenEventDetails"] == ["mapRunArn": run, "redriveCount": 1])
            }
            if restarts {
                try await World.with(folder, clock: clock) { world in try await first(world) }
                try await World.with(folder, clock: clock, seed: 2) { world in try await second(world) }
                try await World.with(folder, clock: clock, seed: 3) { world in try await third(world) }
            } else {
                try await World.with(folder, clock: clock) { world in
                    try await first(world)
                    try await second(world)
                    try await third(world)
                }
            }
        }
    }

    @Test("late answers of the time before a redrive are of no use", arguments: ["STANDARD", "EXPRESS"])
    func lateAnswers(kind: String) async throws {
        try await World.run { world in
            let machine = try await world.create("m", Self.map(Self.work, kind: kind))
            let parent = try await world.start(machine, ["input": Self.items(2)])
            let late = try await Self.take(world).token
            try await world.engine.answer(try await Self.take(world).token, .failure(error: "E", cause: nil))
            _ = try await world.engine.waitUntilEnded(parent)
            try await world.ask("RedriveExecution", ["executionArn": .string(parent)])
            let error = await #expect(throws: ExecutionError.self) {
                try await world.engine.answer(late, .success(output: "\"late\""))
            }
            #expect(error?.code == .taskTimedOut)
            for _ in 0..<2 { try await world.engine.answer(try await Self.take(world).token, .success(output: "1")) }
            #expect(try await world.engine.waitUntilEnded(parent).output == "[1,1]")
        }
    }

    @Test("a redrive after results that could not be written writes them, and runs no child again")
    func writesAgain() async throws {
        try await withTemporaryDirectory { folder in
            let functions = ScriptedFunctions.echo
            try await World.with(folder, functions: functions, hasServices: true) { world in
                let more =
                    #""ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","#
                    + #""Parameters":{"Bucket":"data","Prefix":"out"}},"ToleratedFailureCount":1,"#
                let machine = try await world.create("m", Self.map(Self.task, more))
                let parent = try await world.start(machine, ["input": Self.items(3)])
                #expect(try await world.engine.waitUntilEnded(parent).error == "States.ResultWriterFailed")
                let run = try await Self.run(world, parent)
                let failed = try await Self.describe(world, run)
                #expect(failed["status"] == "FAILED" && failed["executionCounts"]?["resultsWritten"] == 0)
                try FileSystem.createDirectories("\(folder)/buckets/data")
                try await world.ask("RedriveExecution", ["executionArn": .string(parent)])
                #expect(try await world.engine.waitUntilEnded(parent).status == .succeeded)
                let found = try await Self.describe(world, run)
                #expect(found["status"] == "SUCCEEDED" && found["executionCounts"]?["resultsWritten"] == 3)
                #expect(functions.callCount == 3)
            }
        }
    }

    @Test("children that wait for their turn to go on are told apart; with their parent they end as they had")
    func pendingRedrive() async throws {
        try await World.run { world in
            let machine = try await world.create("m", Self.map(Self.work, #""MaxConcurrency":3,"#))
            let parent = try await world.start(machine, ["input": Self.items(3)])
            let run = try await Self.run(world, parent)
            try await world.ask("UpdateMapRun", ["mapRunArn": run, "maxConcurrency": 1])
            try await world.engine.answer(try await Self.take(world).token, .failure(error: "E", cause: nil))
            _ = try await world.engine.waitUntilEnded(parent)
            try await world.ask("RedriveExecution", ["executionArn": .string(parent)])
            let found = try await Self.describe(world, run)
            #expect(found["executionCounts"]?["pendingRedrive"] == 2 && found["executionCounts"]?["running"] == 1)
            let waiting = try await world.ask(
                "ListExecutions", ["mapRunArn": run, "statusFilter": "PENDING_REDRIVE"])
            #expect(waiting["executions"]?.arrayValue?.count == 2)
            try await world.ask("StopExecution", ["executionArn": .string(parent)])
            let stopped = try await Self.describe(world, run)
            #expect(stopped["status"] == "ABORTED" && stopped["executionCounts"]?["aborted"] == 3)
        }
    }

    // MARK: - Many

    @Test("whatever happens to a run, its counts add up, and a restart changes nothing", arguments: 0..<12)
    func property(seed: Int) async throws {
        let random = SeededEntropy(seed: UInt64(seed) &* 31 &+ 7)
        func below(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
        let kind = seed.isMultiple(of: 3) ? "EXPRESS" : "STANDARD"
        let more =
            #""MaxConcurrency":\#(1 + below(5)),"ToleratedFailurePercentage":\#(20 + below(40)),"#
            + (seed.isMultiple(of: 2) ? #""ItemBatcher":{"MaxItemsPerBatch":2},"# : "")
        try await withTemporaryDirectory { folder in
            let clock = ManualClock()
            var parent = ""
            var tokens: [String] = []
            var before: JSONValue?
            for life in 0..<8 {
                try await World.with(folder, clock: clock, seed: UInt64(life + 1)) { world in
                    if life == 0 {
                        let machine = try await world.create("m", Self.map(Self.work, more, kind: kind))
                        parent = try await world.start(machine, ["input": Self.items(17)])
                    }
                    let run = try await Self.run(world, parent)
                    func all() async throws -> JSONValue {
                        [try await Self.describe(world, run), .array(try await Self.children(world, run))]
                    }
                    if let before { #expect(try await all() == before, "after restart \(life)") }
                    for _ in 0..<6 {
                        try await world.engine.waitUntilIdle()
                        while await world.engine.activities[Self.activity]?.isEmpty == false, below(4) > 0 {
                            tokens.append(try await Self.take(world).token)
                        }
                        switch below(7) {
                        case 0:
                            _ = try await world.call(
                                "UpdateMapRun", ["mapRunArn": run, "maxConcurrency": .int(below(6))])
                        case 1 where kind == "STANDARD":
                            let children = try await Self.children(world, run)
                            let child = children[below(children.count)]["executionArn"] ?? .null
                            try await world.ask("StopExecution", ["executionArn": child])
                        case 2:
                            _ = try await world.call("RedriveExecution", ["executionArn": .string(parent)])
                        case let action where !tokens.isEmpty:
                            let token = tokens.remove(at: below(tokens.count))
                            // A token of an execution that was stopped is of no use any more.
                            try? await world.engine.answer(
                                token, action == 3 ? .failure(error: "E", cause: nil) : .success(output: "1"))
                        default: clock.advance(by: .seconds(1))
                        }
                        try await Self.describe(world, run)
                    }
                    try await world.engine.waitUntilIdle()
                    before = try await all()
                }
            }
        }
    }

    @Test("a Map of 2,000 items: each has its row, page by page, and the run ends")
    func many() async throws {
        try await withTemporaryDirectory { folder in
            let functions = ScriptedFunctions { request, _ in .success(payload: request.payload) }
            try await World.with(folder, functions: functions) { world in
                let machine = try await world.create("m", Self.map(Self.task))
                let parent = try await world.start(machine, ["input": Self.items(2_000)])
                let ended = try await world.engine.waitUntilEnded(parent)
                #expect(ended.status == .succeeded)
                let run = try await Self.run(world, parent)
                #expect(try await Self.describe(world, run)["executionCounts"]?["succeeded"] == 2_000)
                let children = try await world.all("ListExecutions", "executions", ["mapRunArn": run], pageCount: 700)
                #expect(Set(children.compactMap { $0["executionArn"] }).count == 2_000)
            }
        }
    }

    @Test("map runs of an execution are listed page by page, the newest first; a token is good for its list only")
    func paging() async throws {
        let definition =
            #"{"StartAt":"A","States":{"A":\#(Self.state("X", next: "B")),"B":\#(Self.state("Y", next: "C")),"#
            + #""C":\#(Self.state("Z", next: nil))}}"#
        try await World.run { world in
            let machine = try await world.create("m", definition)
            let parent = try await world.start(machine, ["input": "[1]"])
            _ = try await world.engine.waitUntilEnded(parent)
            let runs = try await world.all("ListMapRuns", "mapRuns", ["executionArn": .string(parent)], pageCount: 2)
            #expect(
                runs.map { $0["stateMachineArn"] }
                    == ["Z", "Y", "X"].map { JSONValue.string("\(machine)/\($0)") })
            let page = try await world.ask("ListMapRuns", ["executionArn": .string(parent), "maxResults": 1])
            let token = try #require(page["nextToken"])
            let run = try #require(runs.first?["mapRunArn"])
            #expect(
                try await world.refusal("ListExecutions", ["mapRunArn": run, "nextToken": token]) == "InvalidToken")
        }
    }

    private static func state(_ label: String, next: String?) -> String {
        #"{"Type":"Map","Label":"\#(label)",\#(next.map { #""Next":"\#($0)","# } ?? #""End":true,"#)"#
            + #""ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"#
            + #""StartAt":"T\#(label)","States":{"T\#(label)":{"Type":"Pass","End":true}}}}"#
    }

    // MARK: - The store

    @Test("map runs and children go with their execution")
    func pruning() async throws {
        try await withTemporaryDirectory { folder in
            try await World.with(folder, retention: ExecutionStore.Retention(maximumCount: 1)) { world in
                let machine = try await world.create("m", Self.map(Self.pass))
                for name in ["a", "b", "c"] {
                    _ = try await world.engine.waitUntilEnded(
                        try await world.start(machine, ["name": .string(name), "input": Self.items(4)]))
                }
                #expect(try await world.store.prune(at: world.clock.now) == 2)
                #expect(try await world.store.executions().executions.map(\.name) == ["c"])
            }
            let database = try Database("\(folder)/executions.sqlite", access: .readOnly)
            #expect(try database.integer("SELECT count(*) FROM executions") == 5)
            #expect(try database.integer("SELECT count(*) FROM map_runs") == 1)
            #expect(
                try database.integer(
                    "SELECT count(*) FROM events WHERE execution NOT IN (SELECT id FROM executions)") == 0)
        }
    }

    @Test("an execution that can't go on takes its run and its children with it")
    func abandoned() async throws {
        try await withTemporaryDirectory { folder in
            var parent = ""
            try await World.with(folder) { world in
                let machine = try await world.create("m", Self.map(Self.work))
                parent = try await world.start(machine, ["input": Self.items(2)])
            }
            let database = try Database("\(folder)/executions.sqlite", access: .readWrite)
            try database.execute("UPDATE executions SET event_count = 99 WHERE map_run IS NULL")
            try await World.with(folder, seed: 2) { world in
                let found = try await Self.describe(world, try await Self.run(world, parent))
                #expect(found["status"] == "ABORTED" && found["executionCounts"]?["aborted"] == 2)
            }
        }
    }

    @Test("a file of the layout before is read as it is, and gets what is new when it is written to")
    func earlierLayout() async throws {
        try await withTemporaryDirectory { folder in
            let path = "\(folder)/executions.sqlite"
            do {
                let database = try Database(path, access: .create)
                for statement in ExecutionStore.schema + ExecutionStore.machineSchema {
                    try database.execute(statement)
                }
                for (id, name) in [(1, "a"), (2, "b")] {
                    try database.execute(
                        """
                        INSERT INTO executions(
                            id, machine, name, arn, role, definition, status, seed, started, stopped, event_count, input)
                        VALUES(\(id), 'm', '\(name)', '\(name)', 'r', 'd', 'FAILED', 1, 1, 2, 3, x'7B7D')
                        """)
                }
                try database.execute(
                    "INSERT INTO inputs VALUES(2, 1, 1, x'7B7D'), (2, 2, 5, CAST('{\"redrive\":true}' AS BLOB))")
                try database.execute("PRAGMA user_version = 2")
            }
            let reader = try await ExecutionStore(path: path, mode: .readOnly)
            #expect(try await reader.executions().executions.map(\.name) == ["b", "a"])
            #expect(try await reader.execution("a")?.redriveCount == 0)
            #expect(try await reader.counts() == [.failed: 2])
            #expect(try await reader.executions(matching: ExecutionFilter(mapRunARN: "x")).executions.isEmpty)
            let store = try await ExecutionStore(path: path)
            #expect(try await store.executions().executions.map(\.redriveCount) == [1, 0])
            #expect(try await store.execution("b")?.redrivenAt == Timestamp(microsecondsSinceEpoch: 5))
            #expect(try await store.execution("a")?.redrivenAt == nil)
        }
    }
}
