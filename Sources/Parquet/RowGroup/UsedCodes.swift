/// Which of a dictionary's codes the rows use, and the number of each among those.
///
/// Rows may have codes of another kind than the dictionary's, which a table maps to them: then each row costs one look
/// into a table, mapped or not.
struct UsedCodes {
    /// The dictionary's codes that occur, ascending.
    let codes: [UInt32]
    /// For each row its place in ``numbers``, or something beyond for null.
    let rows: [UInt32]
    /// Numbers among ``codes``, or ``RowGroupColumn/nullCode``.
    let numbers: [UInt32]
    let nullCount: Int

    /// Codes for each row from which a place for each code costs more than the rows.
    private static let maximumCodesPerRow = 4

    /// Looks through the codes of all rows.
    ///
    /// - Parameters:
    ///   - map: For each code of a row the dictionary's code or ``RowGroupColumn/nullCode``; nil where these are the same.
    ///   - count: The dictionary's codes are below this.
    /// - Returns: Nil when some code means nothing.
    /// - Complexity: O(rows), and a bit for each code.
    init?(_ rows: [UInt32], map: [UInt32]?, below count: Int) {
        let limit = map?.count ?? count
        var seen = CodeSet(below: limit)
        let beyond = seen.insert(rows)
        guard map != nil || beyond.isNull else { return nil }
        let distinct = seen.elements()
        var numbers: [UInt32]
        if let map {
            var used = CodeSet(below: count)
            let mapped = distinct.map { map[Int($0)] }
            guard used.insert(mapped).isNull else { return nil }
            codes = used.elements()
            numbers = mapped.map { $0 == RowGroupColumn.nullCode ? $0 : used.rank($0) }
        } else {
            codes = distinct
            numbers = Array(0..<UInt32(distinct.count))
        }
        let hasMappedNulls = numbers.contains(RowGroupColumn.nullCode)
        if limit / UsedCodes.maximumCodesPerRow > rows.count {
            self.rows = rows.map { Int($0) < limit ? seen.rank($0) : RowGroupColumn.nullCode }
        } else {
            self.rows = rows
            var places = [UInt32](repeating: RowGroupColumn.nullCode, count: limit)
            for (code, number) in zip(distinct, numbers) { places[Int(code)] = number }
            numbers = places
        }
        self.numbers = numbers
        nullCount = beyond.count + (hasMappedNulls ? UsedCodes.nulls(self.rows, numbers) : 0)
    }

    /// How many rows are not null themselves, but mapped to it.
    private static func nulls(_ rows: [UInt32], _ numbers: [UInt32]) -> Int {
        rows.count { Int($0) < numbers.count && numbers[Int($0)] == RowGroupColumn.nullCode }
    }

    /// The number of what stands for a row, or ``RowGroupColumn/nullCode``.
    @inline(__always)
    func number(_ row: UInt32) -> UInt32 {
        Int(row) < numbers.count ? numbers[Int(row)] : RowGroupColumn.nullCode
    }

    /// The dictionary's code of what stands for a row, or ``RowGroupColumn/nullCode``.
    func code(_ row: UInt32) -> UInt32 {
        let number = number(row)
        return number == RowGroupColumn.nullCode ? number : codes[Int(number)]
    }

    /// The least and greatest number of some rows, and how many of them are null.
    func span(of range: Range<Int>) -> (numbers: ClosedRange<UInt32>?, nullCount: Int) {
        var (least, greatest, present) = (UInt32.max, UInt32.min, 0)
        unsafe numbers.withUnsafeBufferPointer { numbers in
            for row in rows[range] where Int(row) < numbers.count {
                let number = unsafe numbers[Int(row)]
                let isPresent = number != RowGroupColumn.nullCode
                least = min(least, number)
                greatest = max(greatest, isPresent ? number : 0)
                present &+= isPresent ? 1 : 0
            }
        }
        return (present > 0 ? least...greatest : nil, range.count - present)
    }
}

/// A set of codes, a bit for each that there may be.
struct CodeSet {
    private let limit: Int
    private var words: [UInt64]
    /// For each word, how many codes are before it; after ``elements()``.
    private var ranks: [UInt32] = []

    init(below limit: Int) {
        self.limit = limit
        words = [UInt64](repeating: 0, count: (limit + 63) / 64)
    }

    /// Adds codes.
    ///
    /// - Returns: How many of them are not below the limit, and whether each of those is ``RowGroupColumn/nullCode``.
    mutating func insert(_ codes: [UInt32]) -> (count: Int, isNull: Bool) {
        var count = 0
        var isNull = true
        let limit = limit
        unsafe words.withUnsafeMutableBufferPointer { words in
            for code in codes {
                if Int(code) < limit {
                    // SAFETY: there is a bit for each code below the limit.
                    unsafe words[Int(code &>> 6)] |= 1 &<< UInt64(code)
                } else {
                    count &+= 1
                    isNull = isNull && code == RowGroupColumn.nullCode
                }
            }
        }
        return (count, isNull)
    }

    /// The codes, ascending.
    mutating func elements() -> [UInt32] {
        ranks.removeAll()
        ranks.reserveCapacity(words.count)
        var codes: [UInt32] = []
        for (index, word) in words.enumerated() {
            ranks.append(UInt32(codes.count))
            var rest = word
            while rest != 0 {
                codes.append(UInt32(index * 64 + rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
        return codes
    }

    /// How many codes are less than one that is in the set.
    func rank(_ code: UInt32) -> UInt32 {
        let word = words[Int(code >> 6)]
        return ranks[Int(code >> 6)] + UInt32((word & (1 << UInt64(code & 63) - 1)).nonzeroBitCount)
    }
}
