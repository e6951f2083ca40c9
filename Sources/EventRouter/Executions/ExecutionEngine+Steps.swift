import Clocks
import JSON
import StatesLanguage

extension ExecutionEngine {
    /// Hands an input to an execution: its step follows as soon as those before it are recorded.
    func give(_ input: ExecutionInput, to execution: Int64) {
        inputs.append(PendingInput(execution: execution, input: input))
        startPump()
    }

    func startPump() {
        guard pump == nil, phase != .closed else { return }
        let hold = clock.hold()
        pump = Task {
            await self.work()
            hold.release()
        }
    }

    /// Steps of one batch and what is to be done once they are recorded.
    private struct Batch {
        var steps: [StepRecord] = []
        var actions: [Action] = []
        var starts: [(PendingStart, ExecutionRecord)] = []
        var promises: [(Promise<Bool>, Bool)] = []
    }

    private struct Action {
        var execution: Int64
        /// The task that was answered.
        var answered: TaskToken?
        var commands: [Command]
        var observations: [ExecutionObservation]
    }

    /// Makes and records steps until nothing is ready.
    private func work() async {
        while phase != .closed, !(starts.isEmpty && inputs.isEmpty) {
            do {
                try await learnLastNumber()
            } catch {
                watch(.storageFailed(error))
                guard await pause(limits.shortestRecordRetry) else { break }
                continue
            }
            let batch = makeBatch()
            guard await record(batch.steps) else {
                for (start, _) in batch.starts { settle(start, .failure(ExecutionEngine.shuttingDown)) }
                for (promise, _) in batch.promises { promise.give(false) }
                break
            }
            for action in batch.actions {
                for observation in action.observations { watch(observation) }
                // Only now, so that an execution between two tasks still counts as busy.
                if let token = action.answered { running[action.execution]?.openTasks.remove(token) }
                carryOut(action.commands, of: action.execution)
            }
            for (start, record) in batch.starts { settle(start, .success(record)) }
            for (promise, isOfUse) in batch.promises { promise.give(isOfUse) }
            beginTasks()
            setAlarm()
            changed.notify()
        }
        pump = nil
        if phase == .closed {
            for start in starts { settle(start, .failure(ExecutionEngine.shuttingDown)) }
            starts = []
            for input in inputs { input.promise?.give(false) }
        }
        changed.notify()
    }

    private func learnLastNumber() async throws(ExecutionError) {
        if lastNumber == nil { lastNumber = try await store.lastExecutionNumber() }
    }

    /// Runs the reducers on what is ready; nothing leaves the actor yet.
    private func makeBatch() -> Batch {
        var batch = Batch()
        let now = clock.now
        let started = starts.prefix(limits.batchCount)
        starts.removeFirst(started.count)
        for start in started { begin(start, at: now, in: &batch) }

        let ready = inputs.prefix(limits.batchCount - started.count)
        inputs.removeFirst(ready.count)
        for pending in ready {
            let (number, input) = (pending.execution, pending.input)
            guard let step = running[number]?.take(input, at: now), !step.isIgnored else {
                // A late answer of a dead attempt, or of an execution that has ended.
                if let promise = pending.promise { batch.promises.append((promise, false)) }
                continue
            }
            if let promise = pending.promise { batch.promises.append((promise, true)) }
            let children = records(of: step.children, in: number)
            guard let execution = running[number] else { continue }
            let end = execution.reducer.outcome.map(StepRecord.End.init)
            let isRedrive = input == .redrive
            batch.steps.append(
                StepRecord(
                    execution: number, time: execution.time, input: (execution.inputCount, input),
                    events: step.events.map { .made($0) }, end: end, isRedrive: isRedrive, children: children,
                    mapRuns: step.mapRuns,
                    deliveries: (isRedrive ? announce(execution, nil) : [])
                        + (end.map { announce(execution, $0) } ?? [])))
            batch.actions.append(
                Action(
                    execution: number, answered: input.answeredTask, commands: step.commands,
                    observations: ExecutionEngine.observations(of: step, arn: execution.arn)))
        }
        return batch
    }

    private func begin(_ start: PendingStart, at now: Timestamp, in batch: inout Batch) {
        let number = (lastNumber ?? 0) + 1
        lastNumber = number
        let seed = entropy.next()
        let arn = start.machine.definition.executionARN(start.name)
        var execution = Running(
            number: number,
            reducer: ExecutionEngine.reducer(
                of: start.machine.parsed, definition: start.machine.definition, name: start.name, input: start.input,
                seed: seed),
            time: now)
        execution.origin = start.origin
        if announcements.hasListeners { execution.inputText = start.text }
        execution.reducer.hasPlainAnswers = start.origin.testCase != nil
        let step = execution.reducer.start(at: now)
        running[number] = execution
        let children = records(of: step.children, in: number)
        let end = execution.reducer.outcome.map(StepRecord.End.init)
        batch.steps.append(
            StepRecord(
                execution: number, time: now,
                start: StepRecord.Start(
                    stateMachineARN: start.machine.definition.arn, name: start.name, arn: arn,
                    roleARN: start.machine.definition.roleARN, definitionDigest: start.machine.digest,
                    input: start.text, seed: seed, origin: start.origin),
                events: step.events.map { .made($0) }, end: end, children: children, mapRuns: step.mapRuns,
                deliveryID: start.deliveryID,
                deliveries: announce(execution, nil) + (end.map { announce(execution, $0) } ?? [])))
        batch.actions.append(
            Action(
                execution: number, commands: step.commands,
                observations: [.started(arn: arn)] + ExecutionEngine.observations(of: step, arn: arn)))
        let record = ExecutionRecord(
            arn: arn, name: start.name, stateMachineARN: start.machine.definition.arn, status: end?.status ?? .running,
            input: String(decoding: start.text, as: UTF8.self),
            output: end?.output.map { String(decoding: $0, as: UTF8.self) },
            error: end?.error, cause: end?.cause, startedAt: now, stoppedAt: end == nil ? nil : now,
            eventCount: step.events.last?.id ?? 0, number: number)
        batch.starts.append((start, record))
    }

