import CSQLite
import Glibc

/// The one owner of a `sqlite3` handle and of what its busy handler looks at.
///
/// Statements hold on to it, so the connection is closed after the last of them.
@safe final class ConnectionHandle {
    // SAFETY: set once in `init`, closed once in `deinit`; never leaves the module.
    let pointer: OpaquePointer
    let path: String
    let wait: BusyWait

    init(path: String, flags: Int32, wait: BusyWait) throws(SQLiteError) {
        var opened: OpaquePointer?
        let result = unsafe sqlite3_open_v2(path, &opened, flags, nil)
        guard let pointer = unsafe opened, result == SQLITE_OK else {
            let error = unsafe SQLiteError(
                extendedCode: opened.map { unsafe sqlite3_extended_errcode($0) } ?? result,
                systemError: opened.map { unsafe sqlite3_system_errno($0) } ?? 0,
                message: opened.flatMap { unsafe sqlite3_errmsg($0) }.map { unsafe String(cString: $0) }
                    ?? "out of memory",
                operation: "open", sql: nil, path: path)
            unsafe sqlite3_close_v2(opened)
            throw error
        }
        unsafe self.pointer = pointer
        self.path = path
        self.wait = wait
        unsafe sqlite3_extended_result_codes(pointer, 1)
        unsafe sqlite3_busy_handler(
            pointer,
            { context, count in
                // SAFETY: the context is this handle's own `wait`, which lives as long as the connection.
                guard let context = unsafe context else { return 0 }
                return unsafe Unmanaged<BusyWait>.fromOpaque(context).takeUnretainedValue().waits(
                    before: Int(count) + 1) ? 1 : 0
            }, Unmanaged.passUnretained(wait).toOpaque())
    }

    // A connection whose statements are not all finalised becomes a zombie that goes with the last of them.
    deinit { unsafe sqlite3_close_v2(pointer) }

    /// The error of the call that has just failed on this connection.
    func lastError(_ operation: String, sql: String?) -> SQLiteError {
        unsafe SQLiteError(
            extendedCode: sqlite3_extended_errcode(pointer), systemError: sqlite3_system_errno(pointer),
            message: String(cString: sqlite3_errmsg(pointer)), operation: operation, sql: sql, path: path)
    }
}

/// How long a connection waits for another one's lock, and what ends the wait early.
final class BusyWait {
    let timeout: Duration
    var isCancelled: () -> Bool = { false }
    private var start = ContinuousClock.now

    init(timeout: Duration) { self.timeout = timeout }

    /// Sleeps a moment before the attempt with this number, counted from 1; false when the wait is over.
    func waits(before attempt: Int) -> Bool {
        if attempt == 1 { start = .now }
        guard !isCancelled(), start.duration(to: .now) < timeout else { return false }
        // 0.2 ms at first, since a transaction of this project takes less, up to 10 ms.
        let microseconds = min(200 << min(attempt - 1, 6), 10_000)
        usleep(UInt32(microseconds))
        return true
    }
}
