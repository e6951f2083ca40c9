import Clocks
import JSON
import StatesLanguage

extension ExecutionEngine {
    /// Seconds of a task outside of any execution that allows no time of its own (TestState: 5 minutes).
    static let loneTaskSeconds = 300

    /// Carries out what a recorded step asks for.
    func carryOut(_ commands: [Command], of execution: Int64) {
        // A Map that ends may take thousands back: they are looked for once.
        var cancelled: Set<TaskKey> = []
        for command in commands {
            switch command {
            case .startTask(let request): start(request, of: execution)
            case .cancelTask(let token):
                let key = TaskKey(execution: execution, token: token)
                running[execution]?.openTasks.remove(token)
                cancelled.insert(key)
                // As at AWS, a function that runs is left to end by itself; its answer is ignored. A job is ended.
                if parkedTasks.contains(key) { tasks[key]?.cancel() }
            case .setTimer(let id, let deadline): timers.set(TimerKey(execution: execution, timer: id), at: deadline)
            case .cancelTimer(let id): timers.remove(TimerKey(execution: execution, timer: id))
            case .finish(let outcome): finish(execution, outcome)
            }
        }
        if !cancelled.isEmpty {
            waitingTasks.removeAll { cancelled.contains($0.key) }
            for (arn, waiting) in activities where waiting.contains(where: { cancelled.contains($0.key) }) {
                activities[arn] = waiting.filter { !cancelled.contains($0.key) }
            }
        }
        refreshBusyCount(of: execution)
    }

    private func start(_ request: TaskRequest, of execution: Int64) {
        if let answer = mockedAnswer(to: request, of: execution) { return give(answer, to: execution) }
        let key = TaskKey(execution: execution, token: request.token)
        let isSubmitted = running[execution]?.reducer.isSubmitted(request.token) ?? false
        if case .activity(let arn, _) = request.work {
            // One that a worker had before the router started anew is that worker's still.
            if !isSubmitted { activities[arn, default: []].append((key, request)) }
            return
        }
        // Whoever has the token answers.
        if request.waitsForCallback, isSubmitted { return }
        waitingTasks.append((key, request))
        running[execution]?.openTasks.insert(request.token)
    }

    private func finish(_ number: Int64, _ outcome: ExecutionOutcome) {
        guard let execution = running.removeValue(forKey: number) else { return }
        if execution.isBusy { busyCount -= 1 }
        // Those who wait for it go on at the same time.
        for hold in endWaiters.removeValue(forKey: execution.arn) ?? [] { hold.resume() }
        let end = StepRecord.End(outcome)
        switch end.status {
        case .succeeded: totals.succeeded += 1
        case .failed: totals.failed += 1
        case .timedOut: totals.timedOut += 1
        case .aborted: totals.aborted += 1
        case .running, .pendingRedrive: break
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
        let count = min(waitingTasks.count, max(0, limits.concurrentTasks - (tasks.count - parkedTasks.count)))
        let next = Array(waitingTasks.prefix(count))
        waitingTasks.removeFirst(count)
        for (key, request) in next {
            // Ends with its answer; shutdown(grace:) waits for it, and cancels it in the end.
            let arn = running[key.execution]?.arn ?? ""
            begunTaskCount += 1
            let place = begunTaskCount
            let hold = TaskHold(clock)
            tasks[key] = Task { [functions, services] in
                await TaskHold.$current.withValue(hold) {
                    let input = await TaskRun(request: request, executionARN: arn).run(functions, services) { answer in
                        await self.taskSubmitted(key, answer, place: place)
                    }
                    self.taskEnded(key, input, place: place)
                    hold.end()
                }
            }
        }
    }

    /// Does a task outside of any execution, within the time that it allows; nil when its answer would come from somebody
    /// else.
    func perform(_ request: TaskRequest) async -> ExecutionInput? {
        let seconds = request.timeoutSeconds ?? ExecutionEngine.loneTaskSeconds
        return await withTaskGroup(of: ExecutionInput?.self) { group in
            group.addTask { [functions, services] in
                await TaskRun(request: request, executionARN: "").run(functions, services) { _ in }
            }
            group.addTask { [clock] in
                guard (try? await clock.sleep(for: .seconds(seconds))) != nil else { return nil }
                return .taskFailed(request.token, StateError("States.Timeout", cause: nil))
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    /// A job has been begun, or a token handed out: what comes next may take its time, and holds up nobody.
    private func taskSubmitted(_ key: TaskKey, _ answer: JSONValue, place: UInt64) async {
        parkedTasks.insert(key)
        let input = ExecutionInput.taskSubmitted(key.token, payload: answer.text())
        if clock.isVirtual, limits.gathersAnswers {
            let promise = Promise<Bool>()
            heldAnswers.append(
                HeldAnswer(
                    place: place, input: PendingInput(execution: key.execution, input: input, promise: promise)))
            beginTasks()
            giveHeldAnswers()
            _ = await promise.value
        } else {
            _ = await giveAndWait(input, to: key.execution)
        }
        running[key.execution]?.openTasks.remove(key.token)
        refreshBusyCount(of: key.execution)
        beginTasks()
        changed.notify()
    }

    private func taskEnded(_ key: TaskKey, _ input: ExecutionInput?, place: UInt64) {
        defer { changed.notify() }
        tasks[key] = nil
        parkedTasks.remove(key)
        if input == nil {
            running[key.execution]?.openTasks.remove(key.token)
            refreshBusyCount(of: key.execution)
        }
        if phase != .closed, let input {
            if clock.isVirtual, limits.gathersAnswers {
                heldAnswers.append(
                    HeldAnswer(place: place, input: PendingInput(execution: key.execution, input: input)))
            } else {
                give(input, to: key.execution)
            }
        }
        beginTasks()
        giveHeldAnswers()
    }

    /// Under a virtual clock all tasks that work at the same time end at the same time: their answers are taken in the order
    /// in which the tasks began, whichever process was the fastest.
    private func giveHeldAnswers() {
        guard tasks.count == parkedTasks.count else { return }
        let answers = heldAnswers.sorted { $0.place < $1.place }
        heldAnswers = []
        guard phase != .closed else { return answers.forEach { $0.input.promise?.give(false) } }
        inputs += answers.map(\.input)
        if !answers.isEmpty { startPump() }
    }

    // MARK: - Timers

    /// Has the one sleeping task wake for the next timer.
    func setAlarm() {
        if timerAlarm == nil {
            timerAlarm = Alarm(clock: clock, name: "timers") { [weak self] in await self?.timersDue() }
        }
        timerAlarm?.set(phase == .open ? timers.nextDeadline() : nil)
    }

    private func timersDue() {
        guard phase == .open else { return }
        let now = clock.now
        while let key = timers.popDue(at: now) { give(.timerFired(key.timer), to: key.execution) }
        setAlarm()
    }
}
