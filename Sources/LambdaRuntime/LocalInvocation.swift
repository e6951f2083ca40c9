import Clocks
import FileSystem
import Glibc
import JSON

/// A function run from the command line: one event from a file or standard input, one result on standard output.
struct LocalInvocation {
    /// The largest event; Lambda's own limit for synchronous invocations.
    static let maximumEventByteCount = 6 << 20

    /// The arguments without the program's name.
    let arguments: [String]
    let environment: LambdaEnvironment
    /// Whether a person would have to type the event.
    let inputIsTerminal: Bool
    let input: File
    /// Takes the result or the help text; gives the system's error number when that fails.
    let writeOutput: ([UInt8]) -> Int32?
    /// Takes usage messages and error objects.
    let writeError: ([UInt8]) -> Void
    let metricsSink: any LogSink

    /// - Returns: The exit status: 0 done, 1 failed, 2 wrong usage.
    func run(_ make: (LambdaEnvironment) throws -> any LambdaHandler) -> Int32 {
        if arguments.contains(where: { $0 == "--help" || $0 == "-h" }) {
            return writeOutput(Array(helpText.utf8)) == nil ? 0 : 1
        }
        if let flag = arguments.first(where: { $0.hasPrefix("-") && $0 != "-" }) {
            return wrongUsage("unknown option \(flag); a file of that name is ./\(flag)")
        }
        guard arguments.count <= 1 else { return wrongUsage("one event at a time, not \(arguments.count)") }
        let path = arguments.first.flatMap { $0 == "-" ? nil : $0 }
        if arguments.isEmpty, inputIsTerminal {
            return wrongUsage("no event: name a file, or give it on standard input")
        }

        let source = path.map { "the event \($0)" } ?? "the event on standard input"
        let event: [UInt8]
        do throws(FileSystemError) {
            event = try readEvent(path)
        } catch {
            let reason =
                error.code == EFBIG
                ? "it is over \(LocalInvocation.maximumEventByteCount) bytes, Lambda's limit"
                : SystemErrorName.spelled(error.code)
            return fail(
                ErrorReport(type: "EventUnreadable", message: "\(source) can't be read: \(reason)", phase: .invocation))
        }
        let handler: any LambdaHandler
        do {
            handler = try make(environment)
        } catch {
            return fail(ErrorReport(error, phase: .initialization))
        }
        let context = LambdaContext(
            environment: environment, requestID: environment.entropy.uuid(), metricsSink: metricsSink)
        switch HandlerCall.run(handler, event: event, source: source, context: context) {
        case .success(let output):
            if let code = writeOutput(output + [0x0A]) {
                environment.logger.error(
                    "the result can't be written", ["reason": .string(SystemErrorName.spelled(code))])
                return 1
            }
            return 0
        case .failure(let failure): return fail(failure.report)
        }
    }

    private func readEvent(_ path: String?) throws(FileSystemError) -> [UInt8] {
        let limit = LocalInvocation.maximumEventByteCount
        if let path { return try FileSystem.readFile(path, maximumByteCount: limit) }
        var bytes: [UInt8] = []
        while true {
            let block = try input.read(upTo: 1 << 16)
            if block.isEmpty { return bytes }
            bytes += block
            guard bytes.count <= limit else { throw FileSystemError(code: EFBIG, operation: "read", path: input.path) }
        }
    }

    private func fail(_ report: ErrorReport) -> Int32 {
        writeError(report.json.bytes() + [0x0A])
        return 1
    }

    private func wrongUsage(_ reason: String) -> Int32 {
        writeError(Array("\(environment.programName): \(reason)\n\(usageLine)Try --help.\n".utf8))
        return 2
    }

    private var usageLine: String { "Usage: \(environment.programName) [FILE | -]\n" }

    private var helpText: String {
        """
        \(usageLine)
        Handles one event: the JSON in FILE, or on standard input. Prints the result as one line of JSON on standard
        output; logs and metrics go to standard error, and so does the error when there is no result.

        With AWS_LAMBDA_RUNTIME_API set it serves Lambda's runtime API instead, for as long as that lasts.

          AWS_LAMBDA_LOG_LEVEL    from which level on log lines are written: TRACE, DEBUG, INFO (as if unset), WARN,
                                  ERROR, FATAL
          AWS_LAMBDA_LOG_FORMAT   JSON (as if unset) or Text
          TURNTABLE_CLOCK         the time to begin with, such as 2024-06-25T10:00:00Z (the machine's if unset)

        Exit status: 0 done, 1 failed, 2 wrong usage.

        """
    }
}
