/// A column of a flat schema.
package struct ParquetColumn: Sendable, Hashable {
    /// Physical and logical type in one.
    package enum Kind: Sendable, Hashable {
        case int32
        case int64
        case double
        /// Microseconds since 1970 without a zone (`isAdjustedToUTC` false): what DuckDB and Spark read as TIMESTAMP.
        case timestampMicros
        /// Byte array with logical type STRING.
        case utf8
    }

    package let name: String
    package let kind: Kind
    /// Whether values may be null.
    package let isOptional: Bool

    package init(_ name: String, _ kind: Kind, isOptional: Bool = false) {
        self.name = name
        self.kind = kind
        self.isOptional = isOptional
    }

    /// `Type` of parquet.thrift.
    var physicalType: Int {
        switch kind {
        case .int32: 1
        case .int64, .timestampMicros: 2
        case .double: 5
        case .utf8: 6
        }
    }
}
