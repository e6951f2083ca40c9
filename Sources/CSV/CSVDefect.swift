/// A record that is not a row of the table: where it is and what is wrong with it.
///
/// A record has one defect at most, the first that reading it from left to right meets. Reading goes on with the next
/// record; ``Reason`` says where that begins.
package struct CSVDefect: Sendable, Hashable {
    /// What is wrong with a record.
    ///
    /// After a fault that leaves quoting in doubt (text after a closing quote, a limit passed) the record ends at the
    /// next line break, whatever quotes come before it; after the others, where its own quoting says.
    package enum Reason: Sendable, Hashable {
        case tooFewFields(expected: Int, found: Int)
        case tooManyFields(expected: Int, found: Int)
        /// The file ends inside a quoted field.
        case unterminatedQuote
        /// Neither delimiter nor line break follows the quote that closes a field.
        case textAfterQuote
        /// A chosen field is not UTF-8. Fields that weren't asked for are not looked into.
        case invalidUTF8
        /// A chosen field holds a NUL byte.
        case nulByte
        case fieldTooLong(maximumBytes: Int)
        case recordTooLong(maximumBytes: Int)
    }

    package let reason: Reason
    /// The line on which the field at fault begins; line 1 is the header's. For an unterminated quote, where it opens.
    package let line: Int
    /// The line on which the record begins: `line`, unless an earlier field of the record holds line breaks.
    package let recordLine: Int
    /// Where in the file the record begins.
    package let byteOffset: Int
    /// Bytes of the record up to its line break.
    package internal(set) var byteCount: Int
    /// The field at fault, 1 being the first; of a short record the first one missing, of a wide one the first that is
    /// too many.
    package let fieldNumber: Int
    /// The header's name for that field, if it has one.
    package let columnName: String?
}

extension CSVDefect.Reason {
    /// A name for reports that stays the same from version to version.
    package var identifier: String {
        switch self {
        case .tooFewFields: "too_few_fields"
        case .tooManyFields: "too_many_fields"
        case .unterminatedQuote: "unterminated_quote"
        case .textAfterQuote: "text_after_quote"
        case .invalidUTF8: "invalid_utf8"
        case .nulByte: "nul_byte"
        case .fieldTooLong: "field_too_long"
        case .recordTooLong: "record_too_long"
        }
    }
}

extension CSVDefect.Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooFewFields(let expected, let found), .tooManyFields(let expected, let found):
            "the header has \(expected) fields, the record \(found)"
        case .unterminatedQuote: "quote is never closed"
        case .textAfterQuote: "text after the closing quote"
        case .invalidUTF8: "not valid UTF-8"
        case .nulByte: "holds a NUL byte"
        case .fieldTooLong(let maximum): "field is longer than \(maximum) bytes"
        case .recordTooLong(let maximum): "record is longer than \(maximum) bytes; is a quote not closed?"
        }
    }
}

extension CSVDefect: CustomStringConvertible {
    package var description: String {
        let column = columnName.map { " (\(HeaderNames.quoted($0)))" } ?? ""
        return "line \(line), field \(fieldNumber)\(column): \(reason) (byte \(byteOffset))"
    }
}
