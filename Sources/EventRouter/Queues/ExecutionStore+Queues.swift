package import Clocks
import Delivery
import JSON
import SQLite

extension ExecutionStore {
    /// What layout 4 adds: the messages of queues, and what else is known of a delivery.
    static let queueSchema = [
        """
        CREATE TABLE messages(
            id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, message TEXT NOT NULL, body BLOB NOT NULL,
            attributes BLOB NOT NULL, sent INTEGER NOT NULL, visible INTEGER NOT NULL, receives INTEGER NOT NULL,
            first_received INTEGER, trace TEXT, source TEXT)
        """,
        "CREATE INDEX messages_by_queue ON messages(queue, visible, id)",
        "CREATE INDEX messages_by_age ON messages(queue, sent)",
        "ALTER TABLE deliveries ADD COLUMN details BLOB",
    ]

    /// Where messages go that were received too often.
    struct Redrive: Sendable {
        /// The queue's name.
        var queue: String
        var maximumReceiveCount: Int
        /// The ARN of the queue that they were in.
        var source: String
    }

    private static let messageColumns =
        "id, queue, message, body, attributes, sent, visible, receives, first_received, trace, source"

    private static func message(_ row: Statement) -> QueueMessage {
        var message = QueueMessage(
            queue: row.text(1), id: row.text(2), body: String(decoding: row.blob(3), as: UTF8.self),
            sentAt: Timestamp(microsecondsSinceEpoch: row.integer(5)),
            visibleAt: Timestamp(microsecondsSinceEpoch: row.integer(6)))
        message.number = row.integer(0)
        message.attributes = MessageAttribute.all(in: try? JSONValue(parsing: row.blob(4))) ?? [:]
        message.receiveCount = Int(row.integer(7))
        message.firstReceivedAt = row.isNull(8) ? nil : Timestamp(microsecondsSinceEpoch: row.integer(8))
        message.traceHeader = row.optionalText(9)
        message.deadLetterSource = row.optionalText(10)
        return message
    }

