import JSON
import StatesLanguage

/// One attempt of a task: a function's invocation and what its result is called in a state machine.
struct TaskRun: Sendable {
    let request: TaskRequest

    init(_ request: TaskRequest) { self.request = request }

    /// Runs the function.
    ///
    /// - Returns: Nil when the invocation was taken back because the router stops: then it runs again after the next start.
    func run(_ functions: any FunctionInvoking) async -> ExecutionInput? {
        guard case .function = request.work else {
            return .taskFailed(
                request.token,
                StateError("States.Runtime", cause: "The state '\(request.state)' asks for what this router does not serve"))
        }
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

    /// What AWS's Lambda integration calls a failure.
    static func errorName(of failure: InvocationFailure) -> String {
        switch failure.kind {
        case .function: failure.errorType
        case .throttle: "Lambda.TooManyRequestsException"
        case .notFound: "Lambda.ResourceNotFoundException"
        case .invalidRequest: "Lambda.InvalidRequestContentException"
        case .service: "Lambda.ServiceException"
        }
    }
}
