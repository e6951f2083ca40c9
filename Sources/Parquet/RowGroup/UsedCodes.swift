/// Which of a dictionary's codes occur, and the number of each among those that do.
struct UsedCodes {
    private var marks: [UInt64]
    /// For each word of marks, how many codes are marked before it.
    private var ranks: [UInt32] = []

    /// - Parameter count: Codes are below this.
    init(count: Int) { marks = [UInt64](repeating: 0, count: (count + 63) / 64) }

    mutating func mark(_ codes: [UInt32]) {
        unsafe marks.withUnsafeMutableBufferPointer { marks in
            for code in codes where code != RowGroupColumn.nullCode {
                // SAFETY: checked by the subscript's precondition in debug builds, and by `RowGroup.encode` always.
                unsafe marks[Int(code >> 6)] |= 1 << UInt64(code & 63)
            }
        }
    }

    mutating func mark(_ runs: [CodeRun]) {
        for run in runs where run.code != RowGroupColumn.nullCode {
            marks[Int(run.code >> 6)] |= 1 << UInt64(run.code & 63)
        }
    }

    /// Ends the marking.
    ///
    /// - Returns: The codes that occur, ascending.
    mutating func number() -> [UInt32] {
        ranks.reserveCapacity(marks.count)
        var codes: [UInt32] = []
        for (index, word) in marks.enumerated() {
            ranks.append(UInt32(codes.count))
            var rest = word
            while rest != 0 {
                codes.append(UInt32(index * 64 + rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
        return codes
    }

    /// The number of a marked code.
    @inline(__always)
    func rank(_ code: UInt32) -> UInt32 {
        let word = marks[Int(code >> 6)]
        return ranks[Int(code >> 6)] + UInt32((word & (1 << UInt64(code & 63) - 1)).nonzeroBitCount)
    }

    /// The numbers of all codes but nulls, in the rows' order.
    func ranks(of codes: ArraySlice<UInt32>) -> [UInt32] {
        unsafe [UInt32](unsafeUninitializedCapacity: codes.count) { output, count in
            for code in codes where code != RowGroupColumn.nullCode {
                unsafe output[count] = rank(code)
                count += 1
            }
        }
    }
}
