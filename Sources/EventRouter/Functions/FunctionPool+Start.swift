import Clocks
import HTTPServer

extension FunctionPool {
    enum Start: Sendable {
        case started(FunctionProcess, Duration)
        case failed(InvocationResult)
    }

    /// Starts a process, once more if it fails: Lambda repeats a failed start within the first invocation.
    func startProcess(of name: String, requestID: String) async -> Start {
        guard let configuration = groups[name]?.configuration else { return .failed(stopping(requestID)) }
        var start = await startOnce(name, requestID, limit: limits.initTime, phase: "init")
        if case .retriable = start {
            start = await startOnce(name, requestID, limit: configuration.timeout, phase: "invoke")
        }
        switch start {
        case .started(let process, let duration):
            groups[name]?.statistics.started += 1
            return .started(process, duration)
        case .retriable(let result), .final(let result):
            groups[name]?.statistics.errors += 1
            return .failed(result)
        }
    }

    private enum Attempt {
        case started(FunctionProcess, Duration)
        case retriable(InvocationResult)
        case final(InvocationResult)
    }

    private func startOnce(_ name: String, _ requestID: String, limit: Duration, phase: String) async -> Attempt {
        guard !isCutOff, let group = groups[name] else { return .final(stopping(requestID)) }
        let port: UInt16
        do {
            port = try server.listen()
        } catch {
            return .final(failed(requestID, .service, FunctionErrorType.service, error.description))
        }
        let process = FunctionProcess(
            number: takeNumber(), configuration: group.configuration, port: port,
            environment: FunctionEnvironment.variables(
                of: group.configuration, runtimePort: port, logStream: logStream(),
                virtualTime: clock.isVirtual ? clock.now : nil),
            loop: loop, log: group.log, clock: clock
        ) { [runtimeAPI, server] process in
            runtimeAPI.remove(port: process.port)
            server.close(port: process.port)
            Task { await self.processEnded(process) }
        }
        runtimeAPI.add(process)
        processes[process.number] = process
        switch await process.start(limit: limit, phase: phase) {
        case .ready(let duration):
            guard !isCutOff else {
                await process.end(grace: limits.terminationGrace)
                return .final(stopping(requestID))
            }
            return .started(process, duration)
        case .failed(let failure):
            if case .notStarted = failure.reason {
                runtimeAPI.remove(port: port)
                server.close(port: port)
                processEnded(process)
            }
            return attempt(failure, of: group.configuration, requestID, isLast: phase == "invoke")
        }
    }

    private func attempt(
        _ failure: FunctionProcess.InitFailure, of configuration: FunctionConfiguration, _ requestID: String,
        isLast: Bool
    ) -> Attempt {
        let reported: InvocationFailure
        let prefix = "RequestId: \(requestID) Error: "
        switch failure.reason {
        case .shutdown: return .final(stopping(requestID))
        case .notStarted(let detail):
            reported = InvocationFailure(
                errorType: FunctionErrorType.invalidEntrypoint, errorMessage: prefix + detail)
        case .reported(let failure): reported = failure
        case .exited(let status):
            reported = InvocationFailure(errorType: FunctionErrorType.exit, errorMessage: prefix + status.runtimeError)
        case .memory:
            reported = InvocationFailure(
                errorType: FunctionErrorType.exit, errorMessage: prefix + ExitStatus.signalled(9).runtimeError)
        case .timeout:
            let seconds = PlatformLog.hundredths((isLast ? configuration.timeout : limits.initTime).inSeconds)
            reported = InvocationFailure(
                errorType: FunctionErrorType.timeout,
                errorMessage: "\(prefix)Task timed out after \(seconds) seconds")
        }
        let result = InvocationResult(
            outcome: .failure(reported), requestID: requestID, logTail: failure.logTail, duration: failure.duration,
            billedDuration: .milliseconds((failure.duration.microseconds + 999) / 1_000),
            initDuration: failure.duration)
        if case .notStarted = failure.reason { return .final(result) }
        return .retriable(result)
    }

    /// A name as CloudWatch's: the day, the version, 32 random digits.
    private func logStream() -> String {
        let day = clock.now.iso8601.prefix(10).split(separator: "-").joined(separator: "/")
        let digits = entropy.uuid().split(separator: "-").joined()
        return "\(day)/[\(FunctionConfiguration.version)]\(digits)"
    }
}
