import Clocks
import HTTPClient
import JSON

/// Lambda's runtime API, version 2018-06-01, over one kept-alive connection.
///
/// No request has a timeout, since the process may be frozen for hours in the middle of one. A connection that died
/// meanwhile is replaced; an answer that may have arrived is never sent again.
struct HTTPRuntimeAPI: RuntimeAPI {
    /// The largest body that is taken; events have at most 6 MB, and error texts are short.
    static let maximumBodyByteCount = 32 << 20
    /// What is told of a body that explains an unexpected status.
    private static let reasonByteCount = 512

    private static let base = "/2018-06-01/runtime"
    private let client: HTTPClient

    init(_ address: HTTPAddress) {
        client = HTTPClient(address, limits: .init(bodyByteCount: HTTPRuntimeAPI.maximumBodyByteCount))
    }

    func next() throws(RuntimeAPIError) -> Invocation {
        let target = "\(HTTPRuntimeAPI.base)/invocation/next"
        let response = try waitForInvocation(target)
        guard response.status == 200 else { throw unexpected(response, "GET \(target)") }
        let headers = response.headers
        guard let requestID = headers["Lambda-Runtime-Aws-Request-Id"], HTTPRuntimeAPI.isPathPart(requestID) else {
            throw RuntimeAPIError(
                code: .malformedInvocation,
                description:
                    "GET \(target): the answer has no header Lambda-Runtime-Aws-Request-Id that can be part of a path")
        }
        return Invocation(
            requestID: requestID,
            deadlineMilliseconds: headers["Lambda-Runtime-Deadline-Ms"].flatMap { Int64($0) },
            invokedFunctionARN: HTTPRuntimeAPI.nonEmpty(headers["Lambda-Runtime-Invoked-Function-Arn"]),
            traceID: HTTPRuntimeAPI.nonEmpty(headers["Lambda-Runtime-Trace-Id"]),
            clientContext: HTTPRuntimeAPI.nonEmpty(headers["Lambda-Runtime-Client-Context"]),
            cognitoIdentity: HTTPRuntimeAPI.nonEmpty(headers["Lambda-Runtime-Cognito-Identity"]),
            tenantID: HTTPRuntimeAPI.nonEmpty(headers["Lambda-Runtime-Aws-Tenant-Id"]),
            time: headers["Turntable-Clock"].flatMap { Timestamp(iso8601: $0) }, event: response.body)
    }

    func respond(to requestID: String, _ output: [UInt8]) throws(RuntimeAPIError) -> PostOutcome {
        try post("/invocation/\(requestID)/response", output, errorType: nil)
    }

    func fail(_ requestID: String, _ report: ErrorReport) throws(RuntimeAPIError) -> PostOutcome {
        try post("/invocation/\(requestID)/error", report.json.bytes(), errorType: report.category)
    }

    func failInitialization(_ report: ErrorReport) throws(RuntimeAPIError) -> PostOutcome {
        try post("/init/error", report.json.bytes(), errorType: report.category)
    }

    private func post(_ path: String, _ body: [UInt8], errorType: String?) throws(RuntimeAPIError) -> PostOutcome {
        let target = HTTPRuntimeAPI.base + path
        var headers = [("Content-Type", "application/json")]
        if let errorType { headers.append(("Lambda-Runtime-Function-Error-Type", errorType)) }
        let response = try send(.init("POST", target, headers: headers, body: body))
        switch response.status {
        case 202: return .accepted
        case 413: return .tooLarge
        case 400, 403: return .refused(status: response.status, reason: HTTPRuntimeAPI.reason(response))
        default: throw unexpected(response, "POST \(target)")
        }
    }

    /// Asks for the next invocation, once more if the connection dies while the answer is awaited: a process may be
    /// frozen right there, its very first request included, and wake up to a dead connection. Asking takes nothing that
    /// was not lost with it.
    private func waitForInvocation(_ target: String) throws(RuntimeAPIError) -> HTTPClient.Response {
        do throws(HTTPClientError) {
            return try client.send(.init("GET", target))
        } catch {
            guard error.code == .closed || error.code == .receive else {
                throw RuntimeAPIError(code: .transport, description: error.description)
            }
        }
        return try send(.init("GET", target))
    }

    private func send(_ request: HTTPClient.Request) throws(RuntimeAPIError) -> HTTPClient.Response {
        do throws(HTTPClientError) {
            return try client.send(request)
        } catch {
            throw RuntimeAPIError(code: .transport, description: error.description)
        }
    }

    private func unexpected(_ response: HTTPClient.Response, _ request: String) -> RuntimeAPIError {
        RuntimeAPIError(
            code: .unexpectedStatus(response.status),
            description: "\(request): status \(response.status), \(HTTPRuntimeAPI.reason(response))")
    }

    private static func reason(_ response: HTTPClient.Response) -> String {
        String(decoding: response.body.prefix(reasonByteCount), as: UTF8.self)
    }

    private static func nonEmpty(_ value: String?) -> String? { value.flatMap { $0.isEmpty ? nil : $0 } }

    /// Whether `text` can stand in a path as it is.
    private static func isPathPart(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "-._~:".utf8.contains(byte)
                }
            }
    }
}
