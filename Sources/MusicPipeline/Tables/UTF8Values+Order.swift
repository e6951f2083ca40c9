import Glibc
import Parquet

extension UTF8Values {
    @inline(__always)
    func isEqual(_ index: Int, _ other: UnsafeBufferPointer<UInt8>) -> Bool {
        let (start, end) = (offsets[index], offsets[index + 1])
        guard end - start == other.count else { return false }
        return unsafe bytes.withUnsafeBufferPointer { bytes in
            // SAFETY: offsets are within the bytes.
            unsafe UTF8Values.isSame(bytes.baseAddress! + start, other)
        }
    }

    /// Whether the bytes from `text` on, as many as `other` has, are the same.
    @inline(__always)
    static func isSame(_ text: UnsafePointer<UInt8>, _ other: UnsafeBufferPointer<UInt8>) -> Bool {
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
}

/// Orders texts by their bytes, equal ones as they come.
///
/// Whoever makes one answers for its pointers: offsets ascend and are within the bytes.
@safe
struct TextOrder {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let offsets: UnsafeBufferPointer<Int>
    private var count: Int { unsafe offsets.count - 1 }

    init(bytes: UnsafeBufferPointer<UInt8>, offsets: UnsafeBufferPointer<Int>) {
        unsafe self.bytes = bytes
        unsafe self.offsets = offsets
    }

    /// - Complexity: O(*n*) as long as few texts have the same eight bytes behind what all of them begin with.
    func sorted() -> [UInt32] {
        let skipped = commonPrefixByteCount
        var entries = (0..<count).map { PrefixSort.Entry(prefix: prefix($0, skipped), index: UInt32($0)) }
        entries = PrefixSort.sort(entries)
        var start = 0
        while start < entries.count {
            var end = start + 1
            while end < entries.count, entries[end].prefix == entries[start].prefix { end += 1 }
            if end - start > 1 { entries[start..<end].sort { precedes(Int($0.index), Int($1.index)) } }
            start = end
        }
        return entries.map(\.index)
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        let (leftCount, rightCount) = unsafe (offsets[left + 1] - offsets[left], offsets[right + 1] - offsets[right])
        var order: Int32 = 0
        if let base = unsafe bytes.baseAddress {
            // SAFETY: so many bytes are in both.
            order = unsafe memcmp(base + offsets[left], base + offsets[right], min(leftCount, rightCount))
        }
        return order != 0 ? order < 0 : (leftCount, left) < (rightCount, right)
    }

    /// Bytes that all texts begin with, such as the `spotify:track:` of ids.
    private var commonPrefixByteCount: Int {
        guard count > 0 else { return 0 }
        var common = unsafe offsets[1] - offsets[0]
        for index in 1..<max(1, count) where common > 0 {
            let start = unsafe offsets[index]
            common = unsafe min(common, offsets[index + 1] - start)
            var place = 0
            while place < common, unsafe bytes[start + place] == bytes[place] { place += 1 }
            common = place
        }
        return common
    }

    /// Eight bytes of a text as a number that is ordered as they are, zeros behind the text's end.
    @inline(__always)
    private func prefix(_ index: Int, _ skipped: Int) -> UInt64 {
        let (start, end) = unsafe (offsets[index] + skipped, offsets[index + 1])
        let byteCount = end - start
        guard unsafe start + 8 <= bytes.count else {
            var prefix: UInt64 = 0
            for place in 0..<8 { prefix = unsafe prefix << 8 | (place < byteCount ? UInt64(bytes[start + place]) : 0) }
            return prefix
        }
        // SAFETY: eight bytes are there.
        let word = unsafe UInt64(
            bigEndian: UnsafeRawPointer(bytes.baseAddress!).loadUnaligned(fromByteOffset: start, as: UInt64.self))
        return byteCount >= 8 ? word : word & ~(UInt64.max >> UInt64(8 * byteCount))
    }
}
