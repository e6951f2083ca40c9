/// Walks through several encoded partials at the same time, genre by genre, ascending.
struct PartialWalk {
    private var cursors: [PartialCursor]
    /// The indices of cursors that have come to a genre.
    private var open: [Int] = []
    /// Those that have come to the least one.
    private var here: [Int] = []
    private var tracks = TrackHeap()

    private(set) var genre = ArraySlice<UInt8>()
    private(set) var listenCount = 0
    private(set) var listeners = UserIDs.list([])

    init(_ cursors: [PartialCursor]) throws(PartialError) {
        self.cursors = cursors
        for index in cursors.indices where try self.cursors[index].nextGenre() { open.append(index) }
    }

    /// Goes to the next genre; its tracks have to be read to their end before.
    ///
    /// - Returns: False at the end.
    mutating func nextGenre() throws(PartialError) -> Bool {
        for index in here where try !cursors[index].nextGenre() { open.removeAll { $0 == index } }
        guard let first = open.first else { return false }
        var name = cursors[first].genre
        for index in open where cursors[index].genre.lexicographicallyPrecedes(name) { name = cursors[index].genre }
        genre = name
        here = open.filter { cursors[$0].genre.elementsEqual(name) }
        listenCount = 0
        var sets: [UserIDs] = []
        for index in here {
            listenCount += cursors[index].listenCount
            sets.append(try cursors[index].listeners())
        }
        listeners = PartialWalk.union(sets)
        for index in here where try cursors[index].nextTrack() { tracks.insert(index, cursors) }
        return true
    }

    /// In pairs, so that each id is looked at once for each doubling of the sets.
    private static func union(_ sets: [UserIDs]) -> UserIDs {
        var sets = sets
        while sets.count > 1 {
            sets = stride(from: 0, to: sets.count, by: 2).map { index in
                index + 1 < sets.count ? sets[index].union(sets[index + 1]) : sets[index]
            }
        }
        return sets.first ?? .list([])
    }

    /// The genre's next track and its listens; nil at the end.
    mutating func nextTrack() throws(PartialError) -> (id: ArraySlice<UInt8>, listenCount: Int)? {
        guard let first = tracks.first else { return nil }
        let id = cursors[first].track
        var listenCount = 0
        while let index = tracks.first, cursors[index].track.elementsEqual(id) {
            listenCount += cursors[index].trackListenCount
            if try cursors[index].nextTrack() {
                guard id.lexicographicallyPrecedes(cursors[index].track) else {
                    throw PartialError("its tracks are out of order")
                }
                tracks.firstHasGrown(cursors)
            } else {
                tracks.removeFirst(cursors)
            }
        }
        return (id, listenCount)
    }
}
