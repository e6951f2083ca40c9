import HTTPClient
import JSON

/// The calls of AWS Lambda (AWS Lambda API Reference, 2015-03-31) that tell what is deployed.
package struct LambdaClient: Sendable {
    package let connection: AWSConnection

    init(_ connection: AWSConnection) { self.connection = connection }

    /// What `GetFunctionConfiguration` says of the code of a function's `$LATEST`: the SHA-256 of its zip in base64.
    ///
    /// - Parameter function: Its name or ARN.
    /// - Throws: ``AWSError`` with Lambda's code, such as `ResourceNotFoundException`, or `CancellationError`.
    package func codeSHA256(ofFunction function: String) async throws -> String {
        var request = AWSRequest("GetFunctionConfiguration", "function \(function)", "GET")
        request.path = "/2015-03-31/functions/\(PercentEncoding.encode(function))/configuration"
        request.maximumBodyByteCount = 1 << 20
        let response = try await connection.send(request)
        guard let digest = (try? JSONValue(parsing: response.http.body))?["CodeSha256"]?.stringValue else {
            throw AWSError(
                .malformedResponse, code: "ResponseMalformed", operation: request.operation, resource: request.resource,
                detail: "the answer has no CodeSha256", requestID: response.http.headers["x-amzn-requestid"])
        }
        return digest
    }
}
