import Glibc
import Parquet

extension UTF8Values {
    @inline(__always)
    func isEqual(_ index: Int, _ other: UnsafeBufferPointer<UInt8>) -> Bool {
        let (start, end) = (offsets[index], offsets[index + 1])
        guard end - start == other.count else { return false }
        return unsafe bytes.withUnsafeBufferPointer { bytes in
            // SAFETY: offsets are within the bytes.
            unsafe isSame(bytes.baseAddress! + start, other)
        }
    }

    @inline(__always)
    private func isSame(_ text: UnsafePointer<UInt8>, _ other: UnsafeBufferPointer<UInt8>) -> Bool {
        let count = other.count
        guard count >= 8, count <= 32, let start = other.baseAddress else {
            return unsafe count == 0 || memcmp(text, other.baseAddress!, count) == 0
        }
        // Ids have some twenty bytes: words that may overlap are quicker than a call.
        let (left, right) = unsafe (UnsafeRawPointer(text), UnsafeRawPointer(start))
        var difference: UInt64 = 0
        var offset = 0
        while offset + 8 <= count {
            difference |=
                unsafe left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                ^ right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            offset += 8
        }
        difference |=
            unsafe left.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
            ^ right.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
        return difference == 0
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