    /// The deliveries of an execution's new status.
    ///
    /// - Parameter end: Nil when it runs from now on.
    private func announce(_ execution: Running, _ end: StepRecord.End?) -> [QueuedDelivery] {
        guard announcements.hasListeners else { return [] }
        let identity = execution.reducer.identity
        let name = String(
            identity.arn.split(separator: ":", omittingEmptySubsequences: false).dropFirst(7).joined(separator: ":"))
        let record = ExecutionRecord(
            arn: identity.arn, name: name, stateMachineARN: identity.stateMachineARN, status: end?.status ?? .running,
            input: String(decoding: execution.inputText, as: UTF8.self),
            output: end?.output.map { String(decoding: $0, as: UTF8.self) }, error: end?.error, cause: end?.cause,
            startedAt: execution.startedAt, stoppedAt: end == nil ? nil : execution.time,
            eventCount: execution.reducer.eventCount, number: execution.number, redriveCount: execution.redriveCount,
            redrivenAt: execution.redrivenAt)
        return announcements.deliveries(of: record, execution.origin, at: execution.time)
    }

    /// What is recorded of child executions; remembers where they are found by their ARNs.
    private func records(of children: [ChildStep], in number: Int64) -> [StepRecord.Child] {
        children.map { child in
            childPlaces[child.identity.arn] = child.outcome == nil ? (number, child.path) : nil
            guard child.input != nil else { return StepRecord.Child(step: child) }
            let number = (lastNumber ?? 0) + 1
            lastNumber = number
            return StepRecord.Child(number: number, step: child)
        }
    }

    static func reducer(
        of machine: StateMachine, definition: MachineDefinition, name: String, input: JSONValue, seed: UInt64
    ) -> Execution {
        Execution(
            machine: machine,
            identity: ExecutionIdentity(
                arn: definition.executionARN(name), name: ExecutionRecord.givenName(name),
                stateMachineARN: definition.arn,
                stateMachineName: definition.name, roleARN: definition.roleARN), input: input, seed: seed)
    }

    /// Records steps, however long it takes.
    ///
    /// - Returns: False when the engine was closed first; then nothing of it is recorded.
    private func record(_ steps: [StepRecord]) async -> Bool {
        var wait = limits.shortestRecordRetry
        while phase != .closed {
            do {
                if !steps.isEmpty { try await store.record(steps) }
                if steps.contains(where: { !$0.deliveries.isEmpty }) { announcements.wake() }
                return true
            } catch {
                watch(.storageFailed(error))
                guard await pause(wait) else { return false }
                wait = min(wait * 2, limits.longestRecordRetry)
            }
        }
        return false
    }

    /// Waits before something is tried again.
    ///
    /// - Returns: False when the engine was closed meanwhile.
    private func pause(_ duration: Duration) async -> Bool {
        try? await machineClock.sleep(for: duration)
        return phase != .closed
    }

    /// What those who watch are told of a step.
    private static func observations(of step: Step, arn: String) -> [ExecutionObservation] {
        step.events.compactMap { event in
            guard case .stateEntered(let name, _) = event.details else { return nil }
            return .stateEntered(arn: arn, state: name)
        }
    }
}

extension ExecutionInput {
    /// The task that has ended with this input.
    fileprivate var answeredTask: TaskToken? {
        switch self {
        case .taskSucceeded(let token, _), .taskFailed(let token, _): token
        case .heartbeat, .timerFired, .stop, .taskSubmitted, .activityStarted, .redrive, .stopChild, .updateMapRun: nil
        }
    }
}

extension StepRecord.End {
    init(_ outcome: ExecutionOutcome) {
        switch outcome {
        case .succeeded(let output): self.init(status: .succeeded, output: output.bytes())
        case .failed(let error): self.init(.failed, error)
        case .timedOut: self.init(status: .timedOut)
        case .aborted(let error): self.init(.aborted, error)
        }
    }

    private init(_ status: ExecutionStatus, _ error: StateError) {
        // An error without a name is one that was not given.
        self.init(status: status, error: error.name.isEmpty ? nil : error.name, cause: error.cause)
    }
}
