/// The most heard of tracks that come ascending by id.
///
/// `Name` stands for a track's id until it is known which tracks are among them.
package struct TopTracks<Name> {
    /// At most three, by listens, ties in the order of coming.
    package private(set) var tracks: [(name: Name, listenCount: Int)] = []

    package init() {}

    @inlinable
    package mutating func add(_ name: @autoclosure () -> Name, listenCount: Int) {
        // Ids ascend, so of equals the earlier one stays before.
        guard tracks.count < DayKPIs.topTrackCount || listenCount > tracks[tracks.count - 1].listenCount else { return }
        insert(name(), listenCount)
    }

    @usableFromInline
    mutating func insert(_ name: Name, _ listenCount: Int) {
        let place = tracks.firstIndex { $0.listenCount < listenCount } ?? tracks.count
        tracks.insert((name, listenCount), at: place)
        if tracks.count > DayKPIs.topTrackCount { tracks.removeLast() }
    }
}
