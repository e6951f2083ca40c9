import Clocks
import JSON

@testable import StatesLanguage

/// Runs executions under virtual time: timers fire in order and cost nothing, a closure plays the functions.
struct InProcessDriver {
    /// What a function does with its payload: an answer as it is spelled, an error, or nothing at all (it hangs).
    enum Answer {
        case payload(String)
        case failure(StateError)
        case none
    }

    struct Result {
        var outcome: ExecutionOutcome
        var events: [HistoryEvent]
        /// What the execution was given, with the times: enough to replay it.
        var inputs: [(ExecutionInput, Timestamp)]
    }

    var start = Timestamp(secondsSinceEpoch: 1_719_309_600)
    var seed: UInt64 = 1
    var functions: (TaskRequest) -> Answer = { .payload($0.payload.text()) }
    /// Whether answers come as the service would give them: see ``Execution/hasPlainAnswers``.
    var hasPlainAnswers = false
    /// Inputs after which a driver gives up: an execution that never ends is a bug.
    var maximumInputs = 100_000

    static let identity = ExecutionIdentity(
        arn: "arn:aws:states:us-east-1:111111111111:execution:machine:run", name: "run",
        stateMachineARN: "arn:aws:states:us-east-1:111111111111:stateMachine:machine", stateMachineName: "machine",
        roleARN: "arn:aws:iam::111111111111:role/role")

    /// Express executions have names of their own in ARNs.
    static let expressIdentity = ExecutionIdentity(
        arn: "arn:aws:states:us-east-1:111111111111:express:machine:run:1", name: "run",
        stateMachineARN: identity.stateMachineARN, stateMachineName: identity.stateMachineName,
        roleARN: identity.roleARN)

    var identity = Self.identity

    func run(_ machine: StateMachine, input: JSONValue) throws -> Result {
        var execution = Execution(machine: machine, identity: identity, input: input, seed: seed)
        execution.hasPlainAnswers = hasPlainAnswers
        var now = start
        var timers: [TimerID: Timestamp] = [:]
        var ready: [ExecutionInput] = []
        var result = Result(outcome: .timedOut, events: [], inputs: [])
        func take(_ step: Step) {
            result.events += step.events
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
            if !ready.isEmpty {
                next = ready.removeFirst()
            } else if let timer = timers.min(by: { ($0.value, $0.key.number) < ($1.value, $1.key.number) }) {
                timers[timer.key] = nil
                now = max(now, timer.value)
                next = .timerFired(timer.key)
            } else {
                throw DriverError(description: "the execution waits for nothing and has not ended")
            }
            guard result.inputs.count < maximumInputs else {
                throw DriverError(description: "the execution does not end")
            }
            result.inputs.append((next, now))
            take(execution.handle(next, at: now))
        }
        return result
    }
}

struct DriverError: Error, CustomStringConvertible {
    let description: String
}
