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

    /// The values of ``columns``.
    static func values(
        _ rows: SortedRows, _ day: Int32, _ tracks: TrackTable, _ users: UserTable, _ unknownUsers: [Int64]
    ) -> [RowGroupColumn] {
        let trackRuns = rows.counts.map { CodeRun(code: tracks.trackOfPair[Int($0.code)], count: $0.count) }
        var genreRuns: [CodeRun] = []
        for run in rows.counts {
            let genre = tracks.genreOfPair[Int(run.code)]
            if genreRuns.last?.code == genre {
                genreRuns[genreRuns.count - 1].count += run.count
            } else {
                genreRuns.append(CodeRun(code: genre, count: run.count))
            }
        }
        return [
            .codes(rows.users, .joinedInt64s(users.ids, unknownUsers)),
            .runs(trackRuns, .texts(tracks.tracks.keys)),
            times(rows.times, day),
            .runs(genreRuns, .texts(tracks.genres)),
            .runs(trackRuns, .texts(tracks.names)),
            .runs(trackRuns, .texts(tracks.artists)),
            .runs([CodeRun(code: 0, count: UInt32(rows.users.count))], .int32s([Int32(DayKPIs.listenDuration)])),
            .mappedCodes(rows.users, through: users.ages, .int32s(users.ageValues)),
            .mappedCodes(rows.users, through: users.countries, .texts(users.countryValues)),
        ]
    }

    private static func times(_ times: SortedRows.Times, _ day: Int32) -> RowGroupColumn {
        switch times {
        case .microseconds(let times): .int64s(times)
        case .seconds(let seconds):
            .codes(
                seconds,
                .progression(
                    first: Int64(day) * DayRows.microsecondsPerDay, step: microsecondsPerSecond, count: secondsPerDay))
        }
    }
}
