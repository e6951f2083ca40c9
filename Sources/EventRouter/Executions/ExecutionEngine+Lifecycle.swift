package import Clocks
import StatesLanguage
import Synchronization

extension ExecutionEngine {
    /// Watches executions from now on. The stream ends with the engine's shutdown; a watcher that is slow misses the oldest.
    package nonisolated func observe() -> AsyncStream<ExecutionObservation> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ExecutionObservation.self, bufferingPolicy: .bufferingNewest(limits.observationCount))
        let id = watchers.withLock { watchers in
            let id = (watchers.keys.max() ?? 0) + 1
            watchers[id] = continuation
            return id
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.watchers.withLock { $0.removeValue(forKey: id) }
        }
        return stream
    }

    func watch(_ observation: ExecutionObservation) {
        switch observation {
        case .started: totals.started += 1
        case .continued: totals.continued += 1
        case .stateEntered, .finished, .storageFailed: break
        }
        for watcher in watchers.withLock({ Array($0.values) }) { watcher.yield(observation) }
    }

    package var counters: ExecutionCounters {
        var counters = totals
        counters.running = running.count
        counters.tasks = tasks.count
        counters.waitingTasks = waitingTasks.count
        return counters
    }

    /// When the next timer of any execution is due; nil when none is set.
    package var nextDeadline: Timestamp? { timers.nextDeadline() }

    /// Whether nothing happens before a timer fires or someone calls.
    package var isIdle: Bool {
        pump == nil && starts.isEmpty && inputs.isEmpty && tasks.count == parkedTasks.count && waitingTasks.isEmpty
    }

    /// Returns once nothing happens before a timer fires or someone calls.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    package func waitUntilIdle() async throws {
        try await changed.wait { isIdle }
    }

    /// Returns an execution's record once it has ended.
    ///
    /// - Throws: `CancellationError`; ``ExecutionError`` when there is none of this ARN or the engine closes first.
    package func waitUntilEnded(_ arn: String) async throws -> ExecutionRecord {
        func isRunning() -> Bool { running.values.contains { $0.arn == arn } }
        let hold = TaskHold.current
        if let hold, isRunning() {
            endWaiters[arn, default: []].append(hold)
            hold.pause()
        }
        defer { hold?.resume() }
        try await changed.wait { phase == .closed || !isRunning() }
        guard !isRunning() else { throw ExecutionEngine.shuttingDown }
        guard let record = try await store.execution(arn) else {
            throw ExecutionError(.unknownExecution, "there is no execution \(arn)")
        }
        return record
    }

    /// Takes no more starts, lets tasks that are under way end and records their answers, within the grace time; what is
    /// not done by then is taken back and runs again after the next start.
    ///
    /// Call it before the functions' own shutdown. The engine can't be used afterwards.
    package func shutdown(grace: Duration) async {
        if phase == .open { phase = .closing }
        timerAlarm?.set(nil)
        changed.notify()
        let deadline = Task { [machineClock] in
            guard (try? await machineClock.sleep(for: grace)) != nil else { return }
            self.close()
        }
        // waitingTasks are not begun any more, so what is left are tasks under way and steps to be recorded.
        try? await changed.wait {
            phase == .closed || tasks.count == parkedTasks.count && inputs.isEmpty && starts.isEmpty && pump == nil
        }
        deadline.cancel()
        close()
        let left = Array(tasks.values)
        for task in left { task.cancel() }
        tasks = [:]
        for answer in heldAnswers { answer.input.promise?.give(false) }
        heldAnswers = []
        for task in left { await task.value }
        pump?.cancel()
        await pump?.value
        for start in starts { settle(start, .failure(ExecutionEngine.shuttingDown)) }
        starts = []
        for watcher in watchers.withLock({ Array($0.values) }) { watcher.finish() }
        // They hold the engine in turn.
        services = NoServices()
        announcements = NoAnnouncements()
    }

    private func close() {
        phase = .closed
        changed.notify()
    }
}
