import Clocks
import Digest
import FileSystem
import Glibc
import JSON
import TestSupport
import Testing

@testable import EventRouter

@Suite("A function that misbehaves")
struct FunctionFaultTests {
    @Test(
        "gets the error that Lambda gives, and a new process for the next event",
        arguments: [
            (["mode": "crash"], "Runtime exited with error: exit status 7"),
            (["mode": "exit0"], "Runtime exited without providing a reason"),
            (["mode": "signal", "signal": 11], "Runtime exited with error: signal: segmentation fault"),
            (["mode": "signal", "signal": 6], "Runtime exited with error: signal: aborted"),
            (["mode": "signal", "signal": 15], "Runtime exited with error: signal: terminated"),
        ] as [(JSONValue, String)])
    func exits(event: JSONValue, message: String) async throws {
        try await PythonFunction.withPool { function in
            let result = await function.invoke(event, requestID: "r-1")
            #expect(result.failure?.kind == .function)
            #expect(result.failure?.errorType == "Runtime.ExitError")
            #expect(result.failure?.errorMessage == "RequestId: r-1 Error: \(message)")
            #expect(
                result.failure?.payload
                    == Array(
                        #"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: r-1 Error: \#(message)"}"#.utf8))
            #expect(result.tail.contains("RequestId: r-1 Error: \(message)\nRuntime.ExitError\nEND RequestId: r-1\n"))
            #expect(result.tail.contains("Status: error\tError Type: Runtime.ExitError\n"))
            #expect(await function.invoke(["mode": "context"]).value?["count"]?.intValue == 1)
        }
    }

    @Test("that never answers is killed with all it started, and timed out")
    func timeout() async throws {
        try await PythonFunction.withPool(timeout: .seconds(20)) { function in
            let pids = "\(function.folder)/pids"
            let result = await function.invoke(["mode": "never", "pids": .string(pids)], requestID: "r-1")
            #expect(result.failure?.errorType == "Sandbox.Timedout")
            #expect(result.failure?.errorMessage == "RequestId: r-1 Error: Task timed out after 20.00 seconds")
            #expect(result.duration == .seconds(20))
            #expect(result.tail.contains("about to hang\n"))
            #expect(result.tail.contains("r-1 Task timed out after 20.00 seconds\n\nEND RequestId: r-1\n"))
            #expect(result.tail.contains("\tStatus: timeout\n"))
            let text = String(decoding: try FileSystem.readFile(pids), as: UTF8.self)
            let processes = text.split(separator: "\n").compactMap { pid_t($0) }
            #expect(processes.count == 2)
            for process in processes { while kill(process, 0) == 0 { await Task.yield() } }
        }
    }

    @Test("that answers and then dies has answered")
    func answersThenExits() async throws {
        try await PythonFunction.withPool { function in
            let result = await function.invoke(["mode": "answer-then-exit"])
            #expect(result.value == "answered")
            #expect(await function.pool.statistics()["f"]?.idle == 0)
            #expect(await function.invoke(["mode": "context"]).value?["count"]?.intValue == 1)
        }
    }

    @Test("and reports it: the error is passed on byte for byte")
    func reportsError() async throws {
        try await PythonFunction.withPool { function in
            let error: JSONValue = ["errorMessage": "line 1\nline \"2\"", "errorType": "ValidationFailed"]
            let result = await function.invoke(["mode": "error", "error": error])
            #expect(result.failure?.kind == .function)
            #expect(result.failure?.errorType == "ValidationFailed")
            #expect(result.failure?.errorMessage == "line 1\nline \"2\"")
            #expect((try? JSONValue(parsing: result.failure?.payload ?? [])) == error)
            // Its process is as good as before.
            #expect(await function.invoke(["mode": "context"]).value?["count"]?.intValue == 2)

            let bare = await function.invoke(["mode": "error-without-body"])
            #expect(bare.failure?.errorType == "Function.Header")
            let odd = await function.invoke(["mode": "error", "error": "just text"])
            #expect(odd.failure?.errorType == "Function.Header")
            #expect(odd.failure?.payload == Array(#""just text""#.utf8))
        }
    }

    @Test("answers too much: the event fails, the process goes on")
    func largeAnswer() async throws {
        try await PythonFunction.withPool { function in
            let largest = await function.invoke(["mode": "large", "bytes": 6_291_556])
            #expect(largest.failure == nil)
            let result = await function.invoke(["mode": "large", "bytes": 7_000_000])
            #expect(result.failure?.errorType == "Function.ResponseSizeTooLarge")
            #expect(
                result.failure?.errorMessage
                    == "Response payload size exceeded maximum allowed payload size (6291556 bytes).")
            #expect(
                result.tail.contains("status 413 {\"errorMessage\":\"Exceeded maximum allowed payload size (6291556 "))
            #expect(await function.invoke(["mode": "context"]).value?["count"]?.intValue == 3)
        }
    }

    @Test("prints 100 MB: the log has the first 10 MB and says so, the caller the last 4 KB")
    func floodsOutput() async throws {
        try await PythonFunction.withPool { function in
            let result = await function.invoke(["mode": "print", "bytes": 100_000_000], requestID: "r-1")
            #expect(result.value == "printed")
            #expect(result.logTail.count == 4_096)
            #expect(result.tail.contains("the last line\n"))
            #expect(result.tail.contains("END RequestId: r-1\n"))
            let log = try function.log
            #expect(log.utf8.count < 11 << 20)
            #expect(log.contains("bytes of this invocation's output\n"))
            let again = await function.invoke(["mode": "print", "bytes": 1_000_000])
            #expect(again.tail.contains("the last line\n"))
            #expect(again.value == "printed")
        }
    }

    @Test("uses more memory than it has: killed, and reported so", arguments: ["memory", "child-memory"])
    func memory(mode: String) async throws {
        try await PythonFunction.withPool(memoryMB: 128) { function in
            let result = await function.invoke(["mode": .string(mode)], requestID: "r-1")
            #expect(result.failure?.errorType == "Runtime.ExitError")
            #expect(result.failure?.errorMessage == "RequestId: r-1 Error: Runtime exited with error: signal: killed")
            #expect(result.maxMemoryUsedMB == 128)
            #expect(result.tail.contains("\tMax Memory Used: 128 MB"))
            #expect(result.tail.contains("Status: error\tError Type: Runtime.OutOfMemory\n"))
        }
    }

    @Test("breaks off a stream, or names an unknown response mode")
    func streams() async throws {
        try await PythonFunction.withPool { function in
            let body = Base64.encode(Array(#"{"errorType":"Mid.Way","errorMessage":"broke"}"#.utf8))
            let broken = await function.invoke(["mode": "broken-stream", "body": .string(body)])
            #expect(broken.failure?.errorType == "Mid.Way")
            #expect(broken.failure?.errorMessage == "broke")
            let mode = await function.invoke(["mode": "bad-mode"])
            #expect(mode.failure?.errorType == "Runtime.InvalidResponseModeHeader")
            #expect(mode.tail.contains("400 "))
            #expect(mode.tail.contains("InvalidFunctionResponseMode"))
        }
    }

    @Test("breaks the Runtime API's rules: each call gets the status and type that Lambda gives")
    func rules() async throws {
        try await PythonFunction.withPool { function in
            let result = await function.invoke(["mode": "rules"])
            #expect(result.value == 1)
            let seen: JSONValue = [
                [400, "InvalidRequestID"], [403, "InvalidStateTransition"], [403, "InvalidStateTransition"],
                [404, "NotFound"], [400, "Extension.InvalidExtensionName"], [202, "OK"],
                [403, "InvalidStateTransition"], [403, "InvalidStateTransition"],
            ]
            let line = result.tail.split(separator: "\n").first { $0.hasPrefix("[[") }
            #expect((try? JSONValue(parsing: String(line ?? ""))) == seen)
        }
    }

    @Test(
        "can't start: the error is what it reported or how it ended, after a second try",
        arguments: [
            ("exit", "Runtime.ExitError", "RequestId: r-1 Error: Runtime exited with error: exit status 3"),
            ("error", "ConfigurationInvalid", "no \"stores\"\nat all"), ("error-and-stay", "Stays", ""),
        ])
    func initFails(mode: String, type: String, message: String) async throws {
        try await PythonFunction.withPool(environment: ["INIT": mode]) { function in
            let result = await function.invoke([:], requestID: "r-1")
            #expect(result.failure?.kind == .function)
            #expect(result.failure?.errorType == type)
            #expect(result.failure?.errorMessage == message)
            let log = try function.log
            #expect(log.contains("\tPhase: init\tStatus: error\tError Type: \(type)\n"))
            #expect(log.contains("\tPhase: invoke\tStatus: error\tError Type: \(type)\n"))
        }
    }

    @Test("does not ask for work in time when it starts")
    func initTimesOut() async throws {
        var limits = FunctionPool.Limits()
        limits.initTime = .milliseconds(300)
        try await PythonFunction.withPool(
            environment: ["INIT": "never"], timeout: .milliseconds(300), limits: limits
        ) { function in
            let result = await function.invoke([:], requestID: "r-1")
            #expect(result.failure?.errorType == "Sandbox.Timedout")
            #expect(result.failure?.errorMessage == "RequestId: r-1 Error: Task timed out after 0.30 seconds")
            let log = try function.log
            #expect(log.contains("\tPhase: init\tStatus: timeout\n"))
        }
    }

    @Test("starts at the second try")
    func initFailsOnce() async throws {
        try await withTemporaryDirectory { folder in
            try await PythonFunction.withPool(
                environment: ["INIT": "once", "MARK": "\(folder)/mark"]
            ) { function in
                #expect(await function.invoke(["mode": "context"]).value?["count"]?.intValue == 1)
            }
        }
    }

    @Test(
        "is no program",
        arguments: [
            (nil, 0o644, "no such file or directory"), ("#!/bin/sh\n", 0o644, "permission denied"),
            ("\u{1}\u{2}", 0o755, "exec format error"), ("#!/no/such/shell\n", 0o755, "no such file or directory"),
        ] as [(String?, mode_t, String)])
    func notExecutable(content: String?, mode: mode_t, reason: String) async throws {
        try await PythonFunction.withPool { function in
            let path = function.configuration.executablePath
            _ = try FileSystem.removeFile(path)
            if let content {
                try FileSystem.writeFileAtomically(path, Array(content.utf8))
                chmod(path, mode)
            }
            let result = await function.invoke([:], requestID: "r-1")
            #expect(result.failure?.errorType == "Runtime.InvalidEntrypoint")
            #expect(result.failure?.errorMessage == "RequestId: r-1 Error: fork/exec \(path): \(reason)")
            #expect(await function.pool.statistics()["f"]?.active == 0)
        }
    }
}
