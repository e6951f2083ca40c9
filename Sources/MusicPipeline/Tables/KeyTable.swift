package import Parquet

/// Texts numbered from 0 on, and the number of each: an open hash table over the texts' own bytes, made by
/// ``TextNumbering``.
///
/// Texts are compared byte for byte. A lookup that finds touches one slot and the text, and makes no string.
package struct KeyTable: Sendable {
    /// The texts by their numbers.
    package let keys: UTF8Values
    /// A power of two of them, at most 70 % in use; 0 is free. The lowest bits, as many as tell the slots apart, are a
    /// text's number plus 1; above them are the highest of its hash.
    let slots: [UInt32]
    /// The bytes of each text, if all have as many.
    let commonByteCount: Int?

    package init() { self.init(keys: UTF8Values(), slots: []) }

    init(keys: UTF8Values, slots: [UInt32]) {
        self.keys = keys
        self.slots = slots
        let byteCount = keys.count == 0 ? 0 : keys.offsets[1]
        commonByteCount = (0..<keys.count).allSatisfy { keys.offsets[$0 + 1] == ($0 + 1) * byteCount } ? byteCount : nil
    }

    package var count: Int { keys.count }

    /// The bits of a slot that are a number.
    static func numberMask(slotCount: Int) -> UInt32 { UInt32(truncatingIfNeeded: slotCount - 1) }

    /// What a text's slot has above its number.
    @inline(__always)
    static func tag(_ hash: UInt64, _ numberMask: UInt32) -> UInt32 {
        UInt32(truncatingIfNeeded: hash &>> 32) & ~numberMask
    }

    /// Puts a text into the first free slot behind its hash's.
    @inline(__always)
    static func place(_ number: Int, _ hash: UInt64, in slots: UnsafeMutableBufferPointer<UInt32>) {
        let mask = slots.count &- 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        // SAFETY: masked by a count that is a power of two; at least three of ten slots are free.
        while unsafe slots[slot] != 0 { slot = (slot &+ 1) & mask }
        let numberMask = numberMask(slotCount: slots.count)
        unsafe slots[slot] = tag(hash, numberMask) | UInt32(truncatingIfNeeded: number + 1)
    }

    /// The number of a text, or nil.
    package func number(of key: UnsafeBufferPointer<UInt8>) -> UInt32? {
        guard !slots.isEmpty else { return nil }
        let hash = unsafe KeyTable.hash(key)
        return unsafe slots.withUnsafeBufferPointer { unsafe find(key, hash, in: $0) }
    }

    /// The number of a text, or nil.
    package func number(of key: some Collection<UInt8>) -> UInt32? {
        let key = Array(key)
        return unsafe key.withUnsafeBufferPointer { unsafe number(of: $0) }
    }

    func find(
        _ key: UnsafeBufferPointer<UInt8>, _ hash: UInt64, in slots: UnsafeBufferPointer<UInt32>
    ) -> UInt32? {
        let numberMask = KeyTable.numberMask(slotCount: slots.count)
        let tag = KeyTable.tag(hash, numberMask)
        var index = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while true {
            let slot = unsafe slots[index]
            if slot == 0 { return nil }
            let number = Int(slot & numberMask) - 1
            if slot & ~numberMask == tag, unsafe keys.isEqual(number, key) { return UInt32(number) }
            index = (index + 1) & (slots.count - 1)
        }
    }

    /// Eight bytes at a time through a multiplication of full width; the last eight may overlap those before.
    @inline(__always)
    static func hash(_ key: UnsafeBufferPointer<UInt8>) -> UInt64 {
        let count = key.count
        var hash = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
        guard count >= 8, let start = unsafe UnsafeRawPointer(key.baseAddress) else {
            var word: UInt64 = 0
            for index in 0..<count { word = unsafe word << 8 | UInt64(key[index]) }
            return mix(hash ^ word)
        }
        var offset = 0
        while offset + 8 <= count {
            // SAFETY: eight bytes from `offset` on are within the key.
            hash = unsafe mix(hash ^ start.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        if offset < count {
            hash = unsafe mix(hash ^ start.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self))
        }
        return hash
    }

    @inline(__always)
    private static func mix(_ word: UInt64) -> UInt64 {
        let product = word.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        return product.high ^ product.low
    }
}
