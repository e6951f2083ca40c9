import Clocks
import FileSystem
import Glibc
import JSON
import Synchronization
import TestSupport
import Testing

@testable import LambdaRuntime

extension RuntimeTests {
    @Suite("A function run from the command line")
    struct LocalInvocationTests {
        struct Outcome {
            let status: Int32
            let output: String
            let errors: String
            let log: [String]
            let metrics: [String]
        }

        /// Runs with `input` as standard input.
        static func run(
            _ arguments: [String] = [], input: [UInt8] = [], isTerminal: Bool = false, outputError: Int32? = nil,
            variables: [String: String] = [:],
            _ make: (LambdaEnvironment) throws -> any LambdaHandler = { _ in
                ClosureHandler { event, _ in ["got": event] }
            }
        ) async throws -> Outcome {
            let folder = try makeTemporaryDirectory()
            defer { try? FileSystem.removeTree(folder) }
            try FileSystem.writeFileAtomically("\(folder)/in", input)
            let output = Mutex<[UInt8]>([])
            let errors = Mutex<[UInt8]>([])
            let (log, metrics) = (LogBuffer(), LogBuffer())
            let invocation = LocalInvocation(
                arguments: arguments,
                environment: LambdaEnvironment(
                    variables: variables, programName: "f",
                    clock: ManualClock(now: Timestamp(millisecondsSinceEpoch: 0)),
                    entropy: SeededEntropy(seed: 1), sink: log),
                inputIsTerminal: isTerminal, input: try File("\(folder)/in", .read),
                writeOutput: { bytes in
                    output.withLock { $0 += bytes }
                    return outputError
                },
                writeError: { bytes in errors.withLock { $0 += bytes } }, metricsSink: metrics)
            let status = invocation.run(make)
            return Outcome(
                status: status, output: String(decoding: output.withLock { $0 }, as: UTF8.self),
                errors: String(decoding: errors.withLock { $0 }, as: UTF8.self), log: log.lines, metrics: metrics.lines)
        }

        @Test(
            "The event comes from standard input or a file, and the result is one line",
            arguments: [[], ["-"], ["FILE"]])
        func sources(arguments: [String]) async throws {
            try await withTemporaryDirectory { folder in
                try FileSystem.writeFileAtomically("\(folder)/event.json", Array("{\n  \"x\": 1.0\n}\n".utf8))
                let outcome = try await Self.run(
                    arguments.map { $0 == "FILE" ? "\(folder)/event.json" : $0 },
                    input: Array("{\n  \"x\": 1.0\n}\n".utf8))
                #expect(outcome.status == 0)
                #expect(outcome.output == "{\"got\":{\"x\":1.0}}\n")
                #expect(outcome.errors == "" && outcome.log == [])
            }
        }

        @Test("The context of a local invocation has an id, a name and time")
        func context() async throws {
            let seen = Mutex<LambdaContext?>(nil)
            _ = try await Self.run(input: Array("1".utf8)) { _ in
                ClosureHandler { event, context in
                    seen.withLock { $0 = context }
                    return event
                }
            }
            let context = try #require(seen.withLock { $0 })
            #expect(context.functionName == "f" && context.functionVersion == "$LATEST" && context.memoryLimitMB == 128)
            #expect(context.requestID.count == 36)
            #expect(context.remainingTime == .seconds(900))
            #expect(context.traceID == nil)
        }

        @Test("A failure gives the error object on standard error, nothing on standard output, and status 1")
        func failure() async throws {
            let outcome = try await Self.run(input: Array("1".utf8)) { _ in
                ClosureHandler { _, _ in throw HandlerError(errorType: "ReferenceMissing", errorMessage: "no \"songs\"")
                }
            }
            #expect(outcome.status == 1)
            #expect(outcome.output == "")
            #expect(
                outcome.errors == #"{"errorMessage":"no \"songs\"","errorType":"ReferenceMissing","stackTrace":[]}"#
                    + "\n")
        }

