import Clocks
import Digest
import HTTPServer
import JSON
import Synchronization

/// The Runtime API that functions' processes talk to, each on a port of its own: nothing else tells them apart.
///
/// Answers, statuses and error types are those of Lambda; see "Using the Lambda runtime API" in its guide. Of the
/// Extensions API there is what a runtime needs to be told of its end by SIGTERM: a registration without events.
final class RuntimeAPI: Sendable {
    /// The header with the virtual time of an invocation; there is none when the time is the machine's.
    static let timeHeader = "Turntable-Clock"
    /// Bytes of an answer, 6 MiB and 100 for the envelope.
    static let maximumResponseByteCount = 6_291_556

    private let processes = Mutex<[UInt16: FunctionProcess]>([:])

    func add(_ process: FunctionProcess) { processes.withLock { $0[process.port] = process } }
    func remove(port: UInt16) { processes.withLock { _ = $0.removeValue(forKey: port) } }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        guard let process = processes.withLock({ $0[request.localPort] }) else {
            return RuntimeAPI.error(410, "Gone", "the process that this port was for has ended")
        }
        let parts = request.path.split(separator: "/", omittingEmptySubsequences: true)
        switch (request.method, parts.first, parts.dropFirst().map(String.init)) {
        case ("GET", "2018-06-01", ["runtime", "invocation", "next"]): return await next(process)
        case ("POST", "2018-06-01", let path)
        where path.count == 4 && path[0] == "runtime" && path[1] == "invocation" && path[3] == "response":
            return response(request, to: path[2], process)
        case ("POST", "2018-06-01", let path)
        where path.count == 4 && path[0] == "runtime" && path[1] == "invocation" && path[3] == "error":
            return answer(process.answer(requestID: path[2], .failure(failure(request)), isError: true))
        case ("POST", "2018-06-01", ["runtime", "init", "error"]):
            return answer(process.reportInitError(failure(request)))
        case ("POST", "2020-01-01", ["extension", "register"]): return register(request, process)
        case ("GET", "2020-01-01", ["extension", "event", "next"]):
            // Registered without events: what comes is the end of the process, which ends the connection.
            await process.waitForEnd()
            return RuntimeAPI.error(410, "Gone", "the process is to end")
        case ("POST", "2020-01-01", ["extension", "init", "error"]),
            ("POST", "2020-01-01", ["extension", "exit", "error"]):
            return RuntimeAPI.accepted
        default: return RuntimeAPI.error(404, "NotFound", "no such operation: \(request.method) \(request.path)")
        }
    }

    private func next(_ process: FunctionProcess) async -> HTTPResponse {
        switch await process.next() {
        case .gone: return RuntimeAPI.error(410, "Gone", "the process is to end, or asked again")
        case .refused(let text): return RuntimeAPI.error(403, "InvalidStateTransition", text)
        case .event(let event):
            var headers: HTTPHeaders = [
                "Content-Type": "application/json", "Lambda-Runtime-Aws-Request-Id": event.requestID,
                "Lambda-Runtime-Deadline-Ms": String(event.deadline.millisecondsSinceEpoch),
                "Lambda-Runtime-Invoked-Function-Arn": event.functionARN,
            ]
            headers["Lambda-Runtime-Trace-Id"] = event.traceID
            headers["Lambda-Runtime-Client-Context"] = event.clientContext
            headers[RuntimeAPI.timeHeader] = event.virtualTime?.spelled(fractionDigits: 6)
            return HTTPResponse(status: 200, headers: headers, body: event.payload)
        }
    }

    private func response(_ request: HTTPRequest, to requestID: String, _ process: FunctionProcess) -> HTTPResponse {
        var outcome = InvocationResult.Outcome.success(payload: request.body)
        var refusal: HTTPResponse?
        if let mode = request.headers["Lambda-Runtime-Function-Response-Mode"], mode.lowercased() != "streaming" {
            outcome = .failure(
                InvocationFailure(errorType: FunctionErrorType.invalidResponseMode, errorMessage: mode))
            refusal = RuntimeAPI.error(400, "InvalidFunctionResponseMode", "Invalid function response mode")
        } else if request.isBodyTooLarge {
            let limit = RuntimeAPI.maximumResponseByteCount
            outcome = .failure(
                InvocationFailure(
                    errorType: FunctionErrorType.responseTooLarge,
                    errorMessage: "Response payload size exceeded maximum allowed payload size (\(limit) bytes)."))
            refusal = RuntimeAPI.error(
                413, "RequestEntityTooLarge", "Exceeded maximum allowed payload size (\(limit) bytes).")
        } else if let type = request.trailers["Lambda-Runtime-Function-Error-Type"] {
            // A streamed answer that broke off: the error comes after what was sent.
            let body = request.trailers["Lambda-Runtime-Function-Error-Body"].flatMap(Base64.decodeUnpadded) ?? []
            outcome = .failure(failure(body: body, headerType: type))
        }
        let result = process.answer(requestID: requestID, outcome, isError: false)
        return result == .accepted ? refusal ?? RuntimeAPI.accepted : answer(result)
    }

    private func failure(_ request: HTTPRequest) -> InvocationFailure {
        failure(body: request.body, headerType: request.headers["Lambda-Runtime-Function-Error-Type"])
    }

    /// The function's own error: its body is passed on byte for byte.
    private func failure(body: [UInt8], headerType: String?) -> InvocationFailure {
        let value = try? JSONValue(parsing: body)
        let type = value?["errorType"]?.stringValue ?? headerType ?? FunctionErrorType.unknown
        let message = value?["errorMessage"]?.stringValue ?? ""
        guard !body.isEmpty else { return InvocationFailure(errorType: type, errorMessage: message) }
        return InvocationFailure(kind: .function, errorType: type, errorMessage: message, payload: body)
    }

    private func register(_ request: HTTPRequest, _ process: FunctionProcess) -> HTTPResponse {
        guard request.headers["Lambda-Extension-Name"] != nil else {
            return RuntimeAPI.error(
                400, "Extension.InvalidExtensionName", "the header Lambda-Extension-Name is missing")
        }
        let events = (try? JSONValue(parsing: request.body))?["events"]?.arrayValue ?? []
        guard events.isEmpty else {
            return RuntimeAPI.error(
                400, "Extension.EventNotSupported",
                "extensions that take events are not emulated: register with \"events\": []")
        }
        let body: JSONValue = [
            "functionName": .string(process.configuration.name),
            "functionVersion": .string(FunctionConfiguration.version),
            "handler": .string(process.configuration.handler),
        ]
        var response = HTTPResponse.json(200, body.bytes())
        response.headers["Lambda-Extension-Identifier"] = "\(process.port)"
        return response
    }

    private func answer(_ result: ProcessLifecycle.Answer) -> HTTPResponse {
        switch result {
        case .accepted: RuntimeAPI.accepted
        case .invalidRequestID: RuntimeAPI.error(400, "InvalidRequestID", "Invalid request ID")
        case .refused(let text): RuntimeAPI.error(403, "InvalidStateTransition", text)
        }
    }

    private static let accepted = HTTPResponse.json(202, Array(#"{"status":"OK"}"#.utf8))

    private static func error(_ status: Int, _ type: String, _ message: String) -> HTTPResponse {
        let body: JSONValue = ["errorMessage": .string(message), "errorType": .string(type)]
        return .json(status, body.bytes())
    }
}
