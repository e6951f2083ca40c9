import JSON
import RegularExpressions

extension Builtin {
    /// Functions that search text for a string, a regular expression, or with a function that finds matches.
    static let matching: [Builtin] = [
        Builtin("contains", "<s-(sf):b>", arity: 2) { (call) throws(JSONataError) in
            guard let text = call.string(0) else { return .undefined }
            if let token = call.string(1) { return .bool(text.utf8Range(of: token) != nil) }
            guard let function = call.function(1) else { return .undefined }
            var matcher = Matcher(function, text, call, name: "contains")
            return .bool(try matcher.next() != nil)
        },
        Builtin("match", "<s-f<s:o>n?:a<o>>", arity: 3) { (call) throws(JSONataError) in
            guard let text = call.string(0), let function = call.function(1) else { return .undefined }
            let limit = try Matcher.limit(call, 2, "D3040")
            var results: [Value] = []
            if limit > 0 {
                var matcher = Matcher(function, text, call, name: "match")
                var found = try matcher.next()
                while let match = found, Double(results.count) < limit {
                    results.append(
                        try call.evaluator.makeObject([
                            ("match", .string(match.text)), ("index", .number(Double(match.start))),
                            ("groups", .array(ArrayValue(match.groups))),
                        ]))
                    found = try matcher.next()
                }
            }
            return try call.evaluator.makeSequence(results)
        },
        Builtin("split", "<s-(sf)n?:a<s>>", arity: 3, split),
        Builtin("replace", "<s-(sf)(sf)n?:s>", arity: 4, replace),
    ]

    private static let split: Body = { (call) throws(JSONataError) in
        guard let text = call.string(0) else { return .undefined }
        let limit = try Matcher.limit(call, 2, "D3020")
        var parts: [Value] = []
        guard limit > 0 else { return .array(ArrayValue([])) }
        if let function = call.function(1) {
            var matcher = Matcher(function, text, call, name: "split")
            var start = 0
            var found = try matcher.next()
            while let match = found, Double(parts.count) < limit {
                parts.append(.string(matcher.text(from: start, to: match.start)))
                start = match.end
                found = try matcher.next()
            }
            if Double(parts.count) < limit { parts.append(.string(matcher.text(from: start, to: nil))) }
        } else {
            let whole = limit.rounded(.down)
            let separator = Array((call.string(1) ?? "undefined").utf8)
            if separator.isEmpty {
                for scalar in text.unicodeScalars where Double(parts.count) < whole {
                    parts.append(.string(String(scalar)))
                }
            } else {
                let bytes = Array(text.utf8)
                var start = 0
                while Double(parts.count) < whole {
                    let range = bytes.firstRange(ofBytes: separator, from: start)
                    parts.append(
                        .string(String(decoding: bytes[start..<(range?.lowerBound ?? bytes.count)], as: UTF8.self)))
                    guard let range else { break }
                    start = range.upperBound
                }
            }
        }
        return .array(try call.evaluator.makeArray(parts))
    }

    private static let replace: Body = { (call) throws(JSONataError) in
        guard let text = call.string(0) else { return .undefined }
        if call.string(1) == "" { throw JSONataError("D3010", value: .string(""), index: 2) }
        let limit = try Matcher.limit(call, 3, "D3011")
        guard limit > 0 else { return .string(text) }
        var result: [UInt8] = []
        func append(_ part: String) throws(JSONataError) {
            result += part.utf8
            if result.count > call.evaluator.limits.stringBytes {
                try call.evaluator.reserve(stringBytes: result.count)
            }
        }
        var count = 0.0
        if let pattern = call.string(1) {
            guard case .string(let replacement) = call[2] else { throw JSONataError("D3012", value: call[2].json) }
            let bytes = Array(text.utf8)
            let needle = Array(pattern.utf8)
            var start = 0
            while count < limit, let range = bytes.firstRange(ofBytes: needle, from: start) {
                result += bytes[start..<range.lowerBound]
                try append(replacement)
                start = range.upperBound
                count += 1
            }
            result += bytes[start...]
        } else if let function = call.function(1) {
            var matcher = Matcher(function, text, call, name: "replace")
            var start = 0
            var found = try matcher.next()
            while let match = found, count < limit {
                try append(matcher.text(from: start, to: match.start))
                if let template = call.string(2) {
                    try append(Matcher.substitute(template, match))
                } else if let replacer = call.function(2) {
                    let value = try call.evaluator.apply(
                        replacer, [try matcher.object(match)], input: .null, environment: call.environment)
                    guard case .string(let replacement) = value else {
                        throw JSONataError("D3012", value: value.json)
                    }
                    try append(replacement)
                }
                start = match.start + match.text.utf16.count
                count += 1
                found = try matcher.next()
            }
            try append(matcher.text(from: start, to: nil))
        } else {
            return .string(text)
        }
        return try call.evaluator.makeString(String(decoding: result, as: UTF8.self))
    }
}

/// Finds one match after the other, by a regular expression or by a function of the expression's own.
struct Matcher {
    struct Match {
        let text: String
        /// UTF-16 units from the start of the text.
        let start: Int
        let end: Int
        let groups: [Value]
        fileprivate let object: Value?
        fileprivate let match: RegularExpression.Match?
    }