    /// Part of a transaction of the caller's.
    private func insert(_ message: QueueMessage) throws {
        try database.execute(
            """
            INSERT INTO messages(queue, message, body, attributes, sent, visible, receives, first_received, trace, source)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(message.queue), .text(message.id), .blob(Array(message.body.utf8)),
                .blob(MessageAttribute.json(message.attributes).bytes()),
                .integer(message.sentAt.microsecondsSinceEpoch), .integer(message.visibleAt.microsecondsSinceEpoch),
                .integer(Int64(message.receiveCount)),
                message.firstReceivedAt.map { .integer($0.microsecondsSinceEpoch) } ?? .null,
                SQLiteValue(message.traceHeader), SQLiteValue(message.deadLetterSource),
            ])
    }

    /// Keeps messages; the delivery that brought one is done with it.
    func send(_ messages: [QueueMessage], deliveryID: Int64? = nil) throws(ExecutionError) {
        try reporting("write") {
            try database.transaction {
                for message in messages { try insert(message) }
                if let deliveryID {
                    try database.execute("DELETE FROM deliveries WHERE id = ?", [.integer(deliveryID)])
                }
            }
        }
    }

    /// Takes messages that are visible out of the others' sight, the oldest first. Those that are too old are removed;
    /// those that were received too often go to the dead-letter queue instead.
    ///
    /// - Parameter byteLimit: Of all messages together; the first comes even if it is larger.
    func receive(
        from queue: String, at now: Timestamp, limit: Int, visibility: Duration, retention: Duration,
        byteLimit: Int = .max, redrive: Redrive?
    ) throws(ExecutionError) -> (messages: [QueueMessage], redriven: Int) {
        try reporting("receive") {
            var found: [QueueMessage] = []
            var redriven = 0
            try database.transaction {
                try database.execute(
                    "DELETE FROM messages WHERE queue = ? AND sent <= ?",
                    [.text(queue), .integer((now - retention).microsecondsSinceEpoch)])
                if let redrive {
                    try database.execute(
                        """
                        UPDATE messages SET queue = ?, receives = 0, first_received = NULL, source = ?
                        WHERE queue = ? AND visible <= ? AND receives >= ?
                        """,
                        [
                            .text(redrive.queue), .text(redrive.source), .text(queue),
                            .integer(now.microsecondsSinceEpoch), .integer(Int64(redrive.maximumReceiveCount)),
                        ])
                    redriven = database.changedRowCount
                }
                guard limit > 0 else { return }
                try database.rows(
                    "SELECT \(ExecutionStore.messageColumns) FROM messages WHERE queue = ? AND visible <= ? ORDER BY id LIMIT ?",
                    [.text(queue), .integer(now.microsecondsSinceEpoch), .integer(Int64(limit))]
                ) { found.append(ExecutionStore.message($0)) }
                var byteCount = 0
                let count = found.prefix {
                    byteCount += $0.byteCount
                    return byteCount <= byteLimit
                }.count
                // One at least, however large.
                found.removeLast(found.count - max(count, min(found.count, 1)))
                for index in found.indices {
                    found[index].receiveCount += 1
                    found[index].firstReceivedAt = found[index].firstReceivedAt ?? now
                    found[index].visibleAt = now + visibility
                    try database.execute(
                        "UPDATE messages SET receives = receives + 1, first_received = ?, visible = ? WHERE id = ?",
                        [
                            .integer((found[index].firstReceivedAt ?? now).microsecondsSinceEpoch),
                            .integer(found[index].visibleAt.microsecondsSinceEpoch), .integer(found[index].number),
                        ])
                }
            }
            return (found, redriven)
        }
    }

    /// Removes messages that were received and not again since.
    func delete(_ messages: [(number: Int64, receiveCount: Int)], from queue: String) throws(ExecutionError) {
        try reporting("write") {
            try database.transaction {
                for message in messages {
                    try database.execute(
                        "DELETE FROM messages WHERE id = ? AND receives = ? AND queue = ?",
                        [.integer(message.number), .integer(Int64(message.receiveCount)), .text(queue)])
                }
            }
        }
    }

    /// Moves messages to a dead-letter queue whatever their counts are.
    func redrive(_ messages: [QueueMessage], _ redrive: Redrive, at now: Timestamp) throws(ExecutionError) {
        try reporting("write") {
            try database.transaction {
                for message in messages {
                    try database.execute(
                        """
                        UPDATE messages SET queue = ?, receives = 0, first_received = NULL, source = ?, visible = ?
                        WHERE id = ? AND receives = ?
                        """,
                        [
                            .text(redrive.queue), .text(redrive.source), .integer(now.microsecondsSinceEpoch),
                            .integer(message.number), .integer(Int64(message.receiveCount)),
                        ])
                }
            }
        }
    }

    /// - Returns: False when the message was deleted or received again.
    func changeVisibility(
        of number: Int64, receiveCount: Int, in queue: String, until time: Timestamp, at now: Timestamp
    ) throws(ExecutionError) -> Bool {
        try reporting("write") {
            try database.execute(
                "UPDATE messages SET visible = ? WHERE id = ? AND receives = ? AND queue = ? AND visible > ?",
                [
                    .integer(time.microsecondsSinceEpoch), .integer(number), .integer(Int64(receiveCount)),
                    .text(queue),
                    .integer(now.microsecondsSinceEpoch),
                ])
            return database.changedRowCount == 1
        }
    }

    func purge(_ queue: String) throws(ExecutionError) {
        try reporting("write") { try database.execute("DELETE FROM messages WHERE queue = ?", [.text(queue)]) }
    }

    /// Counts a queue's messages.
    package func queueCounts(_ queue: String, at now: Timestamp) throws(ExecutionError) -> QueueCounts {
        guard layout >= 4 else { return QueueCounts() }
        return try reporting("read") {
            try database.firstRow(
                """
                SELECT count(*) FILTER (WHERE visible <= ?1), count(*) FILTER (WHERE visible > ?1 AND receives > 0),
                    count(*) FILTER (WHERE visible > ?1 AND receives = 0) FROM messages WHERE queue = ?2
                """, [.integer(now.microsecondsSinceEpoch), .text(queue)]
            ) { row in
                var counts = QueueCounts()
                counts.visible = Int(row.integer(0))
                counts.inFlight = Int(row.integer(1))
                counts.delayed = Int(row.integer(2))
                return counts
            } ?? QueueCounts()
        }
    }

    /// The names of queues that have messages.
    package func queueNames() throws(ExecutionError) -> [String] {
        guard layout >= 4 else { return [] }
        return try reporting("read") {
            var names: [String] = []
            try database.rows("SELECT DISTINCT queue FROM messages ORDER BY queue") { names.append($0.text(0)) }
            return names
        }
    }

    /// Returns a queue's messages without receiving them, the oldest first.
    package func messages(
        of queue: String, visibleAt time: Timestamp? = nil, limit: Int
    ) throws(ExecutionError) -> [QueueMessage] {
        guard layout >= 4 else { return [] }
        return try reporting("read") {
            var found: [QueueMessage] = []
            try database.rows(
                "SELECT \(ExecutionStore.messageColumns) FROM messages WHERE queue = ? AND visible <= ? ORDER BY id LIMIT ?",
                [.text(queue), .integer(time?.microsecondsSinceEpoch ?? .max), .integer(Int64(limit))]
            ) { found.append(ExecutionStore.message($0)) }
            return found
        }
    }

    /// When the next message that is not visible yet will be, and since when the one is that was first; nil without any.
    func visibility(of queue: String, at now: Timestamp) throws(ExecutionError) -> (since: Timestamp?, next: Timestamp?)
    {
        try reporting("read") {
            try database.firstRow(
                """
                SELECT min(visible) FILTER (WHERE visible <= ?1), min(visible) FILTER (WHERE visible > ?1)
                FROM messages WHERE queue = ?2
                """, [.integer(now.microsecondsSinceEpoch), .text(queue)]
            ) { row in
                func time(_ column: Int) -> Timestamp? {
                    row.isNull(column) ? nil : Timestamp(microsecondsSinceEpoch: row.integer(column))
                }
                return (time(0), time(1))
            } ?? (nil, nil)
        }
    }

    /// The time of the router's pipeline as far as those can tell who look at it from outside: a virtual clock's, if the
    /// folder has one and no message is later.
    ///
    /// - Parameter now: Else this.
    package func pipelineTime(machine now: Timestamp) throws(ExecutionError) -> Timestamp {
        guard layout >= 4, let virtual = try virtualTime() else { return now }
        let last = try reporting("read") { try database.integer("SELECT max(sent) FROM messages") }
        return last.map { $0 > virtual.microsecondsSinceEpoch } == true ? now : virtual
    }
}
