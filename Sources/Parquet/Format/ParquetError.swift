/// Why a Parquet file can't be written or read.
package struct ParquetError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// A batch does not fit the schema.
        case schemaMismatch
        case compressionFailed
        /// The file has been finished.
        case finished
        /// The bytes are no Parquet, cut off, or contradict themselves.
        case malformed
        /// What the file uses is known and not read here.
        case unsupported
        /// More memory would be needed than a reader spends on a page.
        case tooLarge
        case noSuchColumn
    }

    package let code: Code
    package let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    static func malformed(_ description: String) -> ParquetError { ParquetError(.malformed, description) }
    static func unsupported(_ description: String) -> ParquetError { ParquetError(.unsupported, description) }

    /// The same, with where it was found before it.
    func located(_ place: String) -> ParquetError { ParquetError(code, "\(place): \(description)") }
}
