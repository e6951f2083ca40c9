import CSV
import Glibc
import Parquet

/// Texts that are added one by one: memory that grows in place, and whose growth and ends are checked once for each text.
///
/// An array asks at each addition whether it is shared, and copies all when it grows.
@safe
final class TextPile {
    private var bytes: UnsafeMutablePointer<UInt8>
    private var byteCapacity = 1 << 12
    private var byteCount = 0
    private var ends: UnsafeMutablePointer<Int>
    private var capacity = 1 << 8
    private(set) var count = 0

    init() {
        unsafe bytes = TextPile.grown(nil, to: byteCapacity)
        unsafe ends = TextPile.grown(nil, to: capacity + 1)
        unsafe ends[0] = 0
    }

    deinit {
        unsafe free(bytes)
        unsafe free(ends)
    }

    private static func grown<Value>(_ old: UnsafeMutablePointer<Value>?, to count: Int) -> UnsafeMutablePointer<Value>
    {
        // As with an array that finds no memory, there is no going on from here.
        let byteCount = count * MemoryLayout<Value>.stride
        guard let new = unsafe realloc(old, byteCount) else {
            fatalError("no memory for \(byteCount) bytes of the references' texts: give the process more")
        }
        return unsafe new.assumingMemoryBound(to: Value.self)
    }

    @inline(__always)
    func append(_ text: UnsafeBufferPointer<UInt8>) {
        if count == capacity || byteCount + text.count > byteCapacity { grow(by: text.count) }
        // SAFETY: there is room, and the text is not in this pile.
        if let start = text.baseAddress { unsafe memcpy(bytes + byteCount, start, text.count) }
        byteCount += text.count
        count += 1
        unsafe ends[count] = byteCount
    }

    /// Adds a column's fields.
    func append(_ fields: FieldRows.Fields, rows: [Int], column: Int) {
        for row in rows { unsafe append(fields[row, column]) }
    }

    private func grow(by addedCount: Int) {
        if count == capacity {
            capacity *= 2
            unsafe ends = TextPile.grown(ends, to: capacity + 1)
        }
        while byteCount + addedCount > byteCapacity { byteCapacity *= 2 }
        unsafe bytes = TextPile.grown(bytes, to: byteCapacity)
    }

    /// A text, good until the next one is added.
    @inline(__always)
    subscript(index: Int) -> UnsafeBufferPointer<UInt8> {
        precondition(index >= 0 && index < count, "there is no such text")
        // SAFETY: ends ascend and are within the bytes.
        return unsafe UnsafeBufferPointer(start: bytes + ends[index], count: ends[index + 1] - ends[index])
    }

    /// The indices in the order of the texts' bytes.
    func sortedOrder() -> [UInt32] {
        // SAFETY: what is counted is there.
        unsafe TextOrder(
            bytes: UnsafeBufferPointer(start: bytes, count: byteCount),
            offsets: UnsafeBufferPointer(start: ends, count: count + 1)
        ).sorted()
    }

    /// The texts in an order that has each once.
    func reordered(_ order: [UInt32]) -> UTF8Values {
        // SAFETY: what is counted is there.
        unsafe UTF8Values(
            bytes: UnsafeBufferPointer(start: bytes, count: byteCount),
            offsets: UnsafeBufferPointer(start: ends, count: count + 1), order: order)
    }
}

// SAFETY: once it is handed to other tasks it is only read (builders that make their tables).
extension TextPile: @unchecked Sendable {}
