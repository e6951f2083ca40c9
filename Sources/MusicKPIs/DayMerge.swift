import Digest

/// The merge of the encoded partial aggregates of one day.
///
/// Order does not matter, and a partial that comes twice counts once: it is known by its digest. Two partials of one
/// file version can't both be right; the one with the smaller digest counts, whichever comes first.
package struct DayMerge {
    package let date: String
    private var partials: [StreamSource: PartialCursor] = [:]

    package init(date: String) { self.date = date }

    /// Adds a partial of the same day; those of other days are none of its business and are left out.
    ///
    /// - Throws: ``PartialError`` for bytes that are no partial.
    package mutating func add(_ encoded: [UInt8]) throws(PartialError) {
        let cursor = try PartialCursor(encoded)
        guard cursor.date == date else { return }
        if let known = partials[cursor.source], known.digest <= cursor.digest { return }
        partials[cursor.source] = cursor
    }

    package var partialCount: Int { partials.count }

    /// Names the set of partials, whatever order they came in.
    package var digest: String {
        sha256(Array(partials.values.map(\.digest).sorted().joined(separator: "\n").utf8))
    }

    /// The KPIs of the day.
    ///
    /// All partials are walked through at the same time, genre by genre: in memory are the listeners of one genre.
    ///
    /// - Throws: ``PartialError`` when a partial is out of order in spite of its digest.
    package func kpis() throws(PartialError) -> DayKPIs {
        var cursors = Array(partials.values)
        // The indices of cursors that have come to a genre.
        var open: [Int] = []
        for index in cursors.indices where try cursors[index].nextGenre() { open.append(index) }
        var genres: [GenreKPIs] = []
        while var name = open.first.map({ cursors[$0].genre }) {
            for index in open where cursors[index].genre.lexicographicallyPrecedes(name) { name = cursors[index].genre }
            let here = open.filter { cursors[$0].genre.elementsEqual(name) }
            var listeners: [UserIDs] = []
            var listenCount = 0
            for index in here {
                listenCount += cursors[index].listenCount
                listeners.append(try cursors[index].listeners())
            }
            genres.append(
                GenreKPIs(
                    genre: ByteText(name), listenCount: listenCount,
                    uniqueListeners: DayMerge.distinctCount(listeners), topTracks: try DayMerge.top(&cursors, here)))
            for index in here where try !cursors[index].nextGenre() { open.removeAll { $0 == index } }
        }
        return DayKPIs(date: date, partialCount: partialCount, partialsDigest: digest, genres: genres)
    }

    /// How many different ids sets hold together.
    private static func distinctCount(_ sets: [UserIDs]) -> Int {
        // In pairs, so that each id is looked at once for each doubling of the sets.
        var sets = sets
        while sets.count > 1 {
            sets = stride(from: 0, to: sets.count, by: 2).map { index in
                index + 1 < sets.count ? sets[index].union(sets[index + 1]) : sets[index]
            }
        }
        return sets.first?.count ?? 0
    }

    /// The most heard tracks of the genre that some cursors have come to.
    private static func top(_ cursors: inout [PartialCursor], _ here: [Int]) throws(PartialError) -> [GenreKPIs.Track] {
        var heap = TrackHeap()
        for index in here where try cursors[index].nextTrack() { heap.insert(index, cursors) }
        var top: [GenreKPIs.Track] = []
        while let first = heap.first {
            let id = cursors[first].track
            var listenCount = 0
            while let index = heap.first, cursors[index].track.elementsEqual(id) {
                listenCount += cursors[index].trackListenCount
                if try cursors[index].nextTrack() {
                    guard id.lexicographicallyPrecedes(cursors[index].track) else {
                        throw PartialError("its tracks are out of order")
                    }
                    heap.firstHasGrown(cursors)
                } else {
                    heap.removeFirst(cursors)
                }
            }
            // Ids ascend, so of equals the earlier one stays before.
            guard top.count < DayKPIs.topTrackCount || listenCount > top[top.count - 1].listenCount else { continue }
            let place = top.firstIndex { $0.listenCount < listenCount } ?? top.count
            top.insert(GenreKPIs.Track(id: ByteText(id), listenCount: listenCount), at: place)
            if top.count > DayKPIs.topTrackCount { top.removeLast() }
        }
        return top
    }
}

/// Cursors by their tracks' ids, the least first: a binary heap of their indices.
private struct TrackHeap {
    private var indices: [Int] = []

    var first: Int? { indices.first }

    mutating func insert(_ index: Int, _ cursors: [PartialCursor]) {
        indices.append(index)
        var place = indices.count - 1
        while place > 0, precedes(place, (place - 1) / 2, cursors) {
            indices.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    mutating func removeFirst(_ cursors: [PartialCursor]) {
        indices.swapAt(0, indices.count - 1)
        indices.removeLast()
        firstHasGrown(cursors)
    }

    mutating func firstHasGrown(_ cursors: [PartialCursor]) {
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2] where child < indices.count && precedes(child, least, cursors) {
                least = child
            }
            if least == place { return }
            indices.swapAt(place, least)
            place = least
        }
    }

    private func precedes(_ left: Int, _ right: Int, _ cursors: [PartialCursor]) -> Bool {
        cursors[indices[left]].track.lexicographicallyPrecedes(cursors[indices[right]].track)
    }
}
