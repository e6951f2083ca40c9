/// What runs functions, for those who need a function run: the execution engine, schedules, the Invoke API.
package protocol FunctionInvoking: Sendable {
    /// Runs a function once and returns how it ended, whatever happened: nothing is thrown.
    ///
    /// The call waits for a free process as long as ``FunctionPool/Limits/queueWait`` says, not at all if the function's
    /// concurrency is reserved. When the calling task is cancelled it returns at once, with the failure ``FunctionErrorType/aborted``: an invocation that has not begun is
    /// taken back, one that runs goes on to its end, as on Lambda, and its result is dropped.
    func invoke(_ request: InvocationRequest) async -> InvocationResult
}

/// One call of a function.
package struct InvocationRequest: Sendable, Hashable {
    /// The function's name or its ARN, with or without a version or alias.
    package var function: String
    /// The event: JSON in UTF-8, handed to the function byte for byte.
    package var payload: [UInt8]
    /// The identifier the function sees as its request id; one is made up when nil.
    package var requestID: String?
    /// The value of `X-Amzn-Trace-Id` and, in the function, of `_X_AMZN_TRACE_ID`.
    package var traceID: String?
    /// The client context as JSON, not in Base64.
    package var clientContext: String?

    package init(
        function: String, payload: [UInt8], requestID: String? = nil, traceID: String? = nil,
        clientContext: String? = nil
    ) {
        self.function = function
        self.payload = payload
        self.requestID = requestID
        self.traceID = traceID
        self.clientContext = clientContext
    }
}
