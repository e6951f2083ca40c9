import Clocks
import FileSystem
import Glibc
import JSON
import SQLite
import StatesLanguage
import Synchronization
import TestSupport
import Testing

@testable import EventRouter

@Suite("ExecutionEngine", .timeLimit(.minutes(10)))
struct ExecutionEngineTests {
    /// An engine over a store in a folder, with a clock that stands still.
    struct World {
        let store: ExecutionStore
        let engine: ExecutionEngine
        let clock: ManualClock

        func start(_ machine: MachineDefinition, name: String? = nil, input: String = "{}") async throws
            -> ExecutionRecord
        {
            try await engine.start(
                StartRequest(stateMachineARN: machine.arn, name: name, input: Array(input.utf8)))
        }

        /// Moves the clock from deadline to deadline until nothing is left to be done.
        func runUntilIdle() async throws {
            while true {
                try await engine.waitUntilIdle()
                guard let next = await engine.nextDeadline else { return }
                clock.advance(to: next)
                // The alarm's task has been woken; what it does shows in the engine.
                while await engine.isIdle, await engine.nextDeadline == next { await Task.yield() }
            }
        }

        func history(_ record: ExecutionRecord) async throws -> [JSONValue] {
            try await store.history(of: record).events
        }
        func types(_ record: ExecutionRecord) async throws -> [String] {
            try await history(record).compactMap { $0["type"]?.stringValue }
        }
    }

    func withWorld(
        _ functions: any FunctionInvoking = ScriptedFunctions.echo, limits: ExecutionEngine.Limits = .init(),
        _ body: (World) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { folder in
            let world = try await Self.makeWorld(folder, functions, limits: limits)
            try await body(world)
            await world.engine.shutdown(grace: .zero)
        }
    }

    static func makeWorld(
        _ folder: String, _ functions: any FunctionInvoking, clock: ManualClock = ManualClock(),
        limits: ExecutionEngine.Limits = .init()
    ) async throws -> World {
        let store = try await ExecutionStore(path: "\(folder)/executions.sqlite")
        let engine = ExecutionEngine(
            store: store, functions: functions, clock: clock, entropy: SeededEntropy(seed: 1), limits: limits)
        for machine in Machines.all { try await engine.register(machine) }
        return World(store: store, engine: engine, clock: clock)
    }

    @Test("A chain of tasks passes each result on, and its history is kept")
    func chain() async throws {
        let functions = ScriptedFunctions.echo
        try await withWorld(functions) { world in
            let started = try await world.start(Machines.chain, name: "one")
            #expect(started.arn == "arn:aws:states:us-east-1:000000000000:execution:chain:one")
            #expect(started.status == .running)
            let ended = try await world.engine.waitUntilEnded(started.arn)
            #expect(ended.status == .succeeded)
            #expect(ended.output == #"{"seen":["a","b","c"]}"#)
            #expect(functions.calls.map(\.function) == ["a", "b", "c"].map(Machines.lambda))
            let types = try await world.types(ended)
            #expect(types.first == "ExecutionStarted")
            #expect(types.last == "ExecutionSucceeded")
            #expect(types.filter { $0 == "LambdaFunctionScheduled" }.count == 3)
            #expect(ended.eventCount == types.count)
            let counters = await world.engine.counters
            #expect(counters == ExecutionCounters(started: 1, succeeded: 1))
        }
    }

    @Test("A wait of ten minutes takes the clock's time, not ours")
    func waiting() async throws {
        try await withWorld { world in
            let started = try await world.start(Machines.waiting)
            try await world.runUntilIdle()
            let ended = try #require(try await world.store.execution(started.arn))
            #expect(ended.status == .succeeded)
            #expect(ended.stoppedAt.map { $0 - ended.startedAt } == .seconds(600))
        }
    }

