import CLinux
import Clocks
import Glibc
import HTTPServer
import Synchronization

extension FunctionProcess {
    /// How a start ended.
    enum InitOutcome: Sendable {
        case ready(Duration)
        case failed(InitFailure)
    }

    struct InitFailure: Sendable {
        enum Reason: Sendable {
            /// The program could not be run at all: trying again is of no use.
            case notStarted(String)
            case timeout
            case reported(InvocationFailure)
            case exited(ExitStatus)
            case memory
            case shutdown
        }

        var reason: Reason
        var duration: Duration
        /// The end of what the process printed.
        var logTail: [UInt8]
    }

    /// Starts the program and waits until it asks for work, at most for `limit`.
    func start(limit: Duration, phase: String) async -> InitOutcome {
        let timer = loop.schedule(after: limit) { [weak self] in self?.kill(.timeout) }
        let outcome = await withCheckedContinuation { continuation in
            state.withLock { state in
                state.startedAt = .now
                state.onInit = continuation
            }
            // On the loop's thread, which lives as long as the router: the kernel ties the child's life to it.
            let isTaken = loop.perform { [self] in
                if let failure = spawn() { failedToStart(failure) }
            }
            if !isTaken { failedToStart("the router is stopping") }
        }
        loop.cancel(timer)
        if case .failed(let failure) = outcome {
            let line = platformLog.failedInit(
                duration: failure.duration, phase: phase, status: failure.status, at: clock.now)
            log.append(Array(line.utf8))
        }
        return outcome
    }

    /// - Returns: Why it could not be started, or nil.
    private func spawn() -> String? {
        var ends: [Int32] = [-1, -1]
        guard unsafe turntable_pipe(&ends) == 0 else {
            return "could not open a pipe: \(FunctionProcess.reason(errno))"
        }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        defer { close(ends[1]) }
        let path = configuration.executablePath
        let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let process = unsafe FunctionProcess.withCStrings([path]) { arguments in
            unsafe FunctionProcess.withCStrings(variables) {
                // SAFETY: the vectors end with NULL and outlive the call, which copies what it keeps.
                unsafe turntable_spawn(path, arguments, $0, configuration.taskRoot, -1, ends[1])
            }
        }
        guard process > 0 else {
            let reason = FunctionProcess.reason(errno)
            close(ends[0])
            return "fork/exec \(path): \(reason)"
        }
        let exitDescriptor = turntable_pidfd_open(process)
        guard exitDescriptor >= 0 else {
            let reason = FunctionProcess.reason(errno)
            _ = Glibc.kill(-process, SIGKILL)
            _ = waitpid(process, nil, 0)
            close(ends[0])
            return "could not watch the process of \(path): \(reason)"
        }
        state.withLock { state in
            state.process = process
            state.output = ends[0]
            state.exitDescriptor = exitDescriptor
            state.outputWatch = loop.add(ends[0], for: .readable) { [weak self] _ in
                self?.drain(limit: FunctionProcess.readByteLimit)
            }
            state.exitWatch = loop.add(exitDescriptor, for: .readable) { [self] _ in exited() }
        }
        sampleMemory()
        return nil
    }

    private func failedToStart(_ detail: String) {
        let (waiting, duration) = state.withLock { state in
            state.lifecycle.end()
            return (state.onInit.take(), ContinuousClock.now - state.startedAt)
        }
        waiting?.resume(
            returning: .failed(InitFailure(reason: .notStarted(detail), duration: duration, logTail: [])))
    }

    /// The start is over: the process has asked for work, or has ended.
    func completeInit(ended: Bool) {
        guard state.withLock({ $0.onInit != nil }) else { return }
        if !ended { drain(limit: FunctionProcess.finalReadByteLimit) }
        let rest = state.withLock { $0.log.finish() }
        log.append(rest)
        let (waiting, outcome) = state.withLock { state -> (CheckedContinuation<InitOutcome, Never>?, InitOutcome) in
            let duration = state.initDuration ?? (.now - state.startedAt)
            guard ended, let status = state.exitStatus else { return (state.onInit.take(), .ready(duration)) }
            let reason: InitFailure.Reason =
                switch (state.initReport, state.killReason) {
                case (let report?, _): .reported(report)
                case (nil, .timeout): .timeout
                case (nil, .memory): .memory
                case (nil, .shutdown): .shutdown
                case (nil, .initError), (nil, nil): .exited(status)
                }
            let failure = InitFailure(reason: reason, duration: duration, logTail: state.log.tail)
            return (state.onInit.take(), .failed(failure))
        }
        waiting?.resume(returning: outcome)
    }

    /// What the kernel's error number means, in Go's words where Lambda's users know them.
    private static func reason(_ number: Int32) -> String {
        switch number {
        case ENOENT: "no such file or directory"
        case EACCES: "permission denied"
        case ENOEXEC: "exec format error"
        default: unsafe String(cString: strerror(number)).lowercased()
        }
    }

    /// Calls `body` with a vector of C strings that ends with NULL.
    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = unsafe strings.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        defer { unsafe pointers.forEach { unsafe free($0) } }
        return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
    }
}

extension FunctionProcess.InitFailure {
    var status: PlatformLog.Status {
        switch reason {
        case .timeout: .timeout
        case .notStarted: .error(type: FunctionErrorType.invalidEntrypoint)
        case .reported(let report): .error(type: report.errorType)
        case .exited: .error(type: FunctionErrorType.exit)
        case .memory: .error(type: FunctionErrorType.outOfMemory)
        case .shutdown: .error(type: FunctionErrorType.service)
        }
    }
}
