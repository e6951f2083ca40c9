import Digest

/// The merge of the partial aggregates of one day.
///
/// Order does not matter, and a partial that comes twice counts once: it is known by its digest. Two partials of one
/// file version can't both be right; the one with the smaller digest counts, whichever comes first.
package struct DayMerge: Sendable {
    package let date: String
    private var partials: [StreamSource: (digest: String, partial: PartialAggregate)] = [:]

    package init(date: String) { self.date = date }

    /// Adds a partial of the same day; those of other days are none of its business and are left out.
    package mutating func add(_ partial: PartialAggregate, digest: String) {
        guard partial.date == date else { return }
        if let known = partials[partial.source], known.digest <= digest { return }
        partials[partial.source] = (digest, partial)
    }

    package var partialCount: Int { partials.count }

    /// Names the set of partials, whatever order they came in.
    package var digest: String {
        sha256(Array(partials.values.map(\.digest).sorted().joined(separator: "\n").utf8))
    }

    /// The KPIs of the day.
    package func kpis() -> DayKPIs {
        var genres: [ByteText: PartialAggregate.Genre] = [:]
        var listeners: [ByteText: [[Int64]]] = [:]
        for (_, partial) in partials.values {
            for (name, part) in partial.genres {
                genres[name, default: PartialAggregate.Genre()].listens += part.listens
                for (track, count) in part.tracks { genres[name]?.tracks[track, default: 0] += count }
                listeners[name, default: []].append(part.listeners)
            }
        }
        let kpis = genres.map { name, genre in
            GenreKPIs(
                genre: name, listenCount: genre.listens, uniqueListeners: DayMerge.distinctCount(listeners[name] ?? []),
                topTracks: DayMerge.top(genre.tracks))
        }
        return DayKPIs(
            date: date, partialCount: partialCount, partialsDigest: digest, genres: kpis.sorted { $0.genre < $1.genre })
    }

    /// How many different numbers ascending lists hold together.
    private static func distinctCount(_ lists: [[Int64]]) -> Int {
        guard lists.count != 1 else { return lists[0].count }
        var all = lists.flatMap { $0 }
        all.sort()
        var count = 0
        var previous: Int64?
        for user in all where user != previous {
            count += 1
            previous = user
        }
        return count
    }

    private static func top(_ tracks: [ByteText: Int]) -> [GenreKPIs.Track] {
        tracks.map { GenreKPIs.Track(id: $0.key, listenCount: $0.value) }
            .sorted { ($1.listenCount, $0.id) < ($0.listenCount, $1.id) }.prefix(DayKPIs.topTrackCount).map { $0 }
    }
}
