package import Clocks
import Delivery
import JSON
import Synchronization
package import Template

/// The queues of the template, and the way to those that it does not have.
///
/// Messages to a queue of the template are kept in the store until they are deleted, too old, or moved to a dead-letter queue.
/// Of other queues, and of topics, there is only the ``MessageLog``, which has all messages to the template's queues, too.
/// Visibility, delays and retention go by the pipeline's clock. Standard queues only: FIFO queues are refused when the
/// template is read.
package final class MessageQueues: Sendable {
    /// Bytes of a message and its attributes at most (SQS's quota: 1 MiB).
    static let maximumByteCount = 1 << 20
    /// Messages that one request receives at most.
    static let receiveLimit = 10

    let store: ExecutionStore
    let log: MessageLog
    let clock: any WallClock
    let machineClock: any WallClock
    let entropy: any Entropy
    let account: AccountContext
    private let queues: [String: Application.Queue]
    private let listeners = Mutex<[String: [@Sendable () -> Void]]>([:])
    private let sendCount = Mutex<UInt64>(0)
    private let changed = Broadcast()

    /// - Parameters:
    ///   - folder: Of the log's files.
    ///   - machineClock: Of requests that wait for messages; `clock` if nil.
    package init(
        _ queues: [Application.Queue], store: ExecutionStore, folder: String, clock: any WallClock,
        machineClock: (any WallClock)? = nil, entropy: any Entropy, account: AccountContext = AccountContext()
    ) {
        self.queues = Dictionary(queues.map { ($0.name, $0) }) { first, _ in first }
        self.store = store
        log = MessageLog(folder: folder)
        self.clock = clock
        self.machineClock = machineClock ?? clock
        self.entropy = entropy
        self.account = account
    }

    /// The template's queues, by name.
    var all: [Application.Queue] { queues.values.sorted { $0.name < $1.name } }

    /// The template's queue of this name, URL or ARN; nil when it has none.
    func queue(_ place: String) -> Application.Queue? { MessageLog.name(in: place).flatMap { queues[$0] } }

    /// Has `body` called whenever there may be something new to receive.
    func listen(to queue: String, _ body: @escaping @Sendable () -> Void) {
        listeners.withLock { $0[queue, default: []].append(body) }
    }

    func notify(_ queue: String) {
        let found = listeners.withLock { $0[queue] ?? [] }
        for listener in found { listener() }
        sendCount.withLock { $0 += 1 }
        changed.notify()
    }

    // MARK: - Sending

    /// A message as it is sent.
    struct Outgoing: Sendable {
        var id: String
        var body: String
        var attributes: [String: MessageAttribute] = [:]
        /// The queue's own when nil.
        var delay: Duration?
        var traceHeader: String?
        /// What else the log says of it.
        var remarks: JSONObject = [:]

        var byteCount: Int { body.utf8.count + MessageAttribute.byteCount(of: attributes) }
    }

    /// Sends a message to a queue of the template; it is kept when this returns.
    ///
    /// - Parameter deliveryID: The delivery that is done with it.
    func send(
        _ message: Outgoing, to queue: Application.Queue, deliveryID: Int64? = nil
    ) async throws(ExecutionError) -> QueueMessage {
        let now = clock.now
        var kept = QueueMessage(
            queue: queue.name, id: message.id, body: message.body, sentAt: now,
            visibleAt: now + (message.delay ?? .seconds(queue.delaySeconds)))
        kept.attributes = message.attributes
        kept.traceHeader = message.traceHeader
        try await store.send([kept], deliveryID: deliveryID)
        // The log is for people: the message itself is safe.
        try? write(message, to: queue.name, at: now)
        notify(queue.name)
        return kept
    }

    /// Notes a message to a queue or topic that there is nothing else of.
    func write(_ message: Outgoing, to name: String, at time: Timestamp) throws {
        var line: JSONObject = [
            "MessageId": .string(message.id), "Time": .string(time.iso8601), "Body": .string(message.body),
        ]
        if !message.attributes.isEmpty { line["MessageAttributes"] = MessageAttribute.json(message.attributes) }
        for (key, value) in message.remarks { line[key] = value }
        try log.append(line, to: name)
    }

    /// Makes a delivery to a queue or topic.
    ///
    /// - Returns: Why that can't be, which trying again does not change; nil when it is done.
    func deliver(_ delivery: QueuedDelivery) async throws(ExecutionError) -> String? {
        let message = Outgoing(
            id: delivery.name, body: String(decoding: delivery.payload, as: UTF8.self),
            attributes: delivery.details.attributes, traceHeader: delivery.traceID)
        guard let name = MessageLog.name(in: delivery.target.arn) else {
            return "\(delivery.target.arn) names no queue"
        }
        let queue = if case .queue = delivery.target { queues[name] } else { nil as Application.Queue? }
        let limit = queue?.maximumMessageByteCount ?? MessageQueues.maximumByteCount
        guard message.byteCount <= limit else {
            return "the message has \(message.byteCount) bytes, \(limit) are allowed"
        }
        if let queue {
            _ = try await send(message, to: queue, deliveryID: delivery.id)
        } else {
            do { try write(message, to: name, at: clock.now) } catch {
                throw ExecutionError(.storage, "could not write to \(log.folder)/\(name).jsonl", cause: error)
            }
            try await store.removeDelivery(delivery.id)
        }
        return nil
    }

    // MARK: - Receiving

    /// Where a queue's messages go that were received too often.
    func redrive(of queue: Application.Queue) -> ExecutionStore.Redrive? {
        guard let policy = queue.redrive, let target = self.queue(policy.deadLetterARN) else { return nil }
        return ExecutionStore.Redrive(
            queue: target.name, maximumReceiveCount: policy.maximumReceiveCount, source: queue.arn)
    }

    /// Takes messages that are visible, the oldest first; they are out of sight for `visibility`.
    func receive(
        from queue: Application.Queue, limit: Int, visibility: Duration? = nil, byteLimit: Int = .max
    ) async throws(ExecutionError) -> [QueueMessage] {
        let redrive = redrive(of: queue)
        let (messages, redriven) = try await store.receive(
            from: queue.name, at: clock.now, limit: limit,
            visibility: visibility ?? .seconds(queue.visibilityTimeoutSeconds),
            retention: .seconds(queue.retentionSeconds), byteLimit: byteLimit, redrive: redrive)
        if redriven > 0, let redrive { notify(redrive.queue) }
        return messages
    }

    /// As ``receive(from:limit:visibility:)``, waiting for messages up to `wait` of the machine's time.
    func receive(
        from queue: Application.Queue, limit: Int, visibility: Duration?, wait: Duration
    ) async throws -> [QueueMessage] {
        let deadline = machineClock.now + wait
        let alarm = Alarm(clock: machineClock) { [changed] in changed.notify() }
        let visibleAlarm = Alarm(clock: clock, name: "receive:\(queue.name)") { self.notify(queue.name) }
        defer {
            alarm.set(nil)
            visibleAlarm.set(nil)
        }
        while true {
            let seen = sendCount.withLock { $0 }
            let messages = try await receive(from: queue, limit: limit, visibility: visibility)
            guard messages.isEmpty, machineClock.now < deadline else { return messages }
            alarm.set(deadline)
            visibleAlarm.set(try await store.visibility(of: queue.name, at: clock.now).next)
            try await changed.wait { sendCount.withLock { $0 } != seen || machineClock.now >= deadline }
        }
    }

    func delete(_ messages: [QueueMessage], from queue: Application.Queue) async throws(ExecutionError) {
        try await store.delete(messages.map { ($0.number, $0.receiveCount) }, from: queue.name)
    }
}
