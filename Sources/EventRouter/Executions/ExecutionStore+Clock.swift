import Clocks
import SQLite

extension ExecutionStore {
    /// The name under which the time of a virtual clock is kept.
    private static let clockName = "clock"

    /// The time that a virtual clock had last; nil when there was none.
    func virtualTime() throws(ExecutionError) -> Timestamp? {
        try memory(ExecutionStore.clockName).flatMap { Timestamp(iso8601: String(decoding: $0, as: UTF8.self)) }
    }

    func keepVirtualTime(_ time: Timestamp) throws(ExecutionError) {
        try enqueue([], remembering: [ExecutionStore.clockName: Array(time.spelled(fractionDigits: 6).utf8)])
    }

    /// The latest time of anything that is recorded; nil when nothing is.
    ///
    /// - Complexity: O(*n*) in the number of executions and their steps.
    func latestRecordedTime() throws(ExecutionError) -> Timestamp? {
        try reporting("read") {
            try database.integer(
                """
                SELECT max(time) FROM (SELECT max(started) AS time FROM executions UNION ALL
                SELECT max(stopped) FROM executions UNION ALL SELECT max(time) FROM inputs UNION ALL
                SELECT max(accepted) FROM deliveries)
                """
            ).map(Timestamp.init(microsecondsSinceEpoch:))
        }
    }
}
