import JSON

/// How an invocation ended and what it took.
package struct InvocationResult: Sendable, Hashable {
    package enum Outcome: Sendable, Hashable {
        /// The function's answer, byte for byte; JSON as a rule, but nothing checks it here.
        case success(payload: [UInt8])
        case failure(InvocationFailure)
    }

    package var outcome: Outcome
    package var requestID: String
    /// The end of what the function and the emulated Lambda logged, at most ``FunctionLog/tailByteCount`` bytes.
    package var logTail: [UInt8]
    /// From the event's hand-over to the answer; with a cold start the start-up is not in it.
    package var duration: Duration
    /// Start-up and duration, rounded up to whole milliseconds: Lambda bills a custom runtime's start.
    package var billedDuration: Duration
    /// The time from the start of the process to its first request for work; nil when the process was warm.
    package var initDuration: Duration?
    /// The largest resident memory that was seen, in MB of 1,048,576 bytes, rounded up; 0 when nothing ran.
    package var maxMemoryUsedMB: Int

    package init(
        outcome: Outcome, requestID: String, logTail: [UInt8] = [], duration: Duration = .zero,
        billedDuration: Duration = .zero, initDuration: Duration? = nil, maxMemoryUsedMB: Int = 0
    ) {
        self.outcome = outcome
        self.requestID = requestID
        self.logTail = logTail
        self.duration = duration
        self.billedDuration = billedDuration
        self.initDuration = initDuration
        self.maxMemoryUsedMB = maxMemoryUsedMB
    }
}

/// Why an invocation failed.
package struct InvocationFailure: Sendable, Hashable {
    /// Who refused or broke: decides between an HTTP error of the Invoke API and a function error.
    package enum Kind: Sendable, Hashable {
        /// The function ran, or tried to: its own error, a crash, a time-out. Status 200 with `X-Amz-Function-Error`.
        case function
        /// No process was free in time: `TooManyRequestsException`; in a state machine `Lambda.TooManyRequestsException`.
        case throttle
        /// There is no such function: `ResourceNotFoundException`.
        case notFound
        /// The request itself can't be: too large, no JSON.
        case invalidRequest
        /// The function was called too often in one chain of calls: `RecursiveInvocationException`.
        case recursion
        /// The router is stopping or could not start the process: `ServiceException`.
        case service
    }

    package var kind: Kind
    /// The name a state machine matches on, such as `ValidationFailed` or `Sandbox.Timedout`.
    package var errorType: String
    package var errorMessage: String
    /// The error as JSON, as the function gave it or as Lambda would write it: the body of the Invoke API's answer and
    /// the `Cause` of a failed task.
    package var payload: [UInt8]

    package init(kind: Kind, errorType: String, errorMessage: String, payload: [UInt8]) {
        self.kind = kind
        self.errorType = errorType
        self.errorMessage = errorMessage
        self.payload = payload
    }

    /// A failure whose payload is made of its type and message, in AWS's order of members.
    package init(kind: Kind = .function, errorType: String, errorMessage: String) {
        let payload = JSONValue.object(
            JSONObject([("errorType", .string(errorType)), ("errorMessage", .string(errorMessage))]))
        self.init(kind: kind, errorType: errorType, errorMessage: errorMessage, payload: payload.bytes())
    }

    package var isThrottle: Bool { kind == .throttle }
}
