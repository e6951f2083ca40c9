import Clocks
import Glibc
import JSON
import Synchronization
import TestSupport
import Testing

@testable import LambdaRuntime

extension RuntimeTests {
    @Suite("The runtime API's loop")
    struct RuntimeLoopTests {
        static let echo = ClosureHandler { event, _ in ["got": event] }
        static let nextCall = "GET /invocation/next"

        @Test("Invocations are answered one after another over one connection")
        func serves() throws {
            let peer = try RuntimePeer(next: [
                RuntimePeer.invocation(#"{"a":1.50}"#, id: "id-1"),
                RuntimePeer.invocation("null", id: "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
            ])
            #expect(peer.serve { _ in Self.echo } == 1)
            #expect(
                peer.calls == [
                    Self.nextCall, "POST /invocation/id-1/response", Self.nextCall,
                    "POST /invocation/8476a536-e9f4-11e8-9739-2dfe598c3fcd/response", Self.nextCall,
                ])
            #expect(peer.posts.map(\.text) == [#"{"got":{"a":1.50}}"#, #"{"got":null}"#])
            #expect(peer.posts[0].headers["content-type"] == "application/json")
            #expect(peer.peer.connectionCount == 1)
        }

        @Test("The handler is made once, and the context says what the headers say, whatever their case")
        func context() throws {
            let peer = try RuntimePeer(next: [
                RuntimePeer.invocation(
                    "{}", id: "id-1",
                    headers:
                        "lambda-runtime-deadline-ms: 1719309605000\r\nLAMBDA-RUNTIME-INVOKED-FUNCTION-ARN: arn:x\r\n"
                        + "Lambda-Runtime-Trace-Id: Root=1-2\r\nLambda-Runtime-Client-Context: {\"a\":1}\r\n"
                        + "Lambda-Runtime-Cognito-Identity: {\"b\":2}\r\nLambda-Runtime-Aws-Tenant-Id: t\r\n"),
                RuntimePeer.invocation("{}", id: "id-2"),
            ])
            let seen = Mutex<[LambdaContext]>([])
            let traces = Mutex<[String?]>([])
            var madeCount = 0
            let variables = [
                "AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_VERSION": "7",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
                "AWS_REGION": "eu-central-1",
            ]
            _ = peer.serve(variables: variables) { environment in
                madeCount += 1
                #expect(environment.functionName == "f")
                return ClosureHandler { event, context in
                    seen.withLock { $0.append(context) }
                    traces.withLock { $0.append(ProcessEnvironment["_X_AMZN_TRACE_ID"]) }
                    return event
                }
            }
            #expect(madeCount == 1)
            let (first, second) = seen.withLock { ($0[0], $0[1]) }
            #expect(first.requestID == "id-1" && first.functionName == "f" && first.functionVersion == "7")
            #expect(first.memoryLimitMB == 512)
            #expect(first.deadline == Timestamp(millisecondsSinceEpoch: 1_719_309_605_000))
            #expect(first.remainingTime == .seconds(5))
            #expect(first.invokedFunctionARN == "arn:x" && first.traceID == "Root=1-2" && first.tenantID == "t")
            #expect(first.clientContext == ["a": 1] && first.cognitoIdentity == ["b": 2])
            #expect(second.requestID == "id-2" && second.traceID == nil && second.clientContext == nil)
            #expect(second.remainingTime == .seconds(900))
            #expect(second.invokedFunctionARN == "arn:aws:lambda:eu-central-1:000000000000:function:f")
            // The variable is there for its invocation and gone for the next.
            #expect(traces.withLock { $0 } == ["Root=1-2", nil])
        }

        @Test("A handler's clock starts at the time that its invocation says, and moves on from there")
        func virtualTime() throws {
            let times = ["2024-06-25T10:00:00.000000Z", "2030-01-01T00:00:00.000000Z"]
            let peer = try RuntimePeer(
                next: times.map { RuntimePeer.invocation("{}", headers: "Turntable-Clock: \($0)\r\n") })
            let clock = HandlerClock.from(["TURNTABLE_CLOCK": "2024-01-01T00:00:00Z"])
            #expect(clock.now >= Timestamp(iso8601: "2024-01-01T00:00:00Z")!)
            #expect(clock.now < Timestamp(iso8601: "2024-01-01T01:00:00Z")!)
            let seen = Mutex<[Timestamp]>([])
            _ = peer.serve(clock: clock) { environment in
                ClosureHandler { event, context in
                    let start = context.clock.now
                    try await context.clock.sleep(for: .milliseconds(5))
                    // The stores' clock, made once, and the invocation's are the same.
                    #expect(environment.clock.now >= start + .milliseconds(5))
                    seen.withLock { $0.append(start) }
                    return event
                }
            }
            let starts = seen.withLock { $0 }
            #expect(starts.count == 2)
            for (start, time) in zip(starts, times) {
                #expect(start >= Timestamp(iso8601: time)! && start < Timestamp(iso8601: time)! + .seconds(3_600))
            }
            #expect(HandlerClock.from([:]) is SystemClock)
        }

        @Test(
            "Any status but 200 for the next invocation ends the function, without asking again",
            arguments: [201, 202, 204, 301, 400, 403, 404, 410, 500, 502, 503])
        func fatalNext(status: Int) throws {
            let peer = try RuntimePeer(next: [[.respond(status, status == 204 ? "" : "why")]])
            let log = LogBuffer()
            #expect(peer.serve(log: log) { _ in Self.echo } == 1)
            #expect(peer.calls == [Self.nextCall])
            #expect(log.lines.last?.contains("status \(status)") == true)
        }

        @Test(
            "An invocation without an id that can stand in a path ends the function",
            arguments: ["", "a/b", "..%2f", "a b", "ü", "a?b"])
        func badRequestID(id: String) throws {
            let peer = try RuntimePeer(next: [RuntimePeer.invocation("{}", id: id)])
            #expect(peer.serve { _ in Self.echo } == 1)
            #expect(peer.calls == [Self.nextCall])
        }

        @Test("An event may come in chunks")
        func chunkedEvent() throws {
            let text = String(repeating: "x", count: 100_000)
            let chunks = "1\r\n\"\r\n" + "\(String(text.count, radix: 16))\r\n\(text)\r\n" + "1\r\n\"\r\n0\r\n\r\n"
            let peer = try RuntimePeer(next: [
                [
                    .send(
                        "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: i\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)"
                    )
                ]
            ])
            _ = peer.serve { _ in Self.echo }
            #expect(peer.posts[0].body.count == text.count + 10)
        }

        @Test("An error goes to the error path with its type and a message that is escaped")
        func handlerError() throws {
            let peer = try RuntimePeer(next: [RuntimePeer.invocation("{}")])
            let log = LogBuffer()
            let message = "line 1\nline \"2\"\t\\ \u{1} ü 🎵"
            _ = peer.serve(log: log) { _ in
                ClosureHandler { _, _ in throw HandlerError(errorType: "ValidationFailed", errorMessage: message) }
            }
            #expect(peer.calls[1] == "POST /invocation/id-1/error")
            #expect(peer.posts[0].headers["lambda-runtime-function-error-type"] == "Function.ValidationFailed")
            #expect(
                try JSONValue(parsing: peer.posts[0].body)
                    == ["errorMessage": .string(message), "errorType": "ValidationFailed", "stackTrace": []])
            #expect(peer.posts[0].text.hasPrefix(#"{"errorMessage":"line 1\nline \"2\"\t\\ \u0001 ü 🎵","errorType""#))
            #expect(peer.calls.last == Self.nextCall)
            #expect(
                log.lines.contains {
                    $0.contains(#""errorType":"ValidationFailed""#) && $0.contains(#""requestId":"id-1""#)
                })
        }