    @Test(
        "A failure has the name that a state machine matches, and its payload as cause",
        arguments: [
            (InvocationFailure.Kind.function, "ReferenceMissing", "ReferenceMissing"),
            (.function, "Sandbox.Timedout", "Sandbox.Timedout"), (.throttle, "x", "Lambda.TooManyRequestsException"),
            (.notFound, "x", "Lambda.ResourceNotFoundException"), (.service, "x", "Lambda.ServiceException"),
        ])
    func failures(kind: InvocationFailure.Kind, type: String, expected: String) async throws {
        let functions = ScriptedFunctions { _, _ in ScriptedFunctions.failure(type, "why", kind: kind) }
        try await withWorld(functions) { world in
            let ended = try await world.engine.waitUntilEnded(world.start(Machines.chain).arn)
            #expect(ended.status == .failed)
            #expect(ended.error == expected)
            #expect(ended.cause == #"{"errorType":"\#(type)","errorMessage":"why"}"#)
        }
    }

    @Test("A retry waits by the clock; the error of Fail is the execution's")
    func retryAndFail() async throws {
        let functions = ScriptedFunctions { request, _ in
            if request.function.hasSuffix(":b") { return ScriptedFunctions.failure("Busy") }
            return .success(payload: ScriptedFunctions.appended(request))
        }
        try await withWorld(functions) { world in
            let started = try await world.start(Machines.waiting)
            try await world.runUntilIdle()
            let ended = try #require(try await world.store.execution(started.arn))
            #expect(ended.error == "Busy")
            #expect(ended.stoppedAt.map { $0 - ended.startedAt } == .seconds(610))
            #expect(functions.callCount == 4)
            let failed = try await world.engine.waitUntilEnded(world.start(Machines.failing).arn)
            #expect(failed.error == "ValidationFailed")
            #expect(failed.cause == "bad rows")
        }
    }

