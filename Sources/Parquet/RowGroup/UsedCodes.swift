/// Which of a dictionary's codes the rows use, and the number of each among those.
///
/// Rows may have codes of another kind than the dictionary's, which a table maps to them: then each row costs one look
/// into a table, mapped or not.
struct UsedCodes {
    /// The dictionary's codes that occur, ascending.
    let codes: [UInt32]
    /// For each code that a row may have the number of its dictionary code, or ``RowGroupColumn/nullCode``.
    let numbers: [UInt32]
    let nullCount: Int

    /// Looks through the codes of all rows.
    ///
    /// - Parameters:
    ///   - map: For each code of a row the dictionary's code or ``RowGroupColumn/nullCode``; nil where these are the same.
    ///   - count: The dictionary's codes are below this.
    /// - Returns: Nil when some code means nothing.
    init?(_ rows: [UInt32], map: [UInt32]?, below count: Int) {
        guard let seen = UsedCodes.seen(rows, below: map?.count ?? count) else { return nil }
        var used = [UInt8](repeating: 0, count: count)
        if let map {
            for (code, mark) in zip(map, seen.marks) where mark != 0 && code != RowGroupColumn.nullCode {
                guard Int(code) < count else { return nil }
                used[Int(code)] = 1
            }
        } else {
            used = seen.marks
        }
        var codes: [UInt32] = []
        var numbers = [UInt32](repeating: RowGroupColumn.nullCode, count: count)
        for code in 0..<count where used[code] != 0 {
            numbers[code] = UInt32(codes.count)
            codes.append(UInt32(code))
        }
        self.codes = codes
        guard let map else {
            nullCount = seen.nullCount
            self.numbers = numbers
            return
        }
        self.numbers = zip(map, seen.marks).map { code, mark in
            mark == 0 || code == RowGroupColumn.nullCode ? RowGroupColumn.nullCode : numbers[Int(code)]
        }
        nullCount = seen.nullCount + UsedCodes.nulls(rows, self.numbers)
    }

    private static func seen(_ rows: [UInt32], below count: Int) -> (marks: [UInt8], nullCount: Int)? {
        var marks = [UInt8](repeating: 0, count: count)
        var nullCount = 0
        var isKnown = true
        unsafe marks.withUnsafeMutableBufferPointer { marks in
            for code in rows {
                if Int(code) < count {
                    unsafe marks[Int(code)] = 1
                } else {
                    nullCount += 1
                    isKnown = isKnown && code == RowGroupColumn.nullCode
                }
            }
        }
        return isKnown ? (marks, nullCount) : nil
    }

    /// How many rows have a code that is mapped to null.
    private static func nulls(_ rows: [UInt32], _ numbers: [UInt32]) -> Int {
        guard numbers.contains(RowGroupColumn.nullCode) else { return 0 }
        return rows.count { Int($0) < numbers.count && numbers[Int($0)] == RowGroupColumn.nullCode }
    }

    /// The number of a row's code, or ``RowGroupColumn/nullCode``.
    @inline(__always)
    func number(_ code: UInt32) -> UInt32 {
        Int(code) < numbers.count ? numbers[Int(code)] : RowGroupColumn.nullCode
    }

    /// The least and greatest number of some rows, and how many of them are null.
    func span(of rows: ArraySlice<UInt32>) -> (numbers: ClosedRange<UInt32>?, nullCount: Int) {
        var (least, greatest, present) = (UInt32.max, UInt32.min, 0)
        unsafe numbers.withUnsafeBufferPointer { numbers in
            for code in rows where code != RowGroupColumn.nullCode {
                // SAFETY: codes are below the count of numbers (`init` has seen them all).
                let number = unsafe numbers[Int(code)]
                let isPresent = number != RowGroupColumn.nullCode
                least = min(least, number)
                greatest = max(greatest, isPresent ? number : 0)
                present &+= isPresent ? 1 : 0
            }
        }
        return (present > 0 ? least...greatest : nil, rows.count - present)
    }
}
