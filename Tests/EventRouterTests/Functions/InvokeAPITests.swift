import Digest
import FileSystem
import HTTPServer
import JSON
import Synchronization
import TestSupport
import Testing

@testable import EventRouter

@Suite("The Invoke API")
struct InvokeAPITests {
    /// What was called without waiting for the result.
    private final class Queue: Sendable {
        let requests = Mutex<[InvocationRequest]>([])
    }

    private func call(
        _ function: PythonFunction.Fixture, _ body: String, name: String = "f", headers: HTTPHeaders = [:],
        method: String = "POST", query: [HTTPRequest.QueryItem] = [], queue: Queue? = nil
    ) async -> HTTPResponse? {
        let api = InvokeAPI(pool: function.pool) { request in
            queue?.requests.withLock { $0.append(request) }
            return queue != nil
        }
        let path = "/2015-03-31/functions/\(name)/invocations"
        return await api.respond(
            to: HTTPRequest(
                method: method, target: path, path: path, query: query, headers: headers, body: Array(body.utf8)))
    }

    @Test("answers the function's answer, its error, and the end of the log")
    func answers() async throws {
        try await PythonFunction.withPool { function in
            let answer = await call(function, #"{"mode":"echo"}"#, headers: ["x-amz-log-type": "Tail"])
            #expect(answer?.status == 200)
            #expect(answer?.body == Array(#"{"mode":"echo"}"#.utf8))
            #expect(answer?.headers["X-Amz-Executed-Version"] == "$LATEST")
            #expect(answer?.headers["X-Amz-Function-Error"] == nil)
            let tail = String(
                decoding: answer?.headers["X-Amz-Log-Result"].flatMap(Base64.decodeUnpadded) ?? [], as: UTF8.self)
            #expect(tail.hasPrefix("START RequestId: "))
            #expect(tail.contains("Version: $LATEST\nEND RequestId: "))
            #expect(tail.hasSuffix(" ms\n"))

            let error = await call(function, #"{"mode":"error","error":{"errorType":"X","errorMessage":"y"}}"#)
            #expect(error?.status == 200)
            #expect(error?.headers["X-Amz-Function-Error"] == "Unhandled")
            #expect(error?.headers["X-Amz-Log-Result"] == nil)
            #expect(error?.body == Array(#"{"errorType": "X", "errorMessage": "y"}"#.utf8))
        }
    }

    @Test(
        "refuses in AWS's words",
        arguments: [
            ("g", "{}", [:], 404, "ResourceNotFoundException"),
            ("f:other", "{}", [:], 404, "ResourceNotFoundException"),
            ("f", "{not json", [:], 400, "InvalidRequestContentException"),
            ("f", "{}", ["X-Amz-Invocation-Type": "Sometimes"], 400, "InvalidParameterValueException"),
            ("f", "{}", ["X-Amz-Invocation-Type": "DryRun"], 204, nil),
            ("f", "{}", ["X-Amz-Invocation-Type": "Event"], 429, "TooManyRequestsException"),
            ("f:$LATEST", #"{"mode":"echo"}"#, [:], 200, nil), ("f", "", [:], 200, nil),
        ] as [(String, String, HTTPHeaders, Int, String?)])
    func refuses(name: String, body: String, headers: HTTPHeaders, status: Int, type: String?) async throws {
        try await PythonFunction.withPool { function in
            let answer = await call(function, body, name: name, headers: headers)
            #expect(answer?.status == status)
            #expect(answer?.headers["x-amzn-ErrorType"] == type)
        }
    }

    @Test("refuses events beyond the limits, 6 MiB and asynchronously 1 MiB")
    func limits() async throws {
        try await PythonFunction.withPool { function in
            let queue = Queue()
            let large = #"""# + String(repeating: "a", count: 6_291_456) + #"""#
            let answer = await call(function, large)
            #expect(answer?.status == 413)
            #expect(answer?.headers["x-amzn-ErrorType"] == "RequestTooLargeException")
            let medium = #"""# + String(repeating: "a", count: 1 << 20) + #"""#
            let event = await call(function, medium, headers: ["X-Amz-Invocation-Type": "Event"], queue: queue)
            #expect(event?.status == 413)
            let small = await call(function, "{}", headers: ["X-Amz-Invocation-Type": "Event"], queue: queue)
            #expect(small?.status == 202)
            #expect(queue.requests.withLock { $0.map(\.function) } == ["f"])
        }
    }

    @Test("leaves other requests to others")
    func others() async throws {
        try await PythonFunction.withPool { function in
            let api = InvokeAPI(pool: function.pool) { _ in true }
            for path in ["/", "/2015-03-31/functions", "/2015-03-31/functions/f", "/health"] {
                #expect(await api.respond(to: HTTPRequest(method: "GET", target: path, path: path)) == nil)
            }
            let get = await call(function, "", method: "GET")
            #expect(get?.status == 405)
        }
    }

    @Test(
        "says of a throttle whether the concurrency is the function's own",
        arguments: [
            (true, "ReservedFunctionConcurrentInvocationLimitExceeded"), (false, "ConcurrentInvocationLimitExceeded"),
        ])
    func throttles(isReserved: Bool, reason: String) async throws {
        var limits = FunctionPool.Limits()
        limits.queueLimit = 0
        try await PythonFunction.withPool(
            concurrency: 0, reservedConcurrency: isReserved ? 0 : nil, limits: limits
        ) { function in
            let answer = try #require(await call(function, "{}"))
            #expect(answer.status == 429)
            #expect(answer.headers["x-amzn-ErrorType"] == "TooManyRequestsException")
            #expect(answer.headers["Retry-After"] == "1")
            #expect(
                try JSONValue(parsing: answer.body) == [
                    "Type": "User", "message": "Rate Exceeded.", "Reason": .string(reason),
                ])
        }
    }

    @Test("serves boto3")
    func boto3() async throws {
        let check = try await runProcess(Repository.python, ["-c", "import boto3"])
        guard check.status == 0 else { return print("NOT RUN: \(Repository.python) has no boto3") }
        try await PythonFunction.withPool { function in
            let api = InvokeAPI(pool: function.pool) { _ in true }
            let server = try HTTPServer(handler: { await api.respond(to: $0) ?? .text(404, "not found") })
            let port = try server.listen()
            let client = """
                import base64, boto3, botocore, json
                client = boto3.client("lambda", endpoint_url="http://127.0.0.1:\(port)", region_name="us-east-1",
                                      aws_access_key_id="a", aws_secret_access_key="b",
                                      config=botocore.config.Config(retries={"total_max_attempts": 1}))
                def invoke(event, **more):
                    return client.invoke(FunctionName="f", Payload=json.dumps(event).encode(), **more)

                """
            let program =
                client + """
                    def code(call):
                        try: call()
                        except botocore.exceptions.ClientError as error: return type(error).__name__
                    answer = invoke({"mode": "echo", "x": "ü"}, LogType="Tail")
                    assert json.load(answer["Payload"]) == {"mode": "echo", "x": "ü"}, answer
                    assert answer["StatusCode"] == 200 and answer["ExecutedVersion"] == "$LATEST", answer
                    assert b"REPORT RequestId" in base64.b64decode(answer["LogResult"]), answer
                    answer = invoke({"mode": "crash"})
                    assert answer["FunctionError"] == "Unhandled", answer
                    assert json.load(answer["Payload"])["errorType"] == "Runtime.ExitError"
                    assert invoke({}, InvocationType="Event")["StatusCode"] == 202
                    assert invoke({}, InvocationType="DryRun")["StatusCode"] == 204
                    assert invoke({"mode": "context"}, ClientContext=base64.b64encode(b'{"a":1}').decode())["StatusCode"] == 200
                    assert code(lambda: client.invoke(FunctionName="nobody")) == "ResourceNotFoundException"
                    assert code(lambda: client.invoke(FunctionName="f", Payload=b"{no")) == "InvalidRequestContentException"
                    assert code(lambda: client.invoke(FunctionName="f", Payload=b'"%s"' % (b"a" * 6291456))) == "RequestTooLargeException"
                    print("done")
                    """
            let result = try await runProcess(Repository.python, ["-c", program])
            // Throttled by a concurrency of 0.
            var stopped = function.configuration
            stopped.reservedConcurrency = 0
            await function.pool.setFunction(stopped)
            let throttled = try await runProcess(
                Repository.python,
                [
                    "-c",
                    client + """
                        try: invoke({})
                        except client.exceptions.TooManyRequestsException as error:
                            assert error.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded", error.response
                            assert invoke({}, InvocationType="Event")["StatusCode"] == 202
                            print("throttled")
                        """,
                ])
            #expect(throttled.output == "throttled\n", "\(throttled.errorOutput)")
            await server.shutdown(grace: .seconds(5))
            #expect(result.status == 0, "\(result.errorOutput)")
            #expect(result.output == "done\n")
        }
    }

    @Test("serves the AWS command line")
    func awsCommand() async throws {
        let check = try await runProcess(Repository.python, ["-m", "awscli", "--version"])
        guard check.status == 0 else { return print("NOT RUN: \(Repository.python) has no awscli") }
        try await PythonFunction.withPool { function in
            let api = InvokeAPI(pool: function.pool) { _ in true }
            let server = try HTTPServer(handler: { await api.respond(to: $0) ?? .text(404, "not found") })
            let port = try server.listen()
            let result = try await runProcess(
                Repository.python,
                [
                    "-m", "awscli", "lambda", "invoke", "--endpoint-url", "http://127.0.0.1:\(port)", "--region",
                    "us-east-1", "--function-name", function.configuration.arn, "--payload", #"{"mode":"echo"}"#,
                    "--cli-binary-format", "raw-in-base64-out", "\(function.folder)/out",
                ], environment: ["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"])
            // Version 1 of the command has no such option, and takes the payload as it is.
            let again =
                result.status == 0
                ? result
                : try await runProcess(
                    Repository.python,
                    [
                        "-m", "awscli", "lambda", "invoke", "--endpoint-url", "http://127.0.0.1:\(port)", "--region",
                        "us-east-1", "--function-name", function.configuration.arn, "--payload", #"{"mode":"echo"}"#,
                        "\(function.folder)/out",
                    ], environment: ["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"])
            await server.shutdown(grace: .seconds(5))
            #expect(again.status == 0, "\(again.errorOutput)")
            let answer = try? FileSystem.readFile("\(function.folder)/out")
            #expect(answer == Array(#"{"mode":"echo"}"#.utf8))
        }
    }
}
