import Clocks
import JSON

extension Execution {
    /// Enters a state and goes as far as it goes by itself.
    mutating func enter(_ entry: Entry) {
        guard var scope = scopes[entry.scope], hasRoom() else { return }
        guard let state = scope.group.states[entry.state] else {
            fail(entry.scope, .runtime("The state '\(entry.state)' does not exist."))
            return
        }
        scope.state = state
        scope.enteredID = emit(
            "\(state.type)StateEntered", .stateEntered(name: state.name, input: entry.input), after: scope.lastID)
        scope.lastID = scope.enteredID
        scope.enteredTime = now
        scope.rawInput = entry.input
        scope.retries = Array(repeating: 0, count: state.retriers.count)
        scope.phase = .nothing
        scopes[entry.scope] = scope
        begin(entry.scope)
    }

    /// Does a state's work, or has it done: after entering it, and again for each retry.
    mutating func begin(_ id: Int) {
        guard let scope = scopes[id] else { return }
        do throws(StateError) {
            let data = try data(of: scope)
            switch scope.state.kind {
            case .pass(let pass):
                var made = pass.result ?? data.input
                if pass.result == nil, let parameters = pass.parameters { made = try parameters.filled(data) }
                try complete(id, made, resultSelector: nil, resultPath: pass.resultPath)
            case .succeed: try complete(id, data.input, resultSelector: nil, resultPath: .whole)
            case .fail(let state): scopeFailed(id, try state.error(data))
            case .choice(let choice): try choose(choice, id, data)
            case .wait(let wait): try begin(wait, id, data)
            case .task(let task): try begin(task, id, data)
            case .parallel(let parallel): try begin(parallel, id, data)
            case .map(let map): try begin(map, id, data)
            }
        } catch {
            fail(id, error.located(in: scope.state.name, enteredAt: scope.enteredID))
        }
    }

    /// The state's input after InputPath, and the context object.
    func data(of scope: Scope) throws(StateError) -> StateData {
        let context = ContextObject(
            identity: identity, executionInput: input, startTime: startTime, stateName: scope.state.name,
            enteredTime: scope.enteredTime, retryCount: scope.retryCount,
            item: scope.item ?? enclosingItem(of: scope))
        let whole = StateData(input: scope.rawInput, context: context)
        return StateData(input: try selected(scope.state.inputPath, whole), context: context)
    }

    /// A branch inside an iteration sees the iteration's item.
    private func enclosingItem(of scope: Scope) -> Scope.Item? {
        var parent = scope.parent
        while let id = parent, let enclosing = scopes[id] {
            if let item = enclosing.item { return item }
            parent = enclosing.parent
        }
        return nil
    }

    private func selected(_ choice: PathChoice, _ data: StateData) throws(StateError) -> JSONValue {
        switch choice {
        case .whole: return data.input
        case .nothing: return [:]
        case .path(let path):
            guard let value = path.value(in: data.root(of: path)) else {
                throw .runtime(
                    "Invalid path '\(path.text)' : No results for path: \(path.normalized)")
            }
            return value
        }
    }

    private mutating func choose(_ choice: ChoiceState, _ id: Int, _ data: StateData) throws(StateError) {
        for rule in choice.rules where try rule.condition.holds(data) {
            try leave(id, data.input, to: rule.next)
            return
        }
        guard let fallback = choice.fallback else {
            throw StateError("States.NoChoiceMatched", cause: nil).located(
                "No choice rule matched and the state has no Default", scopes[id])
        }
        try leave(id, data.input, to: fallback)
    }

    private mutating func begin(_ wait: WaitState, _ id: Int, _ data: StateData) throws(StateError) {
        let deadline: Timestamp
        switch wait.until {
        case .seconds(let seconds): deadline = now + .seconds(seconds)
        case .timestamp(let time): deadline = time
        case .secondsPath(let path):
            guard let value = path.value(in: data.root(of: path)) else {
                throw .runtime("The SecondsPath parameter does not reference an input value: \(path.text)")
            }
            guard let seconds = value.intValue else {
                throw .runtime(
                    "The SecondsPath parameter cannot be parsed as a long value: \(path.text) == \(value.text())")
            }
            guard seconds >= 0 else {
                throw .runtime("The SecondsPath parameter references a negative value: \(path.text) == \(seconds)")
            }
            guard seconds <= WaitState.maximumSeconds else {
                throw .runtime(
                    "The SecondsPath parameter references a value that is too large: \(path.text) == \(seconds)")
            }
            deadline = now + .seconds(seconds)
        case .timestampPath(let path):
            guard let value = path.value(in: data.root(of: path)) else {
                throw .runtime("The TimestampPath parameter does not reference an input value: \(path.text)")
            }
            guard let time = WaitState.time(value) else {
                throw .runtime(
                    "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: "
                        + "\(path.text) == \(value.stringValue ?? value.text())")
            }
            deadline = time
        }
        guard deadline - now <= .seconds(Int64(Int32.max)) else {
            throw .runtime("The time to wait for is more than 2^31-1 seconds ahead: \(deadline)")
        }
        if deadline <= now {
            try complete(id, data.input, resultSelector: nil, resultPath: .whole)
        } else {
            let timer = setTimer(.wait(scope: id), at: deadline)
            scopes[id]?.phase = .timer(timer)
        }
    }

    func required(_ path: JSONPath, _ data: StateData) throws(StateError) -> JSONValue {
        guard let value = path.value(in: data.root(of: path)) else {
            throw .runtime(
                "Invalid path '\(path.text)' : No results for path: \(path.normalized)")
        }
        return value
    }

