/// A compiled pattern in JavaScript's syntax, as far as PCRE2 reads the same.
///
/// Offsets are bytes of the text's UTF-8. `\d`, `\w` and `\b` know ASCII only, `$` without the `m` flag is the end of
/// the text alone, and a group that took no part matches the empty string when it is referred to: as in ECMAScript.
package struct RegularExpression: Sendable {
    /// The pattern as it was written.
    package let pattern: String
    package let ignoresCase: Bool
    package let isMultiline: Bool
    private let compiled: CompiledPattern

    /// Compiles `pattern`.
    ///
    /// - Throws: ``RegularExpressionError`` with code `.invalidPattern`.
    package init(
        _ pattern: String, ignoresCase: Bool = false, isMultiline: Bool = false
    ) throws(RegularExpressionError) {
        self.pattern = pattern
        self.ignoresCase = ignoresCase
        self.isMultiline = isMultiline
        compiled = try CompiledPattern(pattern, ignoresCase: ignoresCase, isMultiline: isMultiline)
    }

    /// Groups of the pattern that capture.
    package var captureCount: Int { compiled.captureCount }

    /// The first match that begins at `offset` or later, or nil.
    ///
    /// - Parameters:
    ///   - offset: Bytes into the subject, at the start of a character, at most its length.
    ///   - limit: Steps of backtracking after which the search is given up.
    /// - Throws: ``RegularExpressionError`` with code `.limitReached` after `limit` steps.
    package func firstMatch(
        in subject: Subject, from offset: Int = 0, limit: UInt32 = RegularExpression.defaultMatchLimit
    ) throws(RegularExpressionError) -> Match? {
        try compiled.firstMatch(in: subject, from: offset, limit: limit)
    }

    /// Steps of backtracking that a search may take unless the caller says otherwise: about 50 ms.
    package static let defaultMatchLimit: UInt32 = 1_000_000
}

extension RegularExpression: Hashable {
    package static func == (left: RegularExpression, right: RegularExpression) -> Bool {
        (left.pattern, left.ignoresCase, left.isMultiline) == (right.pattern, right.ignoresCase, right.isMultiline)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(pattern)
        hasher.combine(ignoresCase)
        hasher.combine(isMultiline)
    }
}

extension RegularExpression {
    /// A text to search in, held as UTF-8 that is known to be valid, so that no search checks it again.
    package struct Subject: Sendable {
        package let utf8: [UInt8]
        package init(_ text: String) { utf8 = Array(text.utf8) }

        package var isASCII: Bool { utf8.allSatisfy { $0 < 0x80 } }

        /// The text of a range whose ends are starts of characters, as those of matches are.
        package subscript(range: Range<Int>) -> String { String(decoding: utf8[range], as: UTF8.self) }

        /// Whether a character starts at `offset`, or the text ends there.
        package func isCharacterStart(_ offset: Int) -> Bool {
            offset == utf8.count || (offset >= 0 && offset < utf8.count && utf8[offset] & 0xC0 != 0x80)
        }
    }

    /// Where a pattern matched.
    package struct Match: Sendable, Hashable {
        /// Bytes of the whole match.
        package let range: Range<Int>
        /// Bytes of each group; nil for one that took no part.
        package let groups: [Range<Int>?]
    }
}
