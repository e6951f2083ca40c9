import Clocks
import Testing

@testable import Delivery

@Suite struct WildcardMatcherTests {
    @Test(
        "a wildcard stands for any characters, the rest for itself",
        arguments: [
            ("", "", true), ("", "a", false), ("*", "", true), ("*", "a/b", true), ("abc", "abc", true),
            ("abc", "abcd", false),
            ("a*", "a", true), ("a*", "ba", false), ("*a", "a", true), ("*a", "ab", false), ("a*b", "ab", true),
            ("a*b", "a", false), ("a*a", "a", false), ("a*a", "aa", true), ("ab*ba", "aba", false),
            ("ab*ba", "abba", true),
            ("a*b*c", "abbc", true), ("a*b*c", "acb", false), ("*aab*", "aaab", true), ("*a*a*", "a", false),
            ("streams/*.csv", "streams/x.csv", true), ("streams/*.csv", "streams/.csv", true),
            ("streams/*.csv", "streams.csv", false), ("a?c", "abc", false), (#"a\*c"#, "a*c", true),
            (#"a\*c"#, "abc", false),
            (#"a\\*"#, #"a\x"#, true), (#"\\"#, #"\"#, true), ("ü*", "über", true),
        ])
    func matches(wildcard: String, text: String, expected: Bool) throws {
        #expect(try WildcardMatcher(wildcard).matches(text) == expected)
    }

    @Test(
        "two wildcards in a row and other escapes are refused with their place",
        arguments: [
            ("a**", "two wildcards in a row at byte 2 of the wildcard; write one"),
            ("**", "two wildcards in a row at byte 1 of the wildcard; write one"),
            (#"a\"#, #"the backslash at byte 1 of the wildcard must be followed by * or \"#),
            (#"\a"#, #"the backslash at byte 0 of the wildcard must be followed by * or \"#),
            (#"*\?"#, #"the backslash at byte 1 of the wildcard must be followed by * or \"#),
        ])
    func refused(wildcard: String, detail: String) {
        let error = #expect(throws: DeliveryError.self) { try WildcardMatcher(wildcard) }
        #expect(error == DeliveryError(code: .invalidWildcard, detail: detail))
    }

    @Test("says the same as trying all ways, on random texts")
    func property() throws {
        let entropy = SeededEntropy(seed: 7)
        func text(_ alphabet: [Character], _ longest: Int) -> String {
            let count = Int(entropy.next() % UInt64(longest + 1))
            return String((0..<count).map { _ in alphabet[Int(entropy.next() % UInt64(alphabet.count))] })
        }
        func naive(_ wildcard: Substring, _ text: Substring) -> Bool {
            guard let first = wildcard.first else { return text.isEmpty }
            if first == "*" {
                return naive(wildcard.dropFirst(), text) || !text.isEmpty && naive(wildcard, text.dropFirst())
            }
            return text.first == first && naive(wildcard.dropFirst(), text.dropFirst())
        }
        var matchCount = 0
        for _ in 0..<5_000 {
            var wildcard = text(["a", "b", "*"], 6)
            while wildcard.contains("**") { wildcard.replace("**", with: "*") }
            let candidate = text(["a", "b"], 9)
            let expected = naive(wildcard[...], candidate[...])
            matchCount += expected ? 1 : 0
            #expect(try WildcardMatcher(wildcard).matches(candidate) == expected, "\(wildcard) on \(candidate)")
        }
        #expect(matchCount > 500)
    }

    @Test("a text made to be slow is not")
    func linear() throws {
        let wildcard = try WildcardMatcher("*" + String(repeating: "a", count: 5_000) + "b*c")
        let text = String(repeating: "a", count: 200_000)
        // A matcher that goes back would take 1e9 steps.
        let duration = ContinuousClock().measure { #expect(!wildcard.matches(text)) }
        #expect(duration < .seconds(5))
    }
}
