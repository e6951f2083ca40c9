import CSQLite

/// A prepared statement, and the row it stands on.
///
/// Belongs to the thread that uses its ``Database``. Finalised when the last reference goes.
@safe package final class Statement {
    // SAFETY: set once in `init`, finalised once in `deinit`; never leaves the module.
    private let pointer: OpaquePointer
    private let handle: ConnectionHandle
    package let sql: String

    init(_ sql: String, on handle: ConnectionHandle) throws(SQLiteError) {
        var prepared: OpaquePointer?
        let result = unsafe sqlite3_prepare_v3(
            handle.pointer, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard result == SQLITE_OK else { throw handle.lastError("prepare", sql: sql) }
        guard let pointer = unsafe prepared else {
            throw SQLiteError(
                extendedCode: SQLITE_MISUSE, message: "there is no statement in the text", operation: "prepare",
                sql: sql,
                path: handle.path)
        }
        unsafe self.pointer = pointer
        self.handle = handle
        self.sql = sql
    }

    deinit { unsafe sqlite3_finalize(pointer) }

    /// Binds all parameters, in their order.
    ///
    /// - Precondition: There are as many values as parameters.
    package func bind(_ values: [SQLiteValue]) throws(SQLiteError) {
        let count = unsafe Int(sqlite3_bind_parameter_count(pointer))
        precondition(values.count == count, "\(values.count) values for \(count) parameters of: \(sql)")
        for (index, value) in values.enumerated() {
            let place = Int32(index + 1)
            let result =
                switch value {
                case .null: unsafe sqlite3_bind_null(pointer, place)
                case .integer(let value): unsafe sqlite3_bind_int64(pointer, place, value)
                case .real(let value): unsafe sqlite3_bind_double(pointer, place, value)
                case .text(var text):
                    // SAFETY: SQLite copies the bytes during the call.
                    text.withUTF8 { buffer in
                        unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
                            unsafe turntable_bind_text(pointer, place, characters.baseAddress, UInt64(characters.count))
                        }
                    }
                case .blob(let bytes):
                    // SAFETY: SQLite copies the bytes during the call.
                    unsafe bytes.withUnsafeBytes { buffer in
                        unsafe turntable_bind_blob(pointer, place, buffer.baseAddress, UInt64(buffer.count))
                    }
                }
            guard result == SQLITE_OK else { throw handle.lastError("bind", sql: sql) }
        }
    }

    /// Goes to the next row; false after the last.
    package func step() throws(SQLiteError) -> Bool {
        switch unsafe sqlite3_step(pointer) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw handle.lastError("step", sql: sql)
        }
    }

    /// Makes the statement ready to be run again, its parameters being NULL: no value outlives its use.
    package func reset() {
        // The result repeats the error of the last step, which has been thrown already.
        _ = unsafe sqlite3_reset(pointer)
        _ = unsafe sqlite3_clear_bindings(pointer)
    }

    package var columnCount: Int { unsafe Int(sqlite3_column_count(pointer)) }

    // MARK: The row's columns, counted from 0. SQLite converts between types; a NULL is 0 or empty.

    package func isNull(_ column: Int) -> Bool { unsafe sqlite3_column_type(pointer, Int32(column)) == SQLITE_NULL }

    package func integer(_ column: Int) -> Int64 { unsafe sqlite3_column_int64(pointer, Int32(column)) }

    package func real(_ column: Int) -> Double { unsafe sqlite3_column_double(pointer, Int32(column)) }

    package func text(_ column: Int) -> String {
        // The length in bytes is asked for after the conversion to text, which can change it.
        guard let characters = unsafe sqlite3_column_text(pointer, Int32(column)) else { return "" }
        let count = unsafe Int(sqlite3_column_bytes(pointer, Int32(column)))
        // SAFETY: SQLite keeps `count` bytes there until the next step or conversion; they are copied here.
        return unsafe String(decoding: UnsafeBufferPointer(start: characters, count: count), as: UTF8.self)
    }

    package func blob(_ column: Int) -> [UInt8] {
        guard let bytes = unsafe sqlite3_column_blob(pointer, Int32(column)) else { return [] }
        let count = unsafe Int(sqlite3_column_bytes(pointer, Int32(column)))
        // SAFETY: SQLite keeps `count` bytes there until the next step or conversion; they are copied here.
        return unsafe [UInt8](UnsafeRawBufferPointer(start: bytes, count: count))
    }
}
