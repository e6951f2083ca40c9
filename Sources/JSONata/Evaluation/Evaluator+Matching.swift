import JSON
import RegularExpressions

extension Evaluator {
    /// Steps of backtracking allowed for a search, tried one after the other, with the steps of evaluation that each
    /// costs: a search pays for what it takes, though PCRE2 does not say how much that was.
    private static let searchTiers: [(limit: UInt32, steps: Int)] = [
        (1_000, 4), (10_000, 40), (100_000, 2_000), (1_000_000, 20_000),
    ]

    /// The first match at `offset` or later.
    ///
    /// - Throws: D4004 when the search takes too long.
    func search(
        _ expression: RegularExpression, _ subject: RegularExpression.Subject, from offset: Int
    ) throws(JSONataError) -> RegularExpression.Match? {
        for tier in Evaluator.searchTiers {
            try charge(steps: tier.steps)
            do throws(RegularExpressionError) {
                return try expression.firstMatch(in: subject, from: offset, limit: tier.limit)
            } catch {
                if error.code != .limitReached { break }
            }
        }
        throw JSONataError("D4004", token: expression.pattern)
    }

    /// The match after one that ended at `offset`, nil at the end of the text.
    ///
    /// - Throws: D1004 when the match is empty: there would be no end of them.
    func searchNext(
        _ expression: RegularExpression, _ position: Int, _ subject: RegularExpression.Subject, from offset: Int
    ) throws(JSONataError) -> RegularExpression.Match? {
        guard offset < subject.utf8.count, let match = try search(expression, subject, from: offset) else {
            return nil
        }
        if match.range.isEmpty {
            throw JSONataError("D1004", position: position, value: .string(expression.pattern))
        }
        return match
    }

    /// The first match as the object that a regular expression, called as a function, returns.
    func matchObject(
        _ expression: RegularExpression, _ position: Int, _ subject: RegularExpression.Subject, from offset: Int
    ) throws(JSONataError) -> Value {
        guard let match = try search(expression, subject, from: offset) else { return .undefined }
        return try object(for: match, expression, position, subject)
    }

    func nextMatchObject(
        _ expression: RegularExpression, _ position: Int, _ subject: RegularExpression.Subject, from offset: Int
    ) throws(JSONataError) -> Value {
        guard let match = try searchNext(expression, position, subject, from: offset) else { return .undefined }
        return try object(for: match, expression, position, subject)
    }

    func object(
        for match: RegularExpression.Match, _ expression: RegularExpression, _ position: Int,
        _ subject: RegularExpression.Subject
    ) throws(JSONataError) -> Value {
        let groups = match.groups.map { $0.map { Value.string(subject[$0]) } ?? .undefined }
        let next = try makeFunction(
            .nextMatch(expression, position: position, subject: subject, from: match.range.upperBound), in: nil)
        return try makeObject([
            ("match", .string(subject[match.range])),
            ("start", .number(Double(subject.utf16Offset(match.range.lowerBound)))),
            ("end", .number(Double(subject.utf16Offset(match.range.upperBound)))),
            ("groups", .array(try makeArray(groups))), ("next", next),
        ])
    }
}

extension RegularExpression.Subject {
    /// UTF-16 units before a byte, which is how JavaScript counts.
    ///
    /// - Complexity: O(*n*).
    func utf16Offset(_ offset: Int) -> Int { utf16Count(0..<offset) }

    func utf16Count(_ range: Range<Int>) -> Int {
        var count = 0
        for byte in utf8[range] where byte & 0xC0 != 0x80 { count += byte >= 0xF0 ? 2 : 1 }
        return count
    }
}
