import CPCRE2

/// Owns one `pcre2_code`.
@safe final class CompiledPattern: @unchecked Sendable {
    // Sendable: PCRE2 only reads a code once it is compiled (pcre2api, "Multithreading"), and matches have blocks of
    // their own.
    private let code: OpaquePointer
    let captureCount: Int

    /// KiB of heap that one search may use for backtracking.
    static let heapLimitKiB: UInt32 = 32 * 1_024

    /// Groups in one another that a pattern may have: PCRE2 compiles them by recursion.
    static let nestingLimit: UInt32 = 250

    init(_ pattern: String, ignoresCase: Bool, isMultiline: Bool) throws(RegularExpressionError) {
        var options: UInt32 = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX | PCRE2_MATCH_UNSET_BACKREF
        options |= PCRE2_ALLOW_EMPTY_CLASS | PCRE2_NEVER_BACKSLASH_C
        if ignoresCase { options |= PCRE2_CASELESS }
        if isMultiline { options |= PCRE2_MULTILINE }
        let bytes = Array(pattern.utf8)
        var number: Int32 = 0
        var offset = 0
        // SAFETY: the context is freed before the function returns, and the compiled code keeps no pointer to it.
        let context = unsafe pcre2_compile_context_create_8(nil)
        defer { unsafe pcre2_compile_context_free_8(context) }
        unsafe pcre2_set_newline_8(context, UInt32(PCRE2_NEWLINE_ANYCRLF))
        unsafe pcre2_set_parens_nest_limit_8(context, CompiledPattern.nestingLimit)
        // SAFETY: PCRE2 reads exactly `count` bytes during the call and copies what it needs.
        let made = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe pcre2_compile_8(buffer.baseAddress, buffer.count, options, &number, &offset, context)
        }
        guard let made = unsafe made else {
            throw RegularExpressionError(
                code: .invalidPattern, detail: CompiledPattern.message(number), byteOffset: offset)
        }
        unsafe code = made
        var count: UInt32 = 0
        // SAFETY: this question writes one UInt32.
        _ = unsafe pcre2_pattern_info_8(made, UInt32(PCRE2_INFO_CAPTURECOUNT), &count)
        captureCount = Int(count)
    }

    deinit { unsafe pcre2_code_free_8(code) }

    func firstMatch(
        in subject: RegularExpression.Subject, from offset: Int, limit: UInt32
    ) throws(RegularExpressionError) -> RegularExpression.Match? {
        precondition(subject.isCharacterStart(offset), "a search starts at the start of a character")
        // SAFETY: both are freed on every path, after the last use of what they hold.
        let data = unsafe pcre2_match_data_create_from_pattern_8(code, nil)
        let context = unsafe pcre2_match_context_create_8(nil)
        defer {
            unsafe pcre2_match_data_free_8(data)
            unsafe pcre2_match_context_free_8(context)
        }
        unsafe pcre2_set_match_limit_8(context, limit)
        unsafe pcre2_set_depth_limit_8(context, limit)
        unsafe pcre2_set_heap_limit_8(context, CompiledPattern.heapLimitKiB)
        // SAFETY: a Subject is valid UTF-8 and `offset` was checked, which is what PCRE2_NO_UTF_CHECK asks for; the
        // buffer outlives the call, and only offsets are kept of it.
        let result = unsafe subject.utf8.withUnsafeBufferPointer { buffer in
            unsafe pcre2_match_8(
                code, buffer.baseAddress, buffer.count, offset, PCRE2_NO_UTF_CHECK, data, context)
        }
        switch result {
        case PCRE2_ERROR_NOMATCH: return nil
        case PCRE2_ERROR_MATCHLIMIT, PCRE2_ERROR_DEPTHLIMIT, PCRE2_ERROR_HEAPLIMIT:
            throw RegularExpressionError(
                code: .limitReached, detail: CompiledPattern.message(result), byteOffset: 0)
        case ..<0:
            throw RegularExpressionError(code: .matchFailed, detail: CompiledPattern.message(result), byteOffset: 0)
        default: break
        }
        guard let pairs = unsafe pcre2_get_ovector_pointer_8(data) else { return nil }
        // SAFETY: made from the pattern, the vector has a pair for the match and for each group; `\K` in a lookahead
        // can put an end before its start, hence the check.
        func range(_ index: Int) -> Range<Int>? {
            let (start, end) = unsafe (pairs[2 * index], pairs[2 * index + 1])
            guard start != CompiledPattern.unset, start <= end else { return nil }
            return Int(start)..<Int(end)
        }
        guard let whole = range(0) else { return nil }
        var groups: [Range<Int>?] = []
        for index in 0..<captureCount { groups.append(index + 1 < Int(result) ? range(index + 1) : nil) }
        return RegularExpression.Match(range: whole, groups: groups)
    }

    /// PCRE2_UNSET, a macro that Swift does not import.
    private static let unset = Int(bitPattern: UInt.max)

    private static func message(_ number: Int32) -> String {
        // SAFETY: PCRE2 writes at most `count` bytes, the terminating zero among them.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 256) { buffer, count in
            let length = unsafe pcre2_get_error_message_8(number, buffer.baseAddress, buffer.count)
            count = max(0, Int(length))
        }
        return "PCRE2 \(number) (\(String(decoding: bytes, as: UTF8.self)))"
    }
}
