import FileSystem
import Glibc
import HTTPClient
import JSON
import SimulationLink

/// Runs a handler, under Lambda's runtime API or from the command line.
public enum LambdaRuntime {
    /// Bytes of an output; the runtime API refuses more.
    public static let maximumResponseByteCount = 6_291_556

    /// Makes the handler and runs it until the process ends.
    ///
    /// With `AWS_LAMBDA_RUNTIME_API` set it serves invocations, one at a time, until SIGTERM (status 0) or until the
    /// API can't be talked to (status 1); an error of `make` is reported as the failed start (status 1). Without, it
    /// handles one event from the file that the first argument names, or from standard input, prints the result on
    /// standard output and ends with 0; on failure it prints the error object on standard error and ends with 1, on
    /// wrong usage with 2. Whatever a handler itself prints on standard output locally goes to standard error.
    ///
    /// This is called on the main thread and keeps it: code of the main actor does not run, so a handler must not wait
    /// for any. Handlers run on the cooperative pool.
    ///
    /// With `TURNTABLE_CLOCK` set, the environment's clock starts at that time, and with the header `Turntable-Clock` of an
    /// invocation at the header's: a router under a virtual clock says so what time it is.
    ///
    /// With a simulator's connection (``SimulationLink``) invocations, the time and random numbers come from there.
    ///
    /// - Parameter make: Makes the handler, once, from the environment.
    public static func run(_ make: (LambdaEnvironment) throws -> any LambdaHandler) -> Never {
        let arguments = CommandLine.arguments
        let variables = ProcessVariables.all()
        let name = arguments.first.map { FileSystem.name(of: $0) } ?? "function"
        if let link = SimulationLink.ofProcess {
            let environment = LambdaEnvironment(
                variables: variables, programName: name, clock: SimulatedClock(link), entropy: SimulatedEntropy(link))
            exit(serve(environment, SimulatedRuntimeAPI(link: link), make))
        }
        let environment = LambdaEnvironment(
            variables: variables, programName: name, clock: HandlerClock.from(variables))
        exit(environment.servesRuntimeAPI ? serve(environment, make) : invokeOnce(environment, arguments, make))
    }

    private static func serve(
        _ environment: LambdaEnvironment, _ make: (LambdaEnvironment) throws -> any LambdaHandler
    ) -> Int32 {
        let spelled = environment["AWS_LAMBDA_RUNTIME_API"] ?? ""
        guard let address = HTTPAddress(spelled) else {
            environment.logger.fatal("AWS_LAMBDA_RUNTIME_API is no HOST:PORT", ["value": .string(spelled)])
            return 1
        }
        return serve(environment, HTTPRuntimeAPI(address), make)
    }

    private static func serve(
        _ environment: LambdaEnvironment, _ api: any RuntimeAPI,
        _ make: (LambdaEnvironment) throws -> any LambdaHandler
    ) -> Int32 {
        let loop = RuntimeLoop(
            api: api, environment: environment, metricsSink: DescriptorLogSink.standardOutput, termination: .install())
        return loop.run(make)
    }

    private static func invokeOnce(
        _ environment: LambdaEnvironment, _ arguments: [String],
        _ make: (LambdaEnvironment) throws -> any LambdaHandler
    ) -> Int32 {
        // The result has standard output to itself: what a handler prints there would make it unreadable.
        let output = dup(STDOUT_FILENO)
        dup2(STDERR_FILENO, STDOUT_FILENO)
        let invocation = LocalInvocation(
            arguments: Array(arguments.dropFirst()), environment: environment,
            inputIsTerminal: isatty(STDIN_FILENO) == 1, input: File(taking: STDIN_FILENO, path: "standard input"),
            writeOutput: { DescriptorLogSink.writeAll($0, to: output) },
            writeError: { _ = DescriptorLogSink.writeAll($0, to: STDERR_FILENO) },
            metricsSink: DescriptorLogSink.standardError)
        return invocation.run(make)
    }
}
