package import Clocks
import Delivery
import JSON
import Synchronization

/// What starts executions, for those who need one started.
package protocol ExecutionStarting: Sendable {
    /// Starts executions in the requests' order and returns, for each, its record or why there is none. What is returned
    /// as started is recorded. The call waits while too many executions are busy.
    func start(_ requests: [StartRequest]) async -> [Result<ExecutionRecord, ExecutionError>]
}

/// A wish for an execution.
package struct StartRequest: Sendable, Hashable {
    package var stateMachineARN: String
    /// 1 to 80 characters; made up when nil.
    package var name: String?
    /// JSON.
    package var input: [UInt8]
    /// The delivery that is done when the start is recorded.
    package var deliveryID: Int64?
    /// What else is kept of the start.
    package var origin: ExecutionOrigin

    package init(
        stateMachineARN: String, name: String? = nil, input: [UInt8], deliveryID: Int64? = nil,
        origin: ExecutionOrigin = ExecutionOrigin()
    ) {
        self.stateMachineARN = stateMachineARN
        self.name = name
        self.input = input
        self.deliveryID = deliveryID
        self.origin = origin
    }
}

/// Brings what is due to its targets: starts executions, invokes functions, sends messages, and tries again what failed.
///
/// Executions are started in the order in which deliveries became due. Functions are invoked in that order, too, a
/// bounded number at once. A delivery is forgotten only when its target has it: the start is recorded with the
/// delivery's removal in one transaction, an invocation has succeeded or been given up by the function's retry policy.
package actor DeliveryDispatcher {
    /// The dispatcher's tunable numbers.
    package struct Limits: Sendable {
        /// Asynchronous invocations under way at once.
        package var concurrentInvocations = 32
        /// Deliveries read, and executions started, together.
        package var batchCount = 64
        /// Until the store is asked again after an error.
        package var storeRetryInterval = Duration.seconds(1)

        package init() {}
    }

    private let store: ExecutionStore
    private let functions: any FunctionInvoking
    private let executions: any ExecutionStarting
    private let queues: MessageQueues?
    private let routes: EventRoutes
    private let outcomes: DeliveryOutcomes
    private let clock: any WallClock
    /// Of the tries of a store that fails.
    private let machineClock: any WallClock
    private let entropy: any Entropy
    private let limits: Limits
    private let report: @Sendable (Problem) -> Void
    private let signal: Signal
    /// Deliveries to functions that are under way; they stay in the store meanwhile.
    private var underWay: Set<Int64> = []
    private var idleWaiters: [CheckedContinuation<Void, Never>] = []

    package init(
        store: ExecutionStore, functions: any FunctionInvoking, executions: any ExecutionStarting,
        queues: MessageQueues? = nil, routes: EventRoutes, clock: any WallClock, machineClock: (any WallClock)? = nil,
        entropy: any Entropy, limits: Limits = Limits(),
        report: @escaping @Sendable (Problem) -> Void = { _ in }
    ) {
        self.store = store
        self.functions = functions
        self.executions = executions
        self.queues = queues
        self.routes = routes
        outcomes = DeliveryOutcomes(routes: routes, bus: EventBus(routes: routes, entropy: entropy))
        self.clock = clock
        self.machineClock = machineClock ?? clock
        signal = Signal(clock)
        self.entropy = entropy
        self.limits = limits
        self.report = report
    }

    /// Says that there may be something to deliver.
    package nonisolated func wake() { signal.raise() }

    /// Takes an asynchronous invocation over: it is kept until the function has succeeded or its retries are exhausted.
    ///
    /// - Returns: False when it could not be kept.
    package func enqueue(_ request: InvocationRequest) async -> Bool {
        let now = clock.now
        var delivery = QueuedDelivery(
            target: .function(arn: routes.arn(ofFunction: request.function)), origin: "Invoke",
            name: request.requestID ?? entropy.uuid(), payload: request.payload, acceptedAt: now, due: now)
        delivery.traceID = request.traceID
        delivery.clientContext = request.clientContext
        do {
            try await store.enqueue([delivery])
        } catch {
            report(.storageFailed(error))
            return false
        }
        wake()
        return true
    }

    /// Returns once all that was due when the dispatcher last looked is delivered and nothing is under way.
    package func waitUntilIdle() async {
        wake()
        await withCheckedContinuation { idleWaiters.append($0) }
    }

    /// Delivers until the task is cancelled; invocations under way are then cancelled, too, and made again after the
    /// next start.
    ///
    /// - Parameter hold: Of the clock, from before the call; released when the first look has begun.
    package func run(releasing hold: ClockHold = .none) async throws {
        let alarm = Alarm(clock: clock, name: "deliveries") { [signal] in signal.raise() }
        let retryAlarm = Alarm(clock: machineClock) { [signal] in signal.raise() }
        try await withThrowingDiscardingTaskGroup { group in
            signal.raise()
            hold.release()
            var untilRetried = ClockHold.none
            defer { untilRetried.release() }
            while true {
                let hold = try await signal.wait()
                defer { hold.release() }
                do {
                    while try await deliverBatch(in: &group) { try Task.checkCancellation() }
                    alarm.set(try await store.nextDue(after: clock.now))
                    untilRetried.release()
                } catch let error as ExecutionError {
                    report(.storageFailed(error))
                    untilRetried.release()
                    untilRetried = clock.hold()
                    retryAlarm.set(machineClock.now + limits.storeRetryInterval)
                }
                settle()
            }
        }
    }

    private func settle() {
        guard underWay.isEmpty, !signal.isRaised else { return }
        let waiters = idleWaiters
        idleWaiters = []
        for waiter in waiters { waiter.resume() }
    }

    /// Delivers some of what is due.
    ///
    /// - Returns: Whether there may be more that can be delivered now.
    private func deliverBatch(in group: inout ThrowingDiscardingTaskGroup<any Error>) async throws -> Bool {
        let now = clock.now
        let starts = try await store.dueDeliveries(.execution, at: now, limit: limits.batchCount)
        let messages = try await store.dueDeliveries(.message, at: now, limit: limits.batchCount)
        for message in messages { try await send(message) }
        var invocations: [QueuedDelivery] = []
        let free = limits.concurrentInvocations - underWay.count
        if free > 0 {
            // What is under way is among the first of what is due.
            invocations = try await store.dueDeliveries(.invocation, at: now, limit: limits.concurrentInvocations)
                .filter { !underWay.contains($0.id) }
            invocations = Array(invocations.prefix(free))
        }
        for delivery in invocations {
            underWay.insert(delivery.id)
            let hold = TaskHold(clock)
            group.addTask {
                await TaskHold.$current.withValue(hold) { await self.invoke(delivery) }
                hold.end()
            }
        }
        if !starts.isEmpty { try await start(starts) }
        return !starts.isEmpty || !invocations.isEmpty || !messages.isEmpty
    }

    private func send(_ delivery: QueuedDelivery) async throws {
        let refusal = if let queues { try await queues.deliver(delivery) } else { "there are no queues" as String? }
        guard let refusal else { return }
        try await giveUp(delivery, code: "INVALID_PARAMETER", refusal)
    }

    /// Ends a delivery that its target does not take; the rule's dead-letter queue gets the event.
    private func giveUp(
        _ delivery: QueuedDelivery, code: String, _ message: String, reason: TargetRetry.Reason? = nil
    ) async throws {
        var delivery = delivery
        if reason == nil { delivery.attempts += 1 }
        let letters = outcomes.undeliverable(
            delivery, code: code, message: message, reason: reason, at: clock.now)
        try await store.finish(delivery.id, then: letters)
        report(.undeliverable(delivery, reason: message))
    }

    /// Tries a delivery that a target did not take again, by the rule's policy.
    private func retry(_ delivery: QueuedDelivery, _ error: any Error) async throws {
        var delivery = delivery
        delivery.attempts += 1
        let policy = routes.place(of: delivery)?.target.retry ?? TargetRetry()
        let decision = policy.failed(
            attempts: delivery.attempts, eventTime: delivery.acceptedAt, at: clock.now,
            fraction: Double(entropy.next() >> 11) * 0x1p-53)
        switch decision {
        case .retry(let due):
            delivery.due = due
            try await store.postpone(delivery)
            report(.postponed(delivery, reason: "\(error)"))
        case .giveUp(let reason):
            try await giveUp(delivery, code: "ERROR_FROM_TARGET", "\(error)", reason: reason)
        }
    }

    private func start(_ deliveries: [QueuedDelivery]) async throws {
        var deliveries = deliveries
        for delivery in deliveries where isTooLong(delivery) {
            try await giveUp(
                delivery, code: "RESOURCE_LIMIT_EXCEEDED",
                "executions of it have followed from one another's status events \(StatusEvents.chainLimit) times within "
                    + "moments: the rule starts what it listens to")
        }
        deliveries.removeAll(where: isTooLong)
        let results = await executions.start(
            deliveries.map {
                StartRequest(
                    stateMachineARN: $0.target.arn, name: $0.name, input: $0.payload, deliveryID: $0.id,
                    origin: ExecutionOrigin(traceHeader: $0.traceID))
            })
        for (delivery, result) in zip(deliveries, results) {
            guard case .failure(let error) = result else { continue }
            switch error.code {
            case .executionAlreadyExists:
                // It was started before, with the deletion of the delivery lost.
                try await store.removeDelivery(delivery.id)
            case .shuttingDown: throw CancellationError()
            case .storage: throw error
            case .unknownStateMachine: try await giveUp(delivery, code: "NO_RESOURCE", error.description)
            case .invalidInput: try await giveUp(delivery, code: "INVALID_JSON", error.description)
            case .invalidName, .invalidDefinition, .unservedIntegration:
                try await giveUp(delivery, code: "INVALID_PARAMETER", error.description)
            default: try await retry(delivery, error)
            }
        }
    }

    /// Whether it would make a chain of executions longer than one may be.
    private func isTooLong(_ delivery: QueuedDelivery) -> Bool {
        Lineage(header: delivery.traceID).count(of: delivery.target.arn) >= StatusEvents.chainLimit
    }

    private func invoke(_ delivery: QueuedDelivery) async {
        let isStopped = routes.invocation(of: delivery.target.arn)?.isStopped == true
        let result =
            isStopped
            ? InvocationResult(
                outcome: .failure(
                    InvocationFailure(
                        kind: .throttle, errorType: FunctionErrorType.throttled, errorMessage: "Rate Exceeded.")),
                requestID: delivery.name)
            : await functions.invoke(
                InvocationRequest(
                    function: delivery.target.arn, payload: delivery.payload, requestID: delivery.name,
                    traceID: delivery.traceID, clientContext: delivery.clientContext))
        while !Task.isCancelled {
            do {
                try await settle(delivery, result)
                break
            } catch {
                report(.storageFailed(error))
                try? await machineClock.sleep(for: limits.storeRetryInterval)
            }
        }
        underWay.remove(delivery.id)
        signal.raise()
    }

    private func settle(_ delivery: QueuedDelivery, _ result: InvocationResult) async throws {
        let failure: InvocationFailure
        switch result.outcome {
        case .success(let payload):
            try await store.finish(delivery.id, then: outcomes.succeeded(delivery, payload, at: clock.now))
            return
        case .failure(let found): failure = found
        }
        let reason = "\(failure.errorType): \(failure.errorMessage)"
        var delivery = delivery
        switch failure.kind {
        case .notFound: return try await giveUp(delivery, code: "NO_RESOURCE", reason)
        case .invalidRequest: return try await giveUp(delivery, code: "INVALID_PARAMETER", reason)
        case .recursion:
            let refusal = InvocationRecord.Refusal(statusCode: 400, message: failure.errorMessage)
            try await store.finish(
                delivery.id, then: outcomes.givenUp(delivery, .retriesExhausted, refusal: refusal, at: clock.now))
            report(.undeliverable(delivery, reason: reason))
            return
        case .service where Task.isCancelled: return
        case .function, .throttle, .service: break
        }
        var progress = InvocationRetry.Progress(
            queuedAt: delivery.acceptedAt, attempts: delivery.attempts, refusals: delivery.refusals)
        let policy = routes.invocation(of: delivery.target.arn)
        var decision = (policy?.retry ?? InvocationRetry())
            .failed(failure.kind == .function ? .function : .notRun, at: clock.now, progress: &progress)
        if policy?.isStopped == true { decision = .giveUp(.retriesExhausted) }
        delivery.attempts = progress.attempts
        delivery.refusals = progress.refusals
        if failure.kind == .function {
            delivery.details.response = String(decoding: failure.payload, as: UTF8.self)
        }
        switch decision {
        case .retry(let due):
            delivery.due = due
            try await store.postpone(delivery)
            report(.postponed(delivery, reason: reason))
        case .giveUp(let condition):
            try await store.finish(delivery.id, then: outcomes.givenUp(delivery, condition, at: clock.now))
            report(.undeliverable(delivery, reason: "\(condition.rawValue), the last failure being \(reason)"))
        }
    }
}

