import Digest

/// The merge of the encoded partial aggregates of one day.
///
/// Order does not matter, and a partial that comes twice counts once: it is known by its file version. In memory are at
/// most ``heldPartialLimit`` partials and what all those before them come to, which is no larger than one file with the
/// same tracks and listeners would give.
package struct DayMerge: Sendable {
    /// Partials that are held before they are merged into one.
    private static let heldPartialLimit = 32

    package let date: String
    private var digests: [StreamSource: String] = [:]
    private var held: [PartialCursor] = []

    package init(date: String) { self.date = date }

    /// Adds a partial of the same day; those of other days are none of its business and are left out.
    ///
    /// - Throws: ``PartialError`` for bytes that are no partial, and for one of a file version that another partial, with
    ///   other content, was added of.
    package mutating func add(_ encoded: [UInt8]) throws(PartialError) {
        let cursor = try PartialCursor(encoded)
        guard cursor.date == date else { return }
        if let known = digests[cursor.source] {
            guard known == cursor.digest else {
                throw PartialError("\(cursor.source.bucket)/\(cursor.source.key) has two of \(date), and they differ")
            }
            return
        }
        digests[cursor.source] = cursor.digest
        held.append(cursor)
        if held.count > DayMerge.heldPartialLimit { try fold() }
    }

    /// Merges what is held into one, for a merge that is kept to be added to.
    ///
    /// - Throws: ``PartialError`` when a partial is out of order in spite of its digest.
    package mutating func fold() throws(PartialError) {
        if held.count > 1 { held = [try PartialCursor(try merged(as: StreamSource(bucket: "", key: "", eTag: "")))] }
    }

    /// Bytes of what is held.
    package var byteCount: Int { held.reduce(0) { $0 + $1.byteCount } }

    package var partialCount: Int { digests.count }

    /// Names the set of partials, whatever order they came in.
    package var digest: String { sha256(Array(digests.values.sorted().joined(separator: "\n").utf8)) }

    /// The KPIs of the day.
    ///
    /// - Throws: ``PartialError`` when a partial is out of order in spite of its digest.
    package func kpis() throws(PartialError) -> DayKPIs {
        var walk = try PartialWalk(held)
        var genres: [GenreKPIs] = []
        while try walk.nextGenre() {
            let name = ByteText(walk.genre)
            let (listenCount, uniqueListeners) = (walk.listenCount, walk.listeners.count)
            genres.append(
                GenreKPIs(
                    genre: name, listenCount: listenCount, uniqueListeners: uniqueListeners,
                    topTracks: try DayMerge.top(&walk)))
        }
        return DayKPIs(date: date, partialCount: partialCount, partialsDigest: digest, genres: genres)
    }

    /// The most heard tracks of the genre that a walk has come to.
    private static func top(_ walk: inout PartialWalk) throws(PartialError) -> [GenreKPIs.Track] {
        var top = TopTracks<ArraySlice<UInt8>>()
        while let (id, listenCount) = try walk.nextTrack() { top.add(id, listenCount: listenCount) }
        return top.tracks.map { GenreKPIs.Track(id: ByteText($0.name), listenCount: $0.listenCount) }
    }

    /// All that is held as one partial, which is taken to come from `source`.
    ///
    /// - Throws: ``PartialError`` when a partial is out of order in spite of its digest.
    package func merged(as source: StreamSource) throws(PartialError) -> [UInt8] {
        var count = 0
        var names = try PartialWalk(held)
        while try names.nextGenre() {
            count += 1
            while try names.nextTrack() != nil {}
        }
        var walk = try PartialWalk(held)
        var encoder = PartialEncoder(source: source, date: date, genreCount: count)
        while try walk.nextGenre() {
            encoder.beginGenre(walk.genre, listenCount: walk.listenCount)
            encoder.append(listeners: walk.listeners)
            var tracks: [(id: ArraySlice<UInt8>, listenCount: Int)] = []
            while let track = try walk.nextTrack() { tracks.append(track) }
            encoder.beginTracks(count: tracks.count)
            for track in tracks {
                unsafe track.id.withUnsafeBufferPointer {
                    unsafe encoder.append(track: $0, listenCount: track.listenCount)
                }
            }
        }
        return encoder.finish()
    }
}
