import Testing

@testable import YAML

/// A node without places, to compare trees by.
private indirect enum Shape: Equatable, ExpressibleByStringLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    case text(String)
    case list([Shape])
    case map([String], [Shape])

    init(stringLiteral value: String) { self = .text(value) }
    init(arrayLiteral elements: Shape...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, Shape)...) { self = .map(elements.map(\.0), elements.map(\.1)) }

    init(_ node: YAMLNode) {
        switch node.content {
        case .scalar(let scalar): self = .text(scalar.text)
        case .sequence(let nodes): self = .list(nodes.map(Shape.init))
        case .mapping(let entries): self = .map(entries.map(\.key), entries.map { Shape($0.value) })
        }
    }
}

private func parse(_ text: String, _ limits: YAMLDocument.Limits = YAMLDocument.Limits()) throws(YAMLError) -> YAMLNode
{
    try YAMLDocument.parse(Array(text.utf8), file: "t.yaml", limits: limits)
}

@Suite struct YAMLDocumentTests {
    @Test("reads blocks, flows and JSON into the same tree")
    func forms() throws {
        let expected: Shape = ["b": ["1", "x y"], "a": ["c": ""]]
        #expect(Shape(try parse("b:\n- 1\n- x y\na:\n  c:\n")) == expected)
        #expect(Shape(try parse("{b: [1, x y], a: {c: }}")) == expected)
        #expect(Shape(try parse(#"{"b": [1, "x y"], "a": {"c": ""}}"#)) == expected)
        #expect(Shape(try parse("%YAML 1.1\n---\nb: [1, 'x y']\na: {c: \"\"}\n...\n")) == expected)
    }

    @Test("keeps the places of keys, values and elements")
    func positions() throws {
        let root = try parse("# first\nkey:\n  - one\n  - {two: 2}\n")
        let entry = try #require(root.mapping?.first)
        #expect(entry.keyPosition == YAMLPosition(line: 2, column: 1))
        #expect(entry.value.position == YAMLPosition(line: 3, column: 3))
        #expect(entry.value.sequence?.first?.position == YAMLPosition(line: 3, column: 5))
        #expect(entry.value.sequence?.last?["two"]?.position == YAMLPosition(line: 4, column: 11))
    }