/// A flag that one task waits for and others raise; raised twice before it is seen, it is seen once.
///
/// A raised flag holds the clock until whoever has seen it releases the hold.
final class Signal: Sendable {
    private struct State {
        /// The clock's hold when the flag is raised.
        var raised: ClockHold?
        var waiter: CheckedContinuation<ClockHold, Never>?
    }

    private let clock: any WallClock
    private let state = Mutex(State())

    init(_ clock: any WallClock) { self.clock = clock }

    var isRaised: Bool { state.withLock { $0.raised != nil } }

    func raise() {
        let hold = clock.hold()
        let waiter = state.withLock { state -> CheckedContinuation<ClockHold, Never>? in
            guard let waiter = state.waiter else {
                if state.raised == nil { state.raised = hold }
                return nil
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume(returning: hold)
    }

    /// Returns when the flag is raised, and lowers it.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    func wait() async throws -> ClockHold {
        try Task.checkCancellation()
        let hold = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<ClockHold, Never>) in
                let due = state.withLock { state -> ClockHold? in
                    if let hold = state.raised.take() { return hold }
                    if Task.isCancelled { return ClockHold.none }
                    state.waiter = continuation
                    return nil
                }
                if let due { continuation.resume(returning: due) }
            }
        } onCancel: {
            state.withLock { $0.waiter.take() }?.resume(returning: .none)
        }
        do { try Task.checkCancellation() } catch {
            hold.release()
            throw error
        }
        return hold
    }
}
