import FileSystem
import JSON
import MusicKPIs

/// The KPIs of days as JSON lines: a file of genres, one of their tracks and one of the days' genres.
struct KPILines: Sendable {
    private var genres: [UInt8] = []
    private var tracks: [UInt8] = []
    private var tops: [UInt8] = []

    /// The lines of days, ascending; days are worked on at the same time.
    static func lines(of days: [Int32: DayAggregate], _ tracks: TrackTable) async -> KPILines {
        await withTaskGroup(of: (day: Int32, lines: KPILines).self) { group in
            for (day, aggregate) in days {
                group.addTask { (day, KPILines(DayFiles.date(of: day), aggregate.genres(tracks))) }
            }
            var done: [(day: Int32, lines: KPILines)] = []
            for await lines in group { done.append(lines) }
            return done.sorted { $0.day < $1.day }.reduce(into: KPILines()) { all, next in
                all.genres += next.lines.genres
                all.tracks += next.lines.tracks
                all.tops += next.lines.tops
            }
        }
    }

    private init() {}

    /// - Parameter ofDay: Ascending.
    private init(_ date: String, _ ofDay: [GenreKPIs]) {
        var begin: [UInt8] = []
        begin.append(member: "{\"date\":", ByteText(date))
        for genre in ofDay {
            var head = begin
            head.append(member: ",\"genre\":", genre.genre)
            genres += head
            genres.append(member: ",\"listen_count\":", genre.listenCount)
            genres.append(member: ",\"unique_listeners\":", genre.uniqueListeners)
            genres.append(member: ",\"total_listening_time\":", genre.totalListeningTime)
            genres += ",\"avg_listening_time_per_user\":".utf8
            genres += JSONValue.double(genre.averageListeningTimePerUser).bytes()
            genres += "}\n".utf8
            for (index, track) in genre.topTracks.enumerated() {
                tracks += head
                tracks.append(member: ",\"rank\":", index + 1)
                tracks.append(member: ",\"track_id\":", track.id)
                tracks.append(member: ",\"listen_count\":", track.listenCount)
                tracks += "}\n".utf8
            }
        }
        for (index, genre) in DayKPIs.topGenres(of: ofDay).enumerated() {
            tops += begin
            tops.append(member: ",\"rank\":", index + 1)
            tops.append(member: ",\"genre\":", genre.genre)
            tops.append(member: ",\"listen_count\":", genre.listenCount)
            tops += "}\n".utf8
        }
    }

    func write(to folder: String) throws {
        for (name, bytes) in [("genre_kpis", genres), ("top_tracks", tracks), ("top_genres", tops)] {
            try FileSystem.writeFileAtomically("\(folder)/\(name).jsonl", bytes)
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(member: StaticString, _ value: Int) {
        append(member)
        append(contentsOf: "\(value)".utf8)
    }

    fileprivate mutating func append(member: StaticString, _ value: ByteText) {
        append(member)
        // Of what is written as it is there is no need to make a string.
        if value.bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            append(UInt8(ascii: "\""))
            append(contentsOf: value.bytes)
            append(UInt8(ascii: "\""))
        } else {
            append(contentsOf: JSONValue.string("\(value)").bytes())
        }
    }

    private mutating func append(_ text: StaticString) {
        // SAFETY: the text is there as long as the program.
        unsafe append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