        @Test(
            "An event that is no JSON is an error with line and column",
            arguments: [
                ("", 1, 1), ("{\"a\": 1,\n \"b\" 2}", 2, 6), ("{} x", 1, 4), ("\u{FEFF}[1 2]", 1, 7),
            ])
        func malformed(text: String, line: Int, column: Int) async throws {
            let outcome = try await Self.run(input: Array(text.utf8))
            #expect(outcome.status == 1)
            let error = try JSONValue(parsing: outcome.errors)
            #expect(error["errorType"] == "MalformedEvent")
            let prefix = "the event on standard input is no JSON: line \(line), column \(column) "
            #expect(error["errorMessage"]?.stringValue?.hasPrefix(prefix) == true, "\(outcome.errors)")
        }

        @Test("A file that can't be read is an error that names it and says why")
        func unreadable() async throws {
            let missing = try await Self.run(["/nowhere/event.json"])
            #expect(missing.status == 1)
            #expect(
                missing.errors
                    == #"{"errorMessage":"the event /nowhere/event.json can't be read: ENOENT (No such file or directory)","errorType":"EventUnreadable","stackTrace":[]}"#
                    + "\n")
            let folder = try await Self.run(["/tmp"])
            #expect(folder.status == 1 && folder.errors.contains("EISDIR"))
            let large = try await Self.run(
                input: [UInt8](repeating: 0x20, count: LocalInvocation.maximumEventByteCount + 1))
            #expect(large.status == 1 && large.errors.contains("it is over 6291456 bytes"))
        }

        @Test(
            "Wrong usage is status 2, says what is wrong and runs nothing",
            arguments: [
                (["a", "b"], false, "f: one event at a time, not 2"), (["--evnt"], false, "f: unknown option --evnt"),
                (["-x", "a"], false, "f: unknown option -x"), ([], true, "f: no event: name a file"),
            ] as [([String], Bool, String)])
        func wrongUsage(arguments: [String], isTerminal: Bool, message: String) async throws {
            let outcome = try await Self.run(arguments, isTerminal: isTerminal) { _ in
                Issue.record("the handler was made")
                return ClosureHandler { event, _ in event }
            }
            #expect(outcome.status == 2)
            #expect(outcome.output == "")
            #expect(outcome.errors.hasPrefix(message))
            #expect(outcome.errors.hasSuffix("Usage: f [FILE | -]\nTry --help.\n"))
        }

        @Test("Help goes to standard output", arguments: [["--help"], ["-h"], ["event.json", "--help"]])
        func help(arguments: [String]) async throws {
            let outcome = try await Self.run(arguments, isTerminal: true)
            #expect(outcome.status == 0)
            #expect(outcome.output.hasPrefix("Usage: f [FILE | -]\n"))
            #expect(
                outcome.output.split(separator: "\n", omittingEmptySubsequences: false).allSatisfy { $0.count <= 120 })
        }

        @Test("A handler that can't be made is a failure")
        func initError() async throws {
            let outcome = try await Self.run(input: Array("1".utf8)) { _ in
                throw HandlerError(errorType: "ConfigurationInvalid", errorMessage: "x")
            }
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("ConfigurationInvalid"))
        }

        @Test("A result that can't be written is a failure")
        func closedOutput() async throws {
            let outcome = try await Self.run(input: Array("1".utf8), outputError: EPIPE)
            #expect(outcome.status == 1)
            #expect(outcome.log.last?.contains("EPIPE (Broken pipe)") == true)
        }

        @Test("Metrics and logs don't mix with the result")
        func metrics() async throws {
            let outcome = try await Self.run(input: Array("1".utf8)) { _ in
                ClosureHandler { event, context in
                    context.logger.info("hello")
                    context.metrics.add("Rows", 1)
                    return event
                }
            }
            #expect(outcome.output == "1\n")
            #expect(outcome.log.count == 1 && outcome.metrics.count == 1)
        }
    }
}
