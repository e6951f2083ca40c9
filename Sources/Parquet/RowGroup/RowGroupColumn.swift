/// The values of one column of a row group, given as codes of a dictionary that the caller has anyway.
///
/// No value is hashed: which codes occur is found by marking them, and they are numbered in their order.
package enum RowGroupColumn: Sendable {
    /// One code a row; ``nullCode`` stands for null in optional columns.
    case codes([UInt32], CodeDictionary)
    /// One code a row, each of which a table maps to a code of the dictionary or to ``nullCode``; codes from the table's end
    /// on are null.
    case mappedCodes([UInt32], through: [UInt32], CodeDictionary)
    /// Codes with the number of rows, one after the other, that have each.
    case runs([CodeRun], CodeDictionary)
    /// Values without a dictionary.
    case int64s([Int64])

    package static let nullCode = UInt32.max
}

/// A code and how many rows, one after the other, have it.
package struct CodeRun: Sendable, Hashable {
    package var code: UInt32
    package var count: UInt32

    package init(code: UInt32, count: UInt32) {
        self.code = code
        self.count = count
    }
}

/// What codes from 0 on mean.
package enum CodeDictionary: Sendable {
    case texts(UTF8Values)
    case int32s([Int32])
    case int64s([Int64])
    /// Those of the second array come after those of the first, which is not copied for it.
    case joinedInt64s([Int64], [Int64])
    /// Code *c* is `first + c * step`, for *c* below `count`.
    case progression(first: Int64, step: Int64, count: Int)

    package var count: Int {
        switch self {
        case .texts(let values): values.count
        case .int32s(let values): values.count
        case .int64s(let values): values.count
        case .joinedInt64s(let first, let second): first.count + second.count
        case .progression(_, _, let count): count
        }
    }

    private static func joined(_ first: [Int64], _ second: [Int64], _ code: UInt32) -> Int64 {
        Int(code) < first.count ? first[Int(code)] : second[Int(code) - first.count]
    }

    /// Appends the plain encoding of the values of some codes, nulls left out.
    func append(_ codes: some Sequence<UInt32>, to output: inout [UInt8]) {
        switch self {
        case .texts(let values):
            unsafe values.bytes.withUnsafeBufferPointer { bytes in
                unsafe values.offsets.withUnsafeBufferPointer { offsets in
                    for code in codes where code != RowGroupColumn.nullCode {
                        let text = unsafe bytes[offsets[Int(code)]..<offsets[Int(code) + 1]]
                        unsafe PlainEncoding.append(Int32(text.count), to: &output)
                        unsafe output.append(contentsOf: UnsafeBufferPointer(rebasing: text))
                    }
                }
            }
        case .int32s(let values):
            for code in codes where code != RowGroupColumn.nullCode {
                PlainEncoding.append(values[Int(code)], to: &output)
            }
        case .int64s(let values):
            for code in codes where code != RowGroupColumn.nullCode {
                PlainEncoding.append(values[Int(code)], to: &output)
            }
        case .joinedInt64s(let first, let second):
            for code in codes where code != RowGroupColumn.nullCode {
                PlainEncoding.append(CodeDictionary.joined(first, second, code), to: &output)
            }
        case .progression(let first, let step, _):
            for code in codes where code != RowGroupColumn.nullCode {
                PlainEncoding.append(first &+ Int64(code) &* step, to: &output)
            }
        }
    }

    /// The plain encoding of one value, as statistics have it: a text's length is left out.
    func bound(_ code: UInt32) -> [UInt8] {
        var bytes: [UInt8] = []
        switch self {
        case .texts(let values): return Array(values[Int(code)])
        case .int32s(let values): PlainEncoding.append(values[Int(code)], to: &bytes)
        case .int64s(let values): PlainEncoding.append(values[Int(code)], to: &bytes)
        case .joinedInt64s(let first, let second):
            PlainEncoding.append(CodeDictionary.joined(first, second, code), to: &bytes)
        case .progression(let first, let step, _): PlainEncoding.append(first &+ Int64(code) &* step, to: &bytes)
        }
        return bytes
    }

    /// Whether values are in the order of their codes.
    ///
    /// - Parameter codes: Ascending.
    func isAscending(_ codes: [UInt32]) -> Bool {
        let pairs = zip(codes, codes.dropFirst())
        return switch self {
        case .texts(let values):
            pairs.allSatisfy { !values[Int($1)].lexicographicallyPrecedes(values[Int($0)]) }
        case .int32s(let values): pairs.allSatisfy { values[Int($0)] <= values[Int($1)] }
        case .int64s(let values): pairs.allSatisfy { values[Int($0)] <= values[Int($1)] }
        case .joinedInt64s(let first, let second):
            pairs.allSatisfy {
                CodeDictionary.joined(first, second, $0) <= CodeDictionary.joined(first, second, $1)
            }
        case .progression(let first, let step, let count):
            step >= 0 && !Int64(count).multipliedReportingOverflow(by: step).overflow
                && !first.addingReportingOverflow(Int64(count) &* step).overflow
        }
    }

    /// The least and greatest of the values of some codes.
    func bounds(_ codes: [UInt32]) -> (minimum: [UInt8], maximum: [UInt8])? {
        switch self {
        case .texts(let values): ColumnStatistics.bounds(codes.lazy.map { values[Int($0)] })
        case .int32s(let values): ColumnStatistics.bounds(codes.lazy.map { values[Int($0)] })
        case .int64s(let values): ColumnStatistics.bounds(codes.lazy.map { values[Int($0)] })
        case .joinedInt64s(let first, let second):
            ColumnStatistics.bounds(codes.lazy.map { CodeDictionary.joined(first, second, $0) })
        case .progression(let first, let step, _):
            ColumnStatistics.bounds(codes.lazy.map { first &+ Int64($0) &* step })
        }
    }
}
