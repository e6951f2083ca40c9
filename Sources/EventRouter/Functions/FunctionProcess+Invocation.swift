import Clocks
import HTTPServer
import Synchronization

extension FunctionProcess {
    /// How an invocation of this process ended.
    struct Completion: Sendable {
        /// Nil when the process had ended before it took the event: then another may.
        var outcome: InvocationResult.Outcome?
        var duration: Duration
        var billedDuration: Duration
        var maxMemoryUsedMB: Int
        var logTail: [UInt8]
    }

    /// Gives the process an event and returns when it has asked for the next one, or has ended.
    ///
    /// - Parameters:
    ///   - initDuration: Of a cold start, for the report.
    ///   - timeout: Of real time, whatever the clock; then the process group is killed.
    func invoke(_ event: Event, initDuration: Duration?, timeout: Duration) async -> Completion {
        await withCheckedContinuation { continuation in
            let start = platformLog.start(requestID: event.requestID, at: clock.now)
            let (waiter, line) = state.withLock { state in
                guard state.lifecycle.begin(requestID: event.requestID) else {
                    return (nil as CheckedContinuation<NextAnswer, Never>?, nil as [UInt8]?)
                }
                state.current = Invocation(
                    requestID: event.requestID, began: .now, initDuration: initDuration, onDone: continuation)
                state.log = InvocationLog()
                let waiter = state.waiter?.continuation
                state.waiter = nil
                if waiter == nil { state.undelivered = event }
                return (waiter, state.log.platform(start))
            }
            guard let line else {
                return continuation.resume(
                    returning: Completion(
                        outcome: nil, duration: .zero, billedDuration: .zero, maxMemoryUsedMB: 0, logTail: []))
            }
            log.append(line)
            let timer = loop.schedule(after: timeout) { [weak self] in self?.kill(.timeout) }
            let startsSampling = state.withLock { state in
                if state.current == nil { loop.cancel(timer) }
                state.current?.timer = timer
                return !state.isSampling
            }
            waiter?.resume(returning: .event(event))
            if startsSampling {
                loop.schedule(after: FunctionProcess.memoryInterval) { [weak self] in self?.sampleMemory() }
            }
        }
    }

    // MARK: The process's own calls

