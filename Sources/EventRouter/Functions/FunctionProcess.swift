import CLinux
import Clocks
import Glibc
import HTTPServer
import Synchronization

/// One process of a function, from its start to its end: a sandbox, as Lambda would say.
///
/// Its standard output and error, its exit and its timers are handled on the loop's thread; Runtime API calls come in
/// from the server's tasks. All of it meets in one mutex, and continuations are resumed outside it.
final class FunctionProcess: Sendable {
    /// An event for the process, as `next` returns it.
    struct Event: Sendable {
        var requestID: String
        var payload: [UInt8]
        var deadline: Timestamp
        var functionARN: String
        var traceID: String?
        var clientContext: String?
        /// The time at which it is invoked; nil when that is the machine's.
        var virtualTime: Timestamp?
    }

    enum NextAnswer: Sendable {
        case event(Event)
        case refused(String)
        /// The process is to end, or its connection has.
        case gone
    }

    enum KillReason: Sendable {
        case timeout, memory, initError, shutdown
    }

    /// How often memory is looked at while the process works; a program that takes a GB a second is found out within
    /// some 10 MB.
    static let memoryInterval = Duration.milliseconds(10)
    /// The descendants are looked at every so many times: that costs a directory for each process.
    static let familySampleStride = 5
    /// How long a process that reported an init error has to exit by itself.
    static let initErrorGrace = Duration.milliseconds(500)
    /// Bytes that are read from a pipe in one go before the loop looks after others.
    static let readByteLimit = 1 << 20
    /// Bytes that are still read when the process has ended.
    static let finalReadByteLimit = 64 << 20

    struct State {
        var lifecycle = ProcessLifecycle()
        var process: pid_t = 0
        var output: Int32 = -1
        var exitDescriptor: Int32 = -1
        var outputWatch: DescriptorLoop.Token?
        var exitWatch: DescriptorLoop.Token?
        var killReason: KillReason?
        var exitStatus: ExitStatus?

        var startedAt = ContinuousClock.now
        var initDuration: Duration?
        var initReport: InvocationFailure?
        var onInit: CheckedContinuation<InitOutcome, Never>?

        var waiter: (number: UInt64, continuation: CheckedContinuation<NextAnswer, Never>)?
        var nextWaiterNumber: UInt64 = 0
        var current: Invocation?
        var undelivered: Event?

        var log = InvocationLog()
        var isSampling = false
        var sampleCount = 0
        var peakMemoryByteCount = 0
        var onEnd: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }

    /// The invocation under way.
    struct Invocation {
        var requestID: String
        var began: ContinuousClock.Instant
        var initDuration: Duration?
        var timer: DescriptorLoop.Token?
        var outcome: InvocationResult.Outcome?
        var onDone: CheckedContinuation<Completion, Never>
    }

    let number: UInt64
    let configuration: FunctionConfiguration
    let identity: ExecutableIdentity?
    let port: UInt16
    let environment: [String: String]
    let loop: DescriptorLoop
    let log: FunctionLog
    let clock: any WallClock
    let state = Mutex(State())
    private let onExit: @Sendable (FunctionProcess) -> Void

    /// - Parameter onExit: Called on the loop's thread when the process has ended and its last output is read.
    init(
        number: UInt64, configuration: FunctionConfiguration, port: UInt16, environment: [String: String],
        loop: DescriptorLoop, log: FunctionLog, clock: any WallClock,
        onExit: @escaping @Sendable (FunctionProcess) -> Void
    ) {
        self.number = number
        self.configuration = configuration
        identity = ExecutableIdentity(of: configuration.executablePath)
        self.port = port
        self.environment = environment
        self.loop = loop
        self.log = log
        self.clock = clock
        self.onExit = onExit
    }

    var platformLog: PlatformLog { PlatformLog(format: configuration.logFormat) }
    var hasEnded: Bool { state.withLock { $0.lifecycle.state == .ended } }

    // MARK: Signals

    /// Kills the process group; the end is noticed when it has happened.
    func kill(_ reason: KillReason) {
        state.withLock { state in
            guard state.exitStatus == nil, state.process > 0 else { return }
            if state.killReason == nil { state.killReason = reason }
            // Under the lock, before the process is reaped: its number can't be another's.
            _ = Glibc.kill(-state.process, SIGKILL)
        }
    }

