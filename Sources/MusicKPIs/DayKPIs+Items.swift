package import JSON

/// The table items that a day's KPIs become, as plain JSON objects: `pk`, `sk` and attributes.
///
/// - `GENRE#<genre>`, `DATE#<date>`: the KPIs; its attribute `date` puts it into the index by date.
/// - `GENRE#<genre>`, `TOP_SONGS#<date>`: a list of at most three songs.
/// - `DATE#<date>`, `TOP_GENRES`: a list of at most five genres.
extension DayKPIs {
    /// - Parameter nameOfTrack: A track's name and artists; nil for a track that the references no longer have.
    package func items(nameOfTrack: (ByteText) -> (name: String, artists: String)?) -> [JSONObject] {
        let version: JSONObject = ["partials": .int(partialCount), "partials_digest": .string(partialsDigest)]
        var items: [JSONObject] = []
        for genre in genres {
            let kpis: JSONObject = [
                "pk": .string("GENRE#\(genre.genre)"), "sk": .string("DATE#\(date)"), "date": .string(date),
                "genre": .string("\(genre.genre)"), "listen_count": .int(genre.listenCount),
                "unique_listeners": .int(genre.uniqueListeners), "total_listening_time": .int(genre.totalListeningTime),
                "avg_listening_time_per_user": .double(genre.averageListeningTimePerUser),
            ]
            let songs = genre.topTracks.enumerated().map { index, track -> JSONValue in
                let names = nameOfTrack(track.id)
                return [
                    "rank": .int(index + 1), "track_id": .string("\(track.id)"),
                    "track_name": .string(names?.name ?? ""), "artists": .string(names?.artists ?? ""),
                    "listen_count": .int(track.listenCount),
                ]
            }
            let top: JSONObject = [
                "pk": .string("GENRE#\(genre.genre)"), "sk": .string("TOP_SONGS#\(date)"),
                "genre": .string("\(genre.genre)"), "songs": .array(songs),
            ]
            items += [kpis, top].map { $0.merging(version) }
        }
        let genres = topGenres.enumerated().map { index, genre -> JSONValue in
            [
                "rank": .int(index + 1), "genre": .string("\(genre.genre)"), "listen_count": .int(genre.listenCount),
            ]
        }
        let top: JSONObject = ["pk": .string("DATE#\(date)"), "sk": "TOP_GENRES", "genres": .array(genres)]
        return items + [top.merging(version)]
    }
}

extension JSONObject {
    fileprivate func merging(_ other: JSONObject) -> JSONObject {
        var merged = self
        for (key, value) in other { merged[key] = value }
        return merged
    }
}
