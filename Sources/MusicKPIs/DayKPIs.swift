/// The KPIs of one genre on one day.
package struct GenreKPIs: Sendable, Hashable {
    package struct Track: Sendable, Hashable {
        package let id: ByteText
        package let listenCount: Int

        package init(id: ByteText, listenCount: Int) {
            self.id = id
            self.listenCount = listenCount
        }
    }

    package let genre: ByteText
    package let listenCount: Int
    package let uniqueListeners: Int
    /// At most three, by listens, ties by id.
    package let topTracks: [Track]

    package init(genre: ByteText, listenCount: Int, uniqueListeners: Int, topTracks: [Track]) {
        self.genre = genre
        self.listenCount = listenCount
        self.uniqueListeners = uniqueListeners
        self.topTracks = topTracks
    }

    /// Seconds; each listen counts as 180 s.
    package var totalListeningTime: Int { listenCount * DayKPIs.listenDuration }
    /// Seconds for each listener.
    package var averageListeningTimePerUser: Double { Double(totalListeningTime) / Double(max(1, uniqueListeners)) }
}

/// The KPIs of one day.
package struct DayKPIs: Sendable, Hashable {
    /// Seconds that each listen counts for.
    package static let listenDuration = 180
    package static let topTrackCount = 3
    package static let topGenreCount = 5

    package let date: String
    /// Partials merged, and their digest: which data the KPIs are of.
    package let partialCount: Int
    package let partialsDigest: String
    /// Ascending by name.
    package let genres: [GenreKPIs]

    /// By listens, ties by name.
    package var topGenres: [GenreKPIs] { DayKPIs.topGenres(of: genres) }

    /// The most heard of some genres, by listens, ties by name.
    package static func topGenres(of genres: [GenreKPIs]) -> [GenreKPIs] {
        Array(genres.sorted { ($1.listenCount, $0.genre) < ($0.listenCount, $1.genre) }.prefix(topGenreCount))
    }
}
