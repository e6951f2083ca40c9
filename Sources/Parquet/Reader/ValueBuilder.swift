/// Values of a column as they are decoded.
struct ValueBuilder {
    private static let microsecondsPerDay: Int64 = 86_400_000_000
    /// The Julian day of 1970-01-01.
    private static let julianDayOfEpoch: Int64 = 2_440_588

    private(set) var values: ParquetValues
    private let field: ParquetField

    init(_ field: ParquetField) {
        self.field = field
        values =
            switch field.physicalType {
            case .boolean: .booleans([])
            case .int32: .int32s([])
            case .int64: .int64s([])
            case .int96: .int96Micros([])
            case .float: .floats([])
            case .double: .doubles([])
            case .byteArray, .fixedLengthByteArray: .byteArrays(UTF8Values())
            }
    }

    var count: Int { values.count }

    // MARK: From pages

    /// PLAIN.
    mutating func appendPlain(_ cursor: inout ByteCursor, count: Int) throws(ParquetError) {
        switch field.physicalType {
        case .boolean: append(booleans: try cursor.bitPacked(count, bitWidth: 1).map { UInt32($0) })
        case .byteArray:
            guard case .byteArrays(var texts) = values else { return }
            for _ in 0..<count {
                let length = Int(try cursor.integer(UInt32.self))
                texts.append(cursor.bytes[try cursor.take(length)])
            }
            values = .byteArrays(texts)
        default:
            let width = width
            let (byteCount, overflows) = count.multipliedReportingOverflow(by: width)
            guard !overflows else { throw .malformed("a page has too many values") }
            append(fixed: cursor.bytes[try cursor.take(byteCount)], count: count)
        }
    }

    /// BYTE_STREAM_SPLIT: the first bytes of all values, then the second, and so on.
    mutating func appendSplit(_ cursor: inout ByteCursor, count: Int) throws(ParquetError) {
        switch field.physicalType {
        case .boolean, .byteArray, .int96: throw .unsupported("BYTE_STREAM_SPLIT of values of no fixed width")
        default: break
        }
        let (byteCount, overflows) = count.multipliedReportingOverflow(by: width)
        guard !overflows else { throw .malformed("a page has too many values") }
        let range = try cursor.take(byteCount)
        var joined = [UInt8](repeating: 0, count: byteCount)
        for value in 0..<count {
            for byte in 0..<width {
                joined[value * width + byte] = cursor.bytes[range.lowerBound + byte * count + value]
            }
        }
        append(fixed: joined[...], count: count)
    }

    private var width: Int {
        switch field.physicalType {
        case .int32, .float: 4
        case .int64, .double: 8
        case .int96: 12
        case .fixedLengthByteArray: field.typeLength
        case .boolean, .byteArray: 1
        }
    }

    /// - Parameter bytes: `count` values of ``width`` bytes.
    private mutating func append(fixed bytes: ArraySlice<UInt8>, count: Int) {
        func load<Value: FixedWidthInteger>(_ index: Int, _ type: Value.Type) -> Value {
            var value: Value = 0
            let start = bytes.startIndex + index * width
            for byte in (0..<MemoryLayout<Value>.size).reversed() {
                value = value << 8 | Value(truncatingIfNeeded: bytes[start + byte])
            }
            return value
        }
        switch values {
        case .int32s(var all):
            for index in 0..<count { all.append(load(index, Int32.self)) }
            values = .int32s(all)
        case .int64s(var all):
            for index in 0..<count { all.append(load(index, Int64.self)) }
            values = .int64s(all)
        case .floats(var all):
            for index in 0..<count { all.append(Float(bitPattern: load(index, UInt32.self))) }
            values = .floats(all)
        case .doubles(var all):
            for index in 0..<count { all.append(Double(bitPattern: load(index, UInt64.self))) }
            values = .doubles(all)
        case .int96Micros(var all):
            for index in 0..<count {
                let start = bytes.startIndex + index * 12
                var nanoseconds: UInt64 = 0
                for byte in (0..<8).reversed() { nanoseconds = nanoseconds << 8 | UInt64(bytes[start + byte]) }
                var day: UInt32 = 0
                for byte in (8..<12).reversed() { day = day << 8 | UInt32(bytes[start + byte]) }
                let days = Int64(day) - ValueBuilder.julianDayOfEpoch
                all.append(days &* ValueBuilder.microsecondsPerDay &+ Int64(bitPattern: nanoseconds) / 1_000)
            }
            values = .int96Micros(all)
        case .byteArrays(var all):
            for index in 0..<count {
                let start = bytes.startIndex + index * width
                all.append(bytes[start..<(start + width)])
            }
            values = .byteArrays(all)
        case .booleans: break
        }
    }

