package import Clocks
import JSON
import StatesLanguage

/// Work of an activity, as a worker gets it.
package struct ActivityWork: Sendable, Hashable {
    package let token: String
    /// JSON text.
    package let input: String
}

extension ExecutionEngine {
    /// Time that a worker's question for work stays open (Step Functions: 60 s).
    package static let activityWait = Duration.seconds(60)

    /// The oldest work of an activity that no worker has taken; waits for some, a minute at most.
    ///
    /// - Returns: Nil when none came.
    /// - Throws: `CancellationError`; ``ExecutionError`` `.shuttingDown`.
    package func activityWork(_ arn: String, worker: String?) async throws -> ActivityWork? {
        let deadline = machineClock.now + ExecutionEngine.activityWait
        let alarm = Alarm(clock: machineClock) { [changed] in changed.notify() }
        alarm.set(deadline)
        defer { alarm.set(nil) }
        while true {
            try await changed.wait {
                phase != .open || machineClock.now >= deadline || activities[arn]?.isEmpty == false
            }
            guard phase == .open else { throw ExecutionEngine.shuttingDown }
            guard var waiting = activities[arn], !waiting.isEmpty else {
                if machineClock.now >= deadline { return nil }
                continue
            }
            let (key, request) = waiting.removeFirst()
            activities[arn] = waiting.isEmpty ? nil : waiting
            guard let execution = running[key.execution] else { continue }
            let token = CallbackToken(executionARN: execution.arn, token: key.token).text
            guard await giveAndWait(.activityStarted(key.token, worker: worker), to: key.execution) else { continue }
            return ActivityWork(token: token, input: request.payload.text())
        }
    }

    /// What a worker, or whoever has a task's token, says of the task.
    package enum CallbackAnswer: Sendable {
        case success(output: String)
        case failure(error: String?, cause: String?)
        case heartbeat
    }

    /// Takes the answer of a task that waits for one; returns once it is recorded.
    ///
    /// - Throws: ``ExecutionError``: `.invalidToken`, `.taskTimedOut`.
    package func answer(_ text: String, _ answer: CallbackAnswer) async throws(ExecutionError) {
        guard let callback = CallbackToken(text) else {
            throw ExecutionError(.invalidToken, "Invalid token")
        }
        guard let (number, token) = place(of: callback),
            let request = running[number]?.reducer.outstandingRequest(token),
            request.waitsForCallback || request.isActivity
        else {
            throw ExecutionError(.taskTimedOut, "Task Timed Out: Provided task does not exist anymore")
        }
        let input: ExecutionInput
        switch answer {
        case .success(let output): input = .taskSucceeded(token, payload: output)
        case .failure(let error, let cause):
            input = .taskFailed(token, StateError(error ?? "States.TaskFailed", cause: cause))
        case .heartbeat: input = .heartbeat(token)
        }
        guard await giveAndWait(input, to: number) else {
            throw ExecutionError(.taskTimedOut, "Task Timed Out: Provided task does not exist anymore")
        }
    }

    /// The execution that holds a task, and the task's token in it: children of distributed Maps have ARNs of their own.
    private func place(of callback: CallbackToken) -> (Int64, TaskToken)? {
        if let child = childPlaces[callback.executionARN] {
            var token = callback.token
            token.children = child.path + token.children
            return (child.execution, token)
        }
        return running.first { $0.value.arn == callback.executionARN }.map { ($0.key, callback.token) }
    }

    /// Hands an input to an execution and returns once its step is recorded.
    ///
    /// - Returns: False when the input was of no use.
    func giveAndWait(_ input: ExecutionInput, to execution: Int64) async -> Bool {
        guard phase != .closed else { return false }
        let promise = Promise<Bool>()
        inputs.append(PendingInput(execution: execution, input: input, promise: promise))
        startPump()
        return await promise.value
    }

    // MARK: - Map runs

    /// Has the run of a distributed Map go on by other rules; returns once that is recorded.
    ///
    /// - Throws: ``ExecutionError``: `.unknownMapRun`, `.mapRunNotRunning`, `.shuttingDown`, `.storage`.
    func updateMapRun(_ update: MapRunUpdate) async throws(ExecutionError) {
        guard phase == .open else { throw ExecutionEngine.shuttingDown }
        guard let run = try await store.mapRun(update.arn) else {
            throw ExecutionError(.unknownMapRun, "there is no map run \(update.arn)")
        }
        var update = update
        if let path = running[run.root]?.reducer.path(toMapRun: run.arn) {
            update.path = path
            if await giveAndWait(.updateMapRun(update), to: run.root) { return }
            guard phase == .open else { throw ExecutionEngine.shuttingDown }
        }
        throw ExecutionError(.mapRunNotRunning, "the map run \(update.arn) has ended: only one that runs is updated")
    }

    // MARK: - Redrive

    /// Days after its end in which an execution can go on.
    static let redrivablePeriod = Duration.seconds(14 * 86_400)
    /// Events above which a history is too long to go on: AWS asks for less than 24,999, so that the redrive and what
    /// follows it have room.
    static let redrivableEventCount = 24_998

    /// Has an execution that failed, timed out or was stopped go on where it stood; returns once that is recorded.
    ///
    /// What succeeded is kept; what failed or was cut short begins again, with its recorded input.
    ///
    /// - Returns: The time of the redrive.
    /// - Throws: ``ExecutionError``: `.unknownExecution`, `.notRedrivable`, `.storage`.
    package func redrive(_ arn: String) async throws(ExecutionError) -> Timestamp {
        guard phase == .open else { throw ExecutionEngine.shuttingDown }
        guard let recorded = try await store.endedExecution(arn) else {
            throw ExecutionError(.unknownExecution, "Execution Does Not Exist: '\(arn)'")
        }
        let record = recorded.record
        func refused(_ reason: String) -> ExecutionError { ExecutionError(.notRedrivable, reason) }
        if let reason = record.redriveRefusal(at: clock.now) { throw refused(reason) }
        guard running[record.number] == nil else { throw refused("Execution is RUNNING and cannot be redriven") }
        guard record.mapRunARN == nil, let (bytes, file) = try await store.definition(recorded.definitionDigest) else {
            throw refused("Execution is a child of a Map Run: redrive the execution that the Map Run belongs to")
        }
        let machine = try ExecutionEngine.parse(bytes, file: file)
        let execution = try ExecutionEngine.replay(recorded, machine: machine)
        guard running[record.number] == nil else { throw refused("Execution is RUNNING and cannot be redriven") }
        running[record.number] = execution
        guard await giveAndWait(.redrive, to: record.number) else { throw ExecutionEngine.shuttingDown }
        return running[record.number]?.time ?? clock.now
    }
}

extension ExecutionRecord {
    /// Why an execution can't go on, in AWS's words; nil when it can, by itself or with its map run.
    func redriveRefusal(at now: Timestamp) -> String? {
        switch status {
        case .running, .succeeded, .pendingRedrive:
            return "Execution is \(status.rawValue) and cannot be redriven"
        case .failed, .timedOut, .aborted: break
        }
        if isExpress { return nil }
        if eventCount > ExecutionEngine.redrivableEventCount { return "Execution history event limit exceeded" }
        if let stoppedAt, now - stoppedAt <= ExecutionEngine.redrivablePeriod { return nil }
        return "Execution redrivable period exceeded"
    }
}
