import CSV

/// One good row of a stream file.
struct StreamRow {
    let user: Int64
    /// Microseconds since 1970.
    let time: Int64

    /// Why a row is no good.
    enum Problem: String {
        case userID = "user_id is no 64-bit integer"
        case trackID = "track_id is empty"
        case listenTime = "listen_time is no time as YYYY-MM-DD HH:MM:SS"

        /// The column's position in ``StreamFile/columns``.
        var column: String {
            switch self {
            case .userID: "user_id"
            case .trackID: "track_id"
            case .listenTime: "listen_time"
            }
        }
    }

    /// Checks a row: the one rule that validation and processing share.
    static func check(_ batch: CSVBatch, _ row: Int) -> Result<StreamRow, Problem> {
        guard let user = batch.columns[0].int64(row) else { return .failure(.userID) }
        guard !batch.columns[1].range(row).isEmpty else { return .failure(.trackID) }
        guard let time = batch.columns[2].timestampMicroseconds(row) else { return .failure(.listenTime) }
        return .success(StreamRow(user: user, time: time))
    }
}

extension StreamRow.Problem: Error {}
