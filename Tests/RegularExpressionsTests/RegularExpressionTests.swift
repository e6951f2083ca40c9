import RegularExpressions
import Testing

@Suite("Regular expressions")
struct RegularExpressionTests {
    func texts(_ pattern: String, _ text: String, _ options: RegularExpression.Options = []) throws -> [[String?]] {
        let bytes = Array(text.utf8)
        return try RegularExpression(pattern, options: options).matches(in: bytes).map { match in
            match.ranges.map { range in range.map { String(decoding: bytes[$0], as: UTF8.self) } }
        }
    }

    @Test("matches and groups, left to right; a group without part is nil")
    func groups() throws {
        #expect(try texts("a(b)?(c)?", "abc a ac") == [["abc", "b", "c"], ["a", nil, nil], ["ac", nil, "c"]])
        #expect(try texts("x", "abc").isEmpty)
    }

    @Test("empty matches move on by a character, not by a byte")
    func empty() throws {
        #expect(try texts("", "äö").count == 3)
        #expect(try texts(".", "äö") == [["ä"], ["ö"]])
    }

    @Test("options")
    func options() throws {
        #expect(try texts("HAT", "a hat", .caseInsensitive) == [["hat"]])
        #expect(try texts("^b$", "a\nb\nc").isEmpty)
        #expect(try texts("^b$", "a\nb\nc", .multiline) == [["b"]])
        #expect(try texts("a.b", "a\nb").isEmpty)
        #expect(try texts("a.b", "a\nb", .dotMatchesNewline).count == 1)
        #expect(try texts("b$", "b\n").isEmpty, "the end is the end, not the last line's")
    }

    @Test("a wrong pattern is an error that says where", arguments: ["(", "[a", "a{2,1}", "*a", "(?<n", "\\C"])
    func wrong(pattern: String) {
        #expect(throws: RegularExpressionError.self) { try RegularExpression(pattern) }
    }

    @Test("a pattern that explodes is an error, not a hang")
    func bounded() throws {
        let text = Array(String(repeating: "a", count: 40).utf8) + [UInt8(ascii: "!")]
        for pattern in ["^(a+)+$", "^(a|aa)+$"] {
            let expression = try RegularExpression(pattern)
            #expect(throws: RegularExpressionError.self) { try expression.firstMatch(in: text) }
        }
        #expect(throws: RegularExpressionError.self) {
            try RegularExpression(String(repeating: "a", count: RegularExpression.maximumPatternByteCount + 1))
        }
    }
}
