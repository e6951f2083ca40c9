import Glibc
import Parquet

extension UTF8Values {
    mutating func reserveCapacity(_ count: Int, byteCount: Int) {
        offsets.reserveCapacity(count + 1)
        bytes.reserveCapacity(byteCount)
    }

    @inline(__always)
    func isEqual(_ index: Int, _ other: UnsafeBufferPointer<UInt8>) -> Bool {
        let (start, end) = (offsets[index], offsets[index + 1])
        guard end - start == other.count else { return false }
        return unsafe bytes.withUnsafeBufferPointer { bytes in
            // SAFETY: offsets are within the bytes.
            unsafe other.isEmpty || memcmp(bytes.baseAddress! + start, other.baseAddress!, other.count) == 0
        }
    }

    func withText<Result>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe body(UnsafeBufferPointer(rebasing: bytes[offsets[index]..<offsets[index + 1]]))
        }
    }

    /// The indices in the order of the texts' bytes; equal texts in their own order.
    ///
    /// The first eight bytes decide most comparisons.
    func sortedOrder() -> [UInt32] {
        var entries: [(prefix: UInt64, index: UInt32)] = []
        entries.reserveCapacity(count)
        for index in 0..<count {
            var prefix: UInt64 = 0
            let (start, end) = (offsets[index], offsets[index + 1])
            for place in 0..<8 { prefix = prefix << 8 | (start + place < end ? UInt64(bytes[start + place]) : 0) }
            entries.append((prefix, UInt32(index)))
        }
        entries.sort { left, right in
            if left.prefix != right.prefix { return left.prefix < right.prefix }
            let (a, b) = (self[Int(left.index)], self[Int(right.index)])
            if a.lexicographicallyPrecedes(b) { return true }
            if b.lexicographicallyPrecedes(a) { return false }
            return left.index < right.index
        }
        return entries.map(\.index)
    }
}
