package import Parquet

/// Texts numbered from 0 on, and the number of each: an open hash table over the texts' own bytes.
///
/// Texts are compared byte for byte. A lookup that finds touches one slot and the text, and makes no string.
package struct KeyTable: Sendable {
    /// The texts by their numbers.
    package private(set) var keys = UTF8Values()
    /// The upper half of a text's hash and its number plus 1; 0 is free. A power of two of them, at most 70 % in use.
    private(set) var slots: [UInt64] = []

    package init() {}

    /// A table as it was.
    init(keys: UTF8Values, slots: [UInt64]) {
        self.keys = keys
        self.slots = slots
    }

    package var count: Int { keys.count }

    /// The number of a text, which is the next one if it is new.
    ///
    /// - Precondition: There are less than 2^31 texts.
    package mutating func insert(_ key: UnsafeBufferPointer<UInt8>) -> (number: UInt32, isNew: Bool) {
        if (count + 1) * 10 > slots.count * 7 { grow() }
        let hash = unsafe KeyTable.hash(key)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 {
            if slots[slot] >> 32 == hash >> 32, unsafe isEqual(slots[slot], key) {
                return (UInt32(truncatingIfNeeded: slots[slot]) - 1, false)
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        precondition(count < 1 << 31, "a table of texts is full")
        unsafe keys.append(key)
        slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(count)
        return (UInt32(count - 1), true)
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
        _ key: UnsafeBufferPointer<UInt8>, _ hash: UInt64, in slots: UnsafeBufferPointer<UInt64>
    ) -> UInt32? {
        var index = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while true {
            let slot = unsafe slots[index]
            if slot == 0 { return nil }
            if slot >> 32 == hash >> 32, unsafe isEqual(slot, key) { return UInt32(truncatingIfNeeded: slot) - 1 }
            index = (index + 1) & (slots.count - 1)
        }
    }

    @inline(__always)
    private func isEqual(_ slot: UInt64, _ key: UnsafeBufferPointer<UInt8>) -> Bool {
        let number = Int(UInt32(truncatingIfNeeded: slot)) - 1
        return unsafe keys.isEqual(number, key)
    }

    private mutating func grow() {
        let capacity = max(64, slots.count * 2)
        slots = [UInt64](repeating: 0, count: capacity)
        for number in 0..<count { place(number) }
    }

    private mutating func place(_ number: Int) {
        let hash = unsafe keys.withText(number) { unsafe KeyTable.hash($0) }
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(number + 1)
    }

    /// A table of the same texts numbered in the order of their bytes.
    ///
    /// - Returns: The table, and for each earlier number the new one.
    package func sorted() -> (table: KeyTable, numbers: [UInt32]) {
        let order = keys.sortedOrder()
        var table = KeyTable()
        table.keys = keys.reordered(order)
        var numbers = [UInt32](repeating: 0, count: count)
        for (number, earlier) in order.enumerated() {
            numbers[Int(earlier)] = UInt32(number)
        }
        table.slots = slots.map { slot in
            slot == 0
                ? 0 : slot & 0xFFFF_FFFF_0000_0000 | UInt64(numbers[Int(UInt32(truncatingIfNeeded: slot)) - 1] + 1)
        }
        return (table, numbers)
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
