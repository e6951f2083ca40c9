import TestSupport
import Testing

@testable import RegularExpressions

@Suite("Regular expressions")
struct RegularExpressionTests {
    private func match(_ pattern: String, _ text: String, i: Bool = false, m: Bool = false) throws -> [String?]? {
        let subject = RegularExpression.Subject(text)
        let expression = try RegularExpression(pattern, ignoresCase: i, isMultiline: m)
        return try expression.firstMatch(in: subject).map { match in
            ([match.range] + match.groups).map { range in range.map { subject[$0] } }
        }
    }

    @Test("finds the first match and its groups, in JavaScript's reading of the pattern")
    func matches() throws {
        #expect(try match("b(c)?(d)?", "abdb") == ["bd", nil, "d"])
        #expect(try match("x", "abc") == nil)
        #expect(try match("É+", "aéÉ", i: true) == ["éÉ"])
        #expect(try match("^b$", "a\nb\nc") == nil)
        #expect(try match("^b$", "a\nb\nc", m: true) == ["b"])
        #expect(try match("a$", "a\n") == nil)
        #expect(try match("\\u0041[^]", "A\n") == ["A\n"])
        #expect(try match("\\d", "٣") == nil)
    }

    @Test("an invalid pattern is an error that says where")
    func invalid() throws {
        let error = #expect(throws: RegularExpressionError.self) { try RegularExpression("a(b") }
        #expect(error?.code == .invalidPattern)
        #expect(error?.byteOffset == 3)
        #expect(error?.description.contains("PCRE2 114") == true)
    }

    @Test("a pattern that would backtrack for ever is stopped")
    func hostile() throws {
        let expression = try RegularExpression("(a+)+$")
        let subject = RegularExpression.Subject(String(repeating: "a", count: 60) + "b")
        let error = #expect(throws: RegularExpressionError.self) {
            try expression.firstMatch(in: subject, limit: 10_000)
        }
        #expect(error?.code == .limitReached)
    }

    @Test(
        "groups in one another are compiled and matched on a small stack, 250 deep, and refused beyond",
        arguments: ["(", "(?:", "(?=", "(?<!", "(?i:", "(|"])
    func nesting(opening: String) {
        func pattern(_ depth: Int) -> String {
            String(repeating: opening, count: depth) + "a" + String(repeating: ")", count: depth)
        }
        SmallStack.run {
            #expect(throws: Never.self) { _ = try match(pattern(250), "ba") }
            for depth in [251, 100_000] {
                let error = #expect(throws: RegularExpressionError.self) { try RegularExpression(pattern(depth)) }
                #expect(error?.code == .invalidPattern)
            }
        }
    }

    @Test(
        "a short pattern that stands for a long one is refused, or stopped",
        arguments: ["(?:(?:(?:a{1000}){1000}){1000}){1000}", "(((a{9,99}){9,99}){9,99}){9,99}", "(?:a?){60000}b"])
    func repetition(pattern: String) {
        SmallStack.run {
            do {
                let subject = RegularExpression.Subject(String(repeating: "a", count: 1_000))
                _ = try RegularExpression(pattern).firstMatch(in: subject, limit: 10_000)
                Issue.record("it was searched for to the end")
            } catch let error as RegularExpressionError {
                #expect(error.code == .invalidPattern || error.code == .limitReached, "\(error)")
            } catch {
                Issue.record("\(error)")
            }
        }
    }

    @Test("a search can begin further on, at the start of a character")
    func offsets() throws {
        let subject = RegularExpression.Subject("é1é2")
        let expression = try RegularExpression("[0-9]")
        #expect(try expression.firstMatch(in: subject)?.range == 2..<3)
        #expect(try expression.firstMatch(in: subject, from: 3)?.range == 5..<6)
        #expect(try expression.firstMatch(in: subject, from: 6) == nil)
        #expect(subject.isCharacterStart(0) && !subject.isCharacterStart(1) && !subject.isCharacterStart(7))
    }
}
