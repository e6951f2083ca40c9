package import Clocks
import Delivery
import Events
import JSON
import Synchronization
package import Template

/// Has a function work on a queue's messages: the poller of an event source mapping.
///
/// A batch is what is visible, up to the batch size; with a batching window it waits until there are that many or the first of
/// them has been visible for that long. Messages that were worked on are deleted, those that failed are visible again after
/// the queue's visibility timeout, and go to its dead-letter queue when they were received too often. A function that is
/// throttled is called again with the same batch until that timeout is near. It is called synchronously, so its own
/// retries, destinations and dead-letter queue have no part in it.
package actor QueueSource {
    /// Batches that a function works on at once, without a limit of the mapping's own.
    static let defaultConcurrency = 5
    /// Bytes of the messages of one batch: half of what an event may have, for what JSON adds to them.
    static let batchByteLimit = FunctionPool.maximumPayloadByteCount / 2
    /// Until a function that is throttled is called again; doubles from call to call.
    static let firstThrottleWait = Duration.seconds(1)
    /// Until the store is asked again after an error.
    static let storeRetryInterval = Duration.seconds(1)

    package enum Problem: Sendable, CustomStringConvertible {
        case failed(queue: String, function: String, count: Int, reason: String)
        case stopped(queue: String, function: String, count: Int)
        case storageFailed(queue: String, any Error)

        package var description: String {
            switch self {
            case .failed(let queue, let function, let count, let reason):
                "\(function) did not work on \(count) messages of the queue \(queue), which come again: \(reason)"
            case .stopped(let queue, let function, let count):
                "\(function) is not called for \(count) messages of the queue \(queue): it sent them to itself "
                    + "\(Lineage.limit) times in one chain of calls"
            case .storageFailed(let queue, let error): "the queue \(queue) waits for the store: \(error)"
            }
        }
    }

    private let mapping: Application.QueueMapping
    private let queue: Application.Queue
    private let filters: [EventPattern]
    private let allowsLoops: Bool
    private let queues: MessageQueues
    private let functions: any FunctionInvoking
    private let clock: any WallClock
    private let machineClock: any WallClock
    private let report: @Sendable (Problem) -> Void
    private let signal: Signal
    private var underWay = 0

    /// Nil when the queue is none of the template's or the mapping is switched off.
    ///
    /// - Parameter allowsLoops: Whether the function may go on to work on what it sent to itself.
    package init?(
        _ mapping: Application.QueueMapping, queues: MessageQueues, functions: any FunctionInvoking,
        allowsLoops: Bool = false, clock: any WallClock, machineClock: (any WallClock)? = nil,
        report: @escaping @Sendable (Problem) -> Void = { _ in }
    ) {
        guard mapping.isEnabled, let queue = queues.queue(mapping.queueARN) else { return nil }
        self.mapping = mapping
        self.queue = queue
        filters = mapping.filters.compactMap { try? EventPattern($0) }
        self.allowsLoops = allowsLoops
        self.queues = queues
        self.functions = functions
        self.clock = clock
        self.machineClock = machineClock ?? clock
        self.report = report
        signal = Signal(clock)
        queues.listen(to: queue.name) { [signal] in signal.raise() }
    }

    /// Works until the task is cancelled; batches under way are then left, and come again after the visibility timeout.
    ///
    /// - Parameter hold: Of the clock, from before the call; released when the first look has begun.
    package func run(releasing hold: ClockHold = .none) async throws {
        let alarm = Alarm(clock: clock, name: "queue:\(queue.name)") { [signal] in signal.raise() }
        let retryAlarm = Alarm(clock: machineClock) { [signal] in signal.raise() }
        try await withThrowingDiscardingTaskGroup { group in
            signal.raise()
            hold.release()
            var untilRetried = ClockHold.none
            while true {
                let hold = try await signal.wait()
                defer { hold.release() }
                do {
                    while underWay < concurrency, try await isBatchDue() {
                        try Task.checkCancellation()
                        let batch = try await queues.receive(
                            from: queue, limit: mapping.batchSize, byteLimit: QueueSource.batchByteLimit)
                        guard !batch.isEmpty else { break }
                        underWay += 1
                        let hold = clock.hold()
                        group.addTask { await self.work(on: batch, hold) }
                    }
                    alarm.set(underWay < concurrency ? try await nextLook() : nil)
                    untilRetried.release()
                } catch let error as ExecutionError {
                    report(.storageFailed(queue: queue.name, error))
                    untilRetried = clock.hold()
                    retryAlarm.set(machineClock.now + QueueSource.storeRetryInterval)
                }
            }
        }
    }

    private var concurrency: Int { mapping.maximumConcurrency ?? QueueSource.defaultConcurrency }

    private func isBatchDue() async throws(ExecutionError) -> Bool {
        let now = clock.now
        guard let since = try await queues.store.visibility(of: queue.name, at: now).since else { return false }
        if mapping.batchingWindowSeconds == 0 || now - since >= .seconds(mapping.batchingWindowSeconds) { return true }
        return try await queues.store.queueCounts(queue.name, at: now).visible >= mapping.batchSize
    }

    /// When the window of the messages that are visible is over, or the next one becomes visible.
    private func nextLook() async throws(ExecutionError) -> Timestamp? {
        let found = try await queues.store.visibility(of: queue.name, at: clock.now)
        return [found.since.map { $0 + .seconds(mapping.batchingWindowSeconds) }, found.next].compactMap { $0 }.min()
    }

    // MARK: - A batch

    /// - Parameter hold: Of the clock; released at the end.
    private func work(on batch: [QueueMessage], _ hold: ClockHold) async {
        var hold = hold
        defer { hold.release() }
        var done = batch
        var rest: [QueueMessage] = []
        for message in batch {
            // What no filter lets through is deleted.
            guard passes(message) else { continue }
            rest.append(message)
        }
        if !rest.isEmpty {
            done.removeAll { message in rest.contains { $0.number == message.number } }
            done += await call(rest, &hold)
        }
        while !Task.isCancelled, !done.isEmpty {
            do {
                try await queues.delete(done, from: queue)
                break
            } catch {
                report(.storageFailed(queue: queue.name, error))
                try? await machineClock.sleep(for: QueueSource.storeRetryInterval)
            }
        }
        underWay -= 1
        signal.raise()
    }

    /// Whether a filter matches, or there is none. A body that is JSON is held against patterns of its members.
    private func passes(_ message: QueueMessage) -> Bool {
        guard !filters.isEmpty else { return true }
        let body = (try? JSONValue(parsing: message.body)) ?? .string(message.body)
        let event: JSONValue = ["body": body.objectValue == nil ? .string(message.body) : body]
        return filters.contains { $0.matches(event) }
    }

    /// Calls the function.
    ///
    /// - Returns: The messages that are done.
    private func call(_ batch: [QueueMessage], _ hold: inout ClockHold) async -> [QueueMessage] {
        let function = mapping.functionARN
        var batch = batch
        var stopped: [QueueMessage] = []
        if !allowsLoops {
            let chains = batch.filter { Lineage(header: $0.traceHeader).isLoop(through: function) }
            if !chains.isEmpty {
                stopped = await stop(chains)
                batch.removeAll { message in chains.contains { $0.number == message.number } }
            }
            guard !batch.isEmpty else { return stopped }
        }
        // The batch goes on with the longest of its chains.
        let trace = batch.map(\.traceHeader).max {
            Lineage(header: $0).count(of: function) < Lineage(header: $1).count(of: function)
        }
        let records = batch.map { event(of: $0) }
        let payload = JSONValue.object(["Records": .array(records)]).bytes()
        let request = InvocationRequest(function: function, payload: payload, traceID: trace ?? nil)
        let result = await invoke(request, &hold)
        switch result.outcome {
        case .failure(let failure):
            report(
                .failed(
                    queue: queue.name, function: function, count: batch.count,
                    reason: "\(failure.errorType): \(failure.errorMessage)"))
            return stopped
        case .success(let answer):
            guard mapping.reportsItemFailures else { return stopped + batch }
            switch BatchResponse(answer, ids: Set(batch.map(\.id))) {
            case .done: return stopped + batch
            case .failed(let ids):
                report(
                    .failed(
                        queue: queue.name, function: function, count: ids.count, reason: "its batchItemFailures say so")
                )
                return stopped + batch.filter { !ids.contains($0.id) }
            case .malformed(let reason):
                report(.failed(queue: queue.name, function: function, count: batch.count, reason: reason))
                return stopped
            }
        }
    }

    /// Invokes the function, when it is throttled again until the batch's messages would be visible.
    private func invoke(_ request: InvocationRequest, _ hold: inout ClockHold) async -> InvocationResult {
        let visible = clock.now + .seconds(queue.visibilityTimeoutSeconds)
        var wait = QueueSource.firstThrottleWait
        while true {
            let result = await functions.invoke(request)
            guard case .failure(let failure) = result.outcome, failure.isThrottle, clock.now + wait < visible else {
                return result
            }
            do {
                hold = try await clock.sleep(
                    until: clock.now + wait, releasing: hold, for: ClockWake("queue:\(queue.name)"))
            } catch {
                return result
            }
            wait = wait * 2
        }
    }

    /// Does not call the function for what it sent to itself: the messages go to the queue's dead-letter queue if it has one.
    private func stop(_ batch: [QueueMessage]) async -> [QueueMessage] {
        report(.stopped(queue: queue.name, function: mapping.functionARN, count: batch.count))
        guard let redrive = queues.redrive(of: queue) else { return batch }
        do {
            try await queues.store.redrive(batch, redrive, at: clock.now)
            queues.notify(redrive.queue)
        } catch {
            report(.storageFailed(queue: queue.name, error))
        }
        return []
    }

    private func event(of message: QueueMessage) -> JSONValue {
        let system = message.systemAttributes(account: queues.account.accountID)
        var members: JSONObject = [
            "messageId": .string(message.id), "receiptHandle": .string(message.receiptHandle),
            "body": .string(message.body),
            "attributes": .object(JSONObject(system.map { ($0.0, .string($0.1)) })),
            "messageAttributes": .object(
                JSONObject(message.attributes.sorted { $0.key < $1.key }.map { ($0.key, $0.value.eventJSON) })),
        ]
        members["md5OfMessageAttributes"] = MessageAttribute.digest(of: message.attributes).map { .string($0) }
        members["md5OfBody"] = .string(message.bodyDigest)
        members["eventSource"] = "aws:sqs"
        members["eventSourceARN"] = .string(queue.arn)
        members["awsRegion"] = .string(queues.account.region)
        return .object(members)
    }
}
