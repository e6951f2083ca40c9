import Clocks
import FileSystem
import JSON
import Synchronization
import TestSupport
import Testing

@testable import HTTPClient
@testable import LambdaRuntime

/// All suites of the module, one after the other: the loop sets a variable of the process for each invocation.
@Suite(.serialized, .timeLimit(.minutes(10))) struct RuntimeTests {}

/// Calls a closure for each event.
struct ClosureHandler: LambdaHandler {
    let body: @Sendable (JSONValue, LambdaContext) async throws -> JSONValue
    init(_ body: @escaping @Sendable (JSONValue, LambdaContext) async throws -> JSONValue) { self.body = body }
    func handle(_ event: JSONValue, context: LambdaContext) async throws -> JSONValue { try await body(event, context) }
}

/// The service's side of the runtime API: gives out what it was given, then answers 500, which ends a function.
final class RuntimePeer: Sendable {
    let peer: SocketPeer
    static let prefix = "/2018-06-01/runtime"

    /// - Parameters:
    ///   - next: What each request for an invocation is answered with.
    ///   - post: What each answer of the function is answered with; 202 when there is nothing left.
    init(next: [[SocketPeer.Action]], post: [[SocketPeer.Action]] = []) throws {
        let left = Mutex((next: next[...], post: post[...]))
        peer = try SocketPeer { request in
            left.withLock { left in
                if request.method == "GET" { return left.next.popFirst() ?? [.respond(500, "the end")] }
                return left.post.popFirst() ?? [.respond(202, #"{"status":"OK"}"#)]
            }
        }
    }

    deinit { peer.stop() }

    /// An invocation as the service hands it out.
    static func invocation(_ event: String, id: String = "id-1", headers: String = "") -> [SocketPeer.Action] {
        [.respond(200, event, headers: "Lambda-Runtime-Aws-Request-Id: \(id)\r\n\(headers)")]
    }

    /// Method and path of each request, without what all paths begin with.
    var calls: [String] {
        peer.requests.map {
            "\($0.method) \($0.target.hasPrefix(Self.prefix) ? String($0.target.dropFirst(Self.prefix.count)) : $0.target)"
        }
    }
    var posts: [SocketPeer.Request] { peer.requests.filter { $0.method == "POST" } }

    /// Runs the loop against this peer until it ends.
    func serve(
        clock: any WallClock = ManualClock(now: Timestamp(iso8601: "2024-06-25T10:00:00Z")!),
        variables: [String: String] = ["AWS_LAMBDA_FUNCTION_NAME": "f"], log: LogBuffer = LogBuffer(),
        metrics: LogBuffer = LogBuffer(), termination: Termination = Termination(),
        _ make: (LambdaEnvironment) throws -> any LambdaHandler
    ) -> Int32 {
        let loop = RuntimeLoop(
            api: HTTPRuntimeAPI(HTTPAddress(port: peer.port)),
            environment: LambdaEnvironment(
                variables: variables, clock: clock, entropy: SeededEntropy(seed: 1), sink: log),
            metricsSink: metrics, termination: termination)
        return loop.run(make)
    }
}
