package import Parquet

/// What the songs reference says: tracks, genres, and which track is of which genre.
///
/// Tracks are numbered by their ids, genres by their names, and the *pairs* of a genre and one of its tracks by genre and
/// then track, all ascending by bytes: rows ordered by pair are ordered by genre and track id. A track has the name and
/// artists of its first row, and each distinct genre that any of its rows has.
package struct TrackTable: Sendable {
    static let columns = ["track_id", "track_genre", "track_name", "artists"]

    package let tracks: KeyTable
    package let names: UTF8Values
    package let artists: UTF8Values
    package let genres: UTF8Values
    /// By pair.
    package let trackOfPair: [UInt32]
    package let genreOfPair: [UInt32]
    /// The pairs of track *t* are `pairs[pairStarts[t]..<pairStarts[t + 1]]`.
    package let pairStarts: [UInt32]
    package let pairs: [UInt32]

    package var pairCount: Int { trackOfPair.count }

    /// A table as it was.
    init(
        tracks: KeyTable, names: UTF8Values, artists: UTF8Values, genres: UTF8Values, trackOfPair: [UInt32],
        genreOfPair: [UInt32], pairStarts: [UInt32], pairs: [UInt32]
    ) {
        self.tracks = tracks
        self.names = names
        self.artists = artists
        self.genres = genres
        self.trackOfPair = trackOfPair
        self.genreOfPair = genreOfPair
        self.pairStarts = pairStarts
        self.pairs = pairs
    }

    package func label(of id: some Collection<UInt8>) -> (name: String, artists: String)? {
        tracks.number(of: id).map { number in
            (
                String(decoding: names[Int(number)], as: UTF8.self),
                String(decoding: artists[Int(number)], as: UTF8.self)
            )
        }
    }

    /// - Parameter distinct: Genre and track of each pair, ascending.
    init(
        tracks: KeyTable, names: UTF8Values, artists: UTF8Values, genres: UTF8Values, pairs distinct: [UInt64]
    ) {
        self.tracks = tracks
        self.names = names
        self.artists = artists
        self.genres = genres
        trackOfPair = distinct.map { UInt32(truncatingIfNeeded: $0) }
        genreOfPair = distinct.map { UInt32($0 >> 32) }
        var starts = [UInt32](repeating: 0, count: tracks.count + 1)
        for track in trackOfPair { starts[Int(track) + 1] += 1 }
        for track in 0..<tracks.count { starts[track + 1] += starts[track] }
        var next = starts
        var pairs = [UInt32](repeating: 0, count: distinct.count)
        for (pair, track) in trackOfPair.enumerated() {
            pairs[Int(next[Int(track)])] = UInt32(pair)
            next[Int(track)] += 1
        }
        pairStarts = starts
        self.pairs = pairs
    }
}