    @Test("What StartExecution refuses is refused by code")
    func refusals() async throws {
        let latch = Latch()
        let functions = ScriptedFunctions { request, _ in
            await latch.wait()
            return .success(payload: request.payload)
        }
        try await withWorld(functions) { world in
            func code(_ machine: String, _ name: String?, _ input: String) async -> ExecutionError.Code? {
                do {
                    _ = try await world.engine.start(
                        StartRequest(stateMachineARN: machine, name: name, input: Array(input.utf8)))
                    return nil
                } catch {
                    return error.code
                }
            }
            #expect(await code("arn:none", nil, "{}") == .unknownStateMachine)
            for name in ["", "a b", "a/b", "a:b", "a\u{7}", "tab\t", "<x>", String(repeating: "x", count: 81)] {
                #expect(await code(Machines.chain.arn, name, "{}") == .invalidName)
            }
            #expect(await code(Machines.chain.arn, String(repeating: "ü", count: 80), "{}") == nil)
            #expect(await code(Machines.chain.arn, nil, "{") == .invalidInput)
            #expect(
                await code(Machines.chain.arn, nil, "\"\(String(repeating: "x", count: 262_144))\"") == .invalidInput)
            #expect(await code(Machines.chain.arn, "n", "{}") == nil)
            #expect(await code(Machines.chain.arn, "n", "{ }") == .executionAlreadyExists)
            // The same name with the same input is the same execution, as long as it runs.
            let first = try await world.start(Machines.chain, name: "n")
            #expect(try await world.store.execution("n")?.number == first.number)
            latch.open()
            _ = try await world.engine.waitUntilEnded(first.arn)
            #expect(await code(Machines.chain.arn, "n", "{}") == .executionAlreadyExists)
            // Names are a state machine's own.
            #expect(await code(Machines.pass.arn, "n", "{}") == nil)
        }
    }

    @Test("Starts of one name at the same time make one execution")
    func sameNameAtOnce() async throws {
        try await withWorld { world in
            let arns = try await withThrowingTaskGroup(of: Int64.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        do { return try await world.start(Machines.waiting, name: "same").number } catch let error
                            as ExecutionError
                        {
                            guard error.code == .executionAlreadyExists else { throw error }
                            return 1
                        }
                    }
                }
                return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
            }
            #expect(arns == [1])
            #expect(try await world.store.executions().executions.count == 1)
        }
    }

    @Test("Stopping aborts, with error and cause; the late answer of its task is ignored")
    func stop() async throws {
        let latch = Latch()
        let functions = ScriptedFunctions { request, _ in
            await latch.wait()
            return .success(payload: request.payload)
        }
        try await withWorld(functions) { world in
            let started = try await world.start(Machines.chain)
            try await world.engine.stop(started.arn, error: "Enough", cause: "said so")
            let ended = try #require(try await world.store.execution(started.arn))
            #expect(ended.status == .aborted)
            #expect(ended.error == "Enough")
            #expect(ended.cause == "said so")
            latch.open()
            try await world.engine.waitUntilIdle()
            #expect(try await world.store.execution(started.arn) == ended)
            await #expect { try await world.engine.stop(started.arn) } throws: {
                ($0 as? ExecutionError)?.code == .notRunning
            }
            await #expect { try await world.engine.stop("arn:x") } throws: {
                ($0 as? ExecutionError)?.code == .unknownExecution
            }
        }
    }

    @Test("A definition that can't be read is refused with all its findings")
    func invalidDefinition() async throws {
        try await withWorld { world in
            let bad = Machines.definition("bad", #"{"StartAt": "Nowhere", "States": {}}"#)
            await #expect { try await world.engine.register(bad) } throws: { error in
                (error as? ExecutionError)?.code == .invalidDefinition && "\(error)".contains("bad.asl.json")
            }
        }
    }

    @Test("No more tasks run at once than allowed, and all run in the end")
    func taskLimit() async throws {
        let functions = ScriptedFunctions { request, _ in
            for _ in 0..<5 { await Task.yield() }
            return .success(payload: ScriptedFunctions.appended(request))
        }
        var limits = ExecutionEngine.Limits()
        limits.concurrentTasks = 3
        limits.busyExecutions = 10
        limits.batchCount = 4
        try await withWorld(functions, limits: limits) { world in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        let ended = try await world.engine.waitUntilEnded(world.start(Machines.chain).arn)
                        #expect(ended.status == .succeeded)
                    }
                }
                try await group.waitForAll()
            }
            #expect(functions.peak == 3)
            #expect(functions.callCount == 300)
        }
    }

    @Test("Executions that only wait don't keep others from starting; those at work do")
    func backpressure() async throws {
        let latch = Latch()
        let functions = ScriptedFunctions { request, _ in
            if request.function.hasSuffix(":c") { await latch.wait() }
            return .success(payload: ScriptedFunctions.appended(request))
        }
        var limits = ExecutionEngine.Limits()
        limits.busyExecutions = 2
        try await withWorld(functions, limits: limits) { world in
            for _ in 0..<10 { _ = try await world.start(Machines.waiting) }
            try await world.engine.waitUntilIdle()
            #expect(await world.engine.counters.running == 10)
            for _ in 0..<2 { _ = try await world.start(Machines.chain) }
            let third = Task { try await world.start(Machines.chain) }
            while latch.waitingCount < 2 { await Task.yield() }
            #expect(await world.engine.counters.started == 12)
            latch.open()
            #expect(try await third.value.status == .running)
            let cancelled = Task { try await world.start(Machines.chain) }
            cancelled.cancel()
            _ = await cancelled.result
        }
    }

    @Test("Starts are recorded in their order")
    func order() async throws {
        try await withWorld { world in
            let results = await world.engine.start(
                (0..<200).map {
                    StartRequest(stateMachineARN: Machines.pass.arn, name: "n\($0)", input: Array("{}".utf8))
                })
            let records = try results.map { try $0.get() }
            #expect(records.map(\.number) == (1...200).map(Int64.init))
            #expect(records.allSatisfy { $0.status == .succeeded })
        }
    }

    @Test("Watchers are told of starts, states and ends, after they are recorded")
    func observations() async throws {
        try await withWorld { world in
            var seen: [String] = []
            let stream = world.engine.observe()
            let started = try await world.start(Machines.chain, name: "n")
            for await observation in stream {
                switch observation {
                case .started: seen.append("started")
                case .stateEntered(_, let state): seen.append(state)
                case .finished(let arn, let status, _):
                    seen.append(status.rawValue)
                    #expect(try await world.store.execution(arn)?.status == .succeeded)
                case .continued, .storageFailed: Issue.record("unexpected \(observation)")
                }
                if case .finished = observation { break }
            }
            #expect(seen == ["started", "A", "B", "C", "SUCCEEDED"])
            #expect(started.name == "n")
        }
    }

    @Test("While the store is locked by another process nothing is lost and nothing is done ahead of the record")
    func lockedStore() async throws {
        try await withTemporaryDirectory { folder in
            let functions = ScriptedFunctions.echo
            let world = try await Self.makeWorld(folder, functions)
            let stream = world.engine.observe()
            let blocker = SharedDatabase(try Database("\(folder)/executions.sqlite"))
            try blocker.withLock { try $0.execute("BEGIN IMMEDIATE") }
            let pending = Task { try await world.start(Machines.chain) }
            for await observation in stream {
                guard case .storageFailed(let error) = observation else { continue }
                #expect("\(error)".contains("executions.sqlite"))
                break
            }
            #expect(functions.callCount == 0)
            try blocker.withLock { try $0.execute("ROLLBACK") }
            while world.clock.sleeperCount == 0 { await Task.yield() }
            world.clock.advance(by: .seconds(10))
            let ended = try await world.engine.waitUntilEnded(pending.value.arn)
            #expect(ended.status == .succeeded)
            #expect(functions.callCount == 3)
            await world.engine.shutdown(grace: .zero)
        }
    }

    @Test("Shutdown lets tasks end within the grace time and takes back the rest, which runs after the next start")
    func shutdown() async throws {
        try await withTemporaryDirectory { folder in
            let latch = Latch()
            let slow = ScriptedFunctions { request, number in
                if request.function.hasSuffix(":b") {
                    await latch.wait()
                    if Task.isCancelled { return ScriptedFunctions.failure("Aborted", kind: .service) }
                }
                return .success(payload: ScriptedFunctions.appended(request))
            }
            let first = try await Self.makeWorld(folder, slow)
            let started = try await first.start(Machines.chain)
            while latch.waitingCount == 0 { await Task.yield() }
            let stopping = Task { await first.engine.shutdown(grace: .seconds(5)) }
            await first.clock.waitForSleepers()
            await #expect { try await first.start(Machines.chain) } throws: {
                ($0 as? ExecutionError)?.code == .shuttingDown
            }
            first.clock.advance(by: .seconds(5))
            await stopping.value
            #expect(try await first.store.execution(started.arn)?.status == .running)

            let second = try await Self.makeWorld(folder, ScriptedFunctions.echo)
            #expect(try await second.engine.recover().continued == 1)
            let ended = try await second.engine.waitUntilEnded(started.arn)
            #expect(ended.output == #"{"seen":["a","b","c"]}"#)
            await second.engine.shutdown(grace: .zero)
        }
    }

    @Test("Shutdown records the answers that come within the grace time, and begins nothing new")
    func graceIsUsed() async throws {
        try await withTemporaryDirectory { folder in
            let latch = Latch()
            let functions = ScriptedFunctions { request, _ in
                await latch.wait()
                return .success(payload: ScriptedFunctions.appended(request))
            }
            let world = try await Self.makeWorld(folder, functions)
            let started = try await world.start(Machines.chain)
            while latch.waitingCount == 0 { await Task.yield() }
            let stopping = Task { await world.engine.shutdown(grace: .seconds(5)) }
            await world.clock.waitForSleepers()
            latch.open()
            await stopping.value
            #expect(functions.callCount == 1)
            let record = try #require(try await world.store.execution(started.arn))
            #expect(record.status == .running)
            #expect(try await world.types(record).last == "LambdaFunctionStarted")
            #expect(try await world.types(record).filter { $0 == "LambdaFunctionSucceeded" }.count == 1)
        }
    }
}
