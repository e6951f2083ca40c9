/// Why a file as a whole can't be read as CSV with the wanted columns.
///
/// A single row that is wrong never throws: it is a ``CSVDefect`` of its batch. The message holds header names at most,
/// never what a row contains.
package struct CSVError: Error, Sendable, Hashable {
    /// What a caller branches on.
    package enum Code: Sendable, Hashable {
        /// There is no header: no bytes at all, or nothing but blank lines.
        case empty
        /// The file begins as UTF-16 or UTF-32 does; only UTF-8 is read.
        case utf16
        /// The file begins with a compressed format's signature, whatever its name.
        case compressed(CSVCompression)
        /// The header record itself is broken.
        case malformedHeader(CSVDefect.Reason)
        /// A non-empty header name stands in the header twice.
        case duplicateColumn(String)
        /// Wanted columns that the header doesn't have, in the order they were asked for.
        case missingColumns([String])
        /// The header is one field that holds this other byte which people use between fields.
        case wrongDelimiter(UInt8)
    }

    package let code: Code
    /// The line at fault; 1 is the first.
    package let line: Int
    /// Where in the file the record at fault begins.
    package let byteOffset: Int
    /// What was found and what to do, in words.
    package let detail: String

    package init(code: Code, line: Int, byteOffset: Int, detail: String) {
        self.code = code
        self.line = line
        self.byteOffset = byteOffset
        self.detail = detail
    }
}

extension CSVError: CustomStringConvertible {
    package var description: String { "line \(line): \(detail) (byte \(byteOffset))" }
}

/// A compressed format that is recognised by its first bytes.
package enum CSVCompression: String, Sendable, Hashable, CaseIterable {
    case gzip, zip, zstd, bzip2, xz
}
