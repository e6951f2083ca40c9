import FileSystem
import Glibc
import HTTPServer
import JSON
import Synchronization
import TestSupport

/// One warm invocation over the Runtime API, from the event handed out to the answer taken: `etl` and then `write-kpis` for
/// a file of an 11,000-row event, each file of a day of its own. The processes are started and have read the references
/// before.
enum WarmInvocation {
    static let runs = 50
    static let warmUps = 5
    static let rows = 11_000

    static func measure() async throws -> [Measurement] {
        try await withTemporaryDirectory { folder in
            let generated = try await runProcess(
                "\(Repository.products)/turntable",
                [
                    "generate", "music", "--rows", "\(rows)", "--files", "\(runs + warmUps)", "--days",
                    "\(runs + warmUps)", "--seed", "1", "--out", "\(folder)/input",
                ])
            guard generated.status == 0 else { throw NeverHappened(description: "input: \(generated.errorOutput)") }
            let bucket = "\(folder)/data/buckets/rds.data"
            for kind in ["songs", "users", "streams"] { try FileSystem.createDirectories("\(bucket)/\(kind)") }
            for kind in ["songs", "users"] {
                try FileSystem.copyFile("\(folder)/input/\(kind).csv", to: "\(bucket)/\(kind)/\(kind).csv")
            }
            let names = try FileSystem.list("\(folder)/input").filter { $0.hasPrefix("streams-") }
            for name in names { try FileSystem.rename("\(folder)/input/\(name)", to: "\(bucket)/streams/\(name)") }
            var result: [Measurement] = []
            for function in ["etl", "write-kpis"] {
                let runtime = try WarmFunction(function, data: "\(folder)/data")
                var samples: [Double] = []
                for (run, name) in names.enumerated() {
                    let sample = try await runtime.invoke(WarmInvocation.event(name))
                    if run >= warmUps { samples.append(sample) }
                }
                try await runtime.stop()
                result.append(
                    Measurement(
                        name: "warm invocation, \(rows) rows: \(function)", unit: "ms",
                        aim: function == "etl" ? "≤ 6" : "", samples: samples))
            }
            return result
        }
    }

    private static func event(_ name: String) -> JSONValue {
        [
            "Records": [
                [
                    "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-west-1",
                    "eventTime": "2024-06-25T10:00:00.000Z", "eventName": "ObjectCreated:Put",
                    "s3": [
                        "bucket": ["name": "rds.data", "arn": "arn:aws:s3:::rds.data"],
                        "object": ["key": .string("streams/\(name)"), "size": 1, "sequencer": "0055AED6DCD90281E5"],
                    ],
                ]
            ]
        ]
    }
}

/// A function's process and the Runtime API that it asks.
private final class WarmFunction: Sendable {
    private let events = AsyncStream<[UInt8]>.makeStream()
    private let answers = AsyncStream<HTTPRequest>.makeStream()
    private let handedOut: HandedOut
    private let server: HTTPServer
    private let process: LivingProcess

    init(_ function: String, data: String) throws {
        let (events, answers) = (events.stream, answers.continuation)
        let handedOut = HandedOut()
        self.handedOut = handedOut
        server = try HTTPServer { request in
            guard request.method == "GET" else {
                answers.yield(request)
                return HTTPResponse(status: 202)
            }
            for await event in events {
                handedOut.instant.withLock { $0 = .now }
                return HTTPResponse(status: 200, headers: ["Lambda-Runtime-Aws-Request-Id": "warm"], body: event)
            }
            return HTTPResponse(status: 500)
        }
        let port = try server.listen(port: 0)
        process = try LivingProcess(
            "\(Repository.products)/\(function)", [],
            environment: [
                "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:\(port)", "TURNTABLE_DATA": data,
                "AWS_LAMBDA_FUNCTION_NAME": function,
            ])
    }

    /// Milliseconds from the event handed out to the answer.
    func invoke(_ event: JSONValue) async throws -> Double {
        events.continuation.yield(event.bytes())
        for await answer in answers.stream {
            let now = ContinuousClock.now
            guard answer.path.hasSuffix("/response") else {
                throw NeverHappened(
                    description: "an answer: \(String(decoding: answer.body, as: UTF8.self)) \(process.errorOutput)")
            }
            return Double((now - handedOut.instant.withLock { $0 }) / .microseconds(1)) / 1_000
        }
        throw CancellationError()
    }

    func stop() async throws {
        process.signal(SIGKILL)
        _ = try await process.waitForEnd()
        await server.shutdown(grace: .zero)
    }
}

private final class HandedOut: Sendable {
    let instant = Mutex(ContinuousClock.now)
}
