import Clocks
import Delivery
import FileSystem
import Glibc
import JSON
import TestSupport
import Testing

@testable import EventRouter

@Suite("The emulated Lambda")
struct FunctionPoolTests {
    @Test("runs a function and reuses its process")
    func warm() async throws {
        try await PythonFunction.withPool { function in
            let first = await function.invoke(["mode": "context"])
            let second = await function.invoke(["mode": "context"])
            #expect(first.value?["count"]?.intValue == 1)
            #expect(second.value?["count"]?.intValue == 2)
            #expect(first.value?["pid"] == second.value?["pid"])
            #expect(first.initDuration != nil)
            #expect(second.initDuration == nil)
            #expect(second.maxMemoryUsedMB > 0)
            #expect(first.billedDuration >= first.duration)
            let statistics = await function.pool.statistics()["f"]
            #expect(statistics?.started == 1)
            #expect(statistics?.coldStarts == 1)
            #expect(statistics?.invocations == 2)
            #expect(statistics?.idle == 1)
        }
    }

    @Test("gives a process Lambda's environment, the template's variables, and nothing else")
    func environment() async throws {
        let variables = ["RAW_BUCKET": "rds.data", "TZ": "Europe/Berlin", "AWS_REGION": "reserved", "EMPTY": ""]
        try await PythonFunction.withPool(environment: variables) { function in
            let result = await function.invoke(["mode": "context"])
            let seen = try #require(result.value?["environment"]?.objectValue)
            #expect(seen["RAW_BUCKET"] == "rds.data")
            #expect(seen["TZ"] == "Europe/Berlin")
            #expect(seen["EMPTY"] == "")
            #expect(seen["AWS_REGION"] == "us-east-1")
            #expect(seen["_HANDLER"] == "the.handler")
            #expect(seen["LAMBDA_TASK_ROOT"]?.stringValue == function.folder)
            #expect(seen["AWS_LAMBDA_FUNCTION_NAME"] == "f")
            #expect(seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256")
            #expect(seen["AWS_LAMBDA_FUNCTION_VERSION"] == "$LATEST")
            #expect(seen["AWS_LAMBDA_INITIALIZATION_TYPE"] == "on-demand")
            #expect(seen["AWS_LAMBDA_LOG_GROUP_NAME"] == "/aws/lambda/f")
            #expect(seen["AWS_LAMBDA_LOG_STREAM_NAME"]?.stringValue?.contains("/[$LATEST]") == true)
            #expect(seen["LD_LIBRARY_PATH"]?.stringValue?.contains("\(function.folder)/lib") == true)
            #expect(seen["AWS_ACCESS_KEY_ID"] != nil)
            #expect(seen["HOME"] == nil)
            #expect(seen["USER"] == nil)
        }
    }

    @Test("gives a process its own group, folder and default signals, and no descriptor but 0, 1 and 2")
    func isolation() async throws {
        // Inherited unless closed: not marked to be closed on exec.
        let leaky = dup(1)
        defer { close(leaky) }
        try await PythonFunction.withPool { function in
            let value = try #require(await function.invoke(["mode": "context"]).value)
            #expect(value["group"] == value["pid"])
            #expect(value["cwd"]?.stringValue == function.folder)
            #expect(value["input"] == "/dev/null")
            // 3 is the connection to the Runtime API, 4 the listing itself.
            #expect(value["descriptors"] == [0, 1, 2, 3, 4])
            #expect(value["ignored"] == [])
            #expect(value["blocked"] == [])
        }
    }

