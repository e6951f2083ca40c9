package import Clocks
package import JSON

/// Runs an execution by itself under virtual time: timers fire in order and cost nothing, a closure plays the tasks.
package struct InProcessDriver {
    /// What a task gives: an answer as it is spelled, an error, or nothing at all (it hangs).
    package enum Answer {
        case payload(String)
        case failure(StateError)
        case none
    }

    package struct Result {
        package var outcome: ExecutionOutcome
        package var events: [HistoryEvent]
        /// What happened to child executions of distributed Maps.
        package var children: [ChildStep]
        /// What the execution was given, with the times: enough to replay it.
        package var inputs: [(ExecutionInput, Timestamp)]
    }

    package var start = Timestamp(secondsSinceEpoch: 1_719_309_600)
    package var seed: UInt64 = 1
    package var functions: (TaskRequest) -> Answer = { .payload($0.payload.text()) }
    /// Whether answers come as the service would give them: see ``Execution/hasPlainAnswers``.
    package var hasPlainAnswers = false
    /// Inputs after which the driver gives up: an execution that never ends is a mistake.
    package var maximumInputs = 100_000
    package var limits = Execution.Limits()
    package var identity: ExecutionIdentity

    package init(identity: ExecutionIdentity) { self.identity = identity }

    /// Runs an execution from its start to its end.
    ///
    /// - Throws: ``InProcessError`` when it waits for nothing, or does not end within ``maximumInputs``.
    package func run(_ machine: StateMachine, input: JSONValue) throws(InProcessError) -> Result {
        var execution = Execution(machine: machine, identity: identity, input: input, seed: seed, limits: limits)
        execution.hasPlainAnswers = hasPlainAnswers
        var now = start
        var timers: [TimerID: Timestamp] = [:]
        var ready: [ExecutionInput] = []
        var nextReady = 0
        var result = Result(outcome: .timedOut, events: [], children: [], inputs: [])
        func take(_ step: Step) {
            result.events += step.events
            result.children += step.children
            for command in step.commands {
                switch command {
                case .startTask(let request):
                    switch functions(request) {
                    case .payload(let text): ready.append(.taskSucceeded(request.token, payload: text))
                    case .failure(let error): ready.append(.taskFailed(request.token, error))
                    case .none: break
                    }
                case .cancelTask: break
                case .setTimer(let timer, let time): timers[timer] = time
                case .cancelTimer(let timer): timers[timer] = nil
                case .finish(let outcome): result.outcome = outcome
                }
            }
        }
        take(execution.start(at: now))
        while execution.outcome == nil {
            let next: ExecutionInput
            if nextReady < ready.count {
                next = ready[nextReady]
                nextReady += 1
            } else if let timer = timers.min(by: { ($0.value, $0.key.number) < ($1.value, $1.key.number) }) {
                timers[timer.key] = nil
                now = max(now, timer.value)
                next = .timerFired(timer.key)
            } else {
                throw InProcessError(description: "the execution waits for nothing and has not ended")
            }
            guard result.inputs.count < maximumInputs else {
                throw InProcessError(description: "the execution does not end")
            }
            result.inputs.append((next, now))
            take(execution.handle(next, at: now))
        }
        return result
    }
}

/// Why an execution could not be run to its end.
package struct InProcessError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
}