    /// Ends a state with a result: ResultSelector, ResultPath and OutputPath make the output.
    mutating func complete(
        _ id: Int, _ result: JSONValue, resultSelector: PayloadTemplate?, resultPath: PathChoice
    ) throws(StateError) {
        guard let scope = scopes[id] else { return }
        let data = try data(of: scope)
        var made = result
        if let resultSelector { made = try resultSelector.filled(StateData(input: result, context: data.context)) }
        let combined = try ResultPlace.put(made, at: resultPath, of: scope.rawInput)
        let output = try selected(scope.state.outputPath, StateData(input: combined, context: data.context))
        guard !output.isLarger(than: limits.maximumDataByteCount) else {
            throw .dataLimitExceeded(scope.state.name)
        }
        switch scope.state.transition {
        case .next(let name): try leave(id, output, to: name)
        case .end, .none: try leave(id, output, to: nil)
        }
    }

    /// Leaves the state with its output, for the next state or the end of the scope.
    mutating func leave(_ id: Int, _ output: JSONValue, to next: String?) throws(StateError) {
        guard let scope = scopes[id] else { return }
        var leaving = output
        if case .choice = scope.state.kind {
            leaving = try selected(
                scope.state.outputPath, StateData(input: output, context: try data(of: scope).context))
        }
        emit(
            in: id, "\(scope.state.type)StateExited", .stateExited(name: scope.state.name, output: leaving),
            after: scope.lastID)
        scopes[id]?.phase = .nothing
        if let next {
            entries.append(Entry(scope: id, state: next, input: leaving))
        } else {
            scopeSucceeded(id, leaving)
        }
    }

    mutating func scopeSucceeded(_ id: Int, _ output: JSONValue) {
        guard let scope = scopes[id] else { return }
        guard let parent = scope.parent else {
            finish(.succeeded(output: output))
            return
        }
        scopes[id] = nil
        childSucceeded(scope, id, of: parent, output)
    }

    /// Ends a scope with an error that nobody in it took.
    mutating func scopeFailed(_ id: Int, _ error: StateError) {
        guard let scope = scopes[id] else { return }
        guard let parent = scope.parent else {
            finish(.failed(error))
            return
        }
        endScope(id)
        childFailed(scope, id, of: parent, error)
    }

    /// A state has failed: it is retried, or the error is caught, or the scope fails.
    mutating func fail(_ id: Int, _ error: StateError) {
        guard var scope = scopes[id], outcome == nil else { return }
        scope.phase = .nothing
        scopes[id] = scope
        for (index, retrier) in scope.state.retriers.enumerated() where error.isMatched(by: retrier.errors) {
            guard scope.retries[index] < retrier.maximumAttempts else { break }
            let seconds = retrier.delaySeconds(
                after: scope.retries[index], fraction: retrier.hasFullJitter ? fraction() : 0)
            scope.retries[index] += 1
            scopes[id] = scope
            let timer = setTimer(.retry(scope: id), after: .microseconds(Int64(seconds * 1e6)))
            scopes[id]?.phase = .timer(timer)
            return
        }
        for catcher in scope.state.catchers where error.isMatched(by: catcher.errors) {
            let caught: JSONObject = ["Error": .string(error.name), "Cause": .string(error.cause ?? "")]
            do throws(StateError) {
                let output = try ResultPlace.put(.object(caught), at: catcher.resultPath, of: scope.rawInput)
                try leave(id, output, to: catcher.next)
            } catch {
                scopeFailed(id, error.located(in: scope.state.name, enteredAt: scope.enteredID))
            }
            return
        }
        scopeFailed(id, error)
    }

    mutating func timerFired(_ id: TimerID) {
        guard let timer = timers.removeValue(forKey: id) else {
            step.isIgnored = true
            return
        }
        switch timer.purpose {
        case .machine: finish(.timedOut)
        case .retry(let scope):
            scopes[scope]?.phase = .nothing
            if hasRoom() { begin(scope) }
        case .wait(let scope):
            guard let waiting = scopes[scope] else { return }
            do throws(StateError) {
                try complete(scope, try data(of: waiting).input, resultSelector: nil, resultPath: .whole)
            } catch {
                fail(scope, error.located(in: waiting.state.name, enteredAt: waiting.enteredID))
            }
        case .taskTimeout(let token), .heartbeat(let token): taskTimedOut(token)
        }
    }
}

extension FailState {
    func error(_ data: StateData) throws(StateError) -> StateError {
        StateError(try Self.text(error, data, "ErrorPath") ?? "", cause: try Self.text(cause, data, "CausePath"))
    }

    private static func text(_ text: Text?, _ data: StateData, _ field: String) throws(StateError) -> String? {
        switch text {
        case nil: return nil
        case .literal(let literal)?: return literal
        case .path(let path)?:
            guard let value = path.value(in: data.root(of: path)) else {
                throw .runtime(
                    "The JSONPath '\(path.text)' specified for the field '\(field)' could not be found in the input "
                        + "'\(data.root(of: path).text())'")
            }
            guard let string = value.stringValue else {
                throw .runtime("The value of the field \(field) '\(path.text)' is not a string.")
            }
            return string
        }
    }
}

extension StateError {
    /// NoChoiceMatched is found by the interpreter, but keeps its own name.
    fileprivate func located(_ cause: String, _ scope: Scope?) -> StateError {
        StateError(
            name,
            cause: "An error occurred while executing the state '\(scope?.state.name ?? "")' (entered at the event id "
                + "#\(scope?.enteredID ?? 0)). Failed to transition out of the state. \(cause).")
    }
}
