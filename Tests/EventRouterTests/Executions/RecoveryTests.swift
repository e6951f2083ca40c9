import Clocks
import FileSystem
import JSON
import SQLite
import StatesLanguage
import Synchronization
import TestSupport
import Testing

@testable import EventRouter

@Suite("Recovery", .timeLimit(.minutes(10)))
struct RecoveryTests {
    static let branching = Machines.definition(
        "branching",
        """
        {"StartAt": "P", "States": {
            "P": {"Type": "Parallel", "ResultPath": "$.both", "Next": "M", "Branches": [
                {"StartAt": "L", "States": {"L": {"Type": "Task", "Resource": "\(Machines.lambda("l"))", "End": true}}},
                {"StartAt": "W", "States": {
                    "W": {"Type": "Wait", "Seconds": 30, "Next": "R"},
                    "R": {"Type": "Task", "Resource": "\(Machines.lambda("r"))", "TimeoutSeconds": 60, "End": true}}}]},
            "M": {"Type": "Map", "ItemsPath": "$.items", "ResultPath": "$.mapped", "MaxConcurrency": 2, "End": true,
                "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "I", "States": {
                    "I": {"Type": "Task", "Resource": "\(Machines.lambda("i"))", "End": true,
                        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 7, "MaxAttempts": 3, "JitterStrategy": "FULL"}]}}}}}}
        """)

    /// The function's answer depends on its input alone; `i` fails at first for the item 2.
    static func functions() -> ScriptedFunctions {
        ScriptedFunctions { request, _ in
            if request.function.hasSuffix(":i"), request.payload == Array("2".utf8) {
                return ScriptedFunctions.failure("Flaky")
            }
            if request.function.hasSuffix(":i") {
                return .success(payload: Array("[".utf8) + request.payload + Array("]".utf8))
            }
            return .success(payload: ScriptedFunctions.appended(request))
        }
    }

    /// What of an execution must be the same however often it was cut.
    struct Ending: Equatable {
        var status: ExecutionStatus
        var output: String?
        var error: String?
        var types: [String]
        /// The children of distributed Maps: their ARNs, ends and histories.
        var children: [String] = []
    }

    static let distributed = Machines.definition(
        "distributed",
        """
        {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "End": true,
            "ToleratedFailureCount": 1, "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "W", "States": {
                    "W": {"Type": "Wait", "Seconds": 3, "Next": "I"},
                    "I": {"Type": "Task", "Resource": "\(Machines.lambda("i"))", "End": true}}}}}}
        """)

    static func ending(_ store: ExecutionStore, _ arn: String) async throws -> Ending {
        let record = try #require(try await store.execution(arn))
        let types = try await store.history(of: record).events.compactMap { $0["type"]?.stringValue }
        var children: [String] = []
        for run in try await store.mapRuns(of: arn, limit: 10) {
            let page = try await store.executions(matching: ExecutionFilter(mapRunARN: run.arn))
            children.append("\(run.arn) \(run.status) \(run.childCount)")
            for child in page.executions {
                let events = try await store.history(of: child).events.compactMap { $0["type"]?.stringValue }
                children.append("\(child.arn) \(child.status) \(child.output ?? child.error ?? "") \(events)")
            }
        }
        return Ending(
            status: record.status, output: record.output, error: record.error, types: types, children: children)
    }

    /// Has the database refuse all steps but the next so many, by triggers: the engine then stands as a killed one would.
    static func allow(_ steps: Int, _ path: String) throws {
        let database = try Database(path)
        try database.execute("CREATE TABLE IF NOT EXISTS life(steps INTEGER)")
        try database.execute("DELETE FROM life")
        try database.execute("INSERT INTO life VALUES(?)", [.integer(steps)])
        // Children are written with a step of their execution.
        for (table, condition) in [("executions", "WHEN NEW.map_run IS NULL"), ("inputs", "")] {
            try database.execute(
                """
                CREATE TRIGGER IF NOT EXISTS die_\(table) BEFORE INSERT ON \(table) \(condition) BEGIN
                    SELECT RAISE(ABORT, 'dead') WHERE (SELECT steps FROM life) <= 0;
                    UPDATE life SET steps = steps - 1;
                END
                """)
        }
    }

    /// Drives an engine until nothing is left to be done or the store refuses a step.
    static func drive(_ engine: ExecutionEngine, _ clock: ManualClock, isDead: @Sendable () -> Bool) async {
        while !isDead() {
            if await engine.isIdle {
                guard let next = await engine.nextDeadline else { return }
                clock.advance(to: next)
            }
            await Task.yield()
        }
    }

    /// Runs a machine to its end; the process "dies" after each `steps[i]` recorded steps of its life i.
    static func run(
        _ machine: MachineDefinition, input: String, deaths steps: [Int]
    ) async throws -> (ending: Ending, calls: Int) {
        try await withTemporaryDirectory { folder in
            let clock = ManualClock()
            let path = "\(folder)/executions.sqlite"
            let functions = functions()
            for life in 0...steps.count {
                let store = try await ExecutionStore(path: path)
                try allow(life < steps.count ? steps[life] : .max, path)
                let engine = ExecutionEngine(
                    store: store, functions: functions, clock: clock, entropy: SeededEntropy(seed: 3), limits: single)
                let isDead = Mutex(false)
                let stream = engine.observe()
                let watching = Task {
                    for await observation in stream {
                        if case .storageFailed = observation { isDead.withLock { $0 = true } }
                    }
                }
                try await engine.register(machine)
                _ = try await engine.recover()
                // A start that was not recorded is asked for again, as its delivery is still there.
                let isStarted = try await store.execution(named: "n", of: machine.arn) != nil
                let start = StartRequest(stateMachineARN: machine.arn, name: "n", input: Array(input.utf8))
                let starting = isStarted ? nil : Task { await engine.start([start]) }
                while !isDead.withLock({ $0 }), !isStarted, await engine.counters.started == 0 { await Task.yield() }
                await drive(engine, clock) { isDead.withLock { $0 } }
                await engine.shutdown(grace: .zero)
                _ = await starting?.value
                await watching.value
            }
            let store = try await ExecutionStore(path: path)
            return (try await ending(store, machine.executionARN("n")), functions.callCount)
        }
    }

