import JSON
import Testing

@testable import Delivery

/// The pattern and the event as JSON texts.
private func matches(_ pattern: String, _ event: String) throws -> Bool {
    try EventPattern(JSONValue(parsing: pattern)).matches(JSONValue(parsing: event))
}

@Suite struct EventPatternTests {
    @Test(
        "values match by type and spelling of texts, numbers by value",
        arguments: [
            (#"{"a":["x"]}"#, #"{"a":"x"}"#, true),
            (#"{"a":["x"]}"#, #"{"a":"X"}"#, false),
            (#"{"a":["x","y"]}"#, #"{"a":"y"}"#, true),
            (#"{"a":[""]}"#, #"{"a":""}"#, true),
            (#"{"a":["x"]}"#, #"{"b":"x"}"#, false),
            (#"{"a":["1"]}"#, #"{"a":1}"#, false),
            (#"{"a":[1]}"#, #"{"a":"1"}"#, false),
            (#"{"a":[1]}"#, #"{"a":1.0}"#, true),
            (#"{"a":[300]}"#, #"{"a":3.0e2}"#, true),
            (#"{"a":[123456789012345678]}"#, #"{"a":123456789012345679}"#, false),
            (#"{"a":[true]}"#, #"{"a":true}"#, true),
            (#"{"a":[true]}"#, #"{"a":"true"}"#, false),
            (#"{"a":[null]}"#, #"{"a":null}"#, true),
            (#"{"a":[null]}"#, #"{"a":"null"}"#, false),
            (#"{"a":[null]}"#, #"{}"#, false),
            // The same letter, composed and decomposed: other bytes, another text.
            ("{\"a\":[\"\u{E9}\"]}", "{\"a\":\"e\u{301}\"}", false),
            ("{\"a\":[{\"prefix\":\"e\"}]}", "{\"a\":\"e\u{301}\"}", true),
        ])
    func values(pattern: String, event: String, expected: Bool) throws {
        #expect(try matches(pattern, event) == expected)
    }

    @Test(
        "arrays in the event stand for each of their elements",
        arguments: [
            (#"{"a":["x"]}"#, #"{"a":["w","x"]}"#, true),
            (#"{"a":["x"]}"#, #"{"a":[["x"]]}"#, true),
            (#"{"a":["x"]}"#, #"{"a":[]}"#, false),
            (#"{"a":["x"]}"#, #"{"a":{"x":1}}"#, false),
            (#"{"a":{"b":["x"]}}"#, #"{"a":[{"b":"w"},{"b":"x"}]}"#, true),
            // Both fields must match in one element.
            (#"{"a":{"b":["x"],"c":[1]}}"#, #"{"a":[{"b":"x","c":2},{"b":"w","c":1}]}"#, false),
            (#"{"a":{"b":["x"],"c":[1]}}"#, #"{"a":[{"b":"x","c":2},{"b":"x","c":1}]}"#, true),
            (#"{"a":{"b":["x"]}}"#, #"{"a":"x"}"#, false),
            (#"{"a":{"b":["x"]}}"#, #"{"a":[1,{"b":["x"]}]}"#, true),
            (#"{"a":{"b":["x"]}}"#, #"{"a":[[{"b":"x"}]]}"#, true),
        ])
    func arrays(pattern: String, event: String, expected: Bool) throws {
        #expect(try matches(pattern, event) == expected)
    }

    @Test(
        "prefix, suffix and equals-ignore-case look at texts alone",
        arguments: [
            (#"[{"prefix":"streams/"}]"#, #""streams/a.csv""#, true),
            (#"[{"prefix":"streams/"}]"#, #""Streams/a.csv""#, false),
            (#"[{"prefix":""}]"#, #""""#, true),
            (#"[{"prefix":"1"}]"#, "12", false),
            (#"[{"suffix":".csv"}]"#, #""a.csv""#, true),
            (#"[{"suffix":".csv"}]"#, #"".csv""#, true),
            (#"[{"suffix":".csv"}]"#, #""csv""#, false),
            (#"[{"suffix":"l"}]"#, "null", false),
            (#"[{"equals-ignore-case":"AbC"}]"#, #""aBc""#, true),
            (#"[{"equals-ignore-case":"AbC"}]"#, #""abcd""#, false),
            (#"[{"prefix":{"equals-ignore-case":"STREAMS/"}}]"#, #""streams/x""#, true),
            (#"[{"prefix":{"equals-ignore-case":"STREAMS/"}}]"#, #""stream""#, false),
            (#"[{"suffix":{"equals-ignore-case":".CSV"}}]"#, #""x.Csv""#, true),
            (#"[{"suffix":{"equals-ignore-case":".CSV"}}]"#, #""x.cs""#, false),
            (#"[{"exactly":"x"}]"#, #""x""#, true),
        ])
    func affixes(values: String, value: String, expected: Bool) throws {
        #expect(try matches(#"{"a":\#(values)}"#, #"{"a":\#(value)}"#) == expected)
    }

    @Test(
        "anything-but leaves out values of its own, and needs the field",
        arguments: [
            (#"{"anything-but":"x"}"#, #""y""#, true),
            (#"{"anything-but":"x"}"#, #""x""#, false),
            (#"{"anything-but":["x","y"]}"#, #""y""#, false),
            (#"{"anything-but":["x","y"]}"#, #"["y","z"]"#, true),
            (#"{"anything-but":["x","y"]}"#, #"["y","x"]"#, false),
            (#"{"anything-but":["x"]}"#, "1", true),
            (#"{"anything-but":["x"]}"#, "null", true),
            (#"{"anything-but":["x"]}"#, "[]", false),
            (#"{"anything-but":["x"]}"#, #"{"b":1}"#, false),
            (#"{"anything-but":[1,2]}"#, "2.0", false),
            (#"{"anything-but":1}"#, "3", true),
            (#"{"anything-but":{"prefix":"arch"}}"#, #""archive/x""#, false),
            (#"{"anything-but":{"prefix":"arch"}}"#, #""streams/x""#, true),
            (#"{"anything-but":{"prefix":["a","b"]}}"#, #""bx""#, false),
            (#"{"anything-but":{"suffix":".tmp"}}"#, #""x.tmp""#, false),
            (#"{"anything-but":{"suffix":[".tmp",".part"]}}"#, #""x.csv""#, true),
            (#"{"anything-but":{"equals-ignore-case":["X","Y"]}}"#, #""y""#, false),
            (#"{"anything-but":{"wildcard":"*/tmp/*"}}"#, #""a/tmp/b""#, false),
            (#"{"anything-but":{"wildcard":"*/tmp/*"}}"#, #""a/b""#, true),
        ])
    func anythingBut(matcher: String, value: String, expected: Bool) throws {
        #expect(try matches(#"{"a":[\#(matcher)]}"#, #"{"a":\#(value)}"#) == expected)
        #expect(try !matches(#"{"a":[\#(matcher)]}"#, "{}"))
    }

    @Test(
        "numeric takes numbers alone, bounds as they say",
        arguments: [
            (#"["=",5]"#, "5.0", true), (#"["=",5]"#, #""5""#, false), (#"["=",5]"#, "true", false),
            (#"[">",0]"#, "0", false), (#"[">=",0]"#, "0", true), (#"["<",0]"#, "-1e-3", true),
            (#"["<=",0]"#, "1", false),
            (#"[">",0,"<=",5]"#, "5", true), (#"[">",0,"<=",5]"#, "0", false), (#"[">",0,"<=",5]"#, "5.1", false),
            (#"[">",0]"#, "[]", false), (#"[">",0]"#, "[-1,1]", true), (#"[">",0]"#, "null", false),
        ])
    func numeric(bounds: String, value: String, expected: Bool) throws {
        #expect(try matches(#"{"a":[{"numeric":\#(bounds)}]}"#, #"{"a":\#(value)}"#) == expected)
    }

    @Test(
        "exists is about leaves, in whichever element of an array",
        arguments: [
            ("true", #"{"a":{"b":1}}"#, true), ("true", #"{"a":{"b":null}}"#, true), ("true", #"{"a":{}}"#, false),
            ("true", #"{"a":{"b":{"c":1}}}"#, false), ("true", #"{"a":{"b":[]}}"#, false),
            ("true", #"{"a":[{"c":1},{"b":1}]}"#, true),
            ("false", #"{"a":{"c":1}}"#, true), ("false", #"{"a":{"b":1}}"#, false), ("false", "{}", true),
            ("false", #"{"a":"text"}"#, true), ("false", #"{"a":{"b":{"c":1}}}"#, true),
            ("false", #"{"a":{"b":[]}}"#, true),
            ("false", #"{"a":[{"c":1},{"b":1}]}"#, false), ("false", #"{"a":[{"c":1}]}"#, true),
        ])
    func exists(isPresent: String, event: String, expected: Bool) throws {
        #expect(try matches(#"{"a":{"b":[{"exists":\#(isPresent)}]}}"#, event) == expected)
    }

    @Test("absence and a value are alternatives like any others")
    func absentOrValue() throws {
        let pattern = #"{"a":["x",{"exists":false}]}"#
        #expect(try matches(pattern, "{}"))
        #expect(try matches(pattern, #"{"a":"x"}"#))
        #expect(try !matches(pattern, #"{"a":"y"}"#))
    }

    @Test(
        "cidr compares the first bits of addresses of one family",
        arguments: [
            ("10.0.0.0/24", #""10.0.0.255""#, true), ("10.0.0.0/24", #""10.0.1.0""#, false),
            ("10.0.0.77/24", #""10.0.0.1""#, true), ("0.0.0.0/0", #""255.255.255.255""#, true),
            ("10.0.0.1/32", #""10.0.0.1""#, true), ("10.0.0.1/32", #""10.0.0.2""#, false),
            ("10.0.0.128/25", #""10.0.0.127""#, false), ("10.0.0.0/24", #""10.0.0""#, false),
            ("10.0.0.0/8", "10", false),
            ("10.0.0.0/24", #""::ffff:10.0.0.1""#, false), ("2001:db8::/32", #""2001:db8:1::5""#, true),
            ("2001:db8::/32", #""2001:db9::5""#, false), ("::/0", #""::1""#, true),
            ("::1/128", #""0:0:0:0:0:0:0:1""#, true),
            ("::ffff:0:0/96", #""::ffff:1.2.3.4""#, true), ("2001:db8::/32", #""2001:db8:::5""#, false),
            ("2001:db8::/32", #""2001:db8""#, false),
        ])
    func cidr(range: String, address: String, expected: Bool) throws {
        #expect(try matches(#"{"a":[{"cidr":"\#(range)"}]}"#, #"{"a":\#(address)}"#) == expected)
    }

    @Test(
        "$or takes any alternative besides the other fields",
        arguments: [
            (#"{"s":"x","m":"c"}"#, true), (#"{"s":"x","n":"e"}"#, true), (#"{"s":"x","n":"d"}"#, false),
            (#"{"s":"y","m":"c"}"#, false), (#"{"s":"x","p":1,"q":2}"#, true), (#"{"s":"x","p":1}"#, false),
        ])
    func or(event: String, expected: Bool) throws {
        #expect(
            try matches(#"{"s":["x"],"$or":[{"m":["c"]},{"n":["e"]},{"p":[1],"q":[2]}]}"#, event) == expected)
    }

    @Test("$or within an object, and as a field's name where an alternative would be a matcher")
    func nestedOr() throws {
        let nested = #"{"d":{"$or":[{"a":[1]},{"b":{"c":[2]}}]}}"#
        #expect(try matches(nested, #"{"d":{"b":{"c":2}}}"#))
        #expect(try !matches(nested, #"{"d":{"b":2}}"#))
        #expect(try matches(#"{"$or":[{"prefix":"x"},{"prefix":"y"}]}"#, #"{"$or":"yes"}"#))
    }

    @Test("the project's own pattern takes arrivals of both kinds")
    func own() throws {
        let pattern = """
            {"source":["aws.s3","turntable.sensor"],"detail-type":["Object Created","Object Sensed"],
             "detail":{"bucket":{"name":["rds.data"]},"object":{"key":[{"wildcard":"streams/*.csv"}]}}}
            """
        func event(_ source: String, _ bucket: String, _ key: String) -> String {
            #"{"source":"\#(source)","detail-type":"Object Created","detail":{"bucket":{"name":"\#(bucket)"},"object":{"key":"\#(key)"}}}"#
        }
        #expect(try matches(pattern, event("aws.s3", "rds.data", "streams/a b+ü.csv")))
        #expect(try matches(pattern, event("turntable.sensor", "rds.data", "streams/2024/x.csv")))
        #expect(try !matches(pattern, event("aws.s3", "rds.data", "archive/streams/x.csv")))
        #expect(try !matches(pattern, event("aws.s3", "trial.data", "streams/x.csv")))
        #expect(try !matches(pattern, event("aws.s3", "rds.data", "streams/x.csv.part")))
    }

    @Test(
        "what is no pattern is refused with its place",
        arguments: [
            ("[]", DeliveryError.Code.notAnObject, ""), ("{}", .emptyObject, ""), (#"{"a":{}}"#, .emptyObject, "a"),
            (#"{"a":[]}"#, .emptyArray, "a"), (#"{"a":"x"}"#, .notAnArray, "a"),
            (#"{"a":{"b":1}}"#, .notAnArray, "a/b"),
            (#"{"a":["x",{"starts":"x"}]}"#, .unknownMatcher, "a/1/starts"), (#"{"a":[{}]}"#, .invalidMatcher, "a/0"),
            (#"{"a":[["x"]]}"#, .invalidMatcher, "a/0"),
            (#"{"a":[{"prefix":"x","suffix":"y"}]}"#, .invalidMatcher, "a/0"),
            (#"{"a":[{"prefix":1}]}"#, .invalidMatcher, "a/0/prefix"),
            (#"{"a":[{"prefix":{"wildcard":"x"}}]}"#, .invalidMatcher, "a/0/prefix"),
            (#"{"a":[{"exists":"true"}]}"#, .invalidMatcher, "a/0/exists"),
            (#"{"a":[{"wildcard":"a**b"}]}"#, .invalidWildcard, "a/0/wildcard"),
            (#"{"a":[{"cidr":"10.0.0.0/33"}]}"#, .invalidAddress, "a/0/cidr"),
            (#"{"a":[{"cidr":"10.0.0.0"}]}"#, .invalidAddress, "a/0/cidr"),
            (#"{"a":[{"cidr":"10.0.0.256/8"}]}"#, .invalidAddress, "a/0/cidr"),
            (#"{"a":[{"anything-but":[]}]}"#, .emptyArray, "a/0/anything-but"),
            (#"{"a":[{"anything-but":["x",1]}]}"#, .invalidMatcher, "a/0/anything-but"),
            (#"{"a":[{"anything-but":null}]}"#, .invalidMatcher, "a/0/anything-but"),
            (#"{"a":[{"anything-but":{"prefix":""}}]}"#, .invalidMatcher, "a/0/anything-but/prefix"),
            (#"{"a":[{"anything-but":{"numeric":["=",1]}}]}"#, .invalidMatcher, "a/0/anything-but"),
            (#"{"a":[{"numeric":[]}]}"#, .invalidNumber, "a/0/numeric"),
            (#"{"a":[{"numeric":["=",1,"<",2]}]}"#, .invalidNumber, "a/0/numeric"),
            (#"{"a":[{"numeric":["<",5,">",0]}]}"#, .invalidNumber, "a/0/numeric"),
            (#"{"a":[{"numeric":[">",5,"<",5]}]}"#, .invalidNumber, "a/0/numeric"),
            (#"{"a":[{"numeric":[">","0"]}]}"#, .invalidNumber, "a/0/numeric"),
            (#"{"a":[{"numeric":[">",6e9]}]}"#, .invalidNumber, "a/0/numeric"),
            (#"{"$or":[{"a":[1]}]}"#, .invalidAlternatives, "$or"),
            (#"{"$or":[{"a":[1]},"x"]}"#, .invalidAlternatives, "$or/1"),
        ])
    func refused(pattern: String, code: DeliveryError.Code, path: String) throws {
        let json = try JSONValue(parsing: pattern)
        let error = #expect(throws: DeliveryError.self) { try EventPattern(json) }
        #expect(error?.code == code)
        #expect(error?.path.joined(separator: "/") == path)
    }

    @Test("an error says where and what")
    func errorText() throws {
        let json = try JSONValue(parsing: #"{"detail":{"key":"x"}}"#)
        let error = #expect(throws: DeliveryError.self) { try EventPattern(json) }
        #expect(error?.description == "detail/key: the values to match are given as an array; this is of type string")
    }

    @Test("alternatives that multiply beyond a thousand are refused")
    func combinations() throws {
        let alternatives = (0..<11).map { #"{"x\#($0)":[1]}"# }.joined(separator: ",")
        let pattern = #"{"$or":[\#(alternatives)],"b":{"$or":[\#(alternatives)],"c":{"$or":[\#(alternatives)]}}}"#
        let json = try JSONValue(parsing: pattern)
        let error = #expect(throws: DeliveryError.self) { try EventPattern(json) }
        #expect(error?.code == .tooManyAlternatives)
    }
}
