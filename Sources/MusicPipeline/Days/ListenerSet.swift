import MusicKPIs

/// A set of user numbers: a list while it is small, else a bit for each number.
struct ListenerSet: Sendable, Hashable {
    /// Ascending; empty when there are bits.
    private var list: [UInt32] = []
    private var bits: [UInt64] = []

    /// - Parameter sorted: Ascending, each number once.
    init(sorted: [UInt32] = []) { list = sorted }

    /// - Parameter range: Numbers are below this.
    init(bits: [UInt64], count: Int) {
        if count * 32 > bits.count * 64 {
            self.bits = bits
        } else {
            list.reserveCapacity(count)
            ListenerSet.forEach(bits) { list.append($0) }
        }
    }

    var count: Int { bits.isEmpty ? list.count : bits.reduce(0) { $0 + $1.nonzeroBitCount } }
    var byteCount: Int { list.count * 4 + bits.count * 8 }

    /// The ids of users whose numbers are their ids' distances from `first`, without going through them; nil when these
    /// aren't kept as bits, a list would be smaller, or some user's number is not below `limit`.
    func bits(from first: Int64?, below limit: Int) -> UserIDs? {
        guard let first, !bits.isEmpty, count >= bits.count * 8,
            bits.count * 64 - (bits.last?.leadingZeroBitCount ?? 0) <= limit
        else { return nil }
        let shift = UInt64(first & 63)
        guard shift > 0 else { return .bits(base: first, words: bits) }
        var words: [UInt64] = []
        words.reserveCapacity(bits.count + 1)
        var carry: UInt64 = 0
        for word in bits {
            words.append(word << shift | carry)
            carry = word >> (64 - shift)
        }
        if carry != 0 { words.append(carry) }
        return .bits(base: first & ~63, words: words)
    }

    /// Calls `body` with each number, ascending.
    func forEach(_ body: (UInt32) -> Void) {
        if bits.isEmpty { list.forEach(body) } else { ListenerSet.forEach(bits, body) }
    }

    private static func forEach(_ bits: [UInt64], _ body: (UInt32) -> Void) {
        for (index, word) in bits.enumerated() {
            var rest = word
            while rest != 0 {
                body(UInt32(index * 64 + rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
    }

    mutating func formUnion(_ other: ListenerSet) {
        if bits.isEmpty, other.bits.isEmpty {
            list = ListenerSet.union(list, other.list)
            if let last = list.last, list.count * 32 > Int(last) + 64 {
                for number in list { ListenerSet.set(number, in: &bits) }
                list = []
            }
            return
        }
        if bits.isEmpty {
            // The other's bits, and its own numbers in them.
            let mine = list
            self = other
            for number in mine { ListenerSet.set(number, in: &bits) }
        } else {
            add(other)
        }
    }

    private mutating func add(_ other: ListenerSet) {
        if other.bits.count > bits.count {
            bits += repeatElement(0, count: other.bits.count - bits.count)
        }
        for (index, word) in other.bits.enumerated() { bits[index] |= word }
        for number in other.list { ListenerSet.set(number, in: &bits) }
    }

    private static func set(_ number: UInt32, in bits: inout [UInt64]) {
        let index = Int(number >> 6)
        if index >= bits.count { bits += repeatElement(0, count: index + 1 - bits.count) }
        bits[index] |= 1 << UInt64(number & 63)
    }

    private static func union(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        guard !left.isEmpty else { return right }
        guard !right.isEmpty else { return left }
        var result: [UInt32] = []
        result.reserveCapacity(left.count + right.count)
        var (i, j) = (0, 0)
        while i < left.count || j < right.count {
            if j == right.count || (i < left.count && left[i] < right[j]) {
                result.append(left[i])
                i += 1
            } else {
                if i < left.count, left[i] == right[j] { i += 1 }
                result.append(right[j])
                j += 1
            }
        }
        return result
    }
}
