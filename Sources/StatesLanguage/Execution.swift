package import Clocks
package import JSON

/// What one input made of an execution: events to be recorded, then commands to be carried out, both in order.
package struct Step: Sendable {
    package var events: [HistoryEvent] = []
    package var commands: [Command] = []
    /// Whether the input was of no use: an answer of an attempt, or a timer, that nobody waits for any more.
    package var isIgnored = false
}

/// One execution of a state machine, as a reducer: state and input give the next state, events and commands.
///
/// It does nothing by itself and knows no time but that of its inputs, so a router, a simulator and a test drive the
/// same one. Random numbers (jitter) come from its seed.
package struct Execution: Sendable {
    /// Bounds of an execution.
    package struct Limits: Sendable, Hashable {
        /// Events of a history (Step Functions' quota).
        package var maximumEventCount = 25_000
        /// Bytes of a state's input, output or result (Step Functions' quota: 256 KiB).
        package var maximumDataByteCount = 262_144

        package init() {}
    }

    enum TimerPurpose: Sendable {
        case wait(scope: Int)
        case retry(scope: Int)
        case taskTimeout(TaskToken)
        case heartbeat(TaskToken)
        case machine
    }

    struct RunningTimer: Sendable {
        let purpose: TimerPurpose
        let deadline: Timestamp
    }

    /// States to be entered before the step is over.
    struct Entry: Sendable {
        let scope: Int
        let state: String
        let input: JSONValue
    }

    static let rootScope = 0

    package let machine: StateMachine
    package let identity: ExecutionIdentity
    package let input: JSONValue
    let limits: Limits
    private let entropy: SeededEntropy

    var startTime = Timestamp(microsecondsSinceEpoch: 0)
    var now = Timestamp(microsecondsSinceEpoch: 0)
    var scopes: [Int: Scope] = [:]
    var nextScope = 1
    var timers: [TimerID: RunningTimer] = [:]
    var nextTimer = 1
    var entries: [Entry] = []
    var step = Step()
    package private(set) var eventCount = 0
    package private(set) var outcome: ExecutionOutcome?

    /// - Parameter seed: What the jitter of retries depends on.
    package init(
        machine: StateMachine, identity: ExecutionIdentity, input: JSONValue, seed: UInt64, limits: Limits = Limits()
    ) {
        self.machine = machine
        self.identity = identity
        self.input = input
        self.limits = limits
        entropy = SeededEntropy(seed: seed)
    }

    /// Starts the execution.
    package mutating func start(at time: Timestamp) -> Step {
        now = time
        startTime = time
        step = Step()
        emit("ExecutionStarted", .executionStarted(input: input, roleARN: identity.roleARN), after: 0)
        if let seconds = machine.timeoutSeconds { _ = setTimer(.machine, after: .seconds(seconds)) }
        if let first = machine.states.states[machine.states.startAt] {
            scopes[Execution.rootScope] = Scope(
                group: machine.states, parent: nil, index: 0, item: nil, lastID: 0, state: first)
            entries.append(Entry(scope: Execution.rootScope, state: first.name, input: input))
        }
        run()
        return take()
    }

    /// Takes what happened into account.
    package mutating func handle(_ input: ExecutionInput, at time: Timestamp) -> Step {
        step = Step()
        guard outcome == nil else {
            step.isIgnored = true
            return take()
        }
        now = max(now, time)
        switch input {
        case .taskSucceeded(let token, let payload): taskSucceeded(token, payload)
        case .taskFailed(let token, let error): taskFailed(token, error)
        case .heartbeat(let token): taskIsAlive(token)
        case .timerFired(let timer): timerFired(timer)
        case .stop(let error, let cause): finish(.aborted(StateError(error ?? "", cause: cause)))
        }
        run()
        return take()
    }

    /// Tasks started and not answered, and timers set and not fired: what a driver does again after a restart.
    package var outstandingCommands: [Command] {
        let tasks = scopes.sorted { $0.key < $1.key }.compactMap { _, scope -> Command? in
            if case .task(let attempt) = scope.phase { .startTask(attempt.request) } else { nil }
        }
        let waits = timers.sorted { $0.key.number < $1.key.number }.map {
            Command.setTimer($0.key, at: $0.value.deadline)
        }
        return tasks + waits
    }

    private mutating func take() -> Step {
        defer { step = Step() }
        return step
    }

    private mutating func run() {
        while !entries.isEmpty, outcome == nil {
            let entry = entries.removeFirst()
            enter(entry)
        }
        entries = []
    }

    // MARK: Events, timers, end

    @discardableResult
    mutating func emit(_ type: String, _ details: HistoryEvent.Details, after previousID: Int) -> Int {
        eventCount += 1
        step.events.append(
            HistoryEvent(id: eventCount, previousID: previousID, time: now, type: type, details: details))
        return eventCount
    }

    /// Emits an event that the scope's next one follows.
    mutating func emit(in scope: Int, _ type: String, _ details: HistoryEvent.Details, after previousID: Int) {
        let id = emit(type, details, after: previousID)
        scopes[scope]?.lastID = id
    }

    /// Whether the history has room for another state; its last event is the end of the execution.
    mutating func hasRoom() -> Bool {
        if outcome != nil { return false }
        guard eventCount >= limits.maximumEventCount - 3 else { return true }
        finish(
            .failed(
                .runtime("The execution reached the maximum number of history events (\(limits.maximumEventCount)).")))
        return false
    }

    mutating func setTimer(_ purpose: TimerPurpose, after duration: Duration) -> TimerID {
        setTimer(purpose, at: now + duration)
    }

    mutating func setTimer(_ purpose: TimerPurpose, at deadline: Timestamp) -> TimerID {
        let timer = TimerID(number: nextTimer)
        nextTimer += 1
        timers[timer] = RunningTimer(purpose: purpose, deadline: deadline)
        step.commands.append(.setTimer(timer, at: deadline))
        return timer
    }

    mutating func cancelTimer(_ timer: TimerID?) {
        guard let timer, timers.removeValue(forKey: timer) != nil else { return }
        step.commands.append(.cancelTimer(timer))
    }

    mutating func fraction() -> Double { entropy.fraction() }

    /// Ends the execution and everything in it.
    mutating func finish(_ outcome: ExecutionOutcome) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        let lastID = scopes[Execution.rootScope]?.lastID ?? eventCount
        endScope(Execution.rootScope)
        for timer in timers.keys.sorted(by: { $0.number < $1.number }) { cancelTimer(timer) }
        switch outcome {
        case .succeeded(let output): emit("ExecutionSucceeded", .succeeded(output: output), after: lastID)
        case .failed(let error): emit("ExecutionFailed", .failed(error), after: lastID)
        case .timedOut: emit("ExecutionTimedOut", .failed(StateError("", cause: nil)), after: lastID)
        case .aborted(let error): emit("ExecutionAborted", .failed(error), after: lastID)
        }
        step.commands.append(.finish(outcome))
    }

    /// Forgets a scope with all below it, and cancels what they wait for.
    mutating func endScope(_ id: Int) {
        guard let scope = scopes.removeValue(forKey: id) else { return }
        entries.removeAll { $0.scope == id }
        switch scope.phase {
        case .nothing: break
        case .timer(let timer): cancelTimer(timer)
        case .task(let attempt):
            cancelTimer(attempt.timeout)
            cancelTimer(attempt.heartbeat)
            step.commands.append(.cancelTask(attempt.request.token))
        case .children(let children): for child in children.running.sorted() { endScope(child) }
        }
    }
}
