import Clocks
import JSON
import StatesLanguage

/// An execution of an accepted machine with random answers, and what must hold of it.
struct FuzzExecution {
    let machine: StateMachine
    let drawing: Drawing

    private static let identity = ExecutionIdentity(
        arn: "arn:aws:states:us-east-1:000000000000:execution:m:e", name: "e",
        stateMachineARN: "arn:aws:states:us-east-1:000000000000:stateMachine:m", stateMachineName: "m", roleARN: "r")
    private static let start = Timestamp(secondsSinceEpoch: 1_719_309_600)
    private static let maximumInputs = 400

    private func execution(_ input: JSONValue, _ seed: UInt64) -> Execution {
        Execution(machine: machine, identity: Self.identity, input: input, seed: seed, limits: FuzzRun.limits)
    }

    func check() throws {
        let input = drawing.input()
        let seed = drawing.entropy.next()
        var execution = execution(input, seed)
        var inputs: [(ExecutionInput, Timestamp)] = []
        var now = Self.start
        var (tasks, timers): ([TaskToken], [TimerID: Timestamp]) = ([], [:])
        var events: [HistoryEvent] = []
        func take(_ step: Step) throws {
            events += step.events
            for child in step.children where child.events.contains(where: { $0.id < 1 }) {
                throw FuzzFinding(description: "a child's event without a number")
            }
            for command in step.commands {
                switch command {
                case .startTask(let request): tasks.append(request.token)
                case .cancelTask(let token): tasks.removeAll { $0 == token }
                case .setTimer(let timer, let time): timers[timer] = time
                case .cancelTimer(let timer): timers[timer] = nil
                case .finish: break
                }
            }
        }
        try take(execution.start(at: now))
        var redrives = 0
        while true {
            let next: ExecutionInput
            if execution.outcome != nil {
                guard redrives < 1, drawing.isOne(in: 4) else { break }
                redrives += 1
                next = .redrive
            } else if inputs.count >= Self.maximumInputs {
                next = .stop(error: "Enough", cause: nil)
            } else {
                next = try drawn(&tasks, &timers, &now)
            }
            inputs.append((next, now))
            try take(execution.handle(next, at: now))
        }
        try checkHistory(events)
        var again = self.execution(input, seed)
        var replayed = again.start(at: Self.start).events
        for (input, time) in inputs {
            guard let recorded = ExecutionInput(json: try JSONValue(parsing: input.json.bytes())), recorded == input
            else {
                throw FuzzFinding(description: "the input \(input) is not what its record says")
            }
            replayed += again.handle(recorded, at: time).events
        }
        guard replayed == events, again.outcome == execution.outcome else {
            throw FuzzFinding(
                description: "a replay gives another history, of \(replayed.count) for \(events.count) events")
        }
    }

    private func drawn(
        _ tasks: inout [TaskToken], _ timers: inout [TimerID: Timestamp], _ now: inout Timestamp
    ) throws -> ExecutionInput {
        if !tasks.isEmpty, timers.isEmpty || !drawing.isOne(in: 4) {
            let place = drawing.below(tasks.count)
            let token = tasks[place]
            switch drawing.below(10) {
            case 0: return .heartbeat(token)
            case 1: return .taskSubmitted(token, payload: drawing.value(2).text())
            case 2: return .activityStarted(token, worker: drawing.one(of: [nil, "w"]))
            case 3, 4:
                tasks.remove(at: place)
                return .taskFailed(
                    token,
                    StateError(drawing.one(of: ["E", "States.Timeout", ""]), cause: drawing.one(of: [nil, "c"])))
            case 5:
                tasks.remove(at: place)
                let text = drawing.one(of: ["", "{", "a,b\n1,2\n", "{\"a\":1}\n{\"a\":2}\n", "[1,2,3]", "nul", "\u{0}"])
                return .taskSucceeded(token, payload: text)
            default:
                tasks.remove(at: place)
                return .taskSucceeded(token, payload: drawing.value(3).text())
            }
        }
        guard let timer = timers.min(by: { ($0.value, "\($0.key)") < ($1.value, "\($1.key)") }) else {
            throw FuzzFinding(description: "the execution waits for nothing and has not ended")
        }
        timers[timer.key] = nil
        now = max(now, timer.value)
        return .timerFired(timer.key)
    }

    private func checkHistory(_ events: [HistoryEvent]) throws {
        func require(_ holds: Bool, _ what: @autoclosure () -> String) throws {
            if !holds { throw FuzzFinding(description: what()) }
        }
        try require(events.first?.type == "ExecutionStarted", "no ExecutionStarted")
        let ends = ["ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"]
        try require(
            events.last.map { ends.contains($0.type) } == true, "the last event is \(events.last?.type ?? "none")")
        try require(events.count <= FuzzRun.limits.maximumEventCount, "\(events.count) events")
        for (index, event) in events.enumerated() {
            try require(
                event.id == index + 1 && event.previousID < event.id && event.previousID >= 0,
                "event \(event.id) at \(index + 1)")
            let json = event.json
            let bytes = event.bytes(timestamp: event.time.iso8601)
            try require(bytes == json.bytes(), "event \(event.id) is written in two ways")
            try require(bytes.count < 600_000, "event \(event.id) has \(bytes.count) bytes")
            try require((try? JSONValue(parsing: bytes)) == json, "event \(event.id) can't be read again")
        }
    }
}
