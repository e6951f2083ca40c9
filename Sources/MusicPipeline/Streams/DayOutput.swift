import MusicKPIs
import Parquet
import Storage

/// What one file gives for one day: its Parquet object, being written, and its counts.
struct DayOutput {
    /// Rows collected before they go to the Parquet writer.
    static let bufferedRowLimit = 8_192

    static let columns = [
        ParquetColumn("user_id", .int64), ParquetColumn("track_id", .utf8),
        ParquetColumn("timestamp", .timestampMicros),
        ParquetColumn("genre", .utf8), ParquetColumn("track_name", .utf8), ParquetColumn("artists", .utf8),
        ParquetColumn("listen_duration", .int32), ParquetColumn("user_age", .int32, isOptional: true),
        ParquetColumn("user_country", .utf8, isOptional: true),
    ]

    let date: String
    private(set) var builder = PartialBuilder()
    private(set) var rowCount = 0
    private var writer: ParquetWriter
    private let object: any ObjectWriter
    private var users: [Int64] = []
    private var tracks: [Int32] = []
    private var times: [Int64] = []
    private var genres: [Int32] = []
    private var ages: [Int32?] = []
    private var countries: [Int32] = []

    init(date: String, songs: Songs, users: Users, object: any ObjectWriter) {
        self.date = date
        self.object = object
        writer = ParquetWriter(
            columns: DayOutput.columns,
            dictionaries: [1: songs.ids, 3: songs.genres, 4: songs.names, 5: songs.artists, 8: users.countries])
    }

    mutating func add(_ row: StreamRow, track: Int32, genre: Int32, age: Int32?, country: Int32) {
        users.append(row.user)
        tracks.append(track)
        times.append(row.time)
        genres.append(genre)
        ages.append(age)
        countries.append(country)
        rowCount += 1
        builder.add(user: row.user, track: track, genre: genre)
    }

    /// Hands collected rows on; when `isForced` even a few.
    mutating func flush(isForced: Bool = false) async throws {
        guard !users.isEmpty, isForced || users.count >= DayOutput.bufferedRowLimit else { return }
        try writer.append([
            .int64(users), .indices(tracks), .timestampMicros(times), .indices(genres), .indices(tracks),
            .indices(tracks),
            .int32(Array(repeating: Int32(DayKPIs.listenDuration), count: users.count)), .int32(ages),
            .indices(countries),
        ])
        users.removeAll(keepingCapacity: true)
        tracks.removeAll(keepingCapacity: true)
        times.removeAll(keepingCapacity: true)
        genres.removeAll(keepingCapacity: true)
        ages.removeAll(keepingCapacity: true)
        countries.removeAll(keepingCapacity: true)
        let bytes = writer.takeBytes()
        if !bytes.isEmpty { try await object.write(bytes) }
    }

    /// Ends the Parquet object; only then it can be seen.
    mutating func finish() async throws -> ObjectMetadata {
        try await flush(isForced: true)
        try writer.finish()
        try await object.write(writer.takeBytes())
        return try await object.finish(condition: .none)
    }

    func abort() async { await object.abort() }
}
