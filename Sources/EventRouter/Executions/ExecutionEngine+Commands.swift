import Clocks
import StatesLanguage

extension ExecutionEngine {
    /// Carries out what a recorded step asks for.
    func carryOut(_ commands: [Command], of execution: Int64) {
        for command in commands {
            switch command {
            case .startTask(let request):
                waitingTasks.append((TaskKey(execution: execution, token: request.token), request))
                running[execution]?.openTasks.insert(request.token)
            case .cancelTask(let token):
                // As at AWS, a function that runs is left to end by itself; its answer is ignored.
                running[execution]?.openTasks.remove(token)
                waitingTasks.removeAll { $0.key == TaskKey(execution: execution, token: token) }
            case .setTimer(let id, let deadline): timers.set(TimerKey(execution: execution, timer: id), at: deadline)
            case .cancelTimer(let id): timers.remove(TimerKey(execution: execution, timer: id))
            case .finish(let outcome): finish(execution, outcome)
            }
        }
        refreshBusyCount(of: execution)
    }

    private func finish(_ number: Int64, _ outcome: ExecutionOutcome) {
        guard let execution = running.removeValue(forKey: number) else { return }
        if execution.isBusy { busyCount -= 1 }
        let end = StepRecord.End(outcome)
        switch end.status {
        case .succeeded: totals.succeeded += 1
        case .failed: totals.failed += 1
        case .timedOut: totals.timedOut += 1
        case .aborted: totals.aborted += 1
        case .running: break
        }
        watch(.finished(arn: execution.arn, status: end.status, error: end.error))
    }

    /// Counts the execution among the busy ones as long as a task of it is under way or waits.
    func refreshBusyCount(of number: Int64) {
        guard let execution = running[number], execution.isBusy == execution.openTasks.isEmpty else { return }
        running[number]?.isBusy.toggle()
        busyCount += execution.isBusy ? -1 : 1
    }

    // MARK: - Tasks

    /// Begins tasks that wait, as many as may be under way.
    func beginTasks() {
        guard phase == .open, !waitingTasks.isEmpty else { return }
        let count = min(waitingTasks.count, max(0, limits.concurrentTasks - tasks.count))
        let next = Array(waitingTasks.prefix(count))
        waitingTasks.removeFirst(count)
        for (key, request) in next {
            // Ends with its answer; shutdown(grace:) waits for it, and cancels it in the end.
            tasks[key] = Task { [functions] in
                let input = await TaskRun(request).run(functions)
                self.taskEnded(key, input)
            }
        }
    }

    private func taskEnded(_ key: TaskKey, _ input: ExecutionInput?) {
        defer { changed.notify() }
        tasks[key] = nil
        if phase != .closed, let input { give(input, to: key.execution) }
        beginTasks()
    }

    // MARK: - Timers

    /// Has the one sleeping task wake for the next timer.
    func setAlarm() {
        if timerAlarm == nil { timerAlarm = Alarm(clock: clock) { [weak self] in await self?.timersDue() } }
        timerAlarm?.set(phase == .open ? timers.nextDeadline() : nil)
    }

    private func timersDue() {
        guard phase == .open else { return }
        let now = clock.now
        while let key = timers.popDue(at: now) { give(.timerFired(key.timer), to: key.execution) }
        setAlarm()
    }
}
