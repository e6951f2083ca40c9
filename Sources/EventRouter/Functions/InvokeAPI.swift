import Digest
package import HTTPServer
import JSON

/// Lambda's Invoke operation: `POST /2015-03-31/functions/{name}/invocations`.
package struct InvokeAPI: Sendable {
    /// Bytes of an event of an asynchronous call: 1 MiB.
    package static let maximumAsynchronousPayloadByteCount = 1 << 20

    private let pool: FunctionPool
    private let queue: @Sendable (InvocationRequest) async -> Bool

    /// - Parameters:
    ///   - pool: Runs what is called with a wait for the result.
    ///   - queue: Takes what is called without one (`Event`) and runs it later; false when it can't take more.
    package init(pool: FunctionPool, queue: @escaping @Sendable (InvocationRequest) async -> Bool) {
        self.pool = pool
        self.queue = queue
    }

    /// The answer to a request for this operation, or nil when it is for another.
    package func respond(to request: HTTPRequest) async -> HTTPResponse? {
        let parts = request.path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        guard parts.count == 4, parts[0] == "2015-03-31", parts[1] == "functions", parts[3] == "invocations"
        else { return nil }
        guard request.method == "POST" else {
            return error(405, "MethodNotAllowedException", "Invoke is a POST, not a \(request.method)")
        }
        let qualifier = FunctionName(parts[2])?.qualifier ?? request.queryValue("Qualifier")
        guard let configuration = await pool.configuration(of: parts[2]),
            qualifier == nil || qualifier == FunctionConfiguration.version
        else {
            return error(
                404, "ResourceNotFoundException",
                "Function not found: \(parts[2])\(qualifier.map { ":\($0)" } ?? "")", messageKey: "Message")
        }
        switch request.headers["X-Amz-Invocation-Type"] ?? "RequestResponse" {
        case "RequestResponse": return await invoke(configuration, request)
        case "Event": return await enqueue(configuration, request)
        case "DryRun": return HTTPResponse(status: 204)
        case let type:
            return error(
                400, "InvalidParameterValueException",
                "Value '\(type)' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: "
                    + "[Event, RequestResponse, DryRun]")
        }
    }

    private func invoke(_ configuration: FunctionConfiguration, _ request: HTTPRequest) async -> HTTPResponse {
        if let refusal = refusal(of: request, "RequestResponse", limit: FunctionPool.maximumPayloadByteCount) {
            return refusal
        }
        let result = await pool.invoke(invocation(configuration, request))
        var headers: HTTPHeaders = [
            "Content-Type": "application/json", "X-Amz-Executed-Version": FunctionConfiguration.version,
            "x-amzn-RequestId": result.requestID,
        ]
        if request.headers["X-Amz-Log-Type"] == "Tail" { headers["X-Amz-Log-Result"] = Base64.encode(result.logTail) }
        switch result.outcome {
        case .success(let payload): return HTTPResponse(status: 200, headers: headers, body: payload)
        case .failure(let failure) where failure.kind == .function:
            headers["X-Amz-Function-Error"] = "Unhandled"
            return HTTPResponse(status: 200, headers: headers, body: failure.payload)
        case .failure(let failure):
            return refusal(for: failure, isReserved: configuration.reservedConcurrency != nil)
        }
    }

    private func enqueue(_ configuration: FunctionConfiguration, _ request: HTTPRequest) async -> HTTPResponse {
        if let refusal = refusal(of: request, "Event", limit: InvokeAPI.maximumAsynchronousPayloadByteCount) {
            return refusal
        }
        guard await queue(invocation(configuration, request)) else {
            return error(429, "TooManyRequestsException", "Rate Exceeded.", reason: "CallerRateLimitExceeded")
        }
        return HTTPResponse(status: 202)
    }

    private func invocation(_ configuration: FunctionConfiguration, _ request: HTTPRequest) -> InvocationRequest {
        InvocationRequest(
            function: configuration.name, payload: request.body.isEmpty ? Array("{}".utf8) : request.body,
            traceID: request.headers["X-Amzn-Trace-Id"],
            clientContext: request.headers["X-Amz-Client-Context"].flatMap(Base64.decodeUnpadded).map {
                String(decoding: $0, as: UTF8.self)
            })
    }

    private func refusal(of request: HTTPRequest, _ type: String, limit: Int) -> HTTPResponse? {
        guard request.body.count <= limit, !request.isBodyTooLarge else {
            let size = request.isBodyTooLarge ? request.headers["Content-Length"] ?? "" : "\(request.body.count)"
            return error(
                413, "RequestTooLargeException",
                "\(size) byte payload is too large for the \(type) invocation type (limit \(limit) bytes)")
        }
        guard !request.body.isEmpty else { return nil }
        do {
            _ = try JSONValue(parsing: request.body)
            return nil
        } catch {
            return self.error(
                400, "InvalidRequestContentException",
                "Could not parse request body into json: Could not parse payload into json: \(error)")
        }
    }

    private func refusal(for failure: InvocationFailure, isReserved: Bool) -> HTTPResponse {
        switch failure.kind {
        case .throttle:
            error(
                429, "TooManyRequestsException", failure.errorMessage,
                reason: isReserved
                    ? "ReservedFunctionConcurrentInvocationLimitExceeded" : "ConcurrentInvocationLimitExceeded")
        case .notFound: error(404, "ResourceNotFoundException", failure.errorMessage, messageKey: "Message")
        case .invalidRequest: error(413, "RequestTooLargeException", failure.errorMessage)
        case .recursion:
            error(400, "RecursiveInvocationException", failure.errorMessage, messageKey: "Message")
        case .service, .function: error(500, "ServiceException", failure.errorMessage, messageKey: "Message")
        }
    }

    /// - Parameters:
    ///   - name: The exception's name, which clients take from the header.
    ///   - messageKey: `Message` or `message`, as AWS's model of the exception has it.
    ///   - reason: Of a throttle, as AWS's model spells it.
    private func error(
        _ status: Int, _ name: String, _ message: String, messageKey: String = "message",
        reason: String? = nil
    ) -> HTTPResponse {
        var body: JSONObject = ["Type": .string(status < 500 ? "User" : "Service"), messageKey: .string(message)]
        body["Reason"] = reason.map { .string($0) }
        var response = HTTPResponse.json(status, JSONValue.object(body).bytes())
        response.headers["x-amzn-ErrorType"] = name
        if reason != nil { response.headers["Retry-After"] = "1" }
        return response
    }
}
