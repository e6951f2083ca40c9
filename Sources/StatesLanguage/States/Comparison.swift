import Clocks
package import JSON

/// What a choice rule does with the value of its Variable.
package enum Comparison: Sendable {
    package enum Relation: String, Sendable, CaseIterable {
        case equals = "Equals"
        case lessThan = "LessThan"
        case greaterThan = "GreaterThan"
        case lessThanEquals = "LessThanEquals"
        case greaterThanEquals = "GreaterThanEquals"
    }

    package enum Kind: String, Sendable, CaseIterable {
        case string = "String"
        case numeric = "Numeric"
        case timestamp = "Timestamp"
        case boolean = "Boolean"
    }

    package enum Operand: Sendable {
        case literal(JSONValue)
        case path(JSONPath)
    }

    package enum Test: String, Sendable, CaseIterable {
        case isNull = "IsNull"
        case isString = "IsString"
        case isNumeric = "IsNumeric"
        case isBoolean = "IsBoolean"
        case isTimestamp = "IsTimestamp"
    }

    case relation(Kind, Relation, Operand)
    case matches([MatchPart])
    case test(Test, Bool)
    case isPresent(Bool)

    /// Piece of a StringMatches pattern.
    package enum MatchPart: Sendable, Hashable {
        case text(String)
        case anything
    }

    static let relations: [String: (Kind, Relation, isPath: Bool)] = {
        var relations: [String: (Kind, Relation, isPath: Bool)] = [:]
        for kind in Kind.allCases {
            for relation in Relation.allCases where kind != .boolean || relation == .equals {
                relations[kind.rawValue + relation.rawValue] = (kind, relation, false)
                relations[kind.rawValue + relation.rawValue + "Path"] = (kind, relation, true)
            }
        }
        return relations
    }()

    static let names = Set(relations.keys).union(Test.allCases.map(\.rawValue)).union(["StringMatches", "IsPresent"])

    static func read(_ name: String, _ fields: FieldReader) -> Comparison? {
        let value = fields.value(name) ?? .null
        if let (kind, relation, isPath) = relations[name] {
            if isPath { return fields.path(name).map { .relation(kind, relation, .path($0)) } }
            guard kind.accepts(value) else {
                fields.report(name, "must be a \(kind.rawValue.lowercased()), not \(value.kindName)")
                return nil
            }
            return .relation(kind, relation, .literal(value))
        }
        if name == "StringMatches" { return fields.string(name).map { .matches(parts($0)) } }
        guard let flag = value.boolValue else {
            fields.report(name, "must be true or false")
            return nil
        }
        return Test(rawValue: name).map { .test($0, flag) } ?? .isPresent(flag)
    }

    /// `*` is anything; a backslash makes the next character plain.
    static func parts(_ pattern: String) -> [MatchPart] {
        var parts: [MatchPart] = []
        var text = ""
        var isEscaped = false
        for character in pattern {
            if isEscaped || (character != "*" && character != "\\") {
                text.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                if !text.isEmpty { parts.append(.text(text)) }
                if parts.last != .anything { parts.append(.anything) }
                text = ""
            }
        }
        if !text.isEmpty { parts.append(.text(text)) }
        return parts
    }

    func holds(_ value: JSONValue, _ data: StateData) throws(StateError) -> Bool {
        switch self {
        case .isPresent: return true
        case .test(let test, let expected): return test.holds(value) == expected
        case .matches(let parts): return value.stringValue.map { Comparison.matches($0, parts) } ?? false
        case .relation(let kind, let relation, let operand):
            switch operand {
            case .literal(let other): return kind.compare(value, other, relation)
            case .path(let path):
                guard let other = try data.value(at: path) else { throw ChoiceCondition.missing(path) }
                return kind.compare(value, other, relation)
            }
        }
    }

    /// Each piece is looked for once, from left to right: linear in the text for each piece.
    static func matches(_ text: String, _ parts: [MatchPart]) -> Bool {
        let bytes = Array(text.utf8)
        var offset = 0
        for (index, part) in parts.enumerated() {
            guard case .text(let piece) = part else { continue }
            let wanted = Array(piece.utf8)
            let isFirst = index == 0
            let isLast = index == parts.count - 1
            if isLast {
                guard bytes.count - wanted.count >= offset, bytes.suffix(wanted.count).elementsEqual(wanted) else {
                    return false
                }
                return !isFirst || bytes.count == wanted.count
            }
            if isFirst {
                guard bytes.starts(with: wanted) else { return false }
                offset = wanted.count
                continue
            }
            guard let found = ByteSearch.firstIndex(of: wanted, in: bytes, from: offset) else { return false }
            offset = found + wanted.count
        }
        return parts.last == .anything || bytes.count == offset
    }
}

extension Comparison.Kind {
    func accepts(_ value: JSONValue) -> Bool {
        switch self {
        case .string: value.stringValue != nil
        case .numeric: value.numberValue != nil
        case .boolean: value.boolValue != nil
        case .timestamp: value.stringValue.flatMap { Timestamp(iso8601: $0) } != nil
        }
    }

    /// Values of another kind than the comparison's are never in relation.
    func compare(_ left: JSONValue, _ right: JSONValue, _ relation: Comparison.Relation) -> Bool {
        switch self {
        case .boolean: return left.boolValue != nil && left.boolValue == right.boolValue
        case .numeric:
            guard let left = left.numberValue, let right = right.numberValue else { return false }
            return relation.holds(left == right, left.double < right.double)
        case .string:
            guard let left = left.stringValue, let right = right.stringValue else { return false }
            return relation.holds(
                left.utf16.elementsEqual(right.utf16), left.utf16.lexicographicallyPrecedes(right.utf16))
        case .timestamp:
            guard let left = left.stringValue.flatMap({ Timestamp(iso8601: $0) }),
                let right = right.stringValue.flatMap({ Timestamp(iso8601: $0) })
            else { return false }
            return relation.holds(left == right, left < right)
        }
    }
}

extension Comparison.Relation {
    func holds(_ isEqual: Bool, _ isLess: Bool) -> Bool {
        switch self {
        case .equals: isEqual
        case .lessThan: isLess && !isEqual
        case .greaterThan: !isLess && !isEqual
        case .lessThanEquals: isLess || isEqual
        case .greaterThanEquals: !isLess || isEqual
        }
    }
}

extension Comparison.Test {
    func holds(_ value: JSONValue) -> Bool {
        switch self {
        case .isNull: value.isNull
        case .isString: value.stringValue != nil
        case .isNumeric: value.numberValue != nil
        case .isBoolean: value.boolValue != nil
        case .isTimestamp: value.stringValue.flatMap { Timestamp(iso8601: $0) } != nil
        }
    }
}