    private enum Source {
        case expression(RegularExpression, Int)
        case function(FunctionValue)
        case end
    }

    private var source: Source
    private let subject: RegularExpression.Subject
    private let isASCII: Bool
    private let call: Call
    private let name: String
    private var offset = 0
    /// UTF-16 units before `offset`.
    private var units = 0
    private var isFirst = true
    private lazy var utf16 = Array(String(decoding: subject.utf8, as: UTF8.self).utf16)

    init(_ function: FunctionValue, _ text: String, _ call: Call, name: String) {
        subject = RegularExpression.Subject(text)
        isASCII = subject.isASCII
        self.call = call
        self.name = name
        if case .regex(let expression, let position) = function.kind {
            source = .expression(expression, position)
        } else {
            source = .function(function)
        }
    }

    /// A limit given as an argument: how many matches are wanted.
    static func limit(_ call: Call, _ index: Int, _ code: String) throws(JSONataError) -> Double {
        guard let limit = call.number(index) else { return .infinity }
        if limit < 0 { throw JSONataError(code, value: .double(limit), index: index + 1) }
        return limit
    }

    mutating func next() throws(JSONataError) -> Match? {
        defer { isFirst = false }
        switch source {
        case .end: return nil
        case .expression(let expression, let position):
            let found =
                isFirst
                ? try call.evaluator.search(expression, subject, from: 0)
                : try call.evaluator.searchNext(expression, position, subject, from: offset)
            guard let found else {
                source = .end
                return nil
            }
            let start = units + count(offset..<found.range.lowerBound)
            let end = start + count(found.range)
            (offset, units) = (found.range.upperBound, end)
            try call.evaluator.charge(bytes: 64 + found.range.count)
            return Match(
                text: subject[found.range], start: start, end: end,
                groups: found.groups.map { $0.map { .string(subject[$0]) } ?? .undefined }, object: nil, match: found)
        case .function(let function):
            let text = String(decoding: subject.utf8, as: UTF8.self)
            let value = try call.evaluator.apply(
                function, isFirst ? [.string(text)] : [], input: .null, environment: call.environment)
            return try match(from: value)
        }
    }

    private func count(_ range: Range<Int>) -> Int { isASCII ? range.count : subject.utf16Count(range) }

    private mutating func match(from value: Value) throws(JSONataError) -> Match? {
        guard try value.isTrue(), case .object(let object) = value else {
            source = .end
            if value.isUndefined { return nil }
            if try value.isTrue() { throw JSONataError("T1010", token: name) }
            return nil
        }
        guard let start = object["start"].double.flatMap({ Int(exactly: $0.rounded(.down)) }),
            let end = object["end"].double.flatMap({ Int(exactly: $0.rounded(.down)) }), start >= 0, end >= start,
            case .array(let groups) = object["groups"], case .function(let next) = object["next"]
        else { throw JSONataError("T1010", token: name) }
        source = .function(next)
        return Match(
            text: object["match"].string ?? "", start: start, end: end, groups: groups.values, object: value,
            match: nil)
    }

    /// The text between two places in UTF-16 units; to its end when `end` is nil.
    mutating func text(from start: Int, to end: Int?) -> String {
        if isASCII {
            let end = min(end ?? subject.utf8.count, subject.utf8.count)
            return start < end ? subject[start..<end] : ""
        }
        let end = min(end ?? utf16.count, utf16.count)
        return start < end ? LoneSurrogates.decode(Array(utf16[start..<end])) : ""
    }

    /// The match as a function that replaces it sees it.
    func object(_ match: Match) throws(JSONataError) -> Value {
        if let object = match.object { return object }
        guard let found = match.match, case .expression(let expression, let position) = source else {
            return .undefined
        }
        return try call.evaluator.object(for: found, expression, position, subject)
    }

    /// Fills a replacement's `$0`, `$1`, `$$`.
    static func substitute(_ template: String, _ match: Match) -> String {
        let bytes = Array(template.utf8)
        var result: [UInt8] = []
        var position = 0
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "$") else {
                result.append(bytes[position])
                position += 1
                continue
            }
            position += 1
            let next = position < bytes.count ? bytes[position] : 0
            if next == UInt8(ascii: "$") {
                result.append(next)
                position += 1
            } else if next == UInt8(ascii: "0") {
                result += match.text.utf8
                position += 1
            } else if let (group, length) = groupNumber(bytes[position...], match.groups.count) {
                if group > 0, group <= match.groups.count, let text = match.groups[group - 1].string {
                    result += text.utf8
                }
                position += length
            } else {
                result.append(UInt8(ascii: "$"))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The number of a group after `$`: as many digits as there are groups for, one fewer if there is no such group.
    private static func groupNumber(_ bytes: ArraySlice<UInt8>, _ count: Int) -> (Int, Int)? {
        let most = max(1, String(count).utf8.count)
        let digits = bytes.prefix(most).prefix { (0x30...0x39).contains($0) }
        guard var number = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
        var length = digits.count
        if most > 1, number > count, length > 1, let shorter = Int(String(decoding: digits.dropLast(), as: UTF8.self)) {
            (number, length) = (shorter, length - 1)
        }
        return (number, length)
    }
}
