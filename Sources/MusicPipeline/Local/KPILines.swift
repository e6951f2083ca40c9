import FileSystem
import JSON
import MusicKPIs

/// The KPIs of days as JSON lines: a file of genres, one of their tracks and one of the days' genres.
struct KPILines {
    private var genres: [UInt8] = []
    private var tracks: [UInt8] = []
    private var tops: [UInt8] = []

    /// - Parameter days: Ascending.
    init(_ days: [(date: String, genres: [GenreKPIs])]) {
        for day in days {
            let begin = Array("{\"date\":".utf8) + JSONValue.string(day.date).bytes()
            for genre in day.genres {
                let head = begin + Array(",\"genre\":".utf8) + JSONValue.string("\(genre.genre)").bytes()
                genres += head
                genres += ",\"listen_count\":\(genre.listenCount),\"unique_listeners\":\(genre.uniqueListeners)".utf8
                genres += ",\"total_listening_time\":\(genre.totalListeningTime)".utf8
                genres += ",\"avg_listening_time_per_user\":".utf8
                genres += JSONValue.double(genre.averageListeningTimePerUser).bytes()
                genres += "}\n".utf8
                for (index, track) in genre.topTracks.enumerated() {
                    tracks += head
                    tracks += ",\"rank\":\(index + 1),\"track_id\":".utf8
                    tracks += JSONValue.string("\(track.id)").bytes()
                    tracks += ",\"listen_count\":\(track.listenCount)}\n".utf8
                }
            }
            for (index, genre) in DayKPIs.topGenres(of: day.genres).enumerated() {
                tops += begin
                tops += ",\"rank\":\(index + 1),\"genre\":".utf8
                tops += JSONValue.string("\(genre.genre)").bytes()
                tops += ",\"listen_count\":\(genre.listenCount)}\n".utf8
            }
        }
    }

    func write(to folder: String) throws {
        for (name, bytes) in [("genre_kpis", genres), ("top_tracks", tracks), ("top_genres", tops)] {
            try FileSystem.writeFileAtomically("\(folder)/\(name).jsonl", bytes)
        }
    }
}
