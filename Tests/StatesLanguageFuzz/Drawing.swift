import Clocks
import JSON

/// Values, paths, calls, expressions and definitions drawn at random: the same for the same seed.
struct Drawing {
    let entropy: SeededEntropy

    init(seed: UInt64) { entropy = SeededEntropy(seed: seed) }

    func below(_ count: Int) -> Int { Int(entropy.next() % UInt64(count)) }
    func isOne(in count: Int) -> Bool { below(count) == 0 }
    func one<Element>(of elements: [Element]) -> Element { elements[below(elements.count)] }

    // MARK: Values

    static let keys = ["a", "b", "list", "n", "s", "", "é", "a b", "Error", "Payload", "FunctionName", "x.$", "$"]
    static let numbers = [
        "0", "-0", "1", "2.5", "-1", "1e3", "1e400", "-1e400", "1e-400", "9007199254740993", "9223372036854775807",
        "9223372036854775808", "-9223372036854775808", "1.0", "0.1", "100", "1000000000", "4294967296", "99999999",
    ]
    static let texts = [
        "", "a", "abc", "2024-06-25T10:00:00Z", "2024-06-25T10:00:00", "true", "null", "{}", "[1]", "1", "*", "\\", "é",
        "e\u{301}", "😀", "\u{0}", "\n", "\"", "'", "{}{}", "{% $states.input %}", "$.a", "States.Timeout", "\u{7F}",
    ]

    func value(_ depth: Int = 3) -> JSONValue {
        switch below(depth > 0 ? 9 : 5) {
        case 0: return .null
        case 1: return .bool(isOne(in: 2))
        case 2: return .number(JSONNumber(spelling: one(of: Drawing.numbers)) ?? JSONNumber(1))
        case 3: return .string(one(of: Drawing.texts))
        case 4: return .int(below(5))
        case 5, 6: return .array((0..<below(5)).map { _ in value(depth - 1) })
        default: return .object(JSONObject((0..<below(5)).map { _ in (one(of: Drawing.keys), value(depth - 1)) }))
        }
    }

    /// An input that many of the paths find something in.
    func input() -> JSONValue {
        if isOne(in: 4) { return value(4) }
        return [
            "a": value(2), "b": value(3), "list": .array((0..<below(6)).map { _ in value(2) }), "n": .int(below(10)),
            "s": .string(one(of: Drawing.texts)),
        ]
    }

    // MARK: Texts

    static let pathPieces = [
        ".a", ".b", ".list", ".n", ".s", "['a']", "[\"b\"]", "[0]", "[-1]", "[1:]", "[:2]", "[-2:-1]", "[0,1]", "[*]",
        ".*", "..a", "..*", "..[0]", "..", "['a','b']", "[?(@)]", ".length()", ".min()", ".keys()", ".concat($.s)", "[",
        "]", ".", "()", "[?(", ")]", "[99999999999999999999]", "[9223372036854775807]", "[-9223372036854775808]", "$",
        ".first()", ".index(-1)", ".sum($.n)", ".append(1)", "[::]", " ", "\\", "'",
    ]
    static let filterPieces = [
        "@", "@.a", "@.b[0]", "$.n", "$..a", "1", "'a'", "\"s\"", "true", "null", "[1, 'a']", "/a+/", "/(a+)+$/i",
        "/\\//", "/[/", "==", "!=", "<", "<=", ">", ">=", "=~", "in", "nin", "subsetof", "anyof", "noneof", "size",
        "empty", "contains", "all", "&&", "||", "!", "(", ")", " ", "@.length()", "-1e400", "[[[]]]",
    ]
    static let callNames = [
        "Array", "ArrayPartition", "ArrayContains", "ArrayRange", "ArrayGetItem", "ArrayLength", "ArrayUnique",
        "Base64Encode", "Base64Decode", "Hash", "JsonMerge", "StringToJson", "JsonToString", "MathRandom", "MathAdd",
        "StringSplit", "UUID", "Format", "Nothing",
    ]
    static let expressionPieces = [
        "a", "b", "$states", "$states.input", "$states.input.list", "$states.context.Execution.Id", "$states.result",
        "$v", "$", "$$", "%", "*", "**", "1", "2.5", "'s'", "`q`", "true", "null", "(", ")", "[", "]", "{", "}",
        "{'k':", ",", ";", ":", "?", "?:", "??", ".", "..", ":=", "~>", "@$v", "#$i", "^(", "^(>", "|", "=", "!=", "<",
        "<=", "&", "+", "-", "/", "/a+/i", "and", "or", "in", "function($y){", "λ(", "$sum(", "$map(", "$string(",
        "$f(?)", "$uuid()", "$range(1,", "$partition(", "$parse(", "$hash(", "$random(", "$now()", "$match(",
        "$replace(",
        "$pad(", "$sort(", "$reduce(", "$eval(", "$merge(", "$toMillis(", "$formatNumber(", "[1..1000]", " ", "é", "\\",
    ]

    func pieced(_ pieces: [String], _ most: Int) -> String { (0...below(most)).map { _ in one(of: pieces) }.joined() }

    func path() -> String {
        var text = one(of: ["$", "$", "$", "$", "$$", "$$.Execution", "$v", "$$.Map.Item", ""])
        for _ in 0..<below(6) {
            text += isOne(in: 5) ? "[?(\(pieced(Drawing.filterPieces, 8)))]" : one(of: Drawing.pathPieces)
        }
        return text
    }

    /// A path that most often is one, and finds something.
    func plainPath() -> String {
        one(of: [
            "$", "$.a", "$.b", "$.list", "$.list[0]", "$.n", "$.s", "$$", "$$.State.Name", "$v", "$..a", "$.list[*]",
        ])
    }

