import CLinux
import Parquet

extension KeyTable {
    /// Texts whose looks into memory overlap.
    private static let groupCount = 256

    /// Looks texts up, some hundreds at a time: what one step needs of memory is asked for of all of them before the next
    /// step needs it, so that their waits overlap.
    ///
    /// - Parameters:
    ///   - places: Of each text where in `bytes` it begins and, in the low 32 bits, its length.
    ///   - numbers: Where the numbers go; `UInt32.max` for a text that is not there.
    /// - Complexity: Some 10 ns for a text of twenty bytes.
    package func find(
        _ places: UnsafeBufferPointer<Int64>, in bytes: UnsafeBufferPointer<UInt8>,
        _ numbers: UnsafeMutableBufferPointer<UInt32>
    ) {
        precondition(numbers.count >= places.count)
        guard !slots.isEmpty, let text = bytes.baseAddress else {
            for index in places.indices { unsafe numbers[index] = .max }
            return
        }
        unsafe withUnsafeTemporaryAllocation(of: Candidate.self, capacity: KeyTable.groupCount) { candidates in
            unsafe slots.withUnsafeBufferPointer { slots in
                unsafe keys.offsets.withUnsafeBufferPointer { offsets in
                    unsafe keys.bytes.withUnsafeBufferPointer { keyBytes in
                        let group = unsafe Group(
                            text: text, slots: slots, offsets: offsets, keys: keyBytes,
                            commonByteCount: commonByteCount, candidates: candidates)
                        var start = 0
                        while start < places.count {
                            let end = min(start + KeyTable.groupCount, places.count)
                            unsafe group.find(
                                UnsafeBufferPointer(rebasing: places[start..<end]),
                                UnsafeMutableBufferPointer(rebasing: numbers[start..<end]), self)
                            start = end
                        }
                    }
                }
            }
        }
    }

    /// What is known of a text that is looked up.
    private struct Candidate {
        var hash: UInt64
        /// Where the text of a slot with the hash's tag lies.
        var start: Int
        var end: Int
        /// The slot's number plus 1, or 0.
        var slot: UInt32
    }

    @safe
    private struct Group {
        let text: UnsafePointer<UInt8>
        let slots: UnsafeBufferPointer<UInt32>
        let offsets: UnsafeBufferPointer<Int>
        let keys: UnsafeBufferPointer<UInt8>
        let commonByteCount: Int?
        let candidates: UnsafeMutableBufferPointer<Candidate>

        @inline(__always)
        private func key(_ place: Int64) -> UnsafeBufferPointer<UInt8> {
            unsafe UnsafeBufferPointer(start: text + Int(place &>> 32), count: Int(place & 0xFFFF_FFFF))
        }

        func find(
            _ places: UnsafeBufferPointer<Int64>, _ numbers: UnsafeMutableBufferPointer<UInt32>, _ table: KeyTable
        ) {
            let mask = unsafe slots.count - 1
            let numberMask = KeyTable.numberMask(slotCount: mask + 1)
            for index in 0..<places.count {
                let key = unsafe key(places[index])
                let hash = unsafe KeyTable.hash(key)
                unsafe turntable_prefetch(slots.baseAddress! + Int(truncatingIfNeeded: hash) & mask)
                unsafe candidates[index].hash = hash
            }
            for index in 0..<places.count {
                let hash = unsafe candidates[index].hash
                let tag = KeyTable.tag(hash, numberMask)
                let place = Int(truncatingIfNeeded: hash)
                // Most texts are in one of four places; in which, no branch could foresee.
                var slot: UInt32 = 0
                for step in [3, 2, 1, 0] {
                    let next = unsafe slots[(place &+ step) & mask]
                    // All ones where the tags are the same.
                    let difference = UInt64((next ^ tag) & ~numberMask)
                    let isCandidate = UInt32(truncatingIfNeeded: 0 &- ((difference &- 1) &>> 63))
                    slot = slot & ~isCandidate | next & isCandidate
                }
                unsafe candidates[index].slot = slot & numberMask
            }
            if let commonByteCount {
                for index in 0..<places.count {
                    let number = unsafe Int(candidates[index].slot) &- 1
                    unsafe turntable_prefetch(keys.baseAddress.map { unsafe $0 + number &* commonByteCount })
                    unsafe candidates[index].start = number &* commonByteCount
                    unsafe candidates[index].end = (number &+ 1) &* commonByteCount
                }
            } else {
                for index in 0..<places.count {
                    let number = unsafe max(0, Int(candidates[index].slot) &- 1)
                    unsafe turntable_prefetch(keys.baseAddress.map { unsafe $0 + offsets[number] })
                    unsafe candidates[index].start = offsets[number]
                    unsafe candidates[index].end = offsets[number &+ 1]
                }
            }
            for index in 0..<places.count {
                let candidate = unsafe candidates[index]
                let key = unsafe key(places[index])
                if candidate.slot != 0, candidate.end &- candidate.start == key.count,
                    unsafe isSame(candidate.start, key)
                {
                    unsafe numbers[index] = candidate.slot &- 1
                } else {
                    unsafe numbers[index] = table.find(key, candidate.hash, in: slots) ?? .max
                }
            }
        }

        /// Whether the table's text at `start` has the key's bytes; it has as many.
        @inline(__always)
        private func isSame(_ start: Int, _ key: UnsafeBufferPointer<UInt8>) -> Bool {
            let count = key.count
            guard count >= 16, count <= 24, let bytes = unsafe UnsafeRawPointer(key.baseAddress),
                let keys = unsafe UnsafeRawPointer(keys.baseAddress)
            else {
                return unsafe key.elementsEqual(UnsafeBufferPointer(rebasing: keys[start..<(start + count)]))
            }
            let other = unsafe keys + start
            // SAFETY: both have `count` bytes; the last eight may overlap those before.
            let last = count - 8
            let first = unsafe bytes.loadUnaligned(as: UInt64.self) ^ other.loadUnaligned(as: UInt64.self)
            let second =
                unsafe bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                ^ other.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            let third =
                unsafe bytes.loadUnaligned(fromByteOffset: last, as: UInt64.self)
                ^ other.loadUnaligned(fromByteOffset: last, as: UInt64.self)
            return first | second | third == 0
        }
    }
}
