import CSQLite

/// A call of SQLite that failed. It holds the statement's text but never a bound value.
package struct SQLiteError: Error, Sendable, Hashable {
    /// What a caller branches on.
    package enum Code: Sendable, Hashable {
        /// Another connection holds the lock, and the time to wait is over.
        case busy
        /// A constraint of the schema does not hold.
        case constraint
        /// The disk is full.
        case full
        /// The file or its folder can't be written to.
        case readOnly
        /// The file can't be opened or made.
        case cannotOpen
        /// The file is damaged.
        case corrupt
        /// The file is no SQLite database.
        case notADatabase
        /// Reading or writing the file failed.
        case io
        /// Any other result code.
        case other(Int32)
    }

    package let code: Code
    /// SQLite's extended result code.
    package let extendedCode: Int32
    /// The system's error number of a failed file operation, or 0.
    package let systemError: Int32
    /// SQLite's own words.
    package let message: String
    /// What was being done: `open`, `prepare`, `step`, ...
    package let operation: String
    /// The statement as it was prepared, or nil where there was none.
    package let sql: String?
    /// The database's file.
    package let path: String

    package init(
        extendedCode: Int32, systemError: Int32 = 0, message: String, operation: String, sql: String?, path: String
    ) {
        self.code = Code(extendedCode, systemError)
        self.extendedCode = extendedCode
        self.systemError = systemError
        self.message = message
        self.operation = operation
        self.sql = sql
        self.path = path
    }
}

extension SQLiteError.Code {
    /// ENOSPC and EDQUOT: the write-ahead log's index reports a full disk as an I/O error with one of these.
    private static let noSpaceErrors: Set<Int32> = [28, 122]

    fileprivate init(_ extendedCode: Int32, _ systemError: Int32) {
        switch extendedCode & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED: self = .busy
        case SQLITE_CONSTRAINT: self = .constraint
        case SQLITE_FULL: self = .full
        case SQLITE_READONLY, SQLITE_PERM: self = .readOnly
        case SQLITE_CANTOPEN: self = Self.noSpaceErrors.contains(systemError) ? .full : .cannotOpen
        case SQLITE_CORRUPT: self = .corrupt
        case SQLITE_NOTADB: self = .notADatabase
        case SQLITE_IOERR: self = Self.noSpaceErrors.contains(systemError) ? .full : .io
        case let code: self = .other(code)
        }
    }
}

extension SQLiteError: CustomStringConvertible {
    package var description: String {
        let meaning = unsafe sqlite3_errstr(extendedCode).map { unsafe String(cString: $0) } ?? "unknown"
        var text = "SQLite \(extendedCode) (\(meaning)) on \(operation) of \(path)"
        if message != meaning { text += ": \(message)" }
        if systemError != 0 { text += ", system error \(systemError)" }
        if let remedy { text += "; \(remedy)" }
        return sql.map { "\(text), in: \($0)" } ?? text
    }

    /// What to do, where the code alone says it.
    private var remedy: String? {
        switch code {
        case .full: "free space on its disk"
        case .readOnly, .cannotOpen: "make the file and its folder writable for this user"
        case .busy: "another process holds it; end that one's transaction"
        default: nil
        }
    }
}