        @Test("An event that is no JSON never reaches the handler")
        func malformedEvent() throws {
            let peer = try RuntimePeer(next: [RuntimePeer.invocation("{\"a\":\n  oops}"), RuntimePeer.invocation("1")])
            let calls = Mutex(0)
            _ = peer.serve { _ in
                ClosureHandler { event, _ in
                    calls.withLock { $0 += 1 }
                    return event
                }
            }
            let body = try JSONValue(parsing: peer.posts[0].body)
            #expect(body["errorType"] == "MalformedEvent")
            #expect(
                body["errorMessage"]?.stringValue?.hasPrefix("the event is no JSON: line 2, column 3 (byte 8)") == true)
            #expect(calls.withLock { $0 } == 1)
        }

        @Test("A failed start is reported, and the function ends without asking for work")
        func initError() throws {
            let peer = try RuntimePeer(next: [RuntimePeer.invocation("{}")])
            let status = peer.serve { environment in
                _ = try environment.required("RAW_BUCKET")
                return Self.echo
            }
            #expect(status == 1)
            #expect(peer.calls == ["POST /init/error"])
            #expect(peer.posts[0].headers["lambda-runtime-function-error-type"] == "Runtime.ConfigurationInvalid")
            #expect(
                peer.posts[0].text
                    == #"{"errorMessage":"the environment variable RAW_BUCKET is not set; set it for f","errorType":"ConfigurationInvalid","stackTrace":[]}"#
            )
        }

        @Test("An output of the limit's size is sent; a byte more becomes AWS's error", arguments: [0, 1])
        func responseSize(excess: Int) throws {
            let peer = try RuntimePeer(next: [RuntimePeer.invocation("{}"), RuntimePeer.invocation("{}", id: "id-2")])
            let text = String(repeating: "x", count: LambdaRuntime.maximumResponseByteCount - 2 + excess)
            let count = Mutex(0)
            _ = peer.serve { _ in
                ClosureHandler { _, _ in
                    count.withLock { $0 += 1 }
                    return count.withLock { $0 } == 1 ? .string(text) : "small"
                }
            }
            if excess == 0 {
                #expect(peer.calls[1] == "POST /invocation/id-1/response")
                #expect(peer.posts[0].body.count == 6_291_556)
            } else {
                #expect(peer.calls[1] == "POST /invocation/id-1/error")
                #expect(peer.posts[0].headers["lambda-runtime-function-error-type"] == "Function.ResponseSizeTooLarge")
                #expect(
                    peer.posts[0].text
                        == #"{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).","errorType":"Function.ResponseSizeTooLarge","stackTrace":[]}"#
                )
            }
            #expect(peer.calls[3] == "POST /invocation/id-2/response")
        }

        @Test(
            "An answer that is refused is logged, and the next invocation is served",
            arguments: [
                (400, #"{"errorType":"InvalidRequestID"}"#), (403, #"{"errorType":"InvalidStateTransition"}"#),
                (413, #"{"errorType":"RequestEntityTooLarge"}"#),
            ])
        func refusedAnswer(status: Int, body: String) throws {
            let peer = try RuntimePeer(
                next: [RuntimePeer.invocation("1"), RuntimePeer.invocation("2", id: "id-2")],
                post: [[.respond(status, body)]])
            let log = LogBuffer()
            _ = peer.serve(log: log) { _ in Self.echo }
            #expect(
                peer.calls == [
                    Self.nextCall, "POST /invocation/id-1/response", Self.nextCall, "POST /invocation/id-2/response",
                    Self.nextCall,
                ])
            #expect(log.lines.contains { $0.contains("refused") && $0.contains(#""requestId":"id-1""#) })
        }

        @Test("An answer that meets another status ends the function", arguments: [200, 404, 500])
        func fatalAnswer(status: Int) throws {
            let peer = try RuntimePeer(next: [RuntimePeer.invocation("1")], post: [[.respond(status)]])
            #expect(peer.serve { _ in Self.echo } == 1)
            #expect(peer.calls == [Self.nextCall, "POST /invocation/id-1/response"])
        }

        @Test("An answer whose fate is unknown is not sent again", arguments: [SocketPeer.Action.close, .reset])
        func lostAnswer(ending: SocketPeer.Action) throws {
            let peer = try RuntimePeer(
                next: [RuntimePeer.invocation("1"), RuntimePeer.invocation("2", id: "id-2")], post: [[ending]])
            let log = LogBuffer()
            _ = peer.serve(log: log) { _ in Self.echo }
            #expect(
                peer.calls == [
                    Self.nextCall, "POST /invocation/id-1/response", Self.nextCall, "POST /invocation/id-2/response",
                    Self.nextCall,
                ])
            #expect(log.lines.contains { $0.contains("the answer may not have arrived") })
        }

        @Test(
            "A connection that died while waiting is replaced, the first one and a later one",
            arguments: [SocketPeer.Action.close, .reset])
        func deadConnection(ending: SocketPeer.Action) throws {
            let peer = try RuntimePeer(next: [
                [ending], RuntimePeer.invocation("1"), [ending], RuntimePeer.invocation("2", id: "id-2"),
            ])
            _ = peer.serve { _ in Self.echo }
            #expect(peer.posts.map(\.text) == [#"{"got":1}"#, #"{"got":2}"#])
        }

        @Test("A connection that the service closed while the handler ran is replaced before the answer is sent")
        func closedWhileRunning() throws {
            let peer = try RuntimePeer(next: [RuntimePeer.invocation("1") + [.close]])
            _ = peer.serve { _ in
                ClosureHandler { event, _ in
                    peer.peer.waitForFinishedConnections(1)
                    return event
                }
            }
            #expect(peer.calls == [Self.nextCall, "POST /invocation/id-1/response", Self.nextCall])
        }

        @Test("A service that only hangs up is given up soon")
        func hangsUp() throws {
            let peer = try RuntimePeer(next: Array(repeating: [.close], count: 50))
            #expect(peer.serve { _ in Self.echo } == 1)
            #expect(peer.calls.count <= 3)
        }

        @Test("Metrics are written when the handler has ended, also when it threw, before the answer is sent")
        func metrics() throws {
            let peer = try RuntimePeer(next: [RuntimePeer.invocation("1"), RuntimePeer.invocation("2", id: "id-2")])
            let metrics = LogBuffer()
            _ = peer.serve(metrics: metrics) { _ in
                ClosureHandler { event, context in
                    context.metrics.add("Rows", event.intValue!)
                    if event == 2 { throw HandlerError(errorType: "X", errorMessage: "") }
                    return event
                }
            }
            let lines = try metrics.lines.map { try JSONValue(parsing: $0) }
            #expect(lines.map { $0["Rows"] } == [1, 2])
            #expect(lines.map { $0["requestId"] } == ["id-1", "id-2"])
            #expect(lines.map { $0["FunctionName"] } == ["f", "f"])
        }

        @Test("A request to end is followed after the running invocation")
        func termination() throws {
            let peer = try RuntimePeer(next: [RuntimePeer.invocation("1"), RuntimePeer.invocation("2")])
            let termination = Termination()
            let status = peer.serve(termination: termination) { _ in
                ClosureHandler { event, _ in
                    #expect(!termination.request())
                    return event
                }
            }
            #expect(status == 0)
            #expect(peer.calls == [Self.nextCall, "POST /invocation/id-1/response"])
        }

        @Test("A handler that jumps between tasks and actors is waited for")
        func asynchronousHandler() throws {
            actor Counter {
                var count = 0
                func add() { count += 1 }
            }
            let peer = try RuntimePeer(next: [RuntimePeer.invocation("100")])
            _ = peer.serve { _ in
                ClosureHandler { event, _ in
                    let counter = Counter()
                    await withTaskGroup(of: Void.self) { group in
                        for _ in 0..<event.intValue! { group.addTask { await counter.add() } }
                    }
                    return .int(await counter.count)
                }
            }
            #expect(peer.posts[0].text == "100")
        }
    }
}