    /// The process asks for its next event: waits for one.
    func next() async -> NextAnswer {
        let number = state.withLock { state in
            state.nextWaiterNumber += 1
            return state.nextWaiterNumber
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (immediate, replaced, action) = state.withLock {
                    state -> (NextAnswer?, CheckedContinuation<NextAnswer, Never>?, ProcessLifecycle.Next?) in
                    if Task.isCancelled { return (.gone, nil, nil) }
                    if let event = state.undelivered.take() { return (.event(event), nil, nil) }
                    let action = state.lifecycle.next()
                    if case .refused(let text) = action { return (.refused(text), nil, nil) }
                    if action == .initialised { state.initDuration = .now - state.startedAt }
                    let replaced = state.waiter?.continuation
                    state.waiter = (number, continuation)
                    return (nil, replaced, action)
                }
                replaced?.resume(returning: .gone)
                if let immediate { continuation.resume(returning: immediate) }
                switch action {
                case .initialised: loop.perform { [self] in completeInit(ended: false) }
                case .invocationDone: loop.perform { [self] in completeInvocation(ended: false) }
                case .replaced, .refused, nil: break
                }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<NextAnswer, Never>? in
                guard let waiter = state.waiter, waiter.number == number else { return nil }
                state.waiter = nil
                return waiter.continuation
            }
            waiter?.resume(returning: .gone)
        }
    }

    /// The process answers the invocation.
    func answer(requestID: String, _ outcome: InvocationResult.Outcome, isError: Bool) -> ProcessLifecycle.Answer {
        state.withLock { state in
            let answer = state.lifecycle.answer(requestID: requestID, isError: isError)
            if answer == .accepted { state.current?.outcome = outcome }
            return answer
        }
    }

    /// The process says why it can't start.
    func reportInitError(_ failure: InvocationFailure) -> ProcessLifecycle.Answer {
        let answer = state.withLock { state in
            let answer = state.lifecycle.initError()
            if answer == .accepted { state.initReport = failure }
            return answer
        }
        if answer == .accepted {
            loop.schedule(after: FunctionProcess.initErrorGrace) { [weak self] in self?.kill(.initError) }
        }
        return answer
    }

    // MARK: On the loop's thread

    /// The invocation is over: the process has asked for more work, or has ended.
    func completeInvocation(ended: Bool) {
        guard let began = state.withLock({ $0.current?.began }) else { return }
        let elapsed = ContinuousClock.now - began
        if !ended { drain(limit: FunctionProcess.finalReadByteLimit) }
        if !ended { notePeakMemory() }
        let now = clock.now
        let (invocation, completion, lines) = state.withLock { state -> (Invocation?, Completion?, [UInt8]) in
            guard let invocation = state.current.take() else { return (nil, nil, []) }
            let isDelivered = state.undelivered.take() == nil
            let ending = ending(of: invocation, state)
            let duration = ending.status == .timeout ? min(elapsed, configuration.timeout) : elapsed
            let total = duration + (invocation.initDuration ?? .zero)
            var completion = Completion(
                outcome: isDelivered ? ending.outcome : nil, duration: duration,
                billedDuration: .milliseconds((total.microseconds + 999) / 1_000),
                maxMemoryUsedMB: (state.peakMemoryByteCount + (1 << 20) - 1) >> 20, logTail: [])
            if ending.status == .error(type: FunctionErrorType.outOfMemory) {
                completion.maxMemoryUsedMB = configuration.memoryMB
            }
            var lines = state.log.finish()
            let report = PlatformLog.Report(
                requestID: invocation.requestID, duration: duration, billedDuration: completion.billedDuration,
                memoryMB: configuration.memoryMB, maxMemoryUsedMB: completion.maxMemoryUsedMB,
                initDuration: invocation.initDuration, status: ending.status)
            lines += state.log.platform(platformLog.end(report, message: ending.message, at: now))
            completion.logTail = state.log.tail
            return (invocation, completion, lines)
        }
        guard let invocation, let completion else { return }
        if let timer = invocation.timer { loop.cancel(timer) }
        log.append(lines)
        invocation.onDone.resume(returning: completion)
    }

    private func notePeakMemory() {
        let process = state.withLock { $0.process }
        let peak = ProcessMemory.peakByteCount(of: process)
        state.withLock { $0.peakMemoryByteCount = max($0.peakMemoryByteCount, peak) }
    }

    private func ending(
        of invocation: Invocation, _ state: borrowing State
    ) -> (outcome: InvocationResult.Outcome, status: PlatformLog.Status, message: String?) {
        // An answer stands, whatever became of the process after it.
        switch invocation.outcome {
        case .success: return (invocation.outcome!, .success, nil)
        case .failure(let failure): return (invocation.outcome!, .functionError(type: failure.errorType), nil)
        case nil: break
        }
        var type = FunctionErrorType.exit
        var status: PlatformLog.Status
        var message = (state.exitStatus ?? .signalled(9)).runtimeError
        switch state.killReason {
        case .timeout:
            type = FunctionErrorType.timeout
            status = .timeout
            message = "Task timed out after \(PlatformLog.hundredths(configuration.timeout.inSeconds)) seconds"
        case .shutdown:
            let failure = InvocationFailure(
                kind: .service, errorType: FunctionErrorType.service,
                errorMessage: "the router is stopping and ended function \(configuration.name)")
            return (.failure(failure), .error(type: FunctionErrorType.service), failure.errorMessage)
        case .memory: status = .error(type: FunctionErrorType.outOfMemory)
        case .initError, nil: status = .error(type: type)
        }
        let failure = InvocationFailure(
            errorType: type, errorMessage: "RequestId: \(invocation.requestID) Error: \(message)")
        return (.failure(failure), status, message)
    }
}
