/// A column's values of the row group being collected.
struct ColumnBuffer {
    let column: ParquetColumn
    let dictionary: UTF8Values?
    private var int32s: [Int32?] = []
    private var int64s: [Int64] = []
    private var doubles: [Double] = []
    private var texts = UTF8Values()
    private var indices: [Int32] = []

    init(_ column: ParquetColumn, dictionary: UTF8Values?) {
        self.column = column
        self.dictionary = dictionary
    }

    /// Whether values of this form belong into the column.
    func accepts(_ values: ColumnValues) -> Bool {
        switch (column.kind, values) {
        case (.int32, .int32(let values)): column.isOptional || !values.contains(nil)
        case (.int64, .int64), (.double, .double), (.timestampMicros, .timestampMicros): !column.isOptional
        case (.utf8, .utf8): dictionary == nil && !column.isOptional
        case (.utf8, .indices(let values)):
            dictionary.map { dictionary in
                values.allSatisfy { $0 >= (column.isOptional ? -1 : 0) && Int($0) < dictionary.count }
            } ?? false
        default: false
        }
    }

    mutating func append(_ values: ColumnValues) {
        switch values {
        case .int32(let values): int32s += values
        case .int64(let values), .timestampMicros(let values): int64s += values
        case .double(let values): doubles += values
        case .indices(let values): indices += values
        case .utf8(let values): for index in 0..<values.count { texts.append(values[index]) }
        }
    }

    /// Makes the chunk and empties the buffer.
    mutating func takeChunk(codec: ParquetCodec) throws(ParquetError) -> ColumnChunk {
        defer { self = ColumnBuffer(column, dictionary: dictionary) }
        switch column.kind {
        case .int32: return try int32Chunk(codec)
        case .int64, .timestampMicros:
            let statistics = ColumnStatistics(bounds: ColumnStatistics.bounds(int64s))
            return try ColumnChunk.plain(
                rowCount: int64s.count, definitions: nil, statistics: statistics, codec: codec
            ) { rows, page in
                for value in int64s[rows] { PlainEncoding.append(value, to: &page) }
            }
        case .double:
            // NaN has no order, so bounds of doubles are left out.
            return try ColumnChunk.plain(
                rowCount: doubles.count, definitions: nil, statistics: ColumnStatistics(), codec: codec
            ) { rows, page in
                for value in doubles[rows] { PlainEncoding.append(value.bitPattern, to: &page) }
            }
        case .utf8:
            return try dictionary == nil ? textChunk(codec) : indexChunk(codec)
        }
    }

    private func definitions(_ isPresent: [Bool]) -> [Int32]? {
        column.isOptional ? isPresent.map { $0 ? 1 : 0 } : nil
    }

    /// With a dictionary as long as it stays small.
    private func int32Chunk(_ codec: ParquetCodec) throws(ParquetError) -> ColumnChunk {
        let present = int32s.compactMap { $0 }
        let definitions = definitions(int32s.map { $0 != nil })
        let statistics = ColumnStatistics(
            nullCount: int32s.count - present.count, bounds: ColumnStatistics.bounds(present))
        var numbers: [Int32: Int32] = [:]
        var entries: [UInt8] = []
        var indices: [Int32] = []
        indices.reserveCapacity(present.count)
        for value in present {
            if let number = numbers[value] {
                indices.append(number)
                continue
            }
            guard numbers.count < ColumnChunk.dictionaryEntryLimit else {
                return try ColumnChunk.plain(
                    rowCount: int32s.count, definitions: definitions, statistics: statistics, codec: codec
                ) { rows, page in
                    for case let value? in int32s[rows] { PlainEncoding.append(value, to: &page) }
                }
            }
            let number = Int32(numbers.count)
            numbers[value] = number
            indices.append(number)
            PlainEncoding.append(value, to: &entries)
        }
        return try ColumnChunk.dictionary(
            entries: entries, entryCount: numbers.count, indices: indices, rowCount: int32s.count,
            definitions: definitions, statistics: statistics, codec: codec)
    }

    private func textChunk(_ codec: ParquetCodec) throws(ParquetError) -> ColumnChunk {
        let statistics = ColumnStatistics(bounds: ColumnStatistics.bounds((0..<texts.count).lazy.map { texts[$0] }))
        return try ColumnChunk.plain(
            rowCount: texts.count, definitions: nil, statistics: statistics, codec: codec
        ) { rows, page in
            for row in rows { PlainEncoding.append(texts[row], to: &page) }
        }
    }

    /// Only the entries that the rows use go into the file, in the order of their first use.
    private func indexChunk(_ codec: ParquetCodec) throws(ParquetError) -> ColumnChunk {
        guard let dictionary else { return try textChunk(codec) }
        var numbers = [Int32](repeating: -1, count: dictionary.count)
        var used: [Int] = []
        var entries: [UInt8] = []
        var present: [Int32] = []
        present.reserveCapacity(indices.count)
        for index in indices where index >= 0 {
            if numbers[Int(index)] < 0 {
                numbers[Int(index)] = Int32(used.count)
                used.append(Int(index))
                PlainEncoding.append(dictionary[Int(index)], to: &entries)
            }
            present.append(numbers[Int(index)])
        }
        let statistics = ColumnStatistics(
            nullCount: indices.count - present.count, bounds: ColumnStatistics.bounds(used.lazy.map { dictionary[$0] }))
        let definitions = definitions(indices.map { $0 >= 0 })
        guard used.count <= ColumnChunk.dictionaryEntryLimit else {
            return try ColumnChunk.plain(
                rowCount: indices.count, definitions: definitions, statistics: statistics, codec: codec
            ) { rows, page in
                for index in indices[rows] where index >= 0 { PlainEncoding.append(dictionary[Int(index)], to: &page) }
            }
        }
        return try ColumnChunk.dictionary(
            entries: entries, entryCount: used.count, indices: present, rowCount: indices.count,
            definitions: definitions, statistics: statistics, codec: codec)
    }
}
