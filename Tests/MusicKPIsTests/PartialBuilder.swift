@testable import MusicKPIs

/// Counts the rows of one file and day into a partial aggregate.
///
/// Listeners are collected as they come and reduced to distinct ones whenever they have doubled, so memory stays within
/// twice the distinct listeners of each genre.
struct PartialBuilder: Sendable {
    private struct Genre {
        var listens = 0
        var listeners: [Int64] = []
        var distinctCount = 0
        var tracks: [Int32: Int] = [:]

        mutating func add(_ user: Int64, _ track: Int32) {
            listens += 1
            tracks[track, default: 0] += 1
            listeners.append(user)
            if listeners.count >= max(1_024, distinctCount * 2) { reduce() }
        }

        mutating func reduce() {
            listeners.sort()
            var kept = 0
            for user in listeners where kept == 0 || listeners[kept - 1] != user {
                listeners[kept] = user
                kept += 1
            }
            listeners.removeLast(listeners.count - kept)
            distinctCount = kept
        }
    }

    private var genres: [Int32: Genre] = [:]

    init() {}

    /// Counts one listen of `track` by `user` in one of the track's genres; both are the caller's numbers for them.
    mutating func add(user: Int64, track: Int32, genre: Int32) {
        genres[genre, default: Genre()].add(user, track)
    }

    /// The aggregate of all rows so far.
    ///
    /// - Parameters:
    ///   - trackName: The id behind a track's number.
    ///   - genreName: The name behind a genre's number.
    func partial(
        source: StreamSource, date: String, trackName: (Int32) -> ByteText, genreName: (Int32) -> ByteText
    ) -> PartialAggregate {
        var result: [ByteText: PartialAggregate.Genre] = [:]
        for (number, genre) in genres {
            var genre = genre
            genre.reduce()
            var tracks: [ByteText: Int] = [:]
            for (track, count) in genre.tracks { tracks[trackName(track)] = count }
            result[genreName(number)] = PartialAggregate.Genre(
                listens: genre.listens, listeners: genre.listeners, tracks: tracks)
        }
        return PartialAggregate(source: source, date: date, genres: result)
    }
}
