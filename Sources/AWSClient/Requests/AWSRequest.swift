package import HTTPClient

/// One call of a service, before it is signed.
package struct AWSRequest: Sendable {
    /// The API's name of the call.
    package var operation: String
    /// What is asked for, for messages.
    package var resource: String
    package var method: String
    /// Encoded, from the slash on, without the endpoint's own prefix.
    package var path = "/"
    /// Names and values, not encoded.
    package var query: [(String, String)] = []
    package var headers: [(String, String)] = []
    package var body: [UInt8] = []
    package var payload = SignatureV4.Payload.signed
    /// Another host of the same endpoint, for a bucket's own.
    package var host: String?
    /// Bytes of an answer at most.
    package var maximumBodyByteCount = 64 << 20
    /// Whether doing it twice does no more than doing it once. When false, an attempt that may have been carried out isn't
    /// repeated.
    package var isRepeatable = true
    /// Whether it changes nothing, so that nobody need know how often it was sent. Others are sent again by the retry policy
    /// alone, which remembers that an attempt may have been carried out.
    package var isRead: Bool
    /// Finds the error in an answer of status 200, which some calls of S3 begin before they know how they end.
    package var mayFailLate = false
    /// Time for one attempt where the service works long before it answers; nil for the policy's.
    package var attemptTimeout: Duration?

    package init(_ operation: String, _ resource: String, _ method: String) {
        self.operation = operation
        self.resource = resource
        self.method = method
        isRead = method == "GET" || method == "HEAD"
    }
}

/// An answer, and what came before it.
package struct AWSResponse: Sendable {
    package let http: HTTPClient.Response
    package let attemptCount: Int
    /// Whether an earlier attempt may have been carried out although no answer came of it.
    package let mayHaveHappenedBefore: Bool
}
