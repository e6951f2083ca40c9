import CSV
import Glibc
import Parquet

/// Numbers texts in the order of their coming, and by their bytes in the end: what a ``KeyTable`` is made with.
///
/// Hashes are kept, so that growing and ordering make none again. All memory is its own, since arrays ask at each use
/// whether they are shared.
@safe
final class TextNumbering {
    private let texts = TextPile()
    private var hashes: UnsafeMutablePointer<UInt64>
    private var hashCapacity = 1 << 6
    private var slots: UnsafeMutablePointer<UInt64>
    private var slotCount = 1 << 7

    init() {
        unsafe hashes = .allocate(capacity: hashCapacity)
        unsafe slots = TextNumbering.emptySlots(slotCount)
    }

    deinit {
        unsafe hashes.deallocate()
        unsafe free(slots)
    }

    var count: Int { texts.count }

    /// A text and its hash, good until the next one is added.
    func text(_ number: Int) -> (text: UnsafeBufferPointer<UInt8>, hash: UInt64) {
        precondition(number < count, "there is no such text")
        return unsafe (texts[number], hashes[number])
    }

    /// The numbers of a column's fields, new ones being the next.
    ///
    /// - Parameters:
    ///   - hashes: By row.
    ///   - numbers: Where the numbers are appended.
    ///   - newRows: Where the rows of fields that were not there are appended.
    func insert(
        _ fields: FieldRows.Fields, rows: Range<Int>, column: Int, _ hashes: [UInt64], numbers: inout [UInt32],
        newRows: inout [Int]
    ) {
        let texts = texts
        numbers.reserveCapacity(numbers.count + rows.count)
        for row in rows {
            let text = unsafe fields[row, column]
            let (number, isNew) = unsafe insert(text, hashes[row], texts)
            numbers.append(number)
            if isNew { newRows.append(row) }
        }
    }

    /// The number of a text, which is the next one if it is new.
    func insert(_ text: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> (number: UInt32, isNew: Bool) {
        unsafe insert(text, hash, texts)
    }

    /// - Parameter texts: Its own: taken out once for many, as each look costs a reference count.
    @inline(__always)
    private func insert(
        _ text: UnsafeBufferPointer<UInt8>, _ hash: UInt64, _ texts: TextPile
    ) -> (number: UInt32, isNew: Bool) {
        let mask = slotCount &- 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while true {
            // SAFETY: masked by a count that is a power of two; at least three of ten slots are free.
            let value = unsafe slots[slot]
            if value == 0 { return (unsafe append(text, hash, slot), true) }
            let number = UInt32(truncatingIfNeeded: value) &- 1
            if value >> 32 == hash >> 32, unsafe isSame(text, texts[Int(number)]) { return (number, false) }
            slot = (slot &+ 1) & mask
        }
    }

    @inline(__always)
    private func isSame(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        guard left.count == right.count, let start = left.baseAddress else { return left.count == right.count }
        return unsafe UTF8Values.isSame(start, right)
    }

    private func append(_ text: UnsafeBufferPointer<UInt8>, _ hash: UInt64, _ slot: Int) -> UInt32 {
        precondition(count < 1 << 31 - 1, "a table of texts is full")
        let number = count
        unsafe texts.append(text)
        if number == hashCapacity {
            let larger = UnsafeMutablePointer<UInt64>.allocate(capacity: hashCapacity * 2)
            unsafe larger.moveInitialize(from: hashes, count: hashCapacity)
            unsafe hashes.deallocate()
            unsafe hashes = larger
            hashCapacity *= 2
        }
        unsafe (hashes + number).initialize(to: hash)
        // SAFETY: the slot is one that is free.
        unsafe slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(number + 1)
        if (count + 1) * 10 > slotCount * 7 { growSlots() }
        return UInt32(number)
    }

    private func growSlots() {
        unsafe free(slots)
        slotCount *= 4
        unsafe slots = TextNumbering.emptySlots(slotCount)
        for number in 0..<count { unsafe TextNumbering.place(number, hashes[number], in: slots, slotCount) }
    }

    /// The numbers in the order of the texts' bytes.
    func sortedOrder() -> [UInt32] { texts.sortedOrder() }

    /// The texts numbered in an order that has each once.
    func table(_ order: [UInt32]) -> KeyTable {
        var slotCount = order.isEmpty ? 0 : 64
        while order.count * 10 > slotCount * 7 { slotCount *= 2 }
        var slots = [UInt32](repeating: 0, count: slotCount)
        unsafe slots.withUnsafeMutableBufferPointer { slots in
            for (number, earlier) in order.enumerated() {
                unsafe KeyTable.place(number, hashes[Int(earlier)], in: slots)
            }
        }
        return KeyTable(keys: texts.reordered(order), slots: slots)
    }

    /// For each earlier number the new one.
    static func inverse(_ order: [UInt32]) -> [UInt32] {
        var numbers = [UInt32](repeating: 0, count: order.count)
        for (number, earlier) in order.enumerated() { numbers[Int(earlier)] = UInt32(number) }
        return numbers
    }
}

// SAFETY: once it is handed to other tasks it is only read (``TrackRows``, ``UserRows``, builders that make their tables).
extension TextNumbering: @unchecked Sendable {}

extension TextNumbering {
    fileprivate static func emptySlots(_ count: Int) -> UnsafeMutablePointer<UInt64> {
        // As with an array that finds no memory, there is no going on from here.
        guard let memory = unsafe calloc(count, 8) else {
            fatalError("no memory for a table of \(count) places, made for the references' ids: give the process more")
        }
        return unsafe memory.assumingMemoryBound(to: UInt64.self)
    }

    @inline(__always)
    fileprivate static func place(
        _ number: Int, _ hash: UInt64, in slots: UnsafeMutablePointer<UInt64>, _ slotCount: Int
    ) {
        let mask = slotCount &- 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        // SAFETY: masked by a count that is a power of two; at least three of ten slots are free.
        while unsafe slots[slot] != 0 { slot = (slot &+ 1) & mask }
        unsafe slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(number + 1)
    }
}
