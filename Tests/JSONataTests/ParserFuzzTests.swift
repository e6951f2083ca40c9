import Clocks
import JSON
import Testing

@testable import JSONata

@Suite("Texts at random")
struct ParserFuzzTests {
    static let pieces = [
        "a", "b", "$x", "$", "$$", "%", "*", "**", "1", "2.5", "'s'", "\"t\"", "`q`", "true", "null", "(", ")", "[",
        "]", "{", "}",
        "{'k':", ",", ";", ":", "?", "?:", "??", ".", "..", ":=", "~>", "@$v", "#$i", "^(", "^(>", "|", "=", "!=", "<",
        "<=", "&", "+",
        "-", "/", "/a+/i", "and", "or", "in", "function($y){", "function($y)<n:n>{", "λ(", "$sum(", "$map(", "$string(",
        "$f(?)", " ",
        "\n", "/*c*/", "\\", "é", "😀", "\\u", "'",
    ]

    @Test(
        "any text is parsed or refused, and what is parsed is evaluated or fails, by the same code each time",
        arguments: 1...8)
    func anyText(seed: Int) {
        let entropy = SeededEntropy(seed: UInt64(seed))
        var limits = JSONataLimits()
        limits.steps = 20_000
        for _ in 0..<400 {
            var text = ""
            for _ in 0..<(entropy.next() % 14 + 1) {
                text += Self.pieces[Int(entropy.next() % UInt64(Self.pieces.count))]
            }
            let input: JSONValue = ["a": [["b": 1], ["b": [2, 3]]], "b": "s"]
            #expect(errorCode(text, input, limits: limits) == errorCode(text, input, limits: limits))
        }
    }

    @Test("expressions cut off anywhere are refused or valid, never worse")
    func prefixes() {
        let text =
            "a.b[c > 1 and $x in ['q', /r+/i]]^(>d, e){f: $map(g, function($h, $i)<nn:n>{$h ? -$i : |j|{'k': %.l}|})} ~> $count()"
        for end in text.indices { _ = errorCode(String(text[..<end])) }
        #expect(errorCode(text) == nil)
    }
}
