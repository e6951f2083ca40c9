import Clocks
import JSON
import StatesLanguage

/// What was found of an earlier run.
package struct RecoveryReport: Sendable {
    package struct Failure: Sendable {
        package var arn: String
        package var reason: String
    }

    /// Executions that go on.
    package var continued = 0
    /// Executions that can't go on and have been recorded as failed.
    package var failed: [Failure] = []
}

extension ExecutionEngine {
    /// The error of an execution that can't be continued.
    static let recoveryError = "States.Runtime"
    /// Executions read from the store at once.
    static let recoveryBatchCount = 64

    /// Brings back the executions of an earlier run and asks again for what they wait for: tasks run again, timers that
    /// are due fire at once. Call it once, when the state machines' functions can be invoked.
    ///
    /// An execution whose recorded inputs can't be replayed ends as failed, with the reason as its cause; the others
    /// are not held up by it.
    ///
    /// - Throws: ``ExecutionError`` with code `.storage` when the store can't be read.
    package func recover() async throws(ExecutionError) -> RecoveryReport {
        var report = RecoveryReport()
        var definitions: [String: Result<StateMachine, ExecutionError>] = [:]
        var last: Int64 = 0
        while true {
            let page = try await store.runningExecutions(after: last, limit: ExecutionEngine.recoveryBatchCount)
            for recorded in page {
                last = recorded.record.number
                guard running[last] == nil else { continue }
                if definitions[recorded.definitionDigest] == nil {
                    definitions[recorded.definitionDigest] = await definition(recorded.definitionDigest)
                }
                do throws(ExecutionError) {
                    guard let machine = try definitions[recorded.definitionDigest]?.get() else { continue }
                    let execution = try ExecutionEngine.replay(recorded, machine: machine)
                    running[last] = execution
                    resume(execution)
                    report.continued += 1
                } catch {
                    report.failed.append(RecoveryReport.Failure(arn: recorded.record.arn, reason: error.description))
                    try await fail(recorded, reason: error.description)
                }
            }
            if page.count < ExecutionEngine.recoveryBatchCount { break }
        }
        beginTasks()
        setAlarm()
        return report
    }

    private func definition(_ digest: String) async -> Result<StateMachine, ExecutionError> {
        do throws(ExecutionError) {
            guard let (bytes, file) = try await store.definition(digest) else {
                throw ExecutionError(.invalidDefinition, "the store has no definition with the digest \(digest)")
            }
            return .success(try ExecutionEngine.parse(bytes, file: file))
        } catch {
            return .failure(error)
        }
    }

    /// Replays what an execution was given.
    ///
    /// - Parameter observe: Is shown each step.
    static func replay(
        _ recorded: RunningExecution, machine: StateMachine, observe: (Step) -> Void = { _ in }
    ) throws(ExecutionError) -> Running {
        let record = recorded.record
        func broken(_ detail: String, _ cause: (any Error)? = nil) -> ExecutionError {
            ExecutionError(.storage, "the execution could not be continued after a restart: \(detail)", cause: cause)
        }
        let input: JSONValue
        do { input = try JSONValue(parsing: record.input) } catch {
            throw broken("its recorded input is no JSON", error)
        }
        let definition = MachineDefinition(
            arn: record.stateMachineARN, roleARN: recorded.roleARN, bytes: [], file: "",
            kind: record.isExpress ? .express : .standard)
        var execution = Running(
            number: record.number,
            reducer: reducer(of: machine, definition: definition, name: record.name, input: input, seed: recorded.seed),
            time: record.startedAt)
        execution.origin = recorded.origin
        execution.inputText = Array(record.input.utf8)
        execution.reducer.hasPlainAnswers = recorded.origin.testCase != nil
        let first = execution.reducer.start(at: record.startedAt)
        execution.count(first)
        observe(first)
        for (time, text) in recorded.inputs {
            let number = execution.inputCount + 1
            let json: JSONValue
            do { json = try JSONValue(parsing: text) } catch { throw broken("its input \(number) is no JSON", error) }
            guard let input = ExecutionInput(json: json) else {
                throw broken("its input \(number) is of a kind that this version does not know")
            }
            let step = execution.take(input, at: time)
            execution.count(step)
            observe(step)
            guard !step.isIgnored else { throw broken("its input \(number) is none that the replay waits for") }
        }
        let hasEnded = execution.reducer.outcome != nil
        guard execution.reducer.eventCount == record.eventCount, hasEnded == (record.status != .running) else {
            throw broken(
                """
                its inputs give \(execution.reducer.eventCount) events where \(record.eventCount) are recorded; it was begun by \
                another version
                """)
        }
        return execution
    }

    /// Asks again for what a replayed execution waits for.
    private func resume(_ execution: Running) {
        for child in execution.reducer.openChildren {
            childPlaces[child.identity.arn] = (execution.number, child.path)
        }
        carryOut(execution.reducer.outstandingCommands, of: execution.number)
        watch(.continued(arn: execution.arn))
    }

    private func fail(_ recorded: RunningExecution, reason: String) async throws(ExecutionError) {
        let record = recorded.record
        let now = max(clock.now, record.startedAt)
        let error = ExecutionEngine.recoveryError
        let event: JSONValue = [
            "timestamp": .string(now.iso8601), "type": "ExecutionFailed", "id": .int(record.eventCount + 1),
            "previousEventId": .int(record.eventCount),
            "executionFailedEventDetails": ["error": .string(error), "cause": .string(reason)],
        ]
        var ended = record
        (ended.status, ended.error, ended.cause, ended.stoppedAt) = (.failed, error, reason, now)
        let deliveries = announcements.deliveries(of: ended, recorded.origin, at: now)
        try await store.record([
            StepRecord(
                execution: record.number, time: now, events: [.foreign(id: record.eventCount + 1, event)],
                end: StepRecord.End(status: .failed, error: error, cause: reason), abandonsChildren: true,
                deliveries: deliveries)
        ])
        if !deliveries.isEmpty { announcements.wake() }
        totals.failed += 1
        watch(.finished(arn: record.arn, status: .failed, error: error))
    }
}
