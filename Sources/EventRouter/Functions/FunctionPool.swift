package import Clocks
import Delivery
package import HTTPServer
import Synchronization

/// The emulated Lambda: runs each function in processes of its own and keeps them warm.
///
/// An idle process takes the next event, the one used last first; if there is none, a new one is started, up to the
/// function's concurrency. Beyond a reserved concurrency calls are throttled at once, as on Lambda. Without one they wait in
/// line for a while, where Lambda would run them: the limit is then the machine's, and a burst of files would otherwise use up
/// the retries of every execution. A process that was started from another
/// executable or configuration than today's is replaced.
///
/// Time limits are of real time, since processes live in it; the deadline that a function is told is of `clock`. A virtual
/// clock stands still while a function works, so it is told that time, too.
package actor FunctionPool: FunctionInvoking {
    package struct Limits: Sendable {
        /// Processes at a time of a function without a concurrency of its own.
        package var unreservedConcurrency = 10
        /// Calls that wait in line for one function without a concurrency of its own; more are throttled at once.
        package var queueLimit = 1_000
        /// How long a call waits in line before it is throttled.
        package var queueWait = Duration.seconds(10)
        /// How long a process stays without work.
        package var idleTime = Duration.seconds(300)
        /// How long a program has to ask for its first event; it is started once more, within the function's own time
        /// limit, if it fails.
        package var initTime = Duration.seconds(10)
        /// From SIGTERM to SIGKILL.
        package var terminationGrace = Duration.milliseconds(500)

        package init() {}
    }

    /// Bytes of an event of a synchronous call: 6 MiB.
    package static let maximumPayloadByteCount = 6_291_456

    struct Waiting {
        var number: UInt64
        var continuation: CheckedContinuation<Admission, Never>
        var timer: DescriptorLoop.Token
    }

    enum Admission: Sendable {
        case admitted, throttled, stopping
    }

    struct Group {
        var configuration: FunctionConfiguration
        let log: FunctionLog
        /// The one used last is last.
        var idle: [(process: FunctionProcess, since: ContinuousClock.Instant)] = []
        /// Slots taken, by starting and by working processes.
        var active = 0
        var queue: [Waiting] = []
        var statistics = FunctionStatistics()

        func concurrency(_ limits: Limits) -> Int {
            configuration.reservedConcurrency ?? limits.unreservedConcurrency
        }
    }

    let limits: Limits
    let clock: any WallClock
    let entropy: any Entropy
    let loop: DescriptorLoop
    let runtimeAPI: RuntimeAPI
    let server: HTTPServer
    let logFolder: String
    var groups: [String: Group] = [:]
    /// Every process that has not ended, for the shutdown.
    var processes: [UInt64: FunctionProcess] = [:]
    /// No more calls are admitted.
    var isStopping = false
    /// The grace time is over: calls under way are cut off.
    var isCutOff = false
    private var nextNumber: UInt64 = 1
    private var onInactive: [CheckedContinuation<Void, Never>] = []
    private var isSweepScheduled = false

    /// - Parameter logFolder: Gets one `FUNCTION.log` for each function.
    /// - Throws: ``HTTPServerError`` when the process is out of threads or descriptors.
    package init(
        functions: [FunctionConfiguration], logFolder: String, limits: Limits = Limits(), clock: any WallClock,
        entropy: any Entropy
    ) throws(HTTPServerError) {
        self.limits = limits
        self.clock = clock
        self.entropy = entropy
        self.logFolder = logFolder
        loop = try DescriptorLoop(name: "functions")
        let api = RuntimeAPI()
        runtimeAPI = api
        do {
            // A runtime's connection is idle while it works on an event: it must not be closed for that.
            server = try HTTPServer(
                limits: HTTPLimits(
                    maximumBodyByteCount: RuntimeAPI.maximumResponseByteCount, maximumConnections: 10_000,
                    idleTimeout: nil),
                answersOversizedBodies: false, handler: { await api.respond(to: $0) })
        } catch {
            loop.stop()
            throw error
        }
        for function in functions {
            groups[function.name] = Group(
                configuration: function, log: FunctionLog(path: "\(logFolder)/\(function.name).log"))
        }
    }

    /// Replaces a function's configuration, or adds a function; processes of the old one end with their current event.
    package func setFunction(_ configuration: FunctionConfiguration) {
        if groups[configuration.name] == nil {
            groups[configuration.name] = Group(
                configuration: configuration, log: FunctionLog(path: "\(logFolder)/\(configuration.name).log"))
        } else {
            groups[configuration.name]?.configuration = configuration
        }
    }

    package func configuration(of function: String) -> FunctionConfiguration? {
        FunctionName(function).flatMap { groups[$0.name]?.configuration }
    }

    /// What each function's processes do and have done, by the function's name.
    package func statistics() -> [String: FunctionStatistics] {
        groups.mapValues { group in
            var statistics = group.statistics
            statistics.active = group.active
            statistics.idle = group.idle.count
            statistics.queued = group.queue.count
            return statistics
        }
    }

    // MARK: Invocations

    package func invoke(_ request: InvocationRequest) async -> InvocationResult {
        let requestID = request.requestID ?? entropy.uuid()
        guard let function = FunctionName(request.function), let group = groups[function.name] else {
            return failed(
                requestID, .notFound, FunctionErrorType.notFound, "Function not found: \(request.function)")
        }
        guard request.payload.count <= FunctionPool.maximumPayloadByteCount else {
            return failed(
                requestID, .invalidRequest, FunctionErrorType.requestTooLarge,
                "\(request.payload.count) byte payload is too large for the RequestResponse invocation type (limit "
                    + "\(FunctionPool.maximumPayloadByteCount) bytes)")
        }
        let arn = group.configuration.arn
        let lineage = Lineage(header: request.traceID)
        guard group.configuration.allowsLoops || !lineage.isLoop(through: arn) else {
            return failed(
                requestID, .recursion, FunctionErrorType.recursion,
                "\(function.name) was called \(Lineage.limit) times in one chain of calls, which looks like a loop: it is not "
                    + "called again. If that is meant, set RecursiveLoop: Allow.")
        }
        var request = request
        request.traceID = trace(lineage.adding(arn), requestID: requestID)
        let admitted = request
        switch await admission(to: function.name) {
        case .admitted: break
        case .stopping: return stopping(requestID)
        case .throttled where Task.isCancelled: return aborted(requestID)
        case .throttled:
            groups[function.name]?.statistics.throttles += 1
            return failed(requestID, .throttle, FunctionErrorType.throttled, "Rate Exceeded.")
        }
        let outcome = Outcome()
        // Ends by the function's time limit at the latest; `shutdown` kills the process before that. It gives the slot
        // back even when nobody waits for the result any more.
        let hold = clock.hold()
        Task {
            let result = await run(admitted, requestID: requestID, in: group.configuration.name)
            release(function.name)
            outcome.set(result)
            hold.release()
        }
        return await outcome.value() ?? aborted(requestID)
    }

    /// The trace header that a function gets and hands on; one without a root gets one, of the time and the request.
    private func trace(_ lineage: Lineage, requestID: String) -> String? {
        guard !lineage.hasRoot else { return lineage.header }
        func digits(_ text: String, _ count: Int) -> String {
            String((String(repeating: "0", count: count) + text.filter(\.isHexDigit)).suffix(count))
        }
        let seconds = String(clock.now.microsecondsSinceEpoch / 1_000_000, radix: 16)
        let root = "Root=1-\(digits(seconds, 8))-\(digits(requestID, 24));Sampled=0"
        return [root, lineage.header].compactMap { $0 }.joined(separator: ";")
    }

    /// Takes one of the function's slots, in line if there is none.
    private func admission(to name: String) async -> Admission {
        guard !isStopping, let group = groups[name] else { return .stopping }
        guard !Task.isCancelled else { return .throttled }
        let concurrency = group.concurrency(limits)
        if group.active < concurrency, group.queue.isEmpty {
            groups[name]?.active += 1
            return .admitted
        }
        guard group.configuration.reservedConcurrency == nil, group.queue.count < limits.queueLimit else {
            return .throttled
        }
        let number = takeNumber()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let timer = loop.schedule(after: limits.queueWait) { Task { await self.leaveQueue(name, number) } }
                groups[name]?.queue.append(Waiting(number: number, continuation: continuation, timer: timer))
            }
        } onCancel: {
            Task { await self.leaveQueue(name, number) }
        }
    }

    private func leaveQueue(_ name: String, _ number: UInt64) {
        guard let index = groups[name]?.queue.firstIndex(where: { $0.number == number }) else { return }
        guard let waiting = groups[name]?.queue.remove(at: index) else { return }
        loop.cancel(waiting.timer)
        waiting.continuation.resume(returning: .throttled)
    }

    /// Gives a slot back, or on to the first in line.
    private func release(_ name: String) {
        guard let group = groups[name] else { return }
        if !group.queue.isEmpty, group.active <= group.concurrency(limits), !isStopping {
            guard let first = groups[name]?.queue.removeFirst() else { return }
            loop.cancel(first.timer)
            first.continuation.resume(returning: .admitted)
            return
        }
        groups[name]?.active -= 1
        guard activeCount == 0 else { return }
        for continuation in onInactive { continuation.resume() }
        onInactive = []
    }

    /// The number of invocations under way; a virtual clock stands still while there is one.
    package var activeCount: Int { groups.values.reduce(0) { $0 + $1.active } }

    private func run(_ request: InvocationRequest, requestID: String, in name: String) async -> InvocationResult {
        while true {
            guard !isCutOff else { return stopping(requestID) }
            var initDuration: Duration?
            let process: FunctionProcess
            if let idle = takeIdle(name) {
                process = idle
            } else {
                switch await startProcess(of: name, requestID: requestID) {
                case .started(let started, let duration): (process, initDuration) = (started, duration)
                case .failed(let result): return result
                }
            }
            let configuration = process.configuration
            let event = FunctionProcess.Event(
                requestID: requestID, payload: request.payload, deadline: clock.now + configuration.timeout,
                functionARN: configuration.arn, traceID: request.traceID, clientContext: request.clientContext,
                virtualTime: clock.isVirtual ? clock.now : nil)
            let completion = await process.invoke(event, initDuration: initDuration, timeout: configuration.timeout)
            // Ended before it took the event: another takes it.
            guard let outcome = completion.outcome else { continue }
            count(outcome, of: name, isCold: initDuration != nil)
            if !process.hasEnded { keep(process, in: name) }
            return InvocationResult(
                outcome: outcome, requestID: requestID, logTail: completion.logTail, duration: completion.duration,
                billedDuration: completion.billedDuration, initDuration: initDuration,
                maxMemoryUsedMB: completion.maxMemoryUsedMB)
        }
    }

    private func count(_ outcome: InvocationResult.Outcome, of name: String, isCold: Bool) {
        groups[name]?.statistics.invocations += 1
        if isCold { groups[name]?.statistics.coldStarts += 1 }
        if case .failure = outcome { groups[name]?.statistics.errors += 1 }
    }

    // MARK: Processes

    /// Takes the process that was used last, ending those that are out of date.
    private func takeIdle(_ name: String) -> FunctionProcess? {
        guard let group = groups[name], !group.idle.isEmpty else { return nil }
        let identity = ExecutableIdentity(of: group.configuration.executablePath)
        while let (process, _) = groups[name]?.idle.popLast() {
            if process.hasEnded { continue }
            if process.identity == identity, process.configuration == group.configuration { return process }
            retire(process)
        }
        return nil
    }

    private func keep(_ process: FunctionProcess, in name: String) {
        guard !isStopping else { return retire(process) }
        groups[name]?.idle.append((process, .now))
        guard !isSweepScheduled else { return }
        isSweepScheduled = true
        loop.schedule(after: limits.idleTime) { Task { await self.endIdleProcesses() } }
    }

    private func endIdleProcesses() {
        isSweepScheduled = false
        let now = ContinuousClock.now
        var oldest: ContinuousClock.Instant?
        for name in groups.keys {
            let expired = groups[name]?.idle.prefix { now - $0.since >= limits.idleTime } ?? []
            groups[name]?.idle.removeFirst(expired.count)
            for (process, _) in expired { retire(process) }
            if let since = groups[name]?.idle.first?.since { oldest = min(oldest ?? since, since) }
        }
        guard let oldest, !isStopping else { return }
        isSweepScheduled = true
        loop.schedule(after: limits.idleTime - (now - oldest)) { Task { await self.endIdleProcesses() } }
    }

    /// Ends a process nobody waits for: `shutdown` waits for those that are still on their way.
    private func retire(_ process: FunctionProcess) {
        Task { [grace = limits.terminationGrace] in await process.end(grace: grace) }
    }

    func processEnded(_ process: FunctionProcess) {
        processes[process.number] = nil
        groups[process.configuration.name]?.idle.removeAll { $0.process === process }
    }

    func takeNumber() -> UInt64 {
        defer { nextNumber += 1 }
        return nextNumber
    }

    // MARK: Shutdown

    /// Takes no more calls, lets those that run end within `grace`, then ends every process.
    ///
    /// A call that is cut off fails with ``FunctionErrorType/service``. When this returns no process is left. Only the
    /// first call does anything.
    package func shutdown(grace: Duration) async {
        guard !isStopping else { return }
        isStopping = true
        for name in groups.keys {
            let queue = groups[name]?.queue ?? []
            groups[name]?.queue = []
            for waiting in queue {
                loop.cancel(waiting.timer)
                waiting.continuation.resume(returning: .stopping)
            }
        }
        await inactivity(within: grace)
        isCutOff = true
        await withTaskGroup { group in
            for process in processes.values {
                group.addTask { [grace = limits.terminationGrace] in await process.end(grace: grace) }
            }
        }
        // Those that were being started when their calls were cut off see the flag and end by themselves.
        await inactivity(within: limits.initTime)
        await server.shutdown(grace: .zero)
        loop.stop()
    }

    private func inactivity(within grace: Duration) async {
        guard activeCount > 0 else { return }
        let timer = loop.schedule(after: grace) { Task { await self.resumeWaitersForInactivity() } }
        await withCheckedContinuation { onInactive.append($0) }
        loop.cancel(timer)
    }

    private func resumeWaitersForInactivity() {
        for continuation in onInactive { continuation.resume() }
        onInactive = []
    }

    // MARK: Failures of the pool's own

    func failed(
        _ requestID: String, _ kind: InvocationFailure.Kind, _ type: String, _ message: String
    ) -> InvocationResult {
        let failure = InvocationFailure(kind: kind, errorType: type, errorMessage: message)
        return InvocationResult(outcome: .failure(failure), requestID: requestID)
    }

    func stopping(_ requestID: String) -> InvocationResult {
        failed(requestID, .service, FunctionErrorType.service, "the router is stopping")
    }

    private func aborted(_ requestID: String) -> InvocationResult {
        failed(requestID, .service, FunctionErrorType.aborted, "the caller no longer waits for the result")
    }
}
