/// Why a call of an AWS service failed: AWS's own code, what was asked of what, and the request's identifier that AWS's
/// support asks for. It carries no credentials, no signature and nothing of what was sent.
package struct AWSError: Error, Sendable {
    /// Who says so.
    package enum Kind: Sendable, Hashable {
        /// The service answered with an error; ``AWSError/code`` is its own.
        case service
        /// No whole answer came.
        case transport
        /// No credentials were found, or none could be had.
        case credentials
        /// The environment or a configuration file asks for something that can't be.
        case configuration
        /// An answer that makes no sense.
        case malformedResponse
    }

    package let kind: Kind
    /// AWS's code, such as `NoSuchKey`; for the other kinds a code in the same manner, such as `RequestTimedOut`.
    package let code: String
    /// The status of the answer, or nil without one.
    package let status: Int?
    /// The API's name of the call, such as `PutObject`.
    package let operation: String
    /// What was asked for: `bucket/key`, a table's name, a file, an address.
    package let resource: String
    package let requestID: String?
    /// S3's second identifier of a request (`x-amz-id-2`).
    package let extendedRequestID: String?
    /// How often it was tried.
    package let attemptCount: Int
    /// The service's words, or ours.
    package let detail: String
    /// Whether an earlier attempt may have been carried out although no answer came of it.
    package let mayHaveHappened: Bool
    /// For a cancelled transaction, a code for each of its writes, `None` for those that were in order.
    package var cancellationReasons: [String] = []

    package init(
        _ kind: Kind, code: String, operation: String, resource: String, detail: String, status: Int? = nil,
        requestID: String? = nil, extendedRequestID: String? = nil, attemptCount: Int = 1,
        mayHaveHappened: Bool = false
    ) {
        self.kind = kind
        self.code = code
        self.status = status
        self.operation = operation
        self.resource = resource
        self.requestID = requestID
        self.extendedRequestID = extendedRequestID
        self.attemptCount = attemptCount
        self.detail = detail
        self.mayHaveHappened = mayHaveHappened
    }

    /// The same error with what is known at the end of all attempts.
    func after(attempts: Int, mayHaveHappened: Bool) -> AWSError {
        var error = AWSError(
            kind, code: code, operation: operation, resource: resource, detail: detail, status: status,
            requestID: requestID, extendedRequestID: extendedRequestID, attemptCount: attempts,
            mayHaveHappened: mayHaveHappened)
        error.cancellationReasons = cancellationReasons
        return error
    }
}

extension AWSError: CustomStringConvertible {
    package var description: String {
        var text = "\(code)"
        if let status { text += " (HTTP \(status))" }
        text += " on \(operation) \(resource): \(detail)"
        var notes: [String] = []
        if let requestID { notes.append("request \(requestID)") }
        if let extendedRequestID { notes.append("id-2 \(extendedRequestID)") }
        if attemptCount > 1 { notes.append("\(attemptCount) attempts") }
        return notes.isEmpty ? text : "\(text) [\(notes.joined(separator: ", "))]"
    }
}
