import JSON
import RegularExpressions

/// What stands in `[?( )]`.
indirect enum JSONPathFilter: Sendable, Hashable {
    case any([JSONPathFilter])
    case all([JSONPathFilter])
    case not(JSONPathFilter)
    /// The path finds something, be it null.
    case exists(JSONPath)
    case compare(JSONPathOperand, JSONPathOperator, JSONPathOperand)

    func holds(
        for current: JSONValue, document: JSONValue, _ work: inout PathWork
    ) throws(JSONPathError) -> Bool {
        try work.spend()
        switch self {
        case .any(let filters):
            for filter in filters where try filter.holds(for: current, document: document, &work) { return true }
            return false
        case .all(let filters):
            for filter in filters where try !filter.holds(for: current, document: document, &work) { return false }
            return true
        case .not(let filter): return try !filter.holds(for: current, document: document, &work)
        case .exists(let path):
            let found = try JSONPathOperand.path(path).value(current: current, document: document, &work)
            return path.isDefinite ? found != nil : found?.arrayValue?.isEmpty == false
        case .compare(let left, let relation, let right):
            if case .pattern(let pattern) = right {
                guard let text = try left.value(current: current, document: document, &work)?.scalarText else {
                    return false
                }
                // What takes too long to match does not match. Jayway asks for a match of the whole text.
                let subject = RegularExpression.Subject(text)
                try work.spend(1 + subject.utf8.count / 16)
                do {
                    let match = try pattern.firstMatch(in: subject)
                    return relation == .matches && match?.range == 0..<subject.utf8.count
                } catch {
                    try work.spend(PathWork.givenUpSearchSteps)
                    return false
                }
            }
            let first = try left.value(current: current, document: document, &work)
            let second = try right.value(current: current, document: document, &work)
            try work.spend(relation.steps(first, second))
            return relation.holds(first, second)
        }
    }
}

/// One side of a comparison, or an argument of a function.
enum JSONPathOperand: Sendable, Hashable {
    case literal(JSONValue)
    case path(JSONPath)
    case pattern(RegularExpression)

    func value(
        current: JSONValue, document: JSONValue, _ work: inout PathWork
    ) throws(JSONPathError) -> JSONValue? {
        switch self {
        case .literal(let value): return value
        case .path(let path):
            return try path.value(from: path.root == .current ? current : document, document: document, &work)
        case .pattern: return nil
        }
    }
}

enum JSONPathOperator: String, Sendable, CaseIterable {
    case equals = "=="
    case notEquals = "!="
    case atMost = "<="
    case atLeast = ">="
    case lessThan = "<"
    case greaterThan = ">"
    case matches = "=~"
    case isIn = "in"
    case isNotIn = "nin"
    case isSubset = "subsetof"
    case hasAny = "anyof"
    case hasNone = "noneof"
    case hasAll = "all"
    case hasSize = "size"
    case isEmpty = "empty"
    case contains = "contains"

    /// A side that is not there is in no relation but "is not equal".
    func holds(_ left: JSONValue?, _ right: JSONValue?) -> Bool {
        guard let left, let right else { return self == .notEquals && left != right }
        switch self {
        case .equals: return JSONPathOperator.areEqual(left, right)
        case .notEquals: return !JSONPathOperator.areEqual(left, right)
        case .lessThan: return JSONPathOperator.order(left, right).map { $0 < 0 } ?? false
        case .atMost: return JSONPathOperator.order(left, right).map { $0 <= 0 } ?? false
        case .greaterThan: return JSONPathOperator.order(left, right).map { $0 > 0 } ?? false
        case .atLeast: return JSONPathOperator.order(left, right).map { $0 >= 0 } ?? false
        case .matches: return false
        case .isIn: return right.arrayValue?.contains(left) ?? false
        case .isNotIn: return !(right.arrayValue?.contains(left) ?? false)
        case .isSubset: return left.isArray(where: { right.arrayValue?.contains($0) == true }, all: true)
        case .hasAny: return left.isArray(where: { right.arrayValue?.contains($0) == true }, all: false)
        case .hasNone:
            return left.arrayValue != nil
                && !left.isArray(where: { right.arrayValue?.contains($0) == true }, all: false)
        case .hasAll: return right.isArray(where: { left.arrayValue?.contains($0) == true }, all: true)
        case .hasSize: return left.elementCount.map { $0 == right.intValue } ?? false
        case .isEmpty: return left.elementCount.map { ($0 == 0) == right.boolValue } ?? false
        case .contains:
            if let elements = left.arrayValue { return elements.contains(right) }
            guard let text = left.stringValue, let piece = right.stringValue else { return false }
            return ByteSearch.firstIndex(of: Array(piece.utf8), in: Array(text.utf8), from: 0) != nil
        }
    }

    /// What the comparison costs, in values looked at.
    func steps(_ left: JSONValue?, _ right: JSONValue?) -> Int {
        guard let left, let right else { return 1 }
        let pairs =
            switch self {
            case .isIn, .isNotIn: right.elementCount ?? 1
            case .isSubset, .hasAny, .hasNone, .hasAll: (left.elementCount ?? 1) * (right.elementCount ?? 1)
            case .contains: left.arrayValue?.count ?? 1
            default: 1
            }
        return 1 + pairs + (left.byteCount(upTo: PathWork.maximumSteps) + right.byteCount(upTo: 1 << 20)) / 64
    }

    /// A number equals a text that spells it, as in Jayway.
    private static func areEqual(_ left: JSONValue, _ right: JSONValue) -> Bool {
        switch (left, right) {
        case (.number(let number), .string(let text)): Double(text) == number.double
        case (.string(let text), .number(let number)): text == number.spelling
        default: left == right
        }
    }

    private static func order(_ left: JSONValue, _ right: JSONValue) -> Int? {
        switch (left, right) {
        case (.number(let left), .number(let right)):
            return left == right ? 0 : left.double < right.double ? -1 : 1
        case (.string(let left), .string(let right)):
            if left.utf16.elementsEqual(right.utf16) { return 0 }
            return left.utf16.lexicographicallyPrecedes(right.utf16) ? -1 : 1
        default: return nil
        }
    }
}

extension JSONValue {
    /// A text, or the spelling of a number or truth value.
    fileprivate var scalarText: String? {
        switch self {
        case .string(let text): text
        case .number(let number): number.spelling
        case .bool(let value): String(value)
        case .null, .array, .object: nil
        }
    }

    var elementCount: Int? {
        switch self {
        case .string(let text): text.utf16.count
        case .array(let elements): elements.count
        case .object(let object): object.count
        case .null, .bool, .number: nil
        }
    }

    fileprivate func isArray(where holds: (JSONValue) -> Bool, all: Bool) -> Bool {
        guard let elements = arrayValue else { return false }
        return all ? elements.allSatisfy(holds) : elements.contains(where: holds)
    }
}
