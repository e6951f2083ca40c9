/// Where a function's process stands with the Runtime API: what each call means, and which are refused.
///
/// Decides only; ``FunctionProcess`` acts. The states have the names of the reference implementation
/// (aws-lambda-runtime-interface-emulator), since refusals quote them.
struct ProcessLifecycle {
    enum State: Hashable {
        /// Running, but it has not asked for work yet.
        case started
        /// It reported that it can't start.
        case initError
        /// It has asked for work, and waits.
        case ready
        case running(requestID: String)
        /// It has answered and not yet asked for more.
        case responseSent(requestID: String)
        case ended

        var name: String {
            switch self {
            case .started: "Started"
            case .initError: "InitError"
            case .ready: "Ready"
            case .running: "Running"
            case .responseSent: "ResponseSent"
            case .ended: "Exited"
            }
        }
    }

    enum Next: Hashable {
        /// The first time: the start is over.
        case initialised
        /// The invocation is over.
        case invocationDone
        /// Asked again without a reason to: the later call takes the earlier one's place.
        case replaced
        case refused(String)
    }

    enum Answer: Hashable {
        case accepted
        case invalidRequestID
        case refused(String)
    }

    private(set) var state = State.started

    var isBusy: Bool {
        switch state {
        case .running, .responseSent: true
        default: false
        }
    }

    /// `GET /runtime/invocation/next`.
    mutating func next() -> Next {
        switch state {
        case .started:
            state = .ready
            return .initialised
        case .responseSent:
            state = .ready
            return .invocationDone
        case .ready: return .replaced
        case .initError, .running, .ended: return .refused(refusal(to: "Ready"))
        }
    }

    /// An event is handed over; false when the process does not wait for one.
    mutating func begin(requestID: String) -> Bool {
        guard state == .ready else { return false }
        state = .running(requestID: requestID)
        return true
    }

    /// `POST /runtime/invocation/{id}/response` or `/error`.
    mutating func answer(requestID: String, isError: Bool) -> Answer {
        guard case .running(let current) = state else {
            return .refused(refusal(to: isError ? "InvocationErrorResponse" : "InvocationResponse"))
        }
        guard current == requestID else { return .invalidRequestID }
        state = .responseSent(requestID: requestID)
        return .accepted
    }

    /// `POST /runtime/init/error`.
    mutating func initError() -> Answer {
        guard state == .started else { return .refused(refusal(to: "InitError")) }
        state = .initError
        return .accepted
    }

    mutating func end() { state = .ended }

    private func refusal(to name: String) -> String {
        "State transition from \(state.name) to \(name) failed for runtime. Error: State transition is not allowed"
    }
}
