import Clocks
import JSON
import JSONata

extension Execution {
    mutating func begin(_ task: TaskState, _ id: Int, _ data: StateData) throws(StateError) {
        guard let scope = scopes[id] else { return }
        var effective = data.input
        if let arguments = task.arguments {
            effective = try arguments.filled(data)
        }
        inspection?.note(scope.state.language == .jsonata ? "afterArguments" : "afterParameters", effective)
        if let credentials = task.credentials { _ = try credentials.filled(data) }
        let timeout = try seconds(task.timeout, data, "TimeoutSeconds")
        let heartbeat = try seconds(task.heartbeat, data, "HeartbeatSeconds")
        let work: TaskRequest.Work
        var failure: StateError?
        switch task.resource {
        case .function(let arn):
            work = .function(arn, payload: effective)
            let scheduled = emit(
                "LambdaFunctionScheduled",
                .lambdaScheduled(resource: arn, input: effective, timeoutSeconds: timeout), after: scope.lastID)
            emit(in: id, "LambdaFunctionStarted", .none, after: scheduled)
        case .activity(let arn):
            work = .activity(arn: arn, input: effective)
            emit(
                in: id, "ActivityScheduled",
                .activityScheduled(
                    resource: arn, input: effective, timeoutSeconds: timeout, heartbeatSeconds: heartbeat),
                after: scope.lastID)
        case .service(let service):
            if service == .lambdaInvoke {
                guard let function = effective["FunctionName"]?.stringValue else {
                    throw .runtime("The parameter FunctionName of lambda:invoke is missing or no string")
                }
                let payload = invocationPayload(effective["Payload"])
                if payload == nil, !hasPlainAnswers {
                    failure = StateError(
                        "Lambda.InvalidRequestContentException",
                        cause: "The Payload for \(function) is a text that is no JSON")
                }
                work = .function(function, payload: payload ?? .null)
            } else {
                work = .service(service, effective)
            }
            let integration = integration(service)
            let scheduled = emit(
                "TaskScheduled",
                .taskScheduled(
                    integration, parameters: effective, timeoutSeconds: timeout, heartbeatSeconds: heartbeat),
                after: scope.lastID)
            emit(in: id, "TaskStarted", .taskStarted(integration), after: scheduled)
        }
        if let failure {
            recordFailure(failure, task, id)
            throw failure
        }
        let request = TaskRequest(
            token: token(of: scope, id), work: work, state: scope.state.name, retryCount: scope.retryCountNow,
            timeoutSeconds: timeout, heartbeatSeconds: heartbeat)
        var attempt = begin(request)
        attempt.hasLog = effective["LogType"] == "Tail"
        scopes[id]?.phase = .task(attempt)
    }

    /// Asks for a task and sets its timers.
    mutating func begin(_ request: TaskRequest) -> Scope.Attempt {
        var attempt = Scope.Attempt(
            request: request, timeout: nil, heartbeat: nil, heartbeatSeconds: request.heartbeatSeconds)
        step.commands.append(.startTask(request))
        attempt.timeout = request.timeoutSeconds.map { setTimer(.taskTimeout(request.token), after: .seconds($0)) }
        attempt.heartbeat = request.heartbeatSeconds.map { setTimer(.heartbeat(request.token), after: .seconds($0)) }
        return attempt
    }

    private func integration(_ service: ServiceIntegration) -> HistoryEvent.Integration {
        HistoryEvent.Integration(
            resourceType: service.service, resource: service.resource, region: identity.region)
    }

    private func seconds(_ source: NumberSource?, _ data: StateData, _ field: String) throws(StateError) -> Int? {
        switch source {
        case nil: return nil
        case .fixed(let value)?: return Int(value)
        case .path(let path, let pathField)?:
            guard let value = try path.value(data, field: pathField).intValue, value > 0 else {
                throw .runtime("The \(pathField) parameter '\(path.text)' does not reference a positive integer")
            }
            return value
        case .expression(let expression)?:
            let value = try expression.value(data, .number)
            guard let seconds = value.intValue, seconds > 0 else {
                throw .query(
                    "The JSONata expression '\(expression.expression.text)' specified for the field '\(field)' must give a "
                        + "positive integer, but gave \(value.text())", field: field, hasValue: true)
            }
            return seconds
        }
    }

    /// The attempt that a token names, if it is still waited for.
    private func attempt(_ token: TaskToken) -> (TaskState, Scope.Attempt, Scope)? {
        guard let scope = scopes[token.scope], case .task(let attempt) = scope.phase, attempt.request.token == token,
            case .task(let task) = scope.state.kind
        else { return nil }
        return (task, attempt, scope)
    }