    func call(_ depth: Int = 3) -> String {
        let arguments = (0..<below(4)).map { _ -> String in
            switch below(7) {
            case 0 where depth > 0: return call(depth - 1)
            case 1: return path()
            case 2, 3: return plainPath()
            case 4:
                return "'\(one(of: ["{}", "a{}b", "\\{\\}", "SHA-256", "MD5", "a,b", "\\'", "\\\\", "{", "", "e30="]))'"
            default: return one(of: Drawing.numbers + ["true", "false", "null"])
            }
        }
        if depth == 3, !isOne(in: 4) {
            return one(of: [
                "States.Array($.a, $)", "States.ArrayLength($.list)", "States.JsonToString($)", "States.UUID()",
                "States.Format('{} {}', $.n, $)", "States.ArrayRange(0, $.n, 1)", "States.MathAdd($.n, 1)",
                "States.JsonMerge($.a, $.b, false)", "States.ArrayPartition($.list, 2)", "States.MathRandom(1, 9)",
                "States.Hash($.s, 'SHA-1')", "States.StringToJson($.s)", "States.ArrayUnique($.list)",
            ])
        }
        let text = "States.\(one(of: Drawing.callNames))(\(arguments.joined(separator: one(of: [",", ", ", " "]))))"
        return isOne(in: 10) ? mutated(text) : text
    }

    func expression() -> String {
        if !isOne(in: 8) {
            return one(of: [
                "$states.input", "$states.input.list", "$count($states.input.list)", "$states.input.n + 1",
                "$sum([1..$states.input.n])", "{'a': $states.input, 'b': [1,2]}", "$states.context.State.Name", "$v",
                "$states.input.n > 3", "$exists($states.input.a)", "$states.result", "$states.errorOutput",
                "$string($states)",
                "$merge([$states.input, {'n': $random()}])", "[[$states.input]]", "'2030-01-01T00:00:00Z'",
                "$states.input.n",
            ])
        }
        return pieced(Drawing.expressionPieces, 12)
    }

    // MARK: Mutation

    /// The text with a few of its parts changed, dropped, repeated or replaced.
    func mutated(_ text: String) -> String { String(decoding: mutated(Array(text.utf8)), as: UTF8.self) }

    static let tokens = [
        "\"", "{", "}", "[", "]", ",", ":", "\\", "\\u0000", "\\ud800", "1e999", "-", "null", "true", "$", "$$", "{%",
        "%}",
        "\"Next\"", "\"End\": true", "\"Type\"", "\"Map\"", "\"QueryLanguage\": \"JSONata\"", "States.ALL", "0",
        "99999999999999999999", ".$", "\u{FEFF}", "é", "\u{0}", "*", "..", "[?(", ")]", "()",
    ]

    func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...below(4) {
            let place = below(bytes.count + 1)
            let end = min(bytes.count, place + 1 + below(12))
            switch below(6) {
            case 0 where place < bytes.count: bytes[place] = UInt8(truncatingIfNeeded: entropy.next())
            case 1: bytes.removeSubrange(place..<end)
            case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 3: bytes.insert(contentsOf: one(of: Drawing.tokens).utf8, at: place)
            case 4 where end > place: bytes.replaceSubrange(place..<end, with: Array(one(of: Drawing.tokens).utf8))
            default:
                if place < bytes.count { bytes[place] ^= 1 << UInt8(below(8)) }
            }
        }
        return bytes
    }

    /// The value with one of the values in it replaced, dropped or moved.
    func mutated(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(var elements) where !elements.isEmpty && !isOne(in: 8):
            let place = below(elements.count)
            if isOne(in: 6) { elements.remove(at: place) } else { elements[place] = mutated(elements[place]) }
            return .array(elements)
        case .object(var object) where !object.isEmpty && !isOne(in: 8):
            let (key, inner) = object[below(object.count)]
            if isOne(in: 8) {
                object[key] = nil
            } else if isOne(in: 10) {
                object[one(of: Drawing.fields)] = inner
            } else {
                object[key] = mutated(inner)
            }
            return .object(object)
        case .string(let text) where !isOne(in: 3):
            if text.hasPrefix("{%") {
                return .string("{% \(isOne(in: 2) ? expression() : mutated(String(text.dropFirst(2).dropLast(2)))) %}")
            }
            if text.hasPrefix("States.") { return .string(isOne(in: 2) ? call() : mutated(text)) }
            if text.hasPrefix("$") { return .string(isOne(in: 3) ? call() : isOne(in: 2) ? path() : mutated(text)) }
            return .string(isOne(in: 2) ? one(of: Drawing.texts) : mutated(text))
        default: return self.value(2)
        }
    }

    static let fields = [
        "Type", "Next", "End", "Comment", "InputPath", "OutputPath", "ResultPath", "Parameters", "ResultSelector",
        "Result",
        "Arguments", "Output", "Assign", "QueryLanguage", "Retry", "Catch", "TimeoutSeconds", "HeartbeatSeconds",
        "Seconds",
        "SecondsPath", "Timestamp", "TimestampPath", "Choices", "Default", "Branches", "ItemProcessor", "Items",
        "ItemsPath",
        "ItemSelector", "ItemBatcher", "ItemReader", "ResultWriter", "MaxConcurrency", "ToleratedFailureCount", "Error",
        "Cause", "ErrorPath", "CausePath", "StartAt", "States", "Version", "Credentials", "Resource", "And", "Or",
        "Not",
    ]
}
