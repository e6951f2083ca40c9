package import MusicKPIs
import Parquet

/// What one file says of one day, gathered from its batches in any order.
package struct DayAggregate: Sendable {
    package private(set) var rowCount = 0
    /// Ascending by pair.
    private var counts: [CodeRun] = []
    private var listeners: [UInt32: ListenerSet] = [:]

    package init() {}

    /// Bytes of the counts and sets, which grow with the different tracks and listeners, not with the rows.
    var byteCount: Int {
        listeners.values.reduce(counts.count * MemoryLayout<CodeRun>.stride) { $0 + $1.byteCount }
    }

    package mutating func add(_ batch: DayBatch) {
        rowCount += batch.rowCount
        counts = counts.isEmpty ? batch.counts : DayAggregate.merged(counts, batch.counts)
        for (genre, users) in batch.listeners { listeners[genre, default: ListenerSet()].formUnion(users) }
    }

    private static func merged(_ left: [CodeRun], _ right: [CodeRun]) -> [CodeRun] {
        var result: [CodeRun] = []
        result.reserveCapacity(left.count + right.count)
        var (i, j) = (0, 0)
        while i < left.count || j < right.count {
            if j == right.count || (i < left.count && left[i].code < right[j].code) {
                result.append(left[i])
                i += 1
            } else if i < left.count, left[i].code == right[j].code {
                result.append(CodeRun(code: left[i].code, count: left[i].count + right[j].count))
                i += 1
                j += 1
            } else {
                result.append(right[j])
                j += 1
            }
        }
        return result
    }

    /// The day as a partial aggregate's bytes.
    package func partial(
        source: StreamSource, date: String, tracks: TrackTable, users: UserTable, unknownUsers: [Int64]
    ) -> [UInt8] {
        var encoder = PartialEncoder(source: source, date: date, genreCount: listeners.count)
        forEachGenre(tracks) { genre, runs, listens in
            encoder.beginGenre(tracks.genres[Int(genre)], listenCount: listens)
            encoder.append(listeners: ids(of: listeners[genre] ?? ListenerSet(), users, unknownUsers))
            encoder.beginTracks(count: runs.count)
            for run in runs {
                unsafe tracks.tracks.keys.withText(Int(tracks.trackOfPair[Int(run.code)])) {
                    unsafe encoder.append(track: $0, listenCount: Int(run.count))
                }
            }
        }
        return encoder.finish()
    }

    /// The KPIs that the partial aggregate alone would come to, ascending by genre.
    package func genres(_ tracks: TrackTable) -> [GenreKPIs] {
        var genres: [GenreKPIs] = []
        forEachGenre(tracks) { genre, runs, listens in
            var top = TopTracks<UInt32>()
            for run in runs { top.add(run.code, listenCount: Int(run.count)) }
            genres.append(
                GenreKPIs(
                    genre: ByteText(tracks.genres[Int(genre)]), listenCount: listens,
                    uniqueListeners: listeners[genre]?.count ?? 0,
                    topTracks: top.tracks.map { pair, listenCount in
                        let id = tracks.tracks.keys[Int(tracks.trackOfPair[Int(pair)])]
                        return GenreKPIs.Track(id: ByteText(id), listenCount: listenCount)
                    }))
        }
        return genres
    }

    /// Calls `body` with each genre, the counts of its tracks and what they add up to, ascending.
    private func forEachGenre(_ tracks: TrackTable, _ body: (UInt32, ArraySlice<CodeRun>, Int) -> Void) {
        var index = 0
        while index < counts.count {
            let genre = tracks.genreOfPair[Int(counts[index].code)]
            var end = index
            var listens = 0
            while end < counts.count, tracks.genreOfPair[Int(counts[end].code)] == genre {
                listens += Int(counts[end].count)
                end += 1
            }
            body(genre, counts[index..<end], listens)
            index = end
        }
    }

    private func ids(of set: ListenerSet, _ users: UserTable, _ unknownUsers: [Int64]) -> UserIDs {
        if let bits = set.bits(from: users.firstOfUnbrokenRange, below: users.count) { return bits }
        var ids: [Int64] = []
        ids.reserveCapacity(set.count)
        var isOrdered = true
        set.forEach { number in
            let index = Int(number)
            if index < users.count {
                ids.append(users.ids[index])
            } else {
                ids.append(unknownUsers[index - users.count])
                isOrdered = false
            }
        }
        if !isOrdered { ids.sort() }
        return UserIDs(ids)
    }
}
