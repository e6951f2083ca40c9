/// Why an operation on a table failed. Messages name the table, never what an item holds.
public struct TableError: Error, Sendable {
    /// What a caller branches on.
    public enum Code: Sendable, Hashable {
        /// A condition did not hold; `index` is the place of the write in a transaction, else 0. Nothing was written.
        case conditionFailed(index: Int)
        /// The service asks for fewer requests; try again later.
        case throttled
        /// Another process held the database for longer than the time to wait; try again later.
        case locked
        /// An item of more than 400 KB.
        case tooLarge
        /// A key attribute is missing, empty, too long, of another type, or an update would change it.
        case invalidKey
        /// A value that no table can hold: a number out of range, an addition to something that is no number.
        case invalidItem
        /// More entries than a call takes, the same key twice, an unknown index, a bad limit.
        case invalidRequest
        case noSpace
        /// The place can't be written to.
        case readOnly
        /// The file is no database, or is damaged.
        case corrupt
        /// The table was made with other keys than the schema asks for.
        case schemaMismatch
        case io
    }

    public let code: Code
    /// The call that failed: `get`, `put`, `query`, ...
    public let operation: String
    public let table: String
    /// What was found and what to do, in words.
    public let detail: String
    public let cause: (any Error)?

    public init(_ code: Code, operation: String, table: String, detail: String, cause: (any Error)? = nil) {
        self.code = code
        self.operation = operation
        self.table = table
        self.detail = detail
        self.cause = cause
    }

    /// Whether the same call may well succeed later: ``Code/throttled`` and ``Code/locked``.
    public var isTransient: Bool { code == .throttled || code == .locked }
    /// Whether a condition did not hold, whichever write it belonged to.
    public var isConditionFailed: Bool { if case .conditionFailed = code { true } else { false } }
}

extension TableError: CustomStringConvertible {
    public var description: String {
        "\(code) on \(operation) in table \(table): \(detail)" + (cause.map { " (\($0))" } ?? "")
    }
}

extension TableError.Code: CustomStringConvertible {
    public var description: String {
        switch self {
        case .conditionFailed: "conditionFailed"
        case .throttled: "throttled"
        case .locked: "locked"
        case .tooLarge: "tooLarge"
        case .invalidKey: "invalidKey"
        case .invalidItem: "invalidItem"
        case .invalidRequest: "invalidRequest"
        case .noSpace: "noSpace"
        case .readOnly: "readOnly"
        case .corrupt: "corrupt"
        case .schemaMismatch: "schemaMismatch"
        case .io: "io"
        }
    }
}
