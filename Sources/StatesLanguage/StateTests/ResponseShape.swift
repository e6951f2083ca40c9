import JSON

/// What a service answers with, as far as a mocked result is held against it.
indirect enum ResponseShape: Sendable {
    /// How closely a mocked result is looked at.
    enum Mode: String, Sendable {
        /// Required members must be there, and what is there must fit.
        case strict = "STRICT"
        /// What is there must fit.
        case present = "PRESENT"
        case none = "NONE"
    }

    case any
    /// Texts, and what JSON holds as text: times and bytes.
    case string(ClosedRange<Int>, values: [String])
    case number(ClosedRange<Double>)
    case boolean
    case array(ResponseShape)
    case map(ResponseShape)
    case object([Member])
    case named(String)

    struct Member: Sendable {
        let name: String
        let isRequired: Bool
        let shape: ResponseShape
    }

    /// The shape of a service's answer; nil for what the table does not have, and for what anybody may answer.
    static func of(_ service: ServiceIntegration) -> ResponseShape? {
        var name = service.name
        if name.hasPrefix("aws-sdk:") { name.removeFirst("aws-sdk:".count) }
        if name.hasPrefix("sfn:") { name = "states:" + name.dropFirst("sfn:".count) }
        switch service.pattern {
        case .requestResponse: return table[name]
        case .waitForTaskToken: return nil
        // The result is what the job's description says in the end.
        case .sync, .sync2: return name == "states:startExecution" ? table["states:describeExecution"] : nil
        }
    }

    /// The first thing in `value` that does not fit, as AWS says it.
    func problem(of value: JSONValue, _ mode: Mode) -> String? {
        mode == .none ? nil : problem(of: value, "", isStrict: mode == .strict)
    }

    private func problem(of value: JSONValue, _ field: String, isStrict: Bool) -> String? {
        func wrong(_ what: String) -> String {
            field.isEmpty ? "Mock result \(what)" : "Field '\(field)' \(what)"
        }
        switch self {
        case .any: return nil
        case .named(let name):
            return ResponseShape.table[name]?.problem(of: value, field, isStrict: isStrict)
        case .string(let lengths, let values):
            guard let text = value.stringValue else { return wrong("must be a string") }
            let length = text.unicodeScalars.count
            if length < lengths.lowerBound { return wrong("is smaller than the minimum length") }
            if length > lengths.upperBound { return wrong("exceeds the maximum length") }
            return values.isEmpty || values.contains(text) ? nil : wrong("is not an expected value")
        case .number(let range):
            guard let number = value.doubleValue else { return wrong("must be a number") }
            if number < range.lowerBound { return wrong("is less than the minimum value") }
            return number > range.upperBound ? wrong("exceeds the maximum value") : nil
        case .boolean: return value.boolValue == nil ? wrong("must be a boolean") : nil
        case .array(let element):
            guard let elements = value.arrayValue else { return wrong("must be an array") }
            for value in elements {
                if let found = element.problem(of: value, field, isStrict: isStrict) { return found }
            }
            return nil
        case .map(let element):
            guard let object = value.objectValue else { return wrong("must be an object") }
            for (key, value) in object {
                if let found = element.problem(of: value, key, isStrict: isStrict) { return found }
            }
            return nil
        case .object(let members):
            guard let object = value.objectValue else { return wrong("must be an object") }
            for member in members {
                guard let value = object[member.name] else {
                    if member.isRequired, isStrict { return "Required field '\(member.name)' is missing" }
                    continue
                }
                if let found = member.shape.problem(of: value, member.name, isStrict: isStrict) {
                    return found
                }
            }
            return nil
        }
    }
}

// MARK: The table's notation

extension ResponseShape {
    /// Reads a line of the table: `s` is a text, `n` a number, `b` a boolean, `*` anything; `[1,64]` behind them bounds
    /// a length or a number, `(A|B)` lists a text's values; `[x]` is an array, `<x>` a map, `{Name:x Other!:y}` an
    /// object with a required member, `@Name` another line's shape.
    init(notation: String) {
        var rest = notation[...]
        self = ResponseShape(&rest)
    }

    private init(_ rest: inout Substring) {
        switch rest.popFirst() {
        case "s":
            if rest.first == "(" {
                let values = ResponseShape.take(&rest, until: ")").split(separator: "|").map(String.init)
                self = .string(0...Int.max, values: values)
            } else {
                let (low, high) = ResponseShape.bounds(&rest)
                self = .string((low.map { Int($0) } ?? 0)...(high.map { Int($0) } ?? .max), values: [])
            }
        case "n":
            let (low, high) = ResponseShape.bounds(&rest)
            self = .number(
                (low ?? -.greatestFiniteMagnitude)...(high ?? .greatestFiniteMagnitude))
        case "b": self = .boolean
        case "[":
            self = .array(ResponseShape(&rest))
            rest = rest.dropFirst()
        case "<":
            self = .map(ResponseShape(&rest))
            rest = rest.dropFirst()
        case "@": self = .named("@" + ResponseShape.name(&rest))
        case "{":
            var members: [Member] = []
            while let next = rest.first, next != "}" {
                if next == " " {
                    rest = rest.dropFirst()
                    continue
                }
                let name = ResponseShape.name(&rest)
                let isRequired = rest.first == "!"
                rest = rest.dropFirst(isRequired ? 2 : 1)
                members.append(Member(name: name, isRequired: isRequired, shape: ResponseShape(&rest)))
            }
            rest = rest.dropFirst()
            self = .object(members)
        default: self = .any
        }
    }

    private static func name(_ rest: inout Substring) -> String {
        let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
        rest = rest.dropFirst(name.count)
        return String(name)
    }

    /// What stands between an opening and a closing character.
    private static func take(_ rest: inout Substring, until end: Character) -> Substring {
        let inner = rest.dropFirst().prefix { $0 != end }
        rest = rest.dropFirst(inner.count + 2)
        return inner
    }

    private static func bounds(_ rest: inout Substring) -> (Double?, Double?) {
        guard rest.first == "[" else { return (nil, nil) }
        let parts = take(&rest, until: "]").split(separator: ",", omittingEmptySubsequences: false)
        return (parts.first.flatMap { Double($0) }, parts.last.flatMap { Double($0) })
    }
}
