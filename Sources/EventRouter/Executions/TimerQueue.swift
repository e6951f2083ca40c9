import Clocks

/// Deadlines in the order in which they come: a binary heap with removal.
///
/// What is removed stays in the heap until its turn or until it outnumbers what counts.
///
/// - Complexity: O(log *n*) to set and to take; O(1) amortised to remove.
struct TimerQueue<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable {
        var deadline: Timestamp
        var order: UInt64
        var key: Key

        func precedes(_ other: Entry) -> Bool { (deadline, order) < (other.deadline, other.order) }
    }

    private var heap: [Entry] = []
    /// Which entry of the heap counts for a key.
    private var current: [Key: UInt64] = [:]
    private var nextOrder: UInt64 = 0

    var count: Int { current.count }
    var isEmpty: Bool { current.isEmpty }

    /// Sets a key's deadline, in place of one it has. Of equal deadlines the one set first comes first.
    mutating func set(_ key: Key, at deadline: Timestamp) {
        nextOrder += 1
        current[key] = nextOrder
        heap.append(Entry(deadline: deadline, order: nextOrder, key: key))
        siftUp(from: heap.count - 1)
        if heap.count > 64, heap.count > current.count * 2 { compact() }
    }

    mutating func remove(_ key: Key) { current[key] = nil }

    /// The next deadline; nil when there is none.
    mutating func nextDeadline() -> Timestamp? {
        dropRemoved()
        return heap.first?.deadline
    }

    /// Removes the first key that is due and returns it; nil when none is.
    mutating func popDue(at now: Timestamp) -> Key? {
        dropRemoved()
        guard let first = heap.first, first.deadline <= now else { return nil }
        removeFirst()
        current[first.key] = nil
        return first.key
    }

    private mutating func dropRemoved() {
        while let first = heap.first, current[first.key] != first.order { removeFirst() }
    }

    private mutating func compact() {
        let entries = heap.filter { current[$0.key] == $0.order }.sorted { $0.precedes($1) }
        // A sorted array is a heap.
        heap = entries
    }

    private mutating func removeFirst() {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { return }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(heap[parent]) else { return }
            heap.swapAt(child, parent)
            parent = child
        }
    }

    private mutating func siftUp(from start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].precedes(heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }
}
