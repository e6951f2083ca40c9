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
        scope.idBeforeEntry = scope.lastID
        scope.enteredID = emit(
            state.enteredType, .stateEntered(name: state.name, input: entry.input), after: scope.lastID)
        scope.lastID = scope.enteredID
        scope.enteredTime = now
        scope.rawInput = entry.input
        scope.retries = Array(repeating: 0, count: state.retriers.count)
        scope.earlierAttempts = 0
        scope.phase = .nothing
        scope.hasStartedChildren = false
        scopes[entry.scope] = scope
        begin(entry.scope)
    }

    /// Does a state's work, or has it done: after entering it, and again for each retry.
    mutating func begin(_ id: Int) {
        guard let scope = scopes[id] else { return }
        do throws(StateError) {
            let data = try data(of: scope, id)
            inspection?.note("afterInputPath", data.input, scope.state.language == .jsonPath)
            switch scope.state.kind {
            case .pass(let pass):
                var made = pass.result ?? data.input
                if pass.result == nil, let parameters = pass.parameters {
                    made = try parameters.filled(data)
                }
                inspection?.note("afterParameters", made, scope.state.language == .jsonPath)
                try complete(id, made, resultSelector: nil, resultPath: pass.resultPath, data)
            case .succeed: try complete(id, data.input, resultSelector: nil, resultPath: .whole, data)
            case .fail(let state): scopeFailed(id, try state.error(data))
            case .choice(let choice): try choose(choice, id, data)
            case .wait(let wait): try begin(wait, id, data)
            case .task(let task): try begin(task, id, data)
            case .parallel(let parallel): try begin(parallel, id, data)
            case .map(let map): try begin(map, id, data)
            }
        } catch {
            fail(id, error)
        }
    }

    /// What the state's expressions see: the input after InputPath, the context object and the variables.
    func data(of scope: Scope, _ id: Int) throws(StateError) -> StateData {
        var data = StateData(
            input: scope.rawInput, context: context(of: scope, id), variables: scope.variables, now: now,
            entropy: entropy, maximumByteCount: limits.maximumDataByteCount)
        if case .whole = scope.state.inputPath { return data }
        data.input = try data.selected(scope.state.inputPath)
        return data
    }

    func context(of scope: Scope, _ id: Int, item: Scope.Item? = nil) -> ContextObject {
        var taskToken: String?
        if case .task(let task) = scope.state.kind, case .service(let service) = task.resource,
            service.pattern == .waitForTaskToken
        {
            taskToken = CallbackToken(executionARN: identity.arn, token: token(of: scope, id)).text
        }
        return ContextObject(
            identity: identity, executionInput: input, startTime: startTime, redriveCount: redriveCount,
            redriveTime: redriveTime, stateName: scope.state.name, enteredTime: scope.enteredTime,
            retryCount: scope.retryCount, item: item ?? scope.item ?? enclosingItem(of: scope), taskToken: taskToken,
            given: inspection?.context)
    }

    func token(of scope: Scope, _ id: Int) -> TaskToken {
        TaskToken(scope: id, enteredID: scope.enteredID, attempt: scope.attemptNumber)
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

    private mutating func choose(_ choice: ChoiceState, _ id: Int, _ data: StateData) throws(StateError) {
        if let index = try choice.trueRule(data) {
            let rule = choice.rules[index]
            try leave(id, data.input, data, assign: rule.assign, output: rule.output, to: rule.next)
            return
        }
        guard let fallback = choice.fallback else {
            let scope = scopes[id]
            throw StateError(
                "States.NoChoiceMatched",
                cause:
                    "An error occurred while executing the state '\(scope?.state.name ?? "")' (entered at the event id "
                    + "#\(scope?.enteredID ?? 0)). Failed to transition out of the state. No choice rule matched and the "
                    + "state has no Default.")
        }
        let state = scopes[id]?.state
        try leave(id, data.input, data, assign: state?.assign, output: state?.output, to: fallback)
    }

    private mutating func begin(_ wait: WaitState, _ id: Int, _ data: StateData) throws(StateError) {
        let deadline = try wait.deadline(data)
        if deadline <= now {
            try complete(id, data.input, resultSelector: nil, resultPath: .whole, data)
        } else {
            let timer = setTimer(.wait(scope: id), at: deadline)
            scopes[id]?.phase = .timer(timer)
        }
    }

    /// Ends a state with a result: ResultSelector, ResultPath and OutputPath, or JSONata's Output, make the output.
    ///
    /// - Parameter known: What the state's expressions see, where it was made already.
    mutating func complete(
        _ id: Int, _ result: JSONValue, resultSelector: PayloadTemplate?, resultPath: PathChoice,
        _ known: StateData? = nil
    ) throws(StateError) {
        guard let scope = scopes[id] else { return }
        var data = if let known { known } else { try data(of: scope, id) }
        var next: String?
        if case .next(let name) = scope.state.transition { next = name }
        switch scope.state.language {
        case .jsonata:
            if case .succeed = scope.state.kind {} else { data.result = result }
            if case .wait = scope.state.kind { data.result = nil }
            try leave(id, result, data, assign: scope.state.assign, output: scope.state.output, to: next)
        case .jsonPath:
            var made = result
            if let resultSelector {
                made = try resultSelector.filled(data.with(input: result))
            }
            inspection?.note("afterResultSelector", made, scope.state.hasResult)
            let combined = try ResultPlace.put(made, at: resultPath, of: scope.rawInput)
            inspection?.note("afterResultPath", combined, scope.state.hasResult)
            try leave(
                id, combined, data.with(input: made), assign: scope.state.assign, output: nil, to: next)
        }
    }

    /// Leaves the state with its output, for the next state or the end of the scope.
    ///
    /// - Parameter data: What Assign and Output see.
    mutating func leave(
        _ id: Int, _ value: JSONValue, _ data: StateData, assign: StateTemplate?, output: StateTemplate?,
        to next: String?, field: String? = nil
    ) throws(StateError) {
        guard let scope = scopes[id] else { return }
        var leaving = value
        if let output {
            leaving = try output.filled(data)
        } else if scope.state.language == .jsonPath {
            if case .whole = scope.state.outputPath {
            } else {
                leaving = try data.with(input: value).selected(scope.state.outputPath)
            }
        }
        guard !leaving.isLarger(than: limits.maximumDataByteCount) else {
            throw leaving.isTooDeep ? .tooDeep(scope.state.name) : .dataLimitExceeded(scope.state.name)
        }
        var assigned: JSONObject?
        if let assign {
            assigned = try assign.filled(data, upTo: limits.maximumVariableByteCount).objectValue
            try keep(assigned ?? [:], scope.state.name, id)
        }
        failureSnapshot = nil
        inspection?.left(to: next, output: leaving, variables: scopes[id]?.variables ?? [:])
        emit(
            in: id, scope.state.exitedType,
            .stateExited(name: scope.state.name, output: leaving, assigned: assigned), after: scope.lastID)
        scopes[id]?.phase = .nothing
        if let next {
            entries.append(Entry(scope: id, state: next, input: leaving))
        } else {
            succeeded.append((id, leaving))
        }
    }

    /// Takes variables over into the scope.
    private mutating func keep(_ assigned: JSONObject, _ state: String, _ id: Int) throws(StateError) {
        guard var variables = scopes[id]?.variables else { return }
        for (name, value) in assigned {
            guard !value.isLarger(than: limits.maximumDataByteCount) else {
                throw StateError(
                    StateError.dataLimitName,
                    cause:
                        "The variable '\(name)' of the state '\(state)' exceeds the maximum number of bytes service limit."
                )
            }
            variables[name] = value
        }
        var left = limits.maximumVariableByteCount
        for (name, value) in variables where left >= 0 { left -= name.utf8.count + value.byteCount(upTo: left) }
        guard left >= 0 else {
            throw StateError(
                StateError.dataLimitName,
                cause: "The variables of the state '\(state)' exceed the maximum number of bytes service limit.")
        }
        scopes[id]?.variables = variables
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
        var around = end(id, with: error)
        while let (id, error) = around { around = take(error, in: id) }
    }

    /// A state has failed: it is retried, or the error is caught, or the scope fails, and perhaps those around it.
    mutating func fail(_ id: Int, _ error: StateError) {
        var around: (Int, StateError)? = (id, error)
        // One after the other: branches may be in branches deeper than the stack goes.
        while let (id, error) = around { around = take(error, in: id) }
    }

    /// - Returns: The scope around, with the error of the state that it is in; nil when there is none.
    private mutating func end(_ id: Int, with error: StateError) -> (Int, StateError)? {
        guard let scope = scopes[id] else { return nil }
        if failureSnapshot == nil { failureSnapshot = scopes }
        inspection?.failed(error)
        guard let parent = scope.parent else {
            finish(.failed(error))
            return nil
        }
        endScope(id)
        return childFailed(scope, of: parent, error).map { (parent, $0) }
    }

    /// - Returns: The scope around, with its state's error, when nobody took this one here.
    private mutating func take(_ error: StateError, in id: Int) -> (Int, StateError)? {
        guard var scope = scopes[id], outcome == nil else { return nil }
        let error = error.located(in: scope.state.name, enteredAt: scope.enteredID)
        if let evaluation = error.evaluation {
            emit(
                in: id, "EvaluationFailed", .evaluationFailed(error, state: scope.state.name),
                after: evaluation.hasValue ? scope.lastID : scope.idBeforeEntry)
            scope = scopes[id] ?? scope
        }
        scope.phase = .nothing
        scopes[id] = scope
        let given = inspection?.retryCount ?? 0
        let handling = scope.state.handling(of: error, retries: scope.retries.map { $0 + given })
        if let index = handling.exhaustedRetrier { inspection?.exhaustedRetrier = index }
        if let index = handling.retrier {
            let retrier = scope.state.retriers[index]
            let seconds = retrier.delaySeconds(
                after: scope.retries[index] + given, fraction: retrier.hasFullJitter ? fraction() : 0)
            inspection?.retried(index: index, seconds: seconds, error)
            scope.retries[index] += 1
            scopes[id] = scope
            failureSnapshot = nil
            let timer = setTimer(.retry(scope: id), after: .microseconds(Int64(seconds * 1e6)))
            scopes[id]?.phase = .timer(timer)
            return nil
        }
        let hasChildren = scope.state.type == "Map" || scope.state.type == "Parallel"
        if hasChildren, scope.hasStartedChildren || error.evaluation != nil {
            emit(in: id, "\(scope.state.type)StateFailed", .none, after: scope.lastID)
        }
        if let index = handling.catcher {
            inspection?.caught(index: index, error)
            do throws(StateError) {
                try leave(id, caught: error, by: scope.state.catchers[index])
                return nil
            } catch {
                return end(id, with: error.located(in: scope.state.name, enteredAt: scope.enteredID))
            }
        }
        return end(id, with: error)
    }

    private mutating func leave(_ id: Int, caught error: StateError, by catcher: Catcher) throws(StateError) {
        guard let scope = scopes[id] else { return }
        let caught: JSONValue = ["Error": .string(error.name), "Cause": .string(error.cause ?? "")]
        var data = StateData(
            input: scope.rawInput, context: context(of: scope, id), variables: scope.variables, now: now,
            entropy: entropy, maximumByteCount: limits.maximumDataByteCount)
        switch scope.state.language {
        case .jsonata:
            data.errorOutput = caught
            try leave(id, caught, data, assign: catcher.assign, output: catcher.output, to: catcher.next)
        case .jsonPath:
            let output = try ResultPlace.put(caught, at: catcher.resultPath, of: scope.rawInput)
            data.input = caught
            var assigned: JSONObject?
            if let assign = catcher.assign {
                assigned = try assign.filled(data, upTo: limits.maximumVariableByteCount).objectValue
                try keep(assigned ?? [:], scope.state.name, id)
            }
            guard !output.isLarger(than: limits.maximumDataByteCount) else {
                throw output.isTooDeep ? .tooDeep(scope.state.name) : .dataLimitExceeded(scope.state.name)
            }
            failureSnapshot = nil
            inspection?.left(to: catcher.next, output: output, variables: scopes[id]?.variables ?? [:])
            emit(
                in: id, scope.state.exitedType,
                .stateExited(name: scope.state.name, output: output, assigned: assigned),
                after: scopes[id]?.lastID ?? 0)
            scopes[id]?.phase = .nothing
            entries.append(Entry(scope: id, state: catcher.next, input: output))
        }
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
            scopes[scope]?.hasStartedChildren = false
            if hasRoom() { begin(scope) }
        case .wait(let scope):
            guard let waiting = scopes[scope] else { return }
            do throws(StateError) {
                try complete(scope, try data(of: waiting, scope).input, resultSelector: nil, resultPath: .whole)
            } catch {
                fail(scope, error)
            }
        case .taskTimeout(let token), .heartbeat(let token): taskTimedOut(token)
        }
    }
}

extension State {
    /// Whether the type has a ResultPath.
    fileprivate var hasResult: Bool { ["Pass", "Task", "Parallel", "Map"].contains(type) }
}
