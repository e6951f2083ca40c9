import CPCRE2

/// A compiled regular expression (PCRE2), whose matching is bounded: a pattern that explodes is an error, not a hang.
///
/// Patterns are in UTF-8 and matched by characters; `$` is the end of the text alone, as in JavaScript. Offsets are
/// those of UTF-8 bytes.
package struct RegularExpression: Sendable, Hashable {
    package struct Options: OptionSet, Sendable, Hashable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        package static let caseInsensitive = Options(rawValue: 1)
        /// `^` and `$` match at lines, too.
        package static let multiline = Options(rawValue: 2)
        /// `.` matches the end of a line, too.
        package static let dotMatchesNewline = Options(rawValue: 4)
    }

    /// Where a match and its groups stand; the first range is the whole match, nil is a group that took no part.
    package struct Match: Sendable, Hashable {
        package let ranges: [Range<Int>?]
        package var range: Range<Int> { (ranges.first ?? nil) ?? 0..<0 }
    }

    /// Bytes of a pattern at most.
    package static let maximumPatternByteCount = 16_384
    /// Steps of one match at most (`pcre2_set_match_limit`): some hundred milliseconds.
    static let matchLimit: UInt32 = 1_000_000
    /// Backtracking points kept at most, in KiB (`pcre2_set_heap_limit`).
    static let heapLimitKiB: UInt32 = 16_384

    package let pattern: String
    package let options: Options
    private let code: CompiledPattern

    /// Compiles a pattern.
    ///
    /// - Throws: ``RegularExpressionError`` with the library's message and the offset in the pattern.
    package init(_ pattern: String, options: Options = []) throws(RegularExpressionError) {
        guard pattern.utf8.count <= RegularExpression.maximumPatternByteCount else {
            throw RegularExpressionError(
                detail: "the pattern has over \(RegularExpression.maximumPatternByteCount) bytes", offset: nil)
        }
        self.pattern = pattern
        self.options = options
        code = try CompiledPattern(pattern, options)
    }

    /// The first match at or after a byte offset that stands between two characters.
    ///
    /// - Throws: ``RegularExpressionError`` when the match took more steps or memory than is allowed.
    package func firstMatch(in text: [UInt8], from offset: Int = 0) throws(RegularExpressionError) -> Match? {
        try code.firstMatch(in: text, from: offset)
    }

    /// All matches, left to right; after an empty one the search goes on one character later.
    ///
    /// - Throws: ``RegularExpressionError`` as ``firstMatch(in:from:)`` does.
    package func matches(in text: [UInt8], limit: Int = .max) throws(RegularExpressionError) -> [Match] {
        var found: [Match] = []
        var offset = 0
        while found.count < limit, offset <= text.count, let match = try firstMatch(in: text, from: offset) {
            found.append(match)
            offset = match.range.upperBound
            if match.range.isEmpty {
                offset += 1
                while offset < text.count, text[offset] & 0xC0 == 0x80 { offset += 1 }
            }
        }
        return found
    }

    package static func == (left: RegularExpression, right: RegularExpression) -> Bool {
        left.pattern == right.pattern && left.options == right.options
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(pattern)
        hasher.combine(options)
    }
}

/// Why a pattern or a match failed.
package struct RegularExpressionError: Error, Sendable, Hashable, CustomStringConvertible {
    package let detail: String
    /// The byte of the pattern that it is about.
    package let offset: Int?

    package var description: String { detail + (offset.map { " (at byte \($0) of the pattern)" } ?? "") }
}

/// Owns the library's compiled form, which many threads may match with at once.
@safe private final class CompiledPattern: Sendable {
    // SAFETY: made once, never changed (pcre2api, "Multithreading"), freed with this object.
    nonisolated(unsafe) private let code: OpaquePointer
    private let groupCount: Int

    init(_ pattern: String, _ options: RegularExpression.Options) throws(RegularExpressionError) {
        var flags = UInt32(PCRE2_UTF) | PCRE2_UCP | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX | PCRE2_NEVER_BACKSLASH_C
        if options.contains(.caseInsensitive) { flags |= PCRE2_CASELESS }
        if options.contains(.multiline) { flags |= PCRE2_MULTILINE }
        if options.contains(.dotMatchesNewline) { flags |= PCRE2_DOTALL }
        var error: Int32 = 0
        var offset = 0
        let bytes = Array(pattern.utf8)
        let compiled = unsafe turntable_pcre2_compile(bytes, bytes.count, flags, &error, &offset)
        guard let compiled = unsafe compiled else {
            throw RegularExpressionError(detail: CompiledPattern.message(error), offset: offset)
        }
        unsafe code = compiled
        var groups: UInt32 = 0
        unsafe pcre2_pattern_info_8(compiled, UInt32(PCRE2_INFO_CAPTURECOUNT), &groups)
        groupCount = Int(groups)
    }

    deinit { unsafe pcre2_code_free_8(code) }

    func firstMatch(in text: [UInt8], from offset: Int) throws(RegularExpressionError) -> RegularExpression.Match? {
        let context = unsafe pcre2_match_context_create_8(nil)
        let data = unsafe pcre2_match_data_create_from_pattern_8(code, nil)
        defer {
            unsafe pcre2_match_context_free_8(context)
            unsafe pcre2_match_data_free_8(data)
        }
        guard let context = unsafe context, let data = unsafe data else {
            throw RegularExpressionError(detail: "there is no memory for the match", offset: nil)
        }
        unsafe pcre2_set_match_limit_8(context, RegularExpression.matchLimit)
        unsafe pcre2_set_heap_limit_8(context, RegularExpression.heapLimitKiB)
        // The text is a Swift string's, so it is valid UTF-8 and need not be checked for each of many matches.
        let result = unsafe pcre2_match_8(
            code, text, text.count, offset, UInt32(PCRE2_NO_UTF_CHECK), data, context)
        if result == PCRE2_ERROR_NOMATCH { return nil }
        guard result >= 0 else {
            throw RegularExpressionError(
                detail: "the match was given up: \(CompiledPattern.message(result))", offset: nil)
        }
        guard let ends = unsafe pcre2_get_ovector_pointer_8(data) else { return nil }
        let ranges = (0...groupCount).map { group -> Range<Int>? in
            // SAFETY: the vector has a pair for the match and for each group of the pattern; PCRE2_UNSET is read as -1.
            let (start, end) = unsafe (ends[2 * group], ends[2 * group + 1])
            return start < 0 || start > end || end > text.count ? nil : start..<end
        }
        return RegularExpression.Match(ranges: ranges)
    }

    private static func message(_ code: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = unsafe pcre2_get_error_message_8(code, &buffer, buffer.count)
        return count < 0 ? "error \(code)" : String(decoding: buffer.prefix(Int(count)), as: UTF8.self)
    }
}
