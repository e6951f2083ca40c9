import MusicKPIs
package import Parquet

extension DayBatch {
    /// The columns of the processed rows.
    package static let columns = [
        ParquetColumn("user_id", .int64), ParquetColumn("track_id", .utf8),
        ParquetColumn("timestamp", .timestampMicros),
        ParquetColumn("genre", .utf8), ParquetColumn("track_name", .utf8), ParquetColumn("artists", .utf8),
        ParquetColumn("listen_duration", .int32), ParquetColumn("user_age", .int32, isOptional: true),
        ParquetColumn("user_country", .utf8, isOptional: true),
    ]

    private static let microsecondsPerSecond: Int64 = 1_000_000
    private static let secondsPerDay = 86_400

    /// The values of ``columns`` for rows that are ordered by pair.
    static func values(
        _ rows: [EnrichedRow], _ counts: [CodeRun], _ day: Int32, _ tracks: TrackTable, _ users: UserTable,
        _ unknownUsers: [Int64]
    ) -> [RowGroupColumn] {
        let trackRuns = counts.map { CodeRun(code: tracks.trackOfPair[Int($0.code)], count: $0.count) }
        var genreRuns: [CodeRun] = []
        for run in counts {
            let genre = tracks.genreOfPair[Int(run.code)]
            if genreRuns.last?.code == genre {
                genreRuns[genreRuns.count - 1].count += run.count
            } else {
                genreRuns.append(CodeRun(code: genre, count: run.count))
            }
        }
        let listeners = rows.map(\.user)
        let known = UInt32(users.count)
        return [
            .codes(listeners, .int64s(unknownUsers.isEmpty ? users.ids : users.ids + unknownUsers)),
            .runs(trackRuns, .texts(tracks.tracks.keys)),
            times(rows, day),
            .runs(genreRuns, .texts(tracks.genres)),
            .runs(trackRuns, .texts(tracks.names)),
            .runs(trackRuns, .texts(tracks.artists)),
            .runs([CodeRun(code: 0, count: UInt32(rows.count))], .int32s([Int32(DayKPIs.listenDuration)])),
            .codes(listeners.map { $0 < known ? users.ages[Int($0)] : .max }, .int32s(users.ageValues)),
            .codes(listeners.map { $0 < known ? users.countries[Int($0)] : .max }, .texts(users.countryValues)),
        ]
    }

    /// Whole seconds, as nearly all times are, have at most 86,400 values in a day.
    private static func times(_ rows: [EnrichedRow], _ day: Int32) -> RowGroupColumn {
        let start = Int64(day) * DayRows.microsecondsPerDay
        guard rows.allSatisfy({ ($0.time - start) % microsecondsPerSecond == 0 }) else {
            return .int64s(rows.map(\.time))
        }
        return .codes(
            rows.map { UInt32(($0.time - start) / microsecondsPerSecond) },
            .progression(first: start, step: microsecondsPerSecond, count: secondsPerDay))
    }
}
