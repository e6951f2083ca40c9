package import Clocks
package import JSON

/// What one input made of an execution: events to be recorded, then commands to be carried out, both in order.
package struct Step: Sendable {
    package var events: [HistoryEvent] = []
    package var commands: [Command] = []
    /// What happened to child executions of distributed Maps.
    package var children: [ChildStep] = []
    /// How runs of distributed Maps stand that began, changed or ended, the latest last.
    package var mapRuns: [MapRunStep] = []
    /// Whether the input was of no use: an answer of an attempt, or a timer, that nobody waits for any more.
    package var isIgnored = false
}

/// One execution of a state machine, as a reducer: state and input give the next state, events and commands.
///
/// It does nothing by itself and knows no time but that of its inputs, so a router, a simulator and a test drive the
/// same one. Random numbers (jitter, `States.UUID`) come from its seed. The child executions of a distributed Map are
/// reducers inside this one, with histories of their own.
package struct Execution: Sendable {
    /// Bounds of an execution.
    package struct Limits: Sendable, Hashable {
        /// Events of a history (Step Functions' quota).
        package var maximumEventCount = 25_000
        /// Bytes of a state's input, output or result (Step Functions' quota: 256 KiB).
        package var maximumDataByteCount = 262_144
        /// Bytes of all variables that a state sees (Step Functions' quota: 10 MiB).
        package var maximumVariableByteCount = 10 << 20

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
    let entropy: SeededEntropy

    var startTime = Timestamp(microsecondsSinceEpoch: 0)
    var now = Timestamp(microsecondsSinceEpoch: 0)
    var scopes: [Int: Scope] = [:]
    var nextScope = 1
    var timers: [TimerID: RunningTimer] = [:]
    var nextTimer = 1
    /// Child executions by their numbers, and the scope whose Map they belong to.
    var childOwners: [Int: Int] = [:]
    var nextChild = 1
    var entries: [Entry] = []
    /// Scopes that have left their last states, with what they give: each may end the one around it, and so on up, which
    /// is no matter for the stack.
    var succeeded: [(scope: Int, output: JSONValue)] = []
    var step = Step()
    package private(set) var eventCount = 0
    /// Whether an event found no room: the step that made it ends the execution.
    private var isFull = false
    package private(set) var outcome: ExecutionOutcome?
    /// Times that the execution went on after a bad end.
    package private(set) var redriveCount = 0
    private(set) var redriveTime: Timestamp?
    /// The scopes as they stood when an error began to end them.
    var failureSnapshot: [Int: Scope]?
    /// The scopes from which a redrive goes on.
    var resumePoint: [Int: Scope] = [:]
    /// What the state is given and shows of its work when it is tried alone.
    var inspection: Inspection?
    /// Whether answers of functions come as the service would give them: with the envelope of `lambda:invoke` already
    /// around them. Mocks do.
    package var hasPlainAnswers = false

    /// - Parameter seed: What the jitter of retries and random values depend on.
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
            scopes[Execution.rootScope]?.variables = inspection?.initialVariables ?? [:]
            entries.append(Entry(scope: Execution.rootScope, state: first.name, input: input))
        }
        run()
        return take()
    }

    /// Takes what happened into account.
    package mutating func handle(_ input: ExecutionInput, at time: Timestamp) -> Step {
        step = Step()
        now = max(now, time)
        if input == .redrive {
            redrive()
            run()
            return take()
        }
        guard outcome == nil else {
            step.isIgnored = true
            return take()
        }
        if let child = input.child {
            handle(input.outside, inChild: child)
        } else {
            switch input {
            case .taskSucceeded(let token, let payload): taskSucceeded(token, payload)
            case .taskFailed(let token, let error): taskFailed(token, error)
            case .taskSubmitted(let token, let payload): taskSubmitted(token, payload)
            case .activityStarted(let token, let worker): activityStarted(token, worker)
            case .heartbeat(let token): taskIsAlive(token)
            case .timerFired(let timer): timerFired(timer)
            case .stop(let error, let cause): finish(.aborted(StateError(error ?? "", cause: cause)))
            case .updateMapRun(let update): change(update)
            case .redrive, .stopChild: break
            }
        }
        run()
        return take()
    }

    /// Tasks started and not answered, and timers set and not fired: what a driver does again after a restart.
    package var outstandingCommands: [Command] {
        var commands: [Command] = []
        for (_, scope) in scopes.sorted(by: { $0.key < $1.key }) {
            switch scope.phase {
            // A job that was submitted is waited for by whoever submitted it: the driver decides.
            case .task(let attempt): commands.append(.startTask(attempt.request))
            case .mapRun(let run):
                if let attempt = run.attempt { commands.append(.startTask(attempt.request)) }
                for (number, child) in run.running.sorted(by: { $0.key < $1.key }) {
                    commands += child.execution.outstandingCommands.map { $0.inside(number) }
                }
            case .nothing, .timer, .children: break
            }
        }
        return commands
            + timers.sorted { $0.key.number < $1.key.number }.map { .setTimer($0.key, at: $0.value.deadline) }
    }

    /// Whether the call of a task has been made and its answer recorded.
    package func isSubmitted(_ token: TaskToken) -> Bool {
        if let child = token.children.first {
            guard let owner = childOwners[child], case .mapRun(let run)? = scopes[owner]?.phase else { return false }
            return run.running[child]?.execution.isSubmitted(token.outside) ?? false
        }
        guard case .task(let attempt)? = scopes[token.scope]?.phase else { return false }
        return attempt.request.token == token && attempt.isSubmitted
    }

    /// The request of a task that is waited for.
    package func outstandingRequest(_ token: TaskToken) -> TaskRequest? {
        if let child = token.children.first {
            guard let owner = childOwners[child], case .mapRun(let run)? = scopes[owner]?.phase,
                let request = run.running[child]?.execution.outstandingRequest(token.outside)
            else { return nil }
            return request.inside(child)
        }
        switch scopes[token.scope]?.phase {
        case .task(let attempt)?: return attempt.request.token == token ? attempt.request : nil
        case .mapRun(let run)?: return run.attempt?.request.token == token ? run.attempt?.request : nil
        case .nothing?, .timer?, .children?, nil: return nil
        }
    }

    private mutating func take() -> Step {
        defer { step = Step() }
        return step
    }

    mutating func run() {
        var next = 0
        while outcome == nil, inspection?.isOver != true {
            if isFull {
                finish(.failed(eventLimitError))
                break
            }
            if !succeeded.isEmpty {
                let (scope, output) = succeeded.removeFirst()
                scopeSucceeded(scope, output)
                continue
            }
            guard next < entries.count else { break }
            let entry = entries[next]
            next += 1
            // What has been entered is dropped in batches: an array loses its first element in linear time.
            if next > 64 {
                entries.removeFirst(next)
                next = 0
            }
            enter(entry)
        }
        entries = []
        succeeded = []
    }

    // MARK: Redrive

    /// Goes on where the execution ended: what succeeded is kept, what failed or was cut short begins again.
    private mutating func redrive() {
        guard let outcome else {
            step.isIgnored = true
            return
        }
        if case .succeeded = outcome {
            step.isIgnored = true
            return
        }
        guard canGoOn else {
            step.isIgnored = true
            return
        }
        self.outcome = nil
        redriveCount += 1
        redriveTime = now
        scopes = resumePoint
        resumePoint = [:]
        failureSnapshot = nil
        let redriven = emit("ExecutionRedriven", .redriven(count: redriveCount), after: eventCount)
        if let seconds = machine.timeoutSeconds { _ = setTimer(.machine, after: .seconds(seconds)) }
        for id in scopes.keys.sorted() {
            guard var scope = scopes[id] else { continue }
            scope.lastID = redriven
            switch scope.phase {
            case .children:
                scopes[id] = scope
            case .mapRun:
                scopes[id] = scope
                redriveMapRun(id)
            case .nothing, .task, .timer:
                scope.phase = .nothing
                scope.earlierAttempts = scope.attemptNumber + 1
                scope.retries = Array(repeating: 0, count: scope.state.retriers.count)
                scope.hasStartedChildren = false
                scopes[id] = scope
                if scope.enteredID == 0 {
                    entries.append(Entry(scope: id, state: scope.state.name, input: scope.rawInput))
                } else {
                    begin(id)
                }
            }
        }
    }

    // MARK: Events, timers, end

    /// Appends an event to the history; where there is room for the end of the execution only, the step is its last.
    ///
    /// - Returns: The event's number, or that of the last one that had room.
    @discardableResult
    mutating func emit(_ type: String, _ details: HistoryEvent.Details, after previousID: Int) -> Int {
        guard outcome != nil || eventCount < limits.maximumEventCount - 1 else {
            isFull = true
            return eventCount
        }
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
        guard isFull || eventCount >= limits.maximumEventCount - 1 else { return true }
        finish(.failed(eventLimitError))
        return false
    }

    private var eventLimitError: StateError {
        .runtime("The execution reached the maximum number of history events (\(limits.maximumEventCount)).")
    }

    /// Whether it can go on after a bad end: its history has room for more than its end (AWS: fewer than 24,999 events).
    package var canGoOn: Bool { eventCount < limits.maximumEventCount - 1 }

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

    func fraction() -> Double { entropy.fraction() }

    /// Ends the execution and everything in it.
    mutating func finish(_ outcome: ExecutionOutcome) {
        guard self.outcome == nil else { return }
        // What an event without room belonged to has not happened.
        var outcome = outcome
        if isFull {
            switch outcome {
            case .succeeded, .failed: outcome = .failed(eventLimitError)
            case .timedOut, .aborted: break
            }
        }
        isFull = false
        self.outcome = outcome
        let lastID = scopes[Execution.rootScope]?.lastID ?? eventCount
        if case .succeeded = outcome {} else { resumePoint = failureSnapshot ?? scopes }
        failureSnapshot = nil
        endScope(Execution.rootScope)
        for timer in timers.keys.sorted(by: { $0.number < $1.number }) { cancelTimer(timer) }
        switch outcome {
        case .succeeded(let output): emit("ExecutionSucceeded", .succeeded(output: output), after: lastID)
        case .failed(let error): emit("ExecutionFailed", .failed(error), after: lastID)
        case .timedOut: emit("ExecutionTimedOut", .failed(StateError("", cause: nil)), after: lastID)
        case .aborted(let error): emit("ExecutionAborted", .failed(error), after: 0)
        }
        step.commands.append(.finish(outcome))
    }

    /// Forgets a scope with all below it, and cancels what they wait for.
    mutating func endScope(_ id: Int) {
        var open = [id]
        while let id = open.popLast() {
            guard let scope = scopes.removeValue(forKey: id) else { continue }
            switch scope.phase {
            case .nothing: break
            case .timer(let timer): cancelTimer(timer)
            case .task(let attempt): cancel(attempt)
            case .children(let children): open += children.running.sorted(by: >)
            case .mapRun(let run): keepForRedrive(end(run, as: .aborted), id)
            }
        }
    }

    mutating func cancel(_ attempt: Scope.Attempt) {
        cancelTimer(attempt.timeout)
        cancelTimer(attempt.heartbeat)
        step.commands.append(.cancelTask(attempt.request.token))
    }
}

