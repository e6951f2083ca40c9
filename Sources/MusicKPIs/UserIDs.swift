/// A set of user ids: a list, or a bit for each id of a range, whichever is smaller.
package enum UserIDs: Sendable, Hashable {
    /// Ascending, each once.
    case list([Int64])
    /// Bit *b* of word *w* stands for the id `base + 64 w + b`; `base` is a multiple of 64.
    case bits(base: Int64, words: [UInt64])

    /// The smaller form of ids.
    ///
    /// - Parameter ids: Ascending, each once.
    package init(_ ids: [Int64]) {
        guard let first = ids.first, let last = ids.last,
            let words = UserIDs.wordCount(first, last, limit: ids.count / 8)
        else {
            self = .list(ids)
            return
        }
        let base = first & ~63
        var bits = [UInt64](repeating: 0, count: words)
        for id in ids { bits[Int((id - base) >> 6)] |= 1 << UInt64((id - base) & 63) }
        self = .bits(base: base, words: bits)
    }

    /// The words that a range of ids takes; nil when it takes more than `limit`.
    static func wordCount(_ first: Int64, _ last: Int64, limit: Int) -> Int? {
        let (range, overflows) = last.subtractingReportingOverflow(first & ~63)
        guard !overflows, range >> 6 < Int64(limit) else { return nil }
        return Int(range >> 6) + 1
    }

    package var count: Int {
        switch self {
        case .list(let ids): ids.count
        case .bits(_, let words): words.reduce(0) { $0 + $1.nonzeroBitCount }
        }
    }

    /// All ids, ascending.
    package var ids: [Int64] {
        switch self {
        case .list(let ids): return ids
        case .bits(let base, let words):
            var ids: [Int64] = []
            for (index, word) in words.enumerated() {
                var rest = word
                while rest != 0 {
                    ids.append(base &+ Int64(index) << 6 &+ Int64(rest.trailingZeroBitCount))
                    rest &= rest - 1
                }
            }
            return ids
        }
    }

    package func union(_ other: UserIDs) -> UserIDs {
        if case .bits(let base, let words) = self, case .bits(let otherBase, let otherWords) = other,
            let united = UserIDs.united(base, words, otherBase, otherWords)
        {
            return united
        }
        return .list(UserIDs.union(ids, other.ids))
    }

    /// Nil when the ranges lie so far apart that bits would take more room than lists.
    private static func united(
        _ base: Int64, _ words: [UInt64], _ otherBase: Int64, _ otherWords: [UInt64]
    ) -> UserIDs? {
        let first = min(base, otherBase)
        let last = max(base &+ Int64(words.count) << 6, otherBase &+ Int64(otherWords.count) << 6) &- 1
        let limit = 64 * (words.count + otherWords.count)
        guard let count = wordCount(first, last, limit: limit) else { return nil }
        var result = [UInt64](repeating: 0, count: count)
        for (base, words) in [(base, words), (otherBase, otherWords)] {
            let offset = Int((base - first) >> 6)
            for (index, word) in words.enumerated() { result[offset + index] |= word }
        }
        return .bits(base: first, words: result)
    }

    private static func union(_ left: [Int64], _ right: [Int64]) -> [Int64] {
        var result: [Int64] = []
        result.reserveCapacity(left.count + right.count)
        var (i, j) = (0, 0)
        while i < left.count, j < right.count {
            let (a, b) = (left[i], right[j])
            result.append(min(a, b))
            if a <= b { i += 1 }
            if b <= a { j += 1 }
        }
        result.append(contentsOf: left[i...])
        result.append(contentsOf: right[j...])
        return result
    }
}