    @Test("keeps tags, in short form and in full")
    func tags() throws {
        let root = try parse("[!Ref x, !GetAtt [a, b], !Sub {k: v}, !!str 1, ! x, y]")
        #expect(
            root.sequence?.map(\.tag) == ["!Ref", "!GetAtt", "!Sub", "tag:yaml.org,2002:str", "!", nil])
    }

    @Test(
        "folds and unescapes texts by their style",
        arguments: [
            ("|\n  a\n   b\n", "a\n b\n", YAMLScalar.Style.literal), (">-\n  a\n  b\n", "a b", .folded),
            ("'it''s \\n'", "it's \\n", .singleQuoted), (#""\u00fc\t\x41""#, "ü\tA", .doubleQuoted),
            ("a # b", "a", .plain),
            ("a\n b", "a b", .plain),
        ])
    func texts(text: String, expected: String, style: YAMLScalar.Style) throws {
        #expect(try parse(text).scalar == YAMLScalar(text: expected, style: style))
    }

    @Test(
        "plain scalars stand for what YAML 1.1 says",
        arguments: [
            ("", YAMLScalar.Value.null), ("~", .null), ("null", .null), ("NULL", .null), ("nULL", .string("nULL")),
            ("true", .bool(true)), ("Yes", .bool(true)), ("off", .bool(false)), ("y", .string("y")),
            ("tRUE", .string("tRUE")),
            ("0", .int(0)), ("-12", .int(-12)), ("+12", .int(12)), ("1_000", .int(1_000)), ("0x1F", .int(31)),
            ("-0b101", .int(-5)),
            ("017", .int(15)), ("08", .string("08")), ("1:30", .int(90)), ("-1:30:00", .int(-5_400)),
            ("1:60", .string("1:60")),
            ("9223372036854775807", .int(.max)), ("9223372036854775808", .string("9223372036854775808")),
            ("-9223372036854775808", .int(.min)), ("000000000000", .int(0)), ("_1", .string("_1")),
            ("0x", .string("0x")),
            ("--1", .string("--1")), ("0-1", .string("0-1")), ("0x-1", .string("0x-1")),
            ("1.5", .float(1.5)), ("-.5", .float(-0.5)), ("1.", .float(1)), ("1.5e3", .float(1_500)),
            ("1e3", .float(1_000)),
            (".inf", .float(.infinity)), ("-.INF", .float(-.infinity)), (".", .string(".")),
            ("1.2.3", .string("1.2.3")),
            ("e3", .string("e3")), ("2010-09-09", .string("2010-09-09")), ("10.0.0.0/8", .string("10.0.0.0/8")),
            ("x", .string("x")),
            ("nan", .string("nan")), ("inf", .string("inf")), ("0x1p3", .string("0x1p3")),
        ])
    func resolution(text: String, expected: YAMLScalar.Value) {
        #expect(YAMLScalar(text: text, style: .plain).resolved() == expected)
        let quoted = YAMLScalar(text: text, style: .doubleQuoted)
        #expect(quoted.resolved() == .string(text))
    }

    @Test("a standard tag decides over style and looks")
    func taggedResolution() {
        #expect(YAMLScalar(text: "1", style: .plain).resolved(tag: "tag:yaml.org,2002:str") == .string("1"))
        #expect(YAMLScalar(text: "1", style: .singleQuoted).resolved(tag: "tag:yaml.org,2002:int") == .int(1))
        #expect(YAMLScalar(text: "x", style: .plain).resolved(tag: "tag:yaml.org,2002:int") == .string("x"))
    }

    @Test("aliases are copies of what their anchors hold")
    func aliases() throws {
        let root = try parse("a: &x {k: [1]}\nb: *x\nc: [*x, *x]\n")
        let one: Shape = ["k": ["1"]]
        #expect(Shape(root) == ["a": one, "b": one, "c": [one, one]])
        #expect(root["b"]?.position == YAMLPosition(line: 1, column: 4))
    }

    @Test("an anchor given anew counts from there on")
    func redefinedAnchor() throws {
        #expect(Shape(try parse("[&x 1, *x, &x 2, *x]")) == ["1", "1", "2", "2"])
    }

    @Test(
        "what can't be used is refused with its place",
        arguments: [
            ("", YAMLError.Code.empty, 1, 1), ("# only\n", .empty, 2, 1),
            ("a: 1\n---\nb: 2\n", .severalDocuments, 2, 1),
            ("a: 1\nb: 2\na: 3\n", .duplicateKey, 3, 1), ("{a: 1, 'a': 2}", .duplicateKey, 1, 8),
            ("? [x]\n: 1\n", .unusableKey, 1, 3), ("~: 1\n", .unusableKey, 1, 1), ("!Ref x: 1\n", .unusableKey, 1, 1),
            ("a: &x {k: 1}\nb:\n  <<: *x\n", .mergeKey, 3, 3), ("a: *x\n", .unknownAlias, 1, 4),
            ("&x [*x]", .recursiveAlias, 1, 5),
            ("a: [1, 2\n", .syntax, 2, 1), ("a: b: c\n", .syntax, 1, 5), ("a:\n\t- 1\n", .syntax, 2, 1),
            ("a: 'x\n", .syntax, 2, 1),
            ("a: @x\n", .syntax, 1, 4), ("- a\nb: 1\n", .syntax, 2, 1), ("!a!b x", .syntax, 1, 1),
        ])
    func refused(text: String, code: YAMLError.Code, line: Int, column: Int) {
        let error = #expect(throws: YAMLError.self) { try parse(text) }
        #expect(error?.code == code)
        #expect(error?.position == YAMLPosition(line: line, column: column))
    }

    @Test(
        "bytes that are no text are refused",
        arguments: [[0x61, 0x3A, 0x20, 0xFF], [0x61, 0x00], [0x61, 0x07], [0xC3]] as [[UInt8]])
    func encoding(bytes: [UInt8]) {
        let error = #expect(throws: YAMLError.self) { try YAMLDocument.parse(bytes, file: "t.yaml") }
        #expect(error?.code == .encoding)
    }

    @Test("UTF-16 and a byte order mark are understood")
    func byteOrderMarks() throws {
        #expect(Shape(try YAMLDocument.parse([0xEF, 0xBB, 0xBF] + Array("ü".utf8), file: "t")) == "ü")
        #expect(Shape(try YAMLDocument.parse([0xFF, 0xFE, 0xFC, 0x00], file: "t")) == "ü")
    }

    @Test("a few anchors can't become billions of values")
    func billionLaughs() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...12 {
            text +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ") + "]\n"
        }
        let error = #expect(throws: YAMLError.self) { try parse(text) }
        #expect(error?.code == .tooManyNodes)
        #expect(error?.line == 6)
    }

    @Test(
        "depth is limited, also through aliases",
        arguments: [
            (String(repeating: "[", count: 11) + String(repeating: "]", count: 11), 1, 11),
            ("[&a [[[[[[]]]]]], [[[[*a]]]]]", 1, 23), ("[&a [[[[[[[[[]]]]]]]]], [*a]]", 1, 26),
        ])
    func depth(text: String, line: Int, column: Int) {
        let error = #expect(throws: YAMLError.self) { try parse(text, YAMLDocument.Limits(depth: 10)) }
        #expect(error?.code == .tooDeep)
        #expect(error?.position == YAMLPosition(line: line, column: column))
    }

    @Test("the limits themselves are allowed")
    func atLimits() throws {
        let nested = String(repeating: "[", count: 10) + String(repeating: "]", count: 10)
        _ = try parse(nested, YAMLDocument.Limits(byteCount: 20, depth: 10, nodeCount: 10))
        #expect(throws: YAMLError.self) { try parse(nested, YAMLDocument.Limits(byteCount: 19)) }
        #expect(throws: YAMLError.self) { try parse(nested, YAMLDocument.Limits(nodeCount: 9)) }
    }

    @Test("a megabyte of opening brackets is refused, and soon")
    func deepFlow() {
        let text = String(repeating: "[", count: 1 << 20)
        let duration = ContinuousClock().measure {
            let error = #expect(throws: YAMLError.self) { try parse(text) }
            #expect(error?.code == .tooDeep)
        }
        #expect(duration < .seconds(5))
    }

    @Test("an error reads like a compiler's")
    func errorText() {
        let error = #expect(throws: YAMLError.self) { try parse("a: 1\na: 2\n") }
        #expect(error?.description == #"t.yaml:2:1: the key "a" is here a second time; the first is in line 1"#)
    }

    @Test("any cut or changed text gives a tree or an error, never anything else")
    func mutations() {
        let source = Array("a: &x [1, {b: 'c'}]\nd: |\n  text\ne: !Sub \"${f}\"\ng: *x\n".utf8)
        var errors = 0
        for index in source.indices {
            for byte in Array("[]{}:&*!|>'\"#\n\t%-?, \0\u{7F}".utf8) + [0xFF] {
                var changed = source
                changed[index] = byte
                if (try? YAMLDocument.parse(changed, file: "t")) == nil { errors += 1 }
            }
            if (try? YAMLDocument.parse(Array(source[..<index]), file: "t")) == nil { errors += 1 }
        }
        #expect(errors > 100)
    }
}