    mutating func append(booleans: [UInt32]) {
        guard case .booleans(var all) = values else { return }
        for value in booleans { all.append(value != 0) }
        values = .booleans(all)
    }

    mutating func append(integers: [Int64]) throws(ParquetError) {
        switch values {
        case .int32s(var all):
            for value in integers { all.append(Int32(truncatingIfNeeded: value)) }
            values = .int32s(all)
        case .int64s(let all): values = .int64s(all + integers)
        default: throw .malformed("differences of numbers in a column of others")
        }
    }

    mutating func append(byteArrays: UTF8Values) throws(ParquetError) {
        guard case .byteArrays(var all) = values else { throw .malformed("texts in a column of numbers") }
        for index in 0..<byteArrays.count {
            guard field.physicalType == .byteArray || byteArrays[index].count == field.typeLength else {
                throw .malformed("a value of another length than the column has")
            }
            all.append(byteArrays[index])
        }
        values = .byteArrays(all)
    }

    /// - Parameter byteLimit: More bytes of texts are refused: indices can multiply them.
    mutating func append(
        _ indices: [UInt32], of dictionary: ParquetValues, byteLimit: Int
    ) throws(ParquetError) {
        guard indices.allSatisfy({ Int($0) < dictionary.count }) else {
            throw .malformed("a page refers to an entry that its dictionary does not have")
        }
        switch (values, dictionary) {
        case (.int32s(let all), .int32s(let entries)): values = .int32s(all + indices.map { entries[Int($0)] })
        case (.int64s(let all), .int64s(let entries)): values = .int64s(all + indices.map { entries[Int($0)] })
        case (.int96Micros(let all), .int96Micros(let entries)):
            values = .int96Micros(all + indices.map { entries[Int($0)] })
        case (.floats(let all), .floats(let entries)): values = .floats(all + indices.map { entries[Int($0)] })
        case (.doubles(let all), .doubles(let entries)): values = .doubles(all + indices.map { entries[Int($0)] })
        case (.booleans(let all), .booleans(let entries)): values = .booleans(all + indices.map { entries[Int($0)] })
        case (.byteArrays(var all), .byteArrays(let entries)):
            let before = all.bytes.count
            for index in indices {
                all.append(entries[Int(index)])
                guard all.bytes.count - before <= byteLimit else {
                    throw ParquetError(.tooLarge, "texts of more than \(byteLimit) bytes in one page")
                }
            }
            values = .byteArrays(all)
        default: throw .malformed("a dictionary of other values than the column's")
        }
    }

    // MARK: Into rows

    /// Adds a page's values, each to the next row that has one.
    mutating func append(_ page: ValueBuilder, _ isPresent: [Bool]?) {
        let all = values
        // Let go of, so that the values are added where they are and not to a copy.
        values = .booleans([])
        values = Self.joined(all, page.values, isPresent)
    }

    private static func joined(
        _ all: consuming ParquetValues, _ new: ParquetValues, _ isPresent: [Bool]?
    ) -> ParquetValues {
        switch (consume all, new) {
        case (.booleans(var all), .booleans(let new)):
            all += spread(new, isPresent, false)
            return .booleans(all)
        case (.int32s(var all), .int32s(let new)):
            all += spread(new, isPresent, 0)
            return .int32s(all)
        case (.int64s(var all), .int64s(let new)):
            all += spread(new, isPresent, 0)
            return .int64s(all)
        case (.int96Micros(var all), .int96Micros(let new)):
            all += spread(new, isPresent, 0)
            return .int96Micros(all)
        case (.floats(var all), .floats(let new)):
            all += spread(new, isPresent, 0)
            return .floats(all)
        case (.doubles(var all), .doubles(let new)):
            all += spread(new, isPresent, 0)
            return .doubles(all)
        case (.byteArrays(var all), .byteArrays(let new)):
            var next = 0
            for isPresent in isPresent ?? [Bool](repeating: true, count: new.count) {
                all.append(isPresent ? new[next] : [])
                if isPresent { next += 1 }
            }
            return .byteArrays(all)
        case (let all, _): return all
        }
    }

    private static func spread<Value>(_ values: [Value], _ isPresent: [Bool]?, _ null: Value) -> [Value] {
        guard let isPresent else { return values }
        var next = 0
        return isPresent.map { isPresent in
            guard isPresent else { return null }
            next += 1
            return values[next - 1]
        }
    }
}
