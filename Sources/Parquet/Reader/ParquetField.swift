/// A column of a file that is read.
package struct ParquetField: Sendable, Hashable {
    /// `Type` of parquet.thrift.
    package enum PhysicalType: Int, Sendable, Hashable {
        case boolean = 0, int32, int64, int96, float, double, byteArray, fixedLengthByteArray
    }

    /// Names from the root on, joined by dots.
    package let name: String
    package let physicalType: PhysicalType
    /// Bytes of a fixed-length value.
    package let typeLength: Int
    package let isOptional: Bool
    /// Whether the column is nested or repeated, which is not read.
    package let isNested: Bool
    /// Whether the values are text.
    package let isText: Bool
}

/// What is known of one column of a row group without reading it.
package struct ParquetChunk: Sendable, Hashable {
    package let valueCount: Int
    package let compressedByteCount: Int
    package let nullCount: Int?
    /// Smallest and greatest value in plain encoding, where the writer said so.
    package let minimum: [UInt8]?
    package let maximum: [UInt8]?
    let codec: Int
    let offset: Int
}

/// What is known of a row group without reading it.
package struct ParquetRowGroup: Sendable, Hashable {
    package let rowCount: Int
    /// By column, in the order of the file's fields.
    package let chunks: [ParquetChunk]
}

/// The values of a column, one for each row; where the row is null, a zero or nothing.
package enum ParquetValues: Sendable, Hashable {
    case booleans([Bool])
    case int32s([Int32])
    case int64s([Int64])
    /// Microseconds since 1970, of INT96 times.
    case int96Micros([Int64])
    case floats([Float])
    case doubles([Double])
    case byteArrays(UTF8Values)

    package var count: Int {
        switch self {
        case .booleans(let values): values.count
        case .int32s(let values): values.count
        case .int64s(let values), .int96Micros(let values): values.count
        case .floats(let values): values.count
        case .doubles(let values): values.count
        case .byteArrays(let values): values.count
        }
    }
}

/// A column of a row group, read.
package struct ParquetColumnValues: Sendable, Hashable {
    package let field: ParquetField
    package let values: ParquetValues
    /// Whether each row has a value; nil when all have.
    package let isPresent: [Bool]?
}
