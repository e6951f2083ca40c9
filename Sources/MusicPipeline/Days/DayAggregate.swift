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
        var index = 0
        while index < counts.count {
            let genre = tracks.genreOfPair[Int(counts[index].code)]
            var end = index
            var listens = 0
            while end < counts.count, tracks.genreOfPair[Int(counts[end].code)] == genre {
                listens += Int(counts[end].count)
                end += 1
            }
            encoder.beginGenre(tracks.genres[Int(genre)], listenCount: listens)
            encoder.append(listeners: ids(of: listeners[genre] ?? ListenerSet(), users, unknownUsers))
            encoder.beginTracks(count: end - index)
            for run in counts[index..<end] {
                unsafe tracks.tracks.keys.withText(Int(tracks.trackOfPair[Int(run.code)])) {
                    unsafe encoder.append(track: $0, listenCount: Int(run.count))
                }
            }
            index = end
        }
        return encoder.finish()
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
