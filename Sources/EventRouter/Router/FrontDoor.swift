import HTTPServer
import JSON

/// The router's own port: Lambda's Invoke API, Step Functions, SQS, the clock, and how the router does. What is not there is named, with 501.
struct FrontDoor: Sendable {
    let invoke: InvokeAPI
    let states: StatesAPI
    let queues: QueueAPI
    let clock: ClockAPI
    let status: @Sendable () async -> JSONValue

    /// Bytes of a request: a synchronous event's limit and some room for AWS's envelope.
    static let limits = HTTPLimits(maximumBodyByteCount: FunctionPool.maximumPayloadByteCount + (64 << 10))

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        if request.path == "/_turntable/status" {
            guard request.method == "GET" || request.method == "HEAD" else {
                return error(405, "MethodNotAllowed", "/_turntable/status is read with GET")
            }
            return HTTPResponse.json(200, await status().bytes())
        }
        if let response = await clock.respond(to: request) { return response }
        if let response = await invoke.respond(to: request) { return response }
        if let response = await states.respond(to: request) { return response }
        if let response = await queues.respond(to: request) { return response }
        if let target = request.headers["X-Amz-Target"] {
            return error(501, "NotImplemented", "the operation \(target) is not served here")
        }
        return error(
            404, "NotFound",
            "nothing is at \(request.method) \(request.path): see /_turntable/status, /_turntable/clock, Lambda's Invoke API, Step Functions and SQS"
        )
    }

    private func error(_ status: Int, _ type: String, _ message: String) -> HTTPResponse {
        let body: JSONValue = ["__type": .string(type), "message": .string(message)]
        return HTTPResponse.json(status, body.bytes())
    }
}
