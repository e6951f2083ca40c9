import JSON
import Testing

@Suite("JSON values")
struct JSONTests {
    @Test(
        "a text is written as it was read: key order and number spelling stay",
        arguments: [
            "{\"b\":1.50,\"a\":1e3,\"c\":-0,\"B\":[true,false,null,\"x\"]}", "[]", "{}", "\"\"", "0", "-1.0E+10",
            "123456789012345678901234567890", "{\"é\":\"\\\\\\\"\\n\\u0001\"}", "[[[[]]]]",
        ])
    func roundTrip(text: String) throws {
        #expect(try JSONValue(parsing: text).text() == text)
        let pretty = try JSONValue(parsing: text).text(.pretty)
        #expect(try JSONValue(parsing: pretty).text() == text)
    }

    @Test(
        "numbers are equal by value, whatever their spelling",
        arguments: [
            ("1", "1.0", true), ("1e2", "100", true), ("-0", "0", true), ("1", "2", false), ("0.1", "1e-1", true),
            ("9007199254740993", "9007199254740992", false),
            ("123456789012345678901", "1.23456789012345678901e20", true),
        ])
    func numbers(left: String, right: String, equal: Bool) throws {
        let (left, right) = (try JSONValue(parsing: left), try JSONValue(parsing: right))
        #expect((left == right) == equal)
        if equal { #expect(left.hashValue == right.hashValue) }
    }

    @Test(
        "an integral number is an Int whatever its spelling",
        arguments: [
            ("3", 3), ("3.0", 3), ("3e2", 300), ("-0", 0), ("3.5", nil), ("9223372036854775807", Int.max),
            ("1e300", nil),
            ("9223372036854775808", nil),
        ] as [(String, Int?)])
    func integers(text: String, expected: Int?) throws {
        #expect(try JSONValue(parsing: text).intValue == expected)
    }

    @Test("keys that look alike but differ in bytes are two keys")
    func canonicalEquivalence() throws {
        let composed = "\u{E9}", decomposed = "e\u{301}"
        let object = try JSONValue(parsing: "{\"\(composed)\":1,\"\(decomposed)\":2}")
        #expect(object.objectValue?.count == 2)
        #expect(object[composed] == 1)
        #expect(object[decomposed] == 2)
        #expect(JSONValue.string(composed) != JSONValue.string(decomposed))
        var large = JSONObject()
        for index in 0..<50 { large["k\(index)"] = .int(index) }
        large[composed] = 1
        large[decomposed] = 2
        #expect(large[composed] == 1 && large[decomposed] == 2)
    }

    @Test(
        "what is wrong with a text is told with its line and column",
        arguments: [
            ("", JSONError.Code.unexpectedEnd, 1, 1), ("{\n  \"a\": tru\n}", .unexpectedCharacter, 2, 8),
            ("[1,2", .unexpectedEnd, 1, 5), ("[1,,2]", .unexpectedCharacter, 1, 4), ("01", .invalidNumber, 1, 1),
            ("1 2", .trailingCharacters, 1, 3), ("\"a\nb\"", .invalidString, 1, 3), ("\"\\x\"", .invalidEscape, 1, 2),
            ("\"\\ud800\"", .invalidEscape, 1, 2), ("\"abc", .unexpectedEnd, 1, 1),
            ("{\"a\" 1}", .unexpectedCharacter, 1, 6),
            ("{a:1}", .unexpectedCharacter, 1, 2), ("-", .invalidNumber, 1, 1), ("1.", .invalidNumber, 1, 1),
            ("nul", .unexpectedCharacter, 1, 1), ("{\"a\":1,}", .unexpectedCharacter, 1, 8),
            ("\u{1}", .unexpectedCharacter, 1, 1),
        ])
    func errors(text: String, code: JSONError.Code, line: Int, column: Int) {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        #expect(error?.code == code)
        #expect(error?.line == line)
        #expect(error?.column == column)
    }

    @Test("an error says what was found and where, without the text")
    func errorText() {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: "{\"secret\": 1\n \"b\": 2}") }
        #expect(
            error?.description
                == "line 2, column 2 (byte 14): '\"' where a comma or a closing brace should be, in the object opened on line 1"
        )
    }

    @Test("bytes that are not UTF-8 are refused")
    func invalidUTF8() {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
        #expect(error?.code == .invalidUTF8)
    }

    @Test("nesting up to the limit is read and one level more is refused, without a crash")
    func depth() throws {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        _ = try JSONValue(parsing: nested(512))
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: nested(513)) }
        #expect(error?.code == .tooDeep)
        #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: "[", count: 1_000_000)) }
    }

    @Test("surrogate pairs and all escapes are read")
    func escapes() throws {
        #expect(try JSONValue(parsing: #""\ud83c\udfb5\u00e9\b\f\n\r\t\/""#) == .string("🎵é\u{8}\u{C}\n\r\t/"))
    }

    @Test("a byte-order mark is skipped and the last of duplicate keys counts")
    func oddities() throws {
        #expect(try JSONValue(parsing: [0xEF, 0xBB, 0xBF, 0x31]) == 1)
        #expect(try JSONValue(parsing: "{\"a\":1,\"b\":2,\"a\":3}").text() == "{\"a\":3,\"b\":2}")
    }

    @Test("objects keep order while members come and go, small and large", arguments: [3, 200])
    func mutation(count: Int) {
        var object = JSONObject()
        for index in 0..<count { object["k\(index)"] = .int(index) }
        object["k1"] = nil
        object["k0"] = "new"
        object["last"] = nil
        #expect(object.count == count - 1)
        #expect(object.keys == (0..<count).filter { $0 != 1 }.map { "k\($0)" })
        #expect(object["k0"] == "new")
        #expect(object["k1"] == nil)
        #expect(object["k\(count - 1)"] == .int(count - 1))
        #expect(JSONValue.object(object) == .object(JSONObject(object.reversed().map { ($0.key, $0.value) })))
    }

    @Test("a document knows where each value stands")
    func positions() throws {
        let text = "{\n  \"States\": {\n    \"A\": {\"Type\": \"Pass\", \"x\": [1,\n 2]}\n  }\n}"
        let document = try JSONDocument(parsing: Array(text.utf8))
        #expect(document.position(at: ["States", "A", "Type"]).line == 3)
        #expect(document.position(at: ["States", "A", "Type"]).column == 11)
        #expect(document.position(at: ["States", "A", "x", "1"]).line == 4)
        #expect(document.position(at: ["States", "missing"]).line == 2)
        #expect(document.position(at: []).line == 1)
    }

    @Test("random values survive writing and reading")
    func randomRoundTrip() throws {
        var generator = SystemRandomNumberGenerator()
        func value(_ depth: Int) -> JSONValue {
            switch Int.random(in: 0..<(depth > 4 ? 5 : 7), using: &generator) {
            case 0: return .null
            case 1: return .bool(.random(using: &generator))
            case 2: return .int(.random(in: .min ... .max, using: &generator))
            case 3: return .double(.random(in: -1e20...1e20, using: &generator))
            case 4:
                let scalars = (0..<Int.random(in: 0..<20, using: &generator)).compactMap { _ in
                    Unicode.Scalar(UInt32.random(in: 0..<0x11_0000, using: &generator))
                }
                return .string(String(String.UnicodeScalarView(scalars)))
            case 5: return .array((0..<Int.random(in: 0..<5, using: &generator)).map { _ in value(depth + 1) })
            default:
                return .object(
                    JSONObject((0..<Int.random(in: 0..<20, using: &generator)).map { ("k\($0)", value(depth + 1)) }))
            }
        }
        for _ in 0..<300 {
            let original = value(0)
            #expect(try JSONValue(parsing: original.bytes()) == original)
            #expect(try JSONValue(parsing: original.bytes(.pretty)) == original)
        }
    }
}
