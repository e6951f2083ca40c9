/// Why a Parquet file can't be written.
package struct ParquetError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// A batch does not fit the schema.
        case schemaMismatch
        case compressionFailed
        /// The file has been finished.
        case finished
    }

    package let code: Code
    package let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