    @Test("tells a process the request id, the deadline, the ARN, trace id and client context")
    func headers() async throws {
        let clock = ManualClock(now: Timestamp(millisecondsSinceEpoch: 1_000_000))
        try await PythonFunction.withPool(timeout: .seconds(70), clock: clock) { function in
            let result = await function.pool.invoke(
                InvocationRequest(
                    function: function.configuration.arn, payload: Array(#"{"mode":"context"}"#.utf8),
                    requestID: "id-1",
                    traceID: "Root=1-2-3", clientContext: #"{"a":1}"#))
            let headers = try #require(result.value?["headers"]?.objectValue)
            #expect(result.requestID == "id-1")
            #expect(headers["Lambda-Runtime-Aws-Request-Id"] == "id-1")
            #expect(headers["Lambda-Runtime-Deadline-Ms"] == "1070000")
            #expect(headers["Lambda-Runtime-Invoked-Function-Arn"]?.stringValue == function.configuration.arn)
            let trace = try #require(headers["Lambda-Runtime-Trace-Id"]?.stringValue)
            #expect(trace.hasPrefix("Root=1-2-3;Lineage="))
            #expect(headers["Lambda-Runtime-Client-Context"] == #"{"a":1}"#)
            #expect(headers["Lambda-Runtime-Cognito-Identity"] == nil)
        }
    }

    @Test("passes events and answers byte for byte, up to the limits")
    func bytes() async throws {
        try await PythonFunction.withPool { function in
            let event = Array("  {\"mode\" : \"echo\",\n \"n\": 1.0e2}  ".utf8)
            let result = await function.pool.invoke(InvocationRequest(function: "f", payload: event))
            #expect(result.outcome == .success(payload: event))

            var large = Array(#"{"mode":"echo","x":""#.utf8)
            large += [UInt8](repeating: 0x61, count: FunctionPool.maximumPayloadByteCount - large.count - 2)
            large += Array(#""}"#.utf8)
            let echoed = await function.pool.invoke(InvocationRequest(function: "f", payload: large))
            #expect(echoed.outcome == .success(payload: large))

            let refused = await function.pool.invoke(InvocationRequest(function: "f", payload: large + [0x20]))
            #expect(refused.failure?.kind == .invalidRequest)
            #expect(refused.failure?.errorType == "Lambda.RequestTooLargeException")
        }
    }

    @Test("accepts chunked answers, and answers that are no JSON")
    func oddAnswers() async throws {
        try await PythonFunction.withPool { function in
            #expect(
                await function.invoke(["mode": "chunks"]).outcome == .success(payload: Array(#"{"parts": 3}"#.utf8)))
            let invalid = await function.invoke(["mode": "invalid-json"])
            #expect(invalid.outcome == .success(payload: Array("{not json".utf8)))
        }
    }

    @Test("starts more processes for calls at the same time, up to the concurrency, and lines up the rest")
    func scalesOut() async throws {
        try await PythonFunction.withPool(concurrency: 3) { function in
            let gate = "\(function.folder)/gate"
            let results = try await withThrowingTaskGroup(of: InvocationResult.self) { group in
                for _ in 0..<8 {
                    group.addTask { await function.invoke(["mode": "wait", "until": .string(gate)]) }
                }
                while await function.pool.statistics()["f"]?.queued != 5 { await Task.yield() }
                #expect(await function.pool.statistics()["f"]?.active == 3)
                try FileSystem.writeFileAtomically(gate, [])
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(results.allSatisfy { $0.failure == nil })
            #expect(Set(results.compactMap { $0.value?["pid"]?.intValue }).count == 3)
            #expect(await function.pool.statistics()["f"]?.started == 3)
        }
    }

    @Test("throttles what has waited too long, and what finds the line full")
    func throttles() async throws {
        var limits = FunctionPool.Limits()
        limits.queueWait = .milliseconds(20)
        try await PythonFunction.withPool(concurrency: 1, limits: limits) { function in
            let gate = "\(function.folder)/gate"
            async let running = function.invoke(["mode": "wait", "until": .string(gate)])
            while await function.pool.statistics()["f"]?.active != 1 { await Task.yield() }
            let late = await function.invoke([:])
            #expect(late.failure?.isThrottle == true)
            #expect(late.failure?.errorType == "Lambda.TooManyRequestsException")
            try FileSystem.writeFileAtomically(gate, [])
            #expect(await running.failure == nil)
            #expect(await function.pool.statistics()["f"]?.throttles == 1)
        }
        limits.queueLimit = 0
        limits.queueWait = .seconds(600)
        try await PythonFunction.withPool(concurrency: 0, limits: limits) { function in
            #expect(await function.invoke([:]).failure?.isThrottle == true)
        }
    }

    @Test(
        "throttles at once what is beyond the reserved concurrency, and takes calls again when it is not",
        arguments: [0, 1, 2])
    func reserved(concurrency: Int) async throws {
        var limits = PythonFunction.patientLimits
        limits.queueWait = .seconds(600)
        try await PythonFunction.withPool(reservedConcurrency: concurrency, limits: limits) { function in
            let gate = "\(function.folder)/gate"
            try await withThrowingTaskGroup(of: InvocationResult.self) { group in
                for _ in 0..<concurrency {
                    group.addTask { await function.invoke(["mode": "wait", "until": .string(gate)]) }
                }
                while await function.pool.statistics()["f"]?.active != concurrency { await Task.yield() }
                for _ in 0..<3 { #expect(await function.invoke([:]).failure?.isThrottle == true) }
                try FileSystem.writeFileAtomically(gate, [])
                for try await result in group { #expect(result.failure == nil) }
            }
            #expect(await function.invoke(["mode": "echo"]).failure?.isThrottle == (concurrency == 0 ? true : nil))
            #expect(await function.pool.statistics()["f"]?.throttles == (concurrency == 0 ? 4 : 3))
        }
    }

    @Test(
        "counts a function's calls in the trace header, and refuses the one that makes a loop of them",
        arguments: [false, true])
    func loops(isAllowed: Bool) async throws {
        try await PythonFunction.withPool { function in
            var configuration = function.configuration
            configuration.allowsLoops = isAllowed
            await function.pool.setFunction(configuration)
            var request = InvocationRequest(function: "f", payload: Array(#"{"mode":"context"}"#.utf8))
            var roots: Set<Substring> = []
            for number in 1...Lineage.limit {
                let headers = try #require(await function.pool.invoke(request).value?["headers"])
                let trace = try #require(headers["Lambda-Runtime-Trace-Id"]?.stringValue)
                #expect(Lineage(header: trace).count(of: configuration.arn) == number)
                roots.insert(try #require(trace.split(separator: ";").first))
                request.traceID = trace
            }
            #expect(roots.count == 1)
            #expect(try #require(roots.first).wholeMatch(of: /Root=1-[0-9a-f]{8}-[0-9a-f]{24}/) != nil)
            let next = await function.pool.invoke(request)
            #expect(next.failure?.kind == (isAllowed ? nil : .recursion))
            #expect(await function.invoke(["mode": "echo"]).failure == nil)
        }
    }

    @Test("takes the process that was used last")
    func mostRecentlyUsed() async throws {
        try await PythonFunction.withPool { function in
            let gate = "\(function.folder)/gate"
            async let slow = function.invoke(["mode": "wait", "until": .string(gate)])
            while await function.pool.statistics()["f"]?.active != 1 { await Task.yield() }
            let other = await function.invoke(["mode": "context"])
            try FileSystem.writeFileAtomically(gate, [])
            let last = await slow.value?["pid"]
            #expect(other.value?["pid"] != last)
            for _ in 0..<3 { #expect(await function.invoke(["mode": "context"]).value?["pid"] == last) }
        }
    }

    @Test("starts a new process when the executable or the configuration has changed")
    func replaced() async throws {
        try await PythonFunction.withPool { function in
            let first = await function.invoke(["mode": "context"])
            try PythonFunction.install(in: function.folder)
            let second = await function.invoke(["mode": "context"])
            #expect(first.value?["pid"] != second.value?["pid"])
            var changed = function.configuration
            changed.environment["NEW"] = "1"
            await function.pool.setFunction(changed)
            let third = await function.invoke(["mode": "context"])
            #expect(second.value?["pid"] != third.value?["pid"])
            #expect(third.value?["environment"]?["NEW"] == "1")
        }
    }

    @Test("ends processes that have been idle for long")
    func idle() async throws {
        var limits = FunctionPool.Limits()
        limits.idleTime = .milliseconds(50)
        try await PythonFunction.withPool(environment: ["INIT": "ignores-sigterm"], limits: limits) { function in
            let pid = try #require(await function.invoke(["mode": "context"]).value?["pid"]?.intValue)
            while kill(pid_t(pid), 0) == 0 { await Task.yield() }
            while await function.pool.statistics()["f"]?.idle != 0 { await Task.yield() }
            #expect(await function.invoke(["mode": "context"]).value?["count"]?.intValue == 1)
        }
    }

    @Test("starts a new process when the idle one has died")
    func diedIdle() async throws {
        try await PythonFunction.withPool { function in
            let pid = try #require(await function.invoke(["mode": "context"]).value?["pid"]?.intValue)
            kill(pid_t(pid), SIGKILL)
            while await function.pool.statistics()["f"]?.idle != 0 { await Task.yield() }
            let next = await function.invoke(["mode": "context"])
            #expect(next.value?["count"]?.intValue == 1)
        }
    }

    @Test(
        "answers an unknown function, by name or ARN",
        arguments: ["g", "arn:aws:lambda:us-east-1:1:function:g", "", "a:b:c"])
    func unknown(name: String) async throws {
        try await PythonFunction.withPool { function in
            let result = await function.pool.invoke(InvocationRequest(function: name, payload: []))
            #expect(result.failure?.kind == .notFound)
            #expect(result.failure?.errorMessage == "Function not found: \(name)")
        }
    }

    @Test("a caller that gives up gets an answer at once, and the function goes on")
    func abandoned() async throws {
        try await PythonFunction.withPool { function in
            let gate = "\(function.folder)/gate"
            let caller = Task { await function.invoke(["mode": "wait", "until": .string(gate)]) }
            while await function.pool.statistics()["f"]?.active != 1 { await Task.yield() }
            caller.cancel()
            #expect(await caller.value.failure?.errorType == "Turntable.Aborted")
            #expect(await function.pool.statistics()["f"]?.active == 1)
            try FileSystem.writeFileAtomically(gate, [])
            while await function.pool.statistics()["f"]?.invocations != 1 { await Task.yield() }
            #expect(await function.pool.statistics()["f"]?.idle == 1)
        }
    }

    @Test("a caller in line that gives up leaves it")
    func abandonedInLine() async throws {
        try await PythonFunction.withPool(concurrency: 1) { function in
            let gate = "\(function.folder)/gate"
            async let running = function.invoke(["mode": "wait", "until": .string(gate)])
            while await function.pool.statistics()["f"]?.active != 1 { await Task.yield() }
            let caller = Task { await function.invoke([:]) }
            while await function.pool.statistics()["f"]?.queued != 1 { await Task.yield() }
            caller.cancel()
            #expect(await caller.value.failure?.errorType == "Turntable.Aborted")
            #expect(await function.pool.statistics()["f"]?.queued == 0)
            try FileSystem.writeFileAtomically(gate, [])
            #expect(await running.failure == nil)
        }
    }

    @Test("a shutdown lets running calls end, refuses others, and leaves no process")
    func shutdown() async throws {
        try await PythonFunction.withPool(concurrency: 2) { function in
            let gate = "\(function.folder)/gate"
            async let running = function.invoke(["mode": "wait", "until": .string(gate)])
            async let other = function.invoke(["mode": "wait", "until": .string(gate)])
            while await function.pool.statistics()["f"]?.active != 2 { await Task.yield() }
            async let queued = function.invoke([:])
            while await function.pool.statistics()["f"]?.queued != 1 { await Task.yield() }
            async let ended: Void = function.pool.shutdown(grace: .seconds(60))
            #expect(await queued.failure?.kind == .service)
            #expect(await function.invoke([:]).failure?.kind == .service)
            try FileSystem.writeFileAtomically(gate, [])
            let pids = try [await running, await other].map { try #require($0.value?["pid"]?.intValue) }
            await ended
            #expect(pids.allSatisfy { kill(pid_t($0), 0) != 0 })
        }
    }

    @Test("a shutdown ends what does not end within the grace time, in line with SIGTERM or not")
    func shutdownKills() async throws {
        try await PythonFunction.withPool(environment: ["INIT": "ignores-sigterm"], timeout: .seconds(600)) {
            function in
            let pids = "\(function.folder)/pids"
            async let hanging = function.invoke(["mode": "never", "pids": .string(pids)])
            while (try? FileSystem.readFile(pids).filter { $0 == UInt8(ascii: "\n") }.count) != 2 { await Task.yield() }
            await function.pool.shutdown(grace: .milliseconds(10))
            #expect(await hanging.failure?.kind == .service)
            let text = String(decoding: try FileSystem.readFile(pids), as: UTF8.self)
            for pid in text.split(separator: "\n").compactMap({ pid_t($0) }) {
                // The child of the process is an orphan that init has to reap.
                while kill(pid, 0) == 0 { await Task.yield() }
            }
        }
    }
}
