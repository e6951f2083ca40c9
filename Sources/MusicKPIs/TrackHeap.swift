/// Cursors by their tracks' ids, the least first: a binary heap of their indices.
struct TrackHeap {
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
