import Clocks
import JSON

extension Execution {
    mutating func begin(_ task: TaskState, _ id: Int, _ data: StateData) throws(StateError) {
        guard let scope = scopes[id] else { return }
        var effective = data.input
        if let parameters = task.parameters { effective = try parameters.filled(data) }
        let timeout = try seconds(task.timeout, data, "TimeoutSecondsPath")
        let heartbeat = try seconds(task.heartbeat, data, "HeartbeatSecondsPath")
        let token = TaskToken(scope: id, enteredID: scope.enteredID, attempt: scope.attemptNumber)
        let request: TaskRequest
        switch task.resource {
        case .function(let arn):
            request = TaskRequest(token: token, function: arn, payload: effective, timeoutSeconds: timeout)
            let scheduled = emit(
                "LambdaFunctionScheduled",
                .lambdaScheduled(resource: arn, input: effective, timeoutSeconds: timeout), after: scope.lastID)
            emit(in: id, "LambdaFunctionStarted", .none, after: scheduled)
        case .invoke:
            guard let function = effective["FunctionName"]?.stringValue else {
                throw .runtime("The parameter FunctionName of lambda:invoke is missing or no string")
            }
            let scheduled = emit(
                "TaskScheduled",
                .taskScheduled(invocation, parameters: effective, timeoutSeconds: timeout, heartbeatSeconds: heartbeat),
                after: scope.lastID)
            emit(in: id, "TaskStarted", .taskStarted(invocation), after: scheduled)
            guard let payload = invocationPayload(effective["Payload"]) else {
                let error = StateError(
                    "Lambda.InvalidRequestContentException",
                    cause: "The Payload for \(function) is a text that is no JSON")
                recordFailure(error, task, id)
                throw error
            }
            request = TaskRequest(token: token, function: function, payload: payload, timeoutSeconds: timeout)
        }
        var attempt = Scope.Attempt(
            request: request, timeout: nil, heartbeat: nil, heartbeatSeconds: heartbeat,
            hasLog: task.resource == .invoke && effective["LogType"] == "Tail")
        step.commands.append(.startTask(request))
        attempt.timeout = timeout.map { setTimer(.taskTimeout(token), after: .seconds($0)) }
        attempt.heartbeat = heartbeat.map { setTimer(.heartbeat(token), after: .seconds($0)) }
        scopes[id]?.phase = .task(attempt)
    }

    private var invocation: HistoryEvent.Integration {
        HistoryEvent.Integration(resourceType: "lambda", resource: "invoke", region: identity.region)
    }

    private func seconds(_ seconds: TaskState.Seconds?, _ data: StateData, _ field: String) throws(StateError) -> Int? {
        switch seconds {
        case nil: return nil
        case .fixed(let value)?: return value
        case .path(let path)?:
            guard let value = try required(path, data).intValue, value > 0 else {
                throw .runtime("The \(field) parameter '\(path.text)' does not reference a positive integer")
            }
            return value
        }
    }

    /// The attempt that a token names, if it is still waited for; takes it off the scope and stops its timers.
    private mutating func takeAttempt(_ token: TaskToken) -> (TaskState, Scope.Attempt, Scope)? {
        guard let scope = scopes[token.scope], case .task(let attempt) = scope.phase, attempt.request.token == token,
            case .task(let task) = scope.state.kind
        else {
            step.isIgnored = true
            return nil
        }
        cancelTimer(attempt.timeout)
        cancelTimer(attempt.heartbeat)
        scopes[token.scope]?.phase = .nothing
        return (task, attempt, scope)
    }

    mutating func taskSucceeded(_ token: TaskToken, _ payload: String) {
        guard let (task, attempt, scope) = takeAttempt(token) else { return }
        guard payload.utf8.count <= limits.maximumDataByteCount else {
            let name = task.resource == .invoke ? invocation.resourceType : task.resourceText
            let error = StateError.dataLimitExceeded(name)
            recordFailure(error, task, token.scope)
            fail(token.scope, error)
            return
        }
        guard let answer = try? JSONValue(parsing: payload) else {
            let error = StateError.runtime("The function's answer is no JSON")
            recordFailure(error, task, token.scope)
            fail(token.scope, error)
            return
        }
        let result: JSONValue
        switch task.resource {
        case .function:
            result = answer
            emit(
                in: token.scope, "LambdaFunctionSucceeded", .lambdaSucceeded(output: payload), after: scope.lastID)
        case .invoke:
            result = invocationResult(answer, payload, token, hasLog: attempt.hasLog)
            emit(
                in: token.scope, "TaskSucceeded", .taskSucceeded(invocation, output: result.text()), after: scope.lastID
            )
        }
        do throws(StateError) {
            try complete(token.scope, result, resultSelector: task.resultSelector, resultPath: task.resultPath)
        } catch {
            fail(token.scope, error.located(in: scope.state.name, enteredAt: scope.enteredID))
        }
    }

    mutating func taskFailed(_ token: TaskToken, _ error: StateError) {
        guard let (task, _, _) = takeAttempt(token) else { return }
        recordFailure(error, task, token.scope)
        fail(token.scope, error)
    }

    private mutating func recordFailure(_ error: StateError, _ task: TaskState, _ id: Int) {
        guard let lastID = scopes[id]?.lastID else { return }
        switch task.resource {
        case .function: emit(in: id, "LambdaFunctionFailed", .failed(error), after: lastID)
        case .invoke: emit(in: id, "TaskFailed", .taskFailed(invocation, error), after: lastID)
        }
    }

    mutating func taskTimedOut(_ token: TaskToken) {
        guard let (task, _, scope) = takeAttempt(token) else { return }
        step.commands.append(.cancelTask(token))
        let error = StateError(StateError.timeout, cause: nil)
        switch task.resource {
        case .function:
            emit(in: token.scope, "LambdaFunctionTimedOut", .failed(error), after: scope.lastID)
        case .invoke:
            emit(in: token.scope, "TaskTimedOut", .taskFailed(invocation, error), after: scope.lastID)
        }
        fail(token.scope, error)
    }

    mutating func taskIsAlive(_ token: TaskToken) {
        guard let scope = scopes[token.scope], case .task(var attempt) = scope.phase, attempt.request.token == token
        else {
            step.isIgnored = true
            return
        }
        guard let seconds = attempt.heartbeatSeconds else { return }
        cancelTimer(attempt.heartbeat)
        attempt.heartbeat = setTimer(.heartbeat(token), after: .seconds(seconds))
        scopes[token.scope]?.phase = .task(attempt)
    }
}