extension ExecutionInput {
    /// The child execution that the input is for.
    var child: Int? {
        switch self {
        case .taskSucceeded(let token, _), .taskFailed(let token, _), .taskSubmitted(let token, _),
            .activityStarted(let token, _), .heartbeat(let token):
            token.children.first
        case .timerFired(let timer): timer.children.first
        case .stopChild(let path, _, _): path.first
        case .updateMapRun(let update): update.path.first
        case .stop, .redrive: nil
        }
    }

    /// The input as the child sees it.
    var outside: ExecutionInput {
        switch self {
        case .taskSucceeded(let token, let payload): .taskSucceeded(token.outside, payload: payload)
        case .taskFailed(let token, let error): .taskFailed(token.outside, error)
        case .taskSubmitted(let token, let payload): .taskSubmitted(token.outside, payload: payload)
        case .activityStarted(let token, let worker): .activityStarted(token.outside, worker: worker)
        case .heartbeat(let token): .heartbeat(token.outside)
        case .timerFired(let timer): .timerFired(timer.outside)
        case .stopChild(let path, let error, let cause):
            path.count == 1
                ? .stop(error: error, cause: cause)
                : .stopChild(path: Array(path.dropFirst()), error: error, cause: cause)
        case .updateMapRun(let update): .updateMapRun(update.outside)
        case .stop, .redrive: self
        }
    }
}

extension Command {
    /// The command of a child as the driver sees it.
    func inside(_ child: Int) -> Command {
        switch self {
        case .startTask(let request): .startTask(request.inside(child))
        case .cancelTask(let token): .cancelTask(token.inside(child))
        case .setTimer(let timer, let deadline): .setTimer(timer.inside(child), at: deadline)
        case .cancelTimer(let timer): .cancelTimer(timer.inside(child))
        case .finish: self
        }
    }
}

extension TaskRequest {
    /// The request of a child as the driver sees it.
    func inside(_ child: Int) -> TaskRequest {
        TaskRequest(
            token: token.inside(child), work: work, state: state, retryCount: retryCount,
            timeoutSeconds: timeoutSeconds, heartbeatSeconds: heartbeatSeconds)
    }
}