    /// One step to a transaction, so that each is a place to die at.
    static var single: ExecutionEngine.Limits {
        var limits = ExecutionEngine.Limits()
        limits.batchCount = 1
        limits.concurrentTasks = 1
        return limits
    }

    @Test(
        "Killed after any recorded step and started again, an execution ends as if nothing had happened",
        arguments: [
            (Machines.chain, "{}"), (Machines.waiting, "{}"), (Machines.failing, "{}"),
            (branching, #"{"items": [1, 2, 3]}"#),
            (branching, #"{"items": [1, 3, 4, 5]}"#),
            (distributed, #"{"items": [1, 2, 3, 4]}"#),
        ])
    func anyStep(machine: MachineDefinition, input: String) async throws {
        let clean = try await Self.run(machine, input: input, deaths: [])
        #expect(clean.ending.status != .running)
        for step in 0..<30 {
            let cut = try await Self.run(machine, input: input, deaths: [step])
            #expect(cut.ending == clean.ending, "after step \(step)")
            #expect(cut.calls >= clean.calls)
        }
        // Dies after every single step, for as long as there are any.
        let often = try await Self.run(machine, input: input, deaths: Array(repeating: 1, count: 30))
        #expect(often.ending == clean.ending)
    }

    @Test("Timers that became due while the router was down fire at once")
    func overdueTimers() async throws {
        try await withTemporaryDirectory { folder in
            let clock = ManualClock()
            let first = try await ExecutionEngineTests.makeWorld(folder, ScriptedFunctions.echo, clock: clock)
            let started = try await first.start(Machines.waiting)
            try await first.engine.waitUntilIdle()
            await first.engine.shutdown(grace: .zero)
            clock.advance(by: .seconds(86_400))
            let second = try await ExecutionEngineTests.makeWorld(folder, ScriptedFunctions.echo, clock: clock)
            #expect(try await second.engine.recover().continued == 1)
            let ended = try await second.engine.waitUntilEnded(started.arn)
            #expect(ended.status == .succeeded)
            await second.engine.shutdown(grace: .zero)
        }
    }

    @Test(
        "What can't be continued fails visibly, with its reason, and holds up nothing else",
        arguments: [
            (
                "UPDATE definitions SET bytes = 'x' WHERE digest = (SELECT definition FROM executions WHERE name = 'bad')",
                "chain.asl.json"
            ),
            ("UPDATE executions SET definition = 'gone' WHERE name = 'bad'", "digest gone"),
            ("UPDATE executions SET input = '{' WHERE name = 'bad'", "recorded input"),
            ("UPDATE executions SET event_count = 99 WHERE name = 'bad'", "another version"),
            ("INSERT INTO inputs SELECT id, 99, started, '{\"new\":1}' FROM executions WHERE name = 'bad'", "kind"),
            (
                "INSERT INTO inputs SELECT id, 99, started, '{\"timer\":77}' FROM executions WHERE name = 'bad'",
                "none that"
            ),
        ])
    func unrecoverable(damage: String, reason: String) async throws {
        try await withTemporaryDirectory { folder in
            let latch = Latch()
            let stuck = ScriptedFunctions { request, _ in
                await latch.wait()
                return .success(payload: request.payload)
            }
            let first = try await ExecutionEngineTests.makeWorld(folder, stuck)
            let bad = try await first.start(Machines.chain, name: "bad")
            let good = try await first.start(Machines.failing, name: "good")
            await first.engine.shutdown(grace: .zero)
            do { try Database("\(folder)/executions.sqlite").execute(damage) }

            let second = try await ExecutionEngineTests.makeWorld(folder, ScriptedFunctions.echo)
            let report = try await second.engine.recover()
            #expect(report.continued == 1)
            #expect(report.failed.map(\.arn) == [bad.arn])
            let failed = try #require(try await second.store.execution("bad"))
            #expect(failed.status == .failed)
            #expect(failed.error == "States.Runtime")
            #expect(failed.cause?.contains(reason) == true, "\(failed.cause ?? "")")
            let last = try await second.store.history(of: failed, isReversed: true, limit: 1).events.first
            #expect(last?["type"] == "ExecutionFailed")
            #expect(last?["id"]?.intValue == failed.eventCount)
            #expect(try await second.engine.waitUntilEnded(good.arn).error == "ValidationFailed")
            await second.engine.shutdown(grace: .zero)
        }
    }

    @Test("An execution goes on with the definition it was started with, whatever the machine is now")
    func definitionOfTheStart() async throws {
        try await withTemporaryDirectory { folder in
            let clock = ManualClock()
            let first = try await ExecutionEngineTests.makeWorld(folder, ScriptedFunctions.echo, clock: clock)
            let started = try await first.start(Machines.waiting)
            try await first.engine.waitUntilIdle()
            await first.engine.shutdown(grace: .zero)

            let second = try await ExecutionEngineTests.makeWorld(folder, ScriptedFunctions.echo, clock: clock)
            var changed = Machines.pass
            changed.arn = Machines.waiting.arn
            try await second.engine.register(changed)
            _ = try await second.engine.recover()
            try await second.runUntilIdle()
            #expect(try await second.store.execution(started.arn)?.output == #"{"seen":["a","b"]}"#)
            await second.engine.shutdown(grace: .zero)
        }
    }
}
