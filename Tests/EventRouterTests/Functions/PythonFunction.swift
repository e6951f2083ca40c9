import Clocks
import FileSystem
import Glibc
import JSON
import TestSupport

@testable import EventRouter

/// A program that speaks the Runtime API and misbehaves as its event, or the variable INIT, tells it to.
enum PythonFunction {
    static let source = #"""
        #!/usr/bin/env -S python3 -S -E
        import http.client, json, os, signal, sys, time
        host = os.environ["AWS_LAMBDA_RUNTIME_API"]
        base = "/2018-06-01/runtime/"
        connection = http.client.HTTPConnection(host)

        def call(method, path, body=None, headers={}, encode_chunked=False):
            connection.request(method, path, body, headers, encode_chunked=encode_chunked)
            response = connection.getresponse()
            return response, response.read()

        init = os.environ.get("INIT", "")
        if init == "exit":
            print("cannot start", flush=True)
            sys.exit(3)
        if init == "error":
            error = {"errorMessage": "no \"stores\"\nat all", "errorType": "ConfigurationInvalid", "stackTrace": []}
            call("POST", base + "init/error", json.dumps(error), {"Lambda-Runtime-Function-Error-Type": "Function.Init"})
            sys.exit(1)
        if init == "error-and-stay":
            call("POST", base + "init/error", '{"errorType":"Stays","errorMessage":""}')
            time.sleep(600)
        if init == "never":
            time.sleep(600)
        if init == "once":
            mark = os.environ["MARK"]
            if not os.path.exists(mark):
                open(mark, "w").close()
                sys.exit(1)
        if init == "ignores-sigterm":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)

        count = 0
        while True:
            response, body = call("GET", base + "invocation/next")
            if response.status != 200:
                sys.exit(4)
            count += 1
            id = response.headers["Lambda-Runtime-Aws-Request-Id"]
            event = json.loads(body)
            mode = event.get("mode", "echo") if isinstance(event, dict) else "echo"
            answer = base + "invocation/" + id + "/response"
            if mode == "echo":
                call("POST", answer, body)
            elif mode == "context":
                facts = {"headers": dict(response.headers), "environment": dict(os.environ), "count": count,
                         "pid": os.getpid(), "group": os.getpgid(0), "cwd": os.getcwd(),
                         "descriptors": sorted(int(name) for name in os.listdir("/proc/self/fd")),
                         "input": os.readlink("/proc/self/fd/0"),
                         # Python itself ignores SIGPIPE and SIGXFSZ.
                         "ignored": [s for s in range(1, 32) if signal.getsignal(s) == signal.SIG_IGN and s not in (13, 25)],
                         "blocked": sorted(int(s) for s in signal.pthread_sigmask(signal.SIG_BLOCK, []))}
                call("POST", answer, json.dumps(facts))
            elif mode == "wait":
                while not os.path.exists(event["until"]):
                    time.sleep(0.005)
                call("POST", answer, json.dumps({"pid": os.getpid(), "count": count}))
            elif mode == "never":
                print("about to hang", flush=True)
                child = os.fork()
                if "pids" in event:
                    with open(event["pids"], "a") as file:
                        file.write("%d\n" % os.getpid())
                time.sleep(600)
            elif mode == "error":
                call("POST", base + "invocation/" + id + "/error", json.dumps(event["error"]),
                     {"Lambda-Runtime-Function-Error-Type": "Function.Header"})
            elif mode == "error-without-body":
                call("POST", base + "invocation/" + id + "/error", b"", {"Lambda-Runtime-Function-Error-Type": "Function.Header"})
            elif mode == "crash":
                print("no newline at the end", end="", flush=True)
                sys.exit(7)
            elif mode == "signal":
                os.kill(os.getpid(), event["signal"])
                time.sleep(600)
            elif mode == "exit0":
                os._exit(0)
            elif mode == "answer-then-exit":
                call("POST", answer, b'"answered"')
                os._exit(9)
            elif mode == "print":
                line = b"x" * 99 + b"\n"
                block = line * 10000
                for _ in range(event["bytes"] // len(block)):
                    os.write(1, block)
                os.write(2, b"the last line\n")
                call("POST", answer, b'"printed"')
            elif mode == "large":
                sent, text = call("POST", answer, b'"' + b"a" * (event["bytes"] - 2) + b'"')
                print("status", sent.status, text.decode(), flush=True)
            elif mode == "chunks":
                pieces = iter([b'{"par', b'ts":', b' 3}'])
                call("POST", answer, pieces, {"Transfer-Encoding": "chunked",
                     "Lambda-Runtime-Function-Response-Mode": "streaming"}, encode_chunked=True)
            elif mode == "broken-stream":
                connection.send(("POST %s HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\n"
                                 "Lambda-Runtime-Function-Response-Mode: streaming\r\n\r\n4\r\nhalf\r\n0\r\n"
                                 "Lambda-Runtime-Function-Error-Type: Function.Stream\r\n"
                                 "Lambda-Runtime-Function-Error-Body: %s\r\n\r\n" % (answer, host, event["body"])).encode())
                reply = http.client.HTTPResponse(connection.sock)
                reply.begin()
                reply.read()
            elif mode == "bad-mode":
                sent, text = call("POST", answer, b"1", {"Lambda-Runtime-Function-Response-Mode": "other"})
                print(sent.status, text.decode(), flush=True)
            elif mode == "invalid-json":
                call("POST", answer, b"{not json")
            elif mode == "memory":
                hog = []
                while True:
                    hog.append(bytearray(4 << 20))
                    time.sleep(0.002)
            elif mode == "child-memory":
                child = os.fork()
                if child == 0:
                    hog = []
                    while True:
                        hog.append(bytearray(4 << 20))
                        time.sleep(0.002)
                time.sleep(600)
            elif mode == "rules":
                def tell(method, path, body=b""):
                    sent, text = call(method, path, body)
                    return [sent.status, json.loads(text).get("errorType", json.loads(text).get("status"))]
                seen = [tell("POST", base + "invocation/other/response"), tell("GET", base + "invocation/next"),
                        tell("POST", base + "init/error", b"{}"), tell("GET", base + "nothing"),
                        tell("POST", "/2020-01-01/extension/register", b'{"events":[]}'), tell("POST", answer, b"1"),
                        tell("POST", answer, b"2"), tell("POST", base + "invocation/" + id + "/error", b"{}")]
                print(json.dumps(seen), flush=True)
        """#

    /// A start that Lambda would give 10 s takes longer where much else runs, and so does the line behind it; a test that
    /// is about either sets its own.
    static var patientLimits: FunctionPool.Limits {
        var limits = FunctionPool.Limits()
        limits.initTime = .seconds(90)
        limits.queueWait = .seconds(90)
        return limits
    }

    /// A pool whose one function, `f`, is this program, in a folder of its own.
    ///
    /// - Parameter concurrency: Of functions without a reserved one; calls beyond it wait in line.
    static func withPool<Result>(
        environment: [String: String] = [:], memoryMB: Int = 256, timeout: Duration = .seconds(60),
        concurrency: Int? = nil, reservedConcurrency: Int? = nil,
        logFormat: FunctionConfiguration.LogFormat = .text,
        limits: FunctionPool.Limits = patientLimits, clock: any WallClock = SystemClock(),
        _ body: (Fixture) async throws -> Result
    ) async throws -> Result {
        try await withTemporaryDirectory { folder in
            try install(in: folder)
            let configuration = FunctionConfiguration(
                name: "f", arn: "arn:aws:lambda:us-east-1:000000000000:function:f",
                executablePath: "\(folder)/bootstrap",
                handler: "the.handler", environment: environment, memoryMB: memoryMB, timeout: timeout,
                reservedConcurrency: reservedConcurrency, logFormat: logFormat, taskRoot: folder)
            var limits = limits
            if let concurrency { limits.unreservedConcurrency = concurrency }
            let pool = try FunctionPool(
                functions: [configuration], logFolder: "\(folder)/logs", limits: limits, clock: clock,
                entropy: SeededEntropy(seed: 1))
            let fixture = Fixture(folder: folder, pool: pool, configuration: configuration)
            do {
                let result = try await body(fixture)
                await pool.shutdown(grace: .zero)
                return result
            } catch {
                await pool.shutdown(grace: .zero)
                throw error
            }
        }
    }

    static func install(in folder: String) throws {
        try FileSystem.writeFileAtomically("\(folder)/bootstrap", Array(source.utf8))
        chmod("\(folder)/bootstrap", 0o755)
    }

    struct Fixture: Sendable {
        let folder: String
        let pool: FunctionPool
        let configuration: FunctionConfiguration

        func invoke(_ event: JSONValue, requestID: String? = nil) async -> InvocationResult {
            await pool.invoke(InvocationRequest(function: "f", payload: event.bytes(), requestID: requestID))
        }

        var log: String {
            get throws { String(decoding: try FileSystem.readFile("\(folder)/logs/f.log"), as: UTF8.self) }
        }
    }
}

extension InvocationResult {
    /// The answer as JSON, nil after a failure.
    var value: JSONValue? {
        if case .success(let payload) = outcome { try? JSONValue(parsing: payload) } else { nil }
    }
    var failure: InvocationFailure? { if case .failure(let failure) = outcome { failure } else { nil } }
    var tail: String { String(decoding: logTail, as: UTF8.self) }
}
