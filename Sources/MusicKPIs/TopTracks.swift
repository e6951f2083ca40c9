/// The most heard of tracks that come ascending by id.
///
/// `Name` stands for a track's id until it is known which tracks are among them.
@frozen
package struct TopTracks<Name> {
    /// At most three, by listens, ties in the order of coming.
    @usableFromInline var top: [(name: Name, listenCount: Int)] = []
    @inlinable package var tracks: [(name: Name, listenCount: Int)] { top }

    @inlinable package init() {}

    @inlinable @inline(__always)
    package mutating func add(_ name: @autoclosure () -> Name, listenCount: Int) {
        // Ids ascend, so of equals the earlier one stays before.
        guard top.count < DayKPIs.topTrackCount || listenCount > top[top.count - 1].listenCount else { return }
        insert(name(), listenCount)
    }

    @inlinable @inline(__always)
    mutating func insert(_ name: Name, _ listenCount: Int) {
        if top.count < DayKPIs.topTrackCount {
            top.append((name, listenCount))
        } else {
            top[top.count - 1] = (name, listenCount)
        }
        var place = top.count - 1
        while place > 0, top[place - 1].listenCount < listenCount {
            top.swapAt(place, place - 1)
            place -= 1
        }
    }
}
