package import Clocks
import Digest
import JSON
package import StatesLanguage
import Synchronization

/// Runs executions: drives the reducer of the States Language, records each step, and then carries out what it asks for.
///
/// - Each input of an execution makes one step. Steps that are ready together are recorded in one transaction; only then
///   are tasks begun, timers set and ends made known. So what is on the disk is never behind what has been done.
/// - Answers carry the attempt they belong to; the answer of an attempt that is no longer awaited is dropped.
/// - After a restart ``recover()`` replays the recorded inputs through the reducer and asks again for what is
///   outstanding. A task may so run twice; that is the contract of its handler.
/// - When the store fails, the step is neither lost nor acted on: it is tried again, with growing waits, and all
///   executions stand still meanwhile.
/// - Time comes from the clock that was given. All waits of all executions are one queue and one sleeping task.
package actor ExecutionEngine: ExecutionStarting {
    /// The engine's tunable numbers.
    package struct Limits: Sendable {
        /// Executions with a task under way, above which no more are started: starts wait.
        package var busyExecutions = 256
        /// Executions that have not ended, those that only wait for a time among them, above which starts wait.
        package var openExecutions = 100_000
        /// Tasks under way at once; more wait their turn.
        package var concurrentTasks = 256
        /// Steps recorded in one transaction.
        package var batchCount = 256
        /// The first and the longest wait before a step is recorded again that could not be.
        package var shortestRecordRetry = Duration.milliseconds(50)
        package var longestRecordRetry = Duration.seconds(5)
        /// Observations kept for a watcher that is slow; older ones are dropped.
        package var observationCount = 1_024
        /// Whether under a virtual clock all tasks that work at the same time end together. A caller that itself decides
        /// which task ends when takes each answer as it comes.
        package var gathersAnswers = true

        package init() {}
    }

    /// Bytes of an execution's input, as AWS limits it.
    package static let maximumInputByteCount = 262_144

    /// A state machine that executions can be started of.
    struct Machine: Sendable {
        var definition: MachineDefinition
        var digest: String
        var parsed: StateMachine
        /// What it asks for and nobody serves.
        var unserved: String?
    }

    /// An execution that has not ended.
    struct Running {
        let number: Int64
        var reducer: Execution
        /// Inputs recorded or about to be.
        var inputCount = 0
        /// The time of the last step; steps never go back in time.
        var time: Timestamp
        /// Tasks asked for and neither answered nor taken back.
        var openTasks: Set<TaskToken> = []
        /// Whether it counts among the busy ones.
        var isBusy = false
        /// What is told of it beside what the reducer knows; the input's text only when anyone may want to hear of it.
        let startedAt: Timestamp
        var inputText: [UInt8] = []
        var origin = ExecutionOrigin()
        var redriveCount = 0
        var redrivenAt: Timestamp?
        /// The calls of each state so far, of an execution whose tasks' work mocked answers stand for.
        var callCounts: [String: Int] = [:]

        init(number: Int64, reducer: Execution, time: Timestamp) {
            self.number = number
            self.reducer = reducer
            self.time = time
            startedAt = time
        }

        var arn: String { reducer.identity.arn }
        /// The test case whose mocked answers stand for its tasks' work.
        var testCase: String? { origin.testCase }

        /// Runs the reducer on an input.
        mutating func take(_ input: ExecutionInput, at now: Timestamp) -> Step {
            time = max(time, now)
            let step = reducer.handle(input, at: time)
            if !step.isIgnored { inputCount += 1 }
            if !step.isIgnored, input == .redrive {
                redriveCount += 1
                redrivenAt = time
            }
            return step
        }
    }

    struct TimerKey: Hashable, Sendable {
        var execution: Int64
        var timer: TimerID
    }

    struct TaskKey: Hashable, Sendable {
        var execution: Int64
        var token: TaskToken
    }

    /// An input whose step is still to be made.
    struct PendingInput {
        let execution: Int64
        let input: ExecutionInput
        /// Told whether the input was of use, once its step is recorded.
        var promise: Promise<Bool>?
    }

    typealias StartResult = Result<ExecutionRecord, ExecutionError>

    /// A start that is still to be recorded.
    struct PendingStart {
        var machine: Machine
        var name: String
        var input: JSONValue
        var text: [UInt8]
        var deliveryID: Int64?
        var origin: ExecutionOrigin
        var promise = Promise<StartResult>()
    }

    enum Phase: Sendable {
        case open
        /// No start is taken and no task begun; answers of tasks under way still count.
        case closing
        /// Nothing is recorded any more.
        case closed
    }

    let store: ExecutionStore
    let functions: any FunctionInvoking
    /// What executions live by.
    let clock: any WallClock
    /// What the router itself lives by: the tries of a disk that fails, the grace at the end, how long a worker is let wait.
    let machineClock: any WallClock
    let entropy: any Entropy
    package nonisolated let limits: Limits

    var machines: [String: Machine] = [:]
    var running: [Int64: Running] = [:]
    /// The last execution's number, once it is known.
    var lastNumber: Int64?
    /// Names that are being started, so that two starts of one name don't pass each other.
    private var namesInUse: Set<String> = []
    /// Lets starts look for their names and line up one after the other.
    private let startGate = SerialGate()
    var starts: [PendingStart] = []
    var inputs: [PendingInput] = []
    /// Work of activities that no worker has taken yet, by the activities' ARNs, the oldest first.
    var activities: [String: [(key: TaskKey, request: TaskRequest)]] = [:]
    /// Child executions of distributed Maps that have not ended.
    var childPlaces: [String: (execution: Int64, path: [Int])] = [:]
    /// Tasks under way that only wait for a job that was begun.
    var parkedTasks: Set<TaskKey> = []
    /// Who does what is no function's work.
    var services: any TaskServing = NoServices()
    /// Tells of executions whose status changes.
    var announcements: any StatusAnnouncing = NoAnnouncements()
    /// Answers of tasks in executions that were started as test cases.
    var mocks: MockConfiguration?
    /// Records what is ready, as long as there is something; awaited by ``shutdown(grace:)``.
    var pump: Task<Void, Never>?
    var timers = TimerQueue<TimerKey>()
    var timerAlarm: Alarm?
    /// Tasks under way; cancelled and awaited by ``shutdown(grace:)``.
    var tasks: [TaskKey: Task<Void, Never>] = [:]
    /// How many tasks have begun so far.
    var begunTaskCount: UInt64 = 0
    /// An answer of a task, and who waits for its step.
    struct HeldAnswer {
        /// The task's place among all that have begun.
        var place: UInt64
        var input: PendingInput
    }

    /// Answers that wait for those of the other tasks under way; only under a virtual clock, which knows no earlier and later
    /// while tasks work.
    var heldAnswers: [HeldAnswer] = []
    /// Tasks that wait for the ends of executions, by these executions' ARNs.
    var endWaiters: [String: [TaskHold]] = [:]
    var waitingTasks: [(key: TaskKey, request: TaskRequest)] = []
    /// Executions with a task that is under way or waits.
    var busyCount = 0
    var phase = Phase.open
    let changed = Broadcast()
    var totals = ExecutionCounters()
    let watchers = Mutex<[UInt64: AsyncStream<ExecutionObservation>.Continuation]>([:])

    /// - Parameter machineClock: `clock` if nil.
    package init(
        store: ExecutionStore, functions: any FunctionInvoking, clock: any WallClock,
        machineClock: (any WallClock)? = nil, entropy: any Entropy, limits: Limits = Limits()
    ) {
        self.store = store
        self.functions = functions
        self.clock = clock
        self.machineClock = machineClock ?? clock
        self.entropy = entropy
        self.limits = limits
    }

    /// Has these do what is no function's work; call it before anything is started.
    package func use(_ services: any TaskServing) { self.services = services }

    /// Has these tell of executions whose status changes; call it before anything is started.
    package func use(_ announcements: any StatusAnnouncing) { self.announcements = announcements }

    /// Has mocked answers stand for tasks of executions that are started with a test case.
    package func use(_ mocks: MockConfiguration) { self.mocks = mocks }

    // MARK: - State machines

    /// Makes a state machine known; one of the same ARN is replaced for the executions to come.
    ///
    /// - Throws: ``ExecutionError``: `.invalidDefinition` with the States Language's error as its cause; `.storage`.
    package func register(_ definition: MachineDefinition) async throws(ExecutionError) {
        var machine = Machine(
            definition: definition, digest: sha256(definition.bytes),
            parsed: try ExecutionEngine.parse(definition.bytes, file: definition.file, type: definition.kind))
        machine.unserved = unserved(machine.parsed)
        try await store.keepDefinition(definition.bytes, file: definition.file, digest: machine.digest)
        machines[definition.arn] = machine
    }

    /// Refuses a state machine that asks for a service which nobody here serves.
    ///
    /// - Throws: ``ExecutionError`` `.unservedIntegration` that names all of them, with their states.
    package func checkServices(of arn: String) throws(ExecutionError) {
        guard let unserved = machines[arn]?.unserved else { return }
        throw ExecutionError(
            .unservedIntegration,
            "the state machine \(arn) asks for \(unserved), which nobody serves here: map each to a function in the "
                + "template's Metadata (Turntable: Integrations: {\"SERVICE:ACTION\": FUNCTION})")
    }

    /// The services that a machine asks for and nobody serves, with their states; nil when there is none.
    private func unserved(_ machine: StateMachine) -> String? {
        let missing = machine.integrations.filter {
            $0.integration != .lambdaInvoke && !services.serves($0.integration)
        }
        guard !missing.isEmpty else { return nil }
        return missing.map { "\($0.integration.name) (state \($0.state))" }.joined(separator: ", ")
    }

    static func parse(
        _ bytes: [UInt8], file: String, type: StateMachineType = .standard
    ) throws(ExecutionError) -> StateMachine {
        do {
            return try StateMachine.parse(bytes, file: file, type: type)
        } catch {
            throw ExecutionError(
                .invalidDefinition, "the state machine's definition \(file) can't be read", cause: error)
        }
    }

    // MARK: - Starting and stopping

    /// Starts an execution and returns once that is recorded.
    ///
    /// As with StartExecution, a name in use gives the execution that has it, if that runs with the same input.
    ///
    /// - Throws: ``ExecutionError``: `.unknownStateMachine`, `.invalidName`, `.invalidInput`, `.executionAlreadyExists`,
    ///   `.shuttingDown`, `.storage`.
    package func start(_ request: StartRequest) async throws(ExecutionError) -> ExecutionRecord {
        let results = await start([request])
        return try results[0].get()
    }

    package func start(_ requests: [StartRequest]) async -> [Result<ExecutionRecord, ExecutionError>] {
        var promises: [Promise<StartResult>] = []
        for request in requests {
            promises.append(await startGate.run { await enqueue(request) })
        }
        var results: [StartResult] = []
        for promise in promises { results.append(await promise.value) }
        return results
    }

    /// Lines a start up to be recorded, or answers at once.
    private func enqueue(_ request: StartRequest) async -> Promise<StartResult> {
        var name = request.name ?? entropy.uuid()
        do throws(ExecutionError) {
            let (machine, input) = try check(request, name: name)
            let isExpress = machine.definition.kind == .express
            if isExpress { name += ":" + entropy.uuid() }
            let arn = machine.definition.executionARN(name)
            try await wait { !namesInUse.contains(arn) || phase == .closed }
            if request.name != nil, !isExpress,
                let existing = try await store.execution(named: name, of: machine.definition.arn)
            {
                guard existing.status == .running, Array(existing.input.utf8) == request.input else {
                    throw ExecutionError(
                        .executionAlreadyExists,
                        "there is an execution \(existing.arn) already (\(existing.status.rawValue)): choose another name"
                    )
                }
                if let delivery = request.deliveryID { try await store.removeDelivery(delivery) }
                let promise = Promise<StartResult>()
                promise.give(.success(existing))
                return promise
            }
            try await wait { phase != .open || hasRoom }
            guard phase == .open else { throw ExecutionEngine.shuttingDown }
            let start = PendingStart(
                machine: machine, name: name, input: input, text: request.input, deliveryID: request.deliveryID,
                origin: request.origin.completed(by: machine.definition))
            namesInUse.insert(arn)
            starts.append(start)
            startPump()
            return start.promise
        } catch {
            let promise = Promise<StartResult>()
            promise.give(.failure(error))
            return promise
        }
    }

    static let shuttingDown = ExecutionError(.shuttingDown, "the router is shutting down and starts no execution")

    /// Whether another execution may be started.
    private var hasRoom: Bool {
        busyCount + starts.count < limits.busyExecutions && running.count < limits.openExecutions
    }

    /// Waits for a change that makes `isMet` true; a caller that is cancelled is one that is stopping.
    private func wait(until isMet: () -> Bool) async throws(ExecutionError) {
        do { try await changed.wait(until: isMet) } catch { throw ExecutionEngine.shuttingDown }
    }

    private func check(_ request: StartRequest, name: String) throws(ExecutionError) -> (Machine, JSONValue) {
        guard phase == .open else { throw ExecutionEngine.shuttingDown }
        guard let machine = machines[request.stateMachineARN] else {
            throw ExecutionError(.unknownStateMachine, "there is no state machine \(request.stateMachineARN)")
        }
        guard ExecutionEngine.isValidName(name) else {
            throw ExecutionError(
                .invalidName,
                "an execution's name has 1 to 80 characters, without blanks, control characters, brackets and any of ?*\"#%\\^|~`$&,;:/"
            )
        }
        guard request.input.count <= ExecutionEngine.maximumInputByteCount else {
            throw ExecutionError(
                .invalidInput,
                "the input of execution \(name) has \(request.input.count) bytes, \(ExecutionEngine.maximumInputByteCount) are allowed"
            )
        }
        if request.origin.testCase == nil { try checkServices(of: request.stateMachineARN) }
        do {
            return (machine, try JSONValue(parsing: request.input))
        } catch {
            throw ExecutionError(.invalidInput, "the input of execution \(name) is no JSON", cause: error)
        }
    }

    /// Whether StartExecution takes this name.
    static func isValidName(_ name: String) -> Bool {
        (1...80).contains(name.unicodeScalars.count)
            && name.unicodeScalars.allSatisfy { scalar in
                !(scalar.value <= 0x20 || (0x7F...0x9F).contains(scalar.value)
                    || "<>{}[]?*\"#%\\^|~`$&,;:/".unicodeScalars.contains(scalar))
            }
    }

    /// Answers a start, for better or worse, and frees its name for others to look up.
    func settle(_ start: PendingStart, _ result: StartResult) {
        namesInUse.remove(start.machine.definition.executionARN(start.name))
        start.promise.give(result)
    }

    /// Ends an execution as aborted; returns once that is recorded.
    ///
    /// - Throws: ``ExecutionError``: `.unknownExecution`; `.notRunning` when it has ended.
    package func stop(_ arn: String, error: String? = nil, cause: String? = nil) async throws(ExecutionError) {
        if let child = childPlaces[arn] {
            let input = ExecutionInput.stopChild(path: child.path, error: error, cause: cause)
            if await giveAndWait(input, to: child.execution) { return }
            guard phase == .open else { throw ExecutionEngine.shuttingDown }
        }
        guard let number = running.first(where: { $0.value.arn == arn })?.key else {
            guard let record = try await store.execution(arn) else {
                throw ExecutionError(.unknownExecution, "there is no execution \(arn)")
            }
            throw ExecutionError(.notRunning, "the execution \(arn) has ended: \(record.status.rawValue)")
        }
        give(.stop(error: error, cause: cause), to: number)
        try await wait { running[number] == nil || phase == .closed }
    }
}