    /// The attempt that a token names, if it is still waited for; takes it off the scope and stops its timers.
    private mutating func takeAttempt(_ token: TaskToken) -> (TaskState, Scope.Attempt, Scope)? {
        guard let found = attempt(token) else {
            step.isIgnored = true
            return nil
        }
        cancelTimer(found.1.timeout)
        cancelTimer(found.1.heartbeat)
        scopes[token.scope]?.phase = .nothing
        return found
    }

    mutating func taskSucceeded(_ token: TaskToken, _ payload: String) {
        if case .mapRun? = scopes[token.scope]?.phase { return mapRunAnswered(token, .success(payload)) }
        guard let (task, attempt, scope) = takeAttempt(token) else { return }
        guard payload.utf8.count <= limits.maximumDataByteCount else {
            var name = task.resourceText
            if case .service(let service) = task.resource { name = service.service }
            let error = StateError.dataLimitExceeded(name)
            recordFailure(error, task, token.scope)
            fail(token.scope, error)
            return
        }
        guard let answer = try? JSONValue(parsing: payload) else {
            let error = StateError.runtime("The task's answer is no JSON")
            recordFailure(error, task, token.scope)
            fail(token.scope, error)
            return
        }
        var result = answer
        switch task.resource {
        case .function:
            emit(
                in: token.scope, "LambdaFunctionSucceeded", .lambdaSucceeded(output: payload), after: scope.lastID)
        case .activity:
            emit(in: token.scope, "ActivitySucceeded", .lambdaSucceeded(output: payload), after: scope.lastID)
        case .service(let service):
            var output = payload
            if case .function = attempt.request.work, service.pattern == .requestResponse, !hasPlainAnswers {
                result = invocationResult(answer, payload, token, hasLog: attempt.hasLog)
                output = result.text()
            }
            emit(
                in: token.scope, "TaskSucceeded", .taskSucceeded(integration(service), output: output),
                after: scope.lastID)
        }
        inspection?.note("result", result)
        do throws(StateError) {
            try complete(token.scope, result, resultSelector: task.resultSelector, resultPath: task.resultPath)
        } catch {
            fail(token.scope, error)
        }
    }

    mutating func taskFailed(_ token: TaskToken, _ error: StateError) {
        if case .mapRun? = scopes[token.scope]?.phase { return mapRunAnswered(token, .failure(error)) }
        guard let (task, _, _) = takeAttempt(token) else { return }
        recordFailure(error, task, token.scope)
        fail(token.scope, error)
    }

    mutating func taskSubmitted(_ token: TaskToken, _ payload: String) {
        guard let (task, found, scope) = attempt(token), case .service(let service) = task.resource,
            !found.isSubmitted
        else {
            step.isIgnored = true
            return
        }
        var attempt = found
        attempt.isSubmitted = true
        scopes[token.scope]?.phase = .task(attempt)
        emit(
            in: token.scope, "TaskSubmitted", .taskSucceeded(integration(service), output: payload),
            after: scope.lastID)
    }

    mutating func activityStarted(_ token: TaskToken, _ worker: String?) {
        guard let (_, found, scope) = attempt(token), !found.isSubmitted else {
            step.isIgnored = true
            return
        }
        var attempt = found
        attempt.isSubmitted = true
        scopes[token.scope]?.phase = .task(attempt)
        emit(in: token.scope, "ActivityStarted", .activityStarted(worker: worker), after: scope.lastID)
    }

    private mutating func recordFailure(_ error: StateError, _ task: TaskState, _ id: Int) {
        guard let lastID = scopes[id]?.lastID else { return }
        switch task.resource {
        case .function: emit(in: id, "LambdaFunctionFailed", .failed(error), after: lastID)
        case .activity: emit(in: id, "ActivityFailed", .failed(error), after: lastID)
        case .service(let service):
            emit(in: id, "TaskFailed", .taskFailed(integration(service), error), after: lastID)
        }
    }

    mutating func taskTimedOut(_ token: TaskToken) {
        guard let (task, _, scope) = takeAttempt(token) else { return }
        step.commands.append(.cancelTask(token))
        let error = StateError(StateError.timeout, cause: nil)
        switch task.resource {
        case .function:
            emit(in: token.scope, "LambdaFunctionTimedOut", .failed(error), after: scope.lastID)
        case .activity: emit(in: token.scope, "ActivityTimedOut", .failed(error), after: scope.lastID)
        case .service(let service):
            emit(
                in: token.scope, "TaskTimedOut", .taskTimedOut(integration(service), error), after: scope.lastID)
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
