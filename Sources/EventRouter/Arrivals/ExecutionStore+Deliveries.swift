import Clocks
import JSON
import SQLite

extension ExecutionStore {
    /// Keeps deliveries, and what is to be remembered together with them.
    func enqueue(_ deliveries: [QueuedDelivery], remembering memory: [String: [UInt8]] = [:]) throws(ExecutionError) {
        try reporting("write") {
            try database.transaction {
                try insert(deliveries)
                for (name, value) in memory {
                    try database.execute(
                        "INSERT OR REPLACE INTO memory(name, value) VALUES(?, ?)", [.text(name), .blob(value)])
                }
            }
        }
    }

    /// Part of a transaction of the caller's.
    func insert(_ deliveries: [QueuedDelivery]) throws {
        for delivery in deliveries {
            let kind: DeliveryKind
            switch delivery.target {
            case .function: kind = .invocation
            case .stateMachine: kind = .execution
            case .queue, .topic: kind = .message
            }
            try database.execute(
                """
                INSERT INTO deliveries(kind, target, origin, name, payload, accepted, due, attempts, refusals, trace, client, details)
                VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    .text(kind.rawValue), .text(delivery.target.arn), .text(delivery.origin), .text(delivery.name),
                    .blob(delivery.payload), .integer(delivery.acceptedAt.microsecondsSinceEpoch),
                    .integer(delivery.due.microsecondsSinceEpoch), .integer(Int64(delivery.attempts)),
                    .integer(Int64(delivery.refusals)), delivery.traceID.map { .text($0) } ?? .null,
                    delivery.clientContext.map { .text($0) } ?? .null,
                    delivery.details.json.map { .blob($0.bytes()) } ?? .null,
                ])
        }
    }

    /// What a delivery makes.
    enum DeliveryKind: String {
        case execution
        case invocation
        case message

        func target(_ arn: String) -> QueuedDelivery.Target {
            switch self {
            case .execution: .stateMachine(arn: arn)
            case .invocation: .function(arn: arn)
            case .message: arn.split(separator: ":").dropFirst(2).first == "sns" ? .topic(arn: arn) : .queue(arn: arn)
            }
        }
    }

    /// Returns deliveries of a kind that are due, in the order in which they became so.
    func dueDeliveries(
        _ kind: DeliveryKind, at now: Timestamp, limit: Int
    ) throws(ExecutionError) -> [QueuedDelivery] {
        try reporting("read") {
            var found: [QueuedDelivery] = []
            try database.rows(
                """
                SELECT id, target, origin, name, payload, accepted, due, attempts, refusals, trace, client, details
                FROM deliveries WHERE kind = ? AND due <= ? ORDER BY due, id LIMIT ?
                """, [.text(kind.rawValue), .integer(now.microsecondsSinceEpoch), .integer(Int64(limit))]
            ) { row in
                var delivery = QueuedDelivery(
                    target: kind.target(row.text(1)), origin: row.text(2), name: row.text(3), payload: row.blob(4),
                    acceptedAt: Timestamp(microsecondsSinceEpoch: row.integer(5)),
                    due: Timestamp(microsecondsSinceEpoch: row.integer(6)))
                delivery.id = row.integer(0)
                delivery.attempts = Int(row.integer(7))
                delivery.refusals = Int(row.integer(8))
                delivery.traceID = row.isNull(9) ? nil : row.text(9)
                delivery.clientContext = row.isNull(10) ? nil : row.text(10)
                delivery.details = QueuedDelivery.Details(
                    json: row.isNull(11) ? nil : try? JSONValue(parsing: row.blob(11)))
                found.append(delivery)
            }
            return found
        }
    }

    /// When the next delivery that is not due yet will be; nil when there is none.
    func nextDue(after now: Timestamp) throws(ExecutionError) -> Timestamp? {
        try reporting("read") {
            try database.integer("SELECT min(due) FROM deliveries WHERE due > \(now.microsecondsSinceEpoch)")
                .map(Timestamp.init(microsecondsSinceEpoch:))
        }
    }

    /// Keeps a delivery's new due time and its counts of failures.
    func postpone(_ delivery: QueuedDelivery) throws(ExecutionError) {
        try reporting("write") {
            try database.execute(
                "UPDATE deliveries SET due = ?, attempts = ?, refusals = ?, details = ? WHERE id = ?",
                [
                    .integer(delivery.due.microsecondsSinceEpoch), .integer(Int64(delivery.attempts)),
                    .integer(Int64(delivery.refusals)), delivery.details.json.map { .blob($0.bytes()) } ?? .null,
                    .integer(delivery.id),
                ])
        }
    }

    /// Ends a delivery and keeps what follows from it.
    func finish(_ id: Int64, then following: [QueuedDelivery]) throws(ExecutionError) {
        try reporting("write") {
            try database.transaction {
                try insert(following)
                try database.execute("DELETE FROM deliveries WHERE id = ?", [.integer(id)])
            }
        }
    }

    func removeDelivery(_ id: Int64) throws(ExecutionError) {
        try reporting("write") { try database.execute("DELETE FROM deliveries WHERE id = ?", [.integer(id)]) }
    }

    /// How many deliveries are still to be made.
    package func deliveryCount() throws(ExecutionError) -> Int {
        try reporting("read") { Int(try database.integer("SELECT count(*) FROM deliveries") ?? 0) }
    }
}