    /// Asks the process to end, kills it after `grace`, and returns when it has ended.
    func end(grace: Duration) async {
        let timer = loop.schedule(after: grace) { [weak self] in self?.kill(.shutdown) }
        state.withLock { state in
            guard state.process > 0, state.exitStatus == nil else { return }
            if state.killReason == nil { state.killReason = .shutdown }
            _ = Glibc.kill(-state.process, SIGTERM)
        }
        await waitForEnd()
        loop.cancel(timer)
    }

    /// Returns when the process has ended, or the task is cancelled.
    func waitForEnd() async {
        let number = state.withLock { state in
            state.nextWaiterNumber += 1
            return state.nextWaiterNumber
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard state.lifecycle.state != .ended, !Task.isCancelled else { return true }
                    state.onEnd[number] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.onEnd.removeValue(forKey: number) }?.resume()
        }
    }

    // MARK: On the loop's thread

    /// Reads what the process has printed, up to a limit.
    func drain(limit: Int) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var total = 0
        while total < limit {
            let descriptor = state.withLock { $0.output }
            guard descriptor >= 0 else { return }
            let count = unsafe read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count == 0 { closeOutput() }
            guard count > 0 else { return }
            total += count
            log.append(state.withLock { $0.log.receive(buffer[..<count]) })
        }
    }

    func closeOutput() {
        state.withLock { state in
            if let watch = state.outputWatch { loop.remove(watch, state.output) }
            if state.output >= 0 { close(state.output) }
            state.output = -1
            state.outputWatch = nil
        }
    }

    /// Samples memory until the process waits for work again.
    func sampleMemory() {
        let (process, looksAtFamily) = state.withLock { state in
            let isWorking = state.lifecycle.isBusy || state.lifecycle.state == .started
            guard isWorking, state.process > 0, state.exitStatus == nil else {
                state.isSampling = false
                return (pid_t(0), false)
            }
            state.isSampling = true
            state.sampleCount += 1
            return (state.process, state.sampleCount % FunctionProcess.familySampleStride == 0)
        }
        guard process > 0 else { return }
        var byteCount = ProcessMemory.residentByteCount(of: process)
        if looksAtFamily { byteCount += ProcessMemory.residentByteCountOfFamily(of: process) }
        if byteCount > configuration.memoryMB << 20, ProcessMemory.isStillStarting(process) { byteCount = 0 }
        state.withLock { $0.peakMemoryByteCount = max($0.peakMemoryByteCount, byteCount) }
        if byteCount > configuration.memoryMB << 20 {
            kill(.memory)
        } else {
            loop.schedule(after: FunctionProcess.memoryInterval) { [weak self] in self?.sampleMemory() }
        }
    }

    /// The process has ended: takes its status and its last output, and answers whoever waits for it.
    func exited() {
        let (process, exitDescriptor) = state.withLock { state in
            if let watch = state.exitWatch { loop.remove(watch, state.exitDescriptor) }
            state.exitWatch = nil
            // What it started goes with it. The number is still the process's: it is not reaped yet.
            if state.process > 0 { _ = Glibc.kill(-state.process, SIGKILL) }
            return (state.process, state.exitDescriptor)
        }
        var status: Int32 = 0
        let reaped = unsafe waitpid(process, &status, 0)
        let signal = turntable_exit_signal(status)
        state.withLock { state in
            // ECHILD: someone else in this process has reaped it; then its status is lost.
            state.exitStatus =
                reaped == process && signal == 0
                ? .exited(code: turntable_exit_code(status)) : .signalled(reaped == process ? signal : SIGKILL)
            state.exitDescriptor = -1
        }
        if exitDescriptor >= 0 { close(exitDescriptor) }
        drain(limit: FunctionProcess.finalReadByteLimit)
        closeOutput()
        completeInit(ended: true)
        completeInvocation(ended: true)
        log.append(state.withLock { $0.log.finishLine() })
        let (waiter, waiting) = state.withLock { state in
            state.lifecycle.end()
            defer {
                state.onEnd = [:]
                state.waiter = nil
            }
            return (state.waiter, state.onEnd.values)
        }
        onExit(self)
        waiter?.continuation.resume(returning: .gone)
        for continuation in waiting { continuation.resume() }
    }
}
