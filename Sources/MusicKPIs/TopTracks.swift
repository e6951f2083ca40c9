/// The most heard of tracks that come ascending by id.
///
/// `Name` stands for a track's id until it is known which tracks are among them.
@frozen
package struct TopTracks<Name> {
    /// At most three, by listens, ties in the order of coming.
    @usableFromInline var top: [(name: Name, listenCount: Int)] = []
    @inlinable package var tracks: [(name: Name, listenCount: Int)] { top }

    @inlinable package init() {}

    @inlinable
    package mutating func add(_ name: @autoclosure () -> Name, listenCount: Int) {
        // Ids ascend, so of equals the earlier one stays before.
        guard top.count < DayKPIs.topTrackCount || listenCount > top[top.count - 1].listenCount else { return }
        insert(name(), listenCount)
    }

    @inlinable
    mutating func insert(_ name: Name, _ listenCount: Int) {
        let place = top.firstIndex { $0.listenCount < listenCount } ?? top.count
        top.insert((name, listenCount), at: place)
        if top.count > DayKPIs.topTrackCount { top.removeLast() }
    }
}
