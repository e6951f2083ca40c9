import JSON
import StatesLanguage

/// One attempt of a task: a function's invocation or a service's action, and what its result is called in a state machine.
struct TaskRun: Sendable {
    let request: TaskRequest
    let executionARN: String

    /// Does the work.
    ///
    /// - Parameter submitted: Called with the call's answer when what is waited for comes after it.
    /// - Returns: Nil when it was taken back because the router stops: then it is done again after the next start; or when
    ///   somebody else answers, with the task's token.
    func run(
        _ functions: any FunctionInvoking, _ services: any TaskServing,
        submitted: @escaping @Sendable (JSONValue) async -> Void
    ) async -> ExecutionInput? {
        guard case .function = request.work else { return await serve(services, submitted) }
        let result = await functions.invoke(
            InvocationRequest(function: request.function, payload: request.payload.bytes()))
        switch result.outcome {
        case .success(let payload):
            return .taskSucceeded(request.token, payload: String(decoding: payload, as: UTF8.self))
        case .failure(let failure):
            if Task.isCancelled { return nil }
            return .taskFailed(
                request.token,
                StateError(TaskRun.errorName(of: failure), cause: String(decoding: failure.payload, as: UTF8.self)))
        }
    }

    private func serve(
        _ services: any TaskServing, _ submitted: @escaping @Sendable (JSONValue) async -> Void
    ) async -> ExecutionInput? {
        let answer = await services.answer(request, of: executionARN, submitted: submitted)
        if Task.isCancelled { return nil }
        switch answer {
        case .failure(let error): return .taskFailed(request.token, error)
        case .text(let text): return .taskSucceeded(request.token, payload: text)
        case .success(let value):
            if request.waitsForCallback {
                await submitted(value)
                return nil
            }
            return .taskSucceeded(request.token, payload: value.text())
        }
    }

    /// What AWS's Lambda integration calls a failure.
    static func errorName(of failure: InvocationFailure) -> String {
        switch failure.kind {
        case .function: failure.errorType
        case .throttle: "Lambda.TooManyRequestsException"
        case .notFound: "Lambda.ResourceNotFoundException"
        case .invalidRequest: "Lambda.InvalidRequestContentException"
        case .recursion: "Lambda.RecursiveInvocationException"
        case .service: "Lambda.ServiceException"
        }
    }
}

extension TaskRequest {
    /// Whether the answer comes from whoever has the task's token.
    var waitsForCallback: Bool {
        if case .service(let service, _) = work { service.pattern == .waitForTaskToken } else { false }
    }

    var isActivity: Bool { if case .activity = work { true } else { false } }
}
